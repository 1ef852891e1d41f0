"""A question before a reload loses examples that no Earmark file has."""

from pathlib import Path

import streamlit as st

from components.frontend import bundle
from components.workspace.current import current, visitor_cookie
from components.workspace.shared import shared


def ask_first() -> None:
    """Ask while a reload would lose an unsaved lesson, and on this page alone. Draws nothing."""
    kept = visitor_cookie() is not None and shared().limits.workspace_minutes >= 1
    component = bundle.component("unload_guard", Path(__file__).parent)
    with st.container(key="leaving"):
        component(key="asks-first", data={"unsaved": not kept and not current().teaching.is_saved})
