"""Choice of model and runtime."""

import hashlib
import json

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.style import text
from components.ui import notices, settings
from components.view.settings import ModelChoice
from components.workspace import jobs
from components.workspace.current import current, waiting
from models.errors import EarmarkError
from models.inference import HeadDescription, ModelDescription, Squashing
from models.registry.catalog import CATALOG
from models.registry.local_models import ModelFile
from models.tflite.runtimes import TITLES, Runtime, available_runtimes

RATES_HZ = (16_000, 8_000, 22_050, 32_000, 44_100, 48_000)
"""Sample rates offered if a model's file does not state its own, in Hz; the usual one first."""


def choose(
    slot: str = "",
    place: DeltaGenerator | None = None,
    default: ModelChoice = ModelChoice(),  # noqa: B008  # frozen
) -> ModelChoice:
    """Draw the choice of model and runtime, and return it.

    Parameters
    ----------
    slot : str
        Suffix of the settings' names, which distinguishes several choices on one page.
    place : DeltaGenerator, optional
        Container of the choice; by default the sidebar, with a heading.
    default : ModelChoice
        Catalog model and runtime that are selected by default.
    """
    brought = {file.sha256: file for file in current().models.all()}
    titles = {name: entry.title for name, entry in CATALOG.items()}
    titles |= {sha256: file.title for sha256, file in brought.items()}
    if place is None:
        place = st.sidebar
        place.header("Model")
    with place:
        model = settings.selectbox(
            "Model",
            list(titles),
            default.model,
            format_func=titles.__getitem__,
            name=f"model{slot}",
            help="All three know the same 521 classes: YAMNet is the most accurate, the "
            "built-in model the fastest. The page Models says more, and how to add a model.",
        )
        runtime = settings.selectbox(
            "Runtime",
            available_runtimes(),
            default.runtime,
            format_func=TITLES.__getitem__,
            name=f"runtime{slot}",
            help="What runs the model. Both give nearly the same scores; LiteRT is faster.",
        )
    if model in brought:
        return _choose_particulars(brought[model], runtime, slot, place)
    return ModelChoice(model, runtime)


def _choose_particulars(
    file: ModelFile, runtime: Runtime, slot: str, place: DeltaGenerator
) -> ModelChoice:
    """Draw the choices that an uploaded model's file leaves open; opening it reports errors."""
    name = text.escape_markdown(text.shorten(file.title, 40))
    try:
        found = notices.wait_for(
            jobs.start_describing(waiting(), file, runtime), f"Looking at **{name}**"
        )
    except EarmarkError:
        return ModelChoice(file.sha256, runtime)
    key = f"{file.sha256[:16]}{slot}"
    with place:
        sample_rate = _ask_sample_rate(key) if found.sample_rate is None else None
        head = _ask_head(found, key) if len(found.heads) > 1 else found.usual_head
        is_open = found.heads[head].squashing is not None
        squashing = _ask_squashing(found.heads[head], key) if is_open else None
    return ModelChoice(
        file.sha256,
        runtime,
        sample_rate,
        head if len(found.heads) > 1 else None,
        squashing,
        _digest_of(found.heads[head].labels),
    )


def _digest_of(labels: tuple[str, ...]) -> str:
    return hashlib.sha256(json.dumps(labels).encode()).hexdigest()


def _ask_sample_rate(key: str) -> int:
    rate: int = settings.selectbox(
        "Sample rate of the model",
        RATES_HZ,
        RATES_HZ[0],
        format_func=text.rate,
        name=f"sample-rate-{key}",
        help="The file does not say which sample rate the model was trained on. With a wrong one "
        "it hears everything too low or too high.",
    )
    return rate


def _ask_head(found: ModelDescription, key: str) -> int:
    heads = found.heads
    head: int = settings.selectbox(
        "Output of the model",
        range(len(heads)),
        found.usual_head,
        format_func=lambda place: f"{heads[place].n_classes} classes: {heads[place].labels[0]}, …",
        name=f"head-{key}",
        help="The model gives several lists of scores; this one is shown.",
    )
    return head


def _ask_squashing(head: HeadDescription, key: str) -> Squashing:
    ways: dict[str, Squashing] = {"Exclusive": "softmax", "Independent": "sigmoid"}
    usual = next(name for name, way in ways.items() if way == head.squashing)
    way = settings.segmented_control(
        "Scores",
        list(ways),
        usual,
        name=f"squashing-{key}",
        help="The model gives logits, of which scores are made here: exclusive ones share a sum "
        "of 1 (softmax), independent ones stand each for itself (sigmoid).",
    )
    return ways[way]
