"""A question before the tab is closed while it holds examples that no Earmark file has."""

from functools import cache
from pathlib import Path

import streamlit as st

from components.workspace.current import current

_SCRIPT = Path(__file__).parent / "leaving.js"


@cache
def _source() -> str:
    return _SCRIPT.read_text(encoding="utf-8")


def ask_first() -> None:
    """Ask while the lesson is unsaved, and on this page alone. Draws nothing."""
    component = st.components.v2.component("earmark_leaving", js=_source())
    with st.container(key="leaving"):
        component(key="asks-first", data={"unsaved": not current().teaching.is_saved})
