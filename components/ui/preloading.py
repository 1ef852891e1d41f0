"""What the first result needs in the browser, loaded while the page is still empty."""

from pathlib import Path

import streamlit as st

from components.frontend import bundle
from components.server import frontend_parts

PARTS = (
    "Slider",
    "Checkbox",
    "ButtonGroup",
    "Multiselect",
    "Metric",
    "DataFrame",
    "PlotlyChart",
)
"""Streamlit's elements in the result of a clip, the largest last: the charts have 4.7 MB."""


def preload() -> None:
    """Let the browser load the parts for a result, once the page has been idle for a while."""
    component = bundle.component("preloading", Path(__file__).parent)
    with st.container(key="preloads"):
        component(key="preloading", data={"parts": frontend_parts.addresses(PARTS)})
