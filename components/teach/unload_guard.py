"""A question before a reload loses examples that no Earmark file has."""

from functools import cache
from pathlib import Path

import streamlit as st

from components.workspace.current import current, visitor_cookie
from components.workspace.shared import shared

_SCRIPT = Path(__file__).parent / "unload_guard.js"


@cache
def _source() -> str:
    return _SCRIPT.read_text(encoding="utf-8")


def ask_first() -> None:
    """Ask while a reload would lose an unsaved lesson, and on this page alone. Draws nothing."""
    kept = visitor_cookie() is not None and shared().limits.workspace_minutes >= 1
    component = st.components.v2.component("earmark_leaving", js=_source())
    with st.container(key="leaving"):
        component(key="asks-first", data={"unsaved": not kept and not current().teaching.is_saved})
