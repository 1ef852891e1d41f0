"""Sidebar settings of the page "Compare", which share names with those of "Clip"."""

import streamlit as st

from components.ui import settings
from components.view.settings import HOPS_S, CompareSettings


def read_compare_settings() -> CompareSettings:
    """Draw the sidebar settings and return their values."""
    with st.sidebar:
        st.header("Comparison")
        return CompareSettings(
            hop_s=settings.selectbox(
                "Step between windows (hop, s)",
                HOPS_S,
                CompareSettings.hop_s,
                format_func=lambda hop_s: f"{hop_s:g}",
                name="hop",
                help="Step from one window to the next. A model that cuts its windows itself "
                "keeps its own; scores are then compared on the coarser grid of the two.",
            ),
            threshold=settings.slider(
                "Score threshold",
                *(0.0, 1.0, CompareSettings.threshold, 0.01),
                name="threshold",
                help="A class counts as heard while its score is at least this. A moment is clear "
                "if either model hears something in it.",
            ),
            n_classes=settings.slider(
                "Classes shown",
                *(1, 30, CompareSettings.n_classes),
                name="lanes",
                help="How many classes are drawn: those with the highest score from either model.",
            ),
        )
