"""The choice of what listens."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import state
from components.settings import ModelChoice
from models.catalog import CATALOG
from models.runtimes import TITLES, available_runtimes


def choose(slot: str = "", place: DeltaGenerator | None = None) -> ModelChoice:
    """Draw the choice of model and runtime, and read it.

    Parameters
    ----------
    slot : str
        Tells choices on one page apart; part of their names in the address.
    place : DeltaGenerator, optional
        Where to draw it; by default in the sidebar, under a heading.
    """
    titles = {name: entry.title for name, entry in CATALOG.items()}
    titles |= {file.sha256: file.title for file in state.brought_models()}
    if place is None:
        place = st.sidebar
        place.subheader("Model")
    with place:
        model = st.selectbox(
            "Model",
            list(titles),
            format_func=titles.__getitem__,
            key=f"model{slot}",
            bind="query-params",
            help="What listens. YAMNet and the original YAMNet know the same 521 kinds of sound, "
            "the starter knows 13. The page Models says more, and how to bring your own.",
        )
        runtime = st.selectbox(
            "Runtime",
            available_runtimes(),
            format_func=TITLES.__getitem__,
            key=f"runtime{slot}",
            bind="query-params",
            help="What runs the model. Both give nearly the same scores; LiteRT is faster.",
        )
    return ModelChoice(model, runtime)
