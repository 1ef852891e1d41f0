"""Confirmation before a reload that would lose an unsaved lesson."""

from pathlib import Path

import streamlit as st

from components.frontend import bundle
from components.workspace.current import current, visitor_cookie
from components.workspace.shared import shared


def ask_first() -> None:
    """Mount the component that asks before a reload would lose an unsaved lesson.

    It is invisible, and acts on this page only.
    """
    kept = visitor_cookie() is not None and shared().limits.workspace_minutes >= 1
    component = bundle.component("unload_guard", Path(__file__).parent)
    with st.container(key="leaving"):
        component(key="asks-first", data={"unsaved": not kept and not current().teaching.is_saved})
