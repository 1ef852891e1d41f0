"""Card of a model on the page "Models"."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import StreamlitPage

from components.model_choice import upload
from components.style import text
from components.ui import address, notices, reveal
from components.view.settings import ModelChoice
from components.workspace import jobs
from components.workspace.current import current, waiting
from models.errors import EarmarkError
from models.inference import HeadDescription, ModelDescription
from models.registry.catalog import BUILTIN, CATALOG, CatalogEntry, find_model
from models.registry.local_models import ModelFile
from models.tflite.runtimes import TITLES, Runtime

_ACTIVATIONS = {
    "sigmoid": "scores that stand each for itself (sigmoid)",
    "softmax": "scores that share a sum of 1 (softmax)",
    "logits": "logits, of which scores are made here",
}
_SOURCES = {
    "packed": "packed into the file",
    "beside": "in a list beside it",
    "given": "given with it",
    "yamnet": "YAMNet's own",
    "numbered": "none: the classes are numbered",
}


def draw(model: str, runtime: Runtime, inspector: StreamlitPage) -> Callable[[], None]:
    """Draw a card with the facts known without opening the file.

    Parameters
    ----------
    model : str
        Catalog name or digest.
    runtime : {'litert', 'tflite'}
        Runtime that inspects the model.
    inspector : StreamlitPage
        Page on which the model is used.

    Returns
    -------
    callable
        Inspects the file and draws the rest of the card.
    """
    known = current().models.known(model)
    file = known if isinstance(known, ModelFile) else _file_of(known)
    with st.container(border=True, key=f"model-{model[:16]}"):
        _show_addition(model)
        with st.container(horizontal=True, vertical_alignment="center"):
            with st.container(key=f"heading-{model[:16]}", gap=None):
                title = text.escape_markdown(text.shorten(known.title, 60))
                st.header(title, anchor=False)
                if _is_in_use(known):
                    st.badge("In use", icon=":material/check:", color="green")
                st.caption(_origin(known, here=file is not None))
            actions = st.container(horizontal=True, width="content")
        facts = st.container()
    if isinstance(known, ModelFile) and known.uploaded:
        _remove_button(actions, model)
    if file is None:
        return partial(_show_absent, actions, facts, known, model, inspector)
    return partial(_look, actions, facts, file, known, model, runtime, inspector)


def _is_in_use(known: CatalogEntry | ModelFile) -> bool:
    """Whether this is the model of the pages Clip and Live in this tab."""
    chosen = address.find("model")
    return known.title == (chosen[-1] if chosen else CATALOG[ModelChoice.model].title)


def _show_addition(model: str) -> None:
    """Say on the card of a model that it was just uploaded, and scroll there once."""
    latest = upload.latest()
    if latest is None or latest.model != model:
        return
    words = "Added." if latest.is_new else "This model was here already."
    st.success(words, icon=":material/check_circle:")
    reveal.show(latest.number)


def _file_of(entry: CatalogEntry) -> ModelFile | None:
    path = find_model(entry)
    return None if path is None else ModelFile(entry.title, path, entry.size_bytes, entry.sha256)


def _remove_button(place: DeltaGenerator, model: str) -> None:
    place.button(
        "Remove",
        icon=":material/close:",
        key=f"remove-{model[:16]}",
        on_click=current().models.remove,
        args=(model,),
    )


def _go(place: DeltaGenerator, label: str, icon: str, model: str, inspector: StreamlitPage) -> None:
    """Draw the button that selects a model and switches to the inspector."""
    added = upload.latest()
    is_added = added is not None and added.model == model
    kind: Literal["primary", "secondary"] = "primary" if is_added else "secondary"
    if place.button(label, icon=icon, type=kind, key=f"use-{model[:16]}"):
        address.follow("model", (current().models.known(model).title,))
        address.switch_page(inspector)


def _origin(known: CatalogEntry | ModelFile, *, here: bool) -> str:
    """Return the origin of a model, without revealing the server's folders."""
    if isinstance(known, ModelFile):
        how = "Taught" if current().models.is_taught(known.sha256) else "Uploaded"
        return f"{how} in this session" if known.uploaded else "From a model folder"
    if known.name == BUILTIN:
        return "Built in, made by this project"
    return "Official, by Google" + ("" if here else " · not on this machine yet")


def _show_absent(
    actions: DeltaGenerator,
    place: DeltaGenerator,
    known: CatalogEntry | ModelFile,
    model: str,
    inspector: StreamlitPage,
) -> None:
    """Show the catalog's facts about a model that is not on this machine."""
    if isinstance(known, ModelFile):
        return
    _go(actions, "Get", ":material/download:", model, inspector)
    with place:
        _show_facts(
            {
                "Classes": f"{known.n_classes:,}",
                "Window": text.window(known.window_samples / known.sample_rate),
                "Sample rate": text.rate(known.sample_rate),
                "Size": text.size(known.size_bytes),
            }
        )
        with st.expander("Details"):
            _show_particulars(_identity(known))


def _look(
    actions: DeltaGenerator,
    place: DeltaGenerator,
    file: ModelFile,
    known: CatalogEntry | ModelFile,
    model: str,
    runtime: Runtime,
    inspector: StreamlitPage,
) -> None:
    """Inspect a model in a separate process, and show its description."""
    with place:
        try:
            found = notices.wait_for(
                jobs.start_describing(waiting(), file, runtime), "Looking at it"
            )
        except EarmarkError as error:
            first, *others = map(text.escape_markdown, (error.arrived, error.allowed, error.remedy))
            st.markdown(f":material/block: **It cannot be used here.** {first}")
            st.caption(" ".join(others))
            return
        _go(actions, "Use", ":material/graphic_eq:", model, inspector)
        _show_facts(_facts(found))
        with st.expander("Details"):
            _show_particulars({**_contract(found, runtime), **_identity(known, found)})
            for head in found.heads:
                _show_labels(head)


def _facts(found: ModelDescription) -> Mapping[str, str]:
    """Return the main facts, by name."""
    rate_hz = found.sample_rate
    samples = f"{found.window_samples:,} samples"
    window_s = None if rate_hz is None else found.window_samples / rate_hz
    return {
        "Classes": " / ".join(f"{head.n_classes:,}" for head in found.heads),
        "Window": samples if window_s is None else text.window(window_s),
        "Sample rate": "not stated" if rate_hz is None else text.rate(rate_hz),
        "Size": text.size(found.size_bytes),
        "Time per window": f"{found.window_ms:.2g} ms",
    }


def _contract(found: ModelDescription, runtime: Runtime) -> Mapping[str, str]:
    """Return the input and output of a model, by name."""
    shape = ", ".join("any" if length < 0 else f"{length}" for length in found.input_shape)
    hop = "any"
    if found.hop_samples is not None and found.sample_rate is not None:
        hop = f"{text.duration(found.hop_samples / found.sample_rate)}, fixed by the model"
    return {
        "Takes": f"[{shape}] {found.input_dtype}, {text.channels(found.channels)}",
        "Gives": "; ".join(
            f"{head.n_classes:,} {_ACTIVATIONS[head.activation]}" for head in found.heads
        ),
        "Step between windows (hop)": hop,
        "Embeddings": "yes, 1024 values per window" if found.has_embeddings else "no",
        "Labels": "; ".join(_SOURCES[head.labels_source] for head in found.heads),
        "Timed with": f"{TITLES[runtime]}, one thread, on this machine",
    }


def _identity(
    known: CatalogEntry | ModelFile, found: ModelDescription | None = None
) -> Mapping[str, str]:
    """Return name, authorship and digest of a model; its own metadata is untrusted text."""
    told: dict[str, str] = {}
    if found is not None:
        told = {
            "Name in the file": found.name,
            "Description": found.description,
            "Version": found.version,
            "Author": found.author,
            "Licence": found.licence,
        }
    if isinstance(known, CatalogEntry):
        told |= {"Licence": known.licence, "From": " ".join(known.addresses)}
    told["SHA-256"] = known.sha256
    return {name: text.shorten(words, 400) for name, words in told.items() if words}


def _show_facts(facts: Mapping[str, str]) -> None:
    with st.container(horizontal=True, gap="medium"):
        for name, value in facts.items():
            st.metric(name, value, width="content")


def _show_particulars(particulars: Mapping[str, str]) -> None:
    st.table(
        {
            "Property": list(particulars),
            " ": [text.escape_markdown(words) for words in particulars.values()],
        },
        border="horizontal",
    )


def _show_labels(head: HeadDescription) -> None:
    st.dataframe(
        {"Class": range(head.n_classes), "Label": list(head.labels)},
        hide_index=True,
        height=min(10, head.n_classes + 1) * 35 + 3,
    )
