"""Footer of every page: retention of data, and its deletion."""

import streamlit as st

from components.protocol import serving
from components.ui import address
from components.workspace.current import visitor_cookie
from components.workspace.shared import shared


def show() -> None:
    """Draw the footer."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_words(), width="stretch")
        with st.popover("Forget everything", icon=":material/delete_sweep:", type="tertiary"):
            st.markdown("This removes your recordings, results, models and examples at once.")
            st.button(
                "Forget everything now",
                icon=":material/delete_sweep:",
                key="forget-everything",
                type="primary",
                on_click=address.forget,
            )


def _words() -> str:
    if not serving.is_serving():
        return (
            "This server runs the page without Earmark's own routes: sound cannot be played, live "
            "scores do not move, and a reload loses what is here. Start it by "
            "`streamlit run app.py`."
        )
    if visitor_cookie() is None:
        return (
            ":material/cookie_off: This browser refuses cookies: a reload loses what is here. To "
            "keep it, allow cookies for this site."
        )
    minutes = shared().limits.workspace_minutes
    if minutes < 1:
        return "What you bring here is yours alone, and is removed when you leave."
    kept = "a minute" if minutes == 1 else f"{minutes:g} minutes"
    return f"What you bring here is yours alone, and is kept for {kept} after you leave."
