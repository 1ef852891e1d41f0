"""Values of widgets that outlive a change of page and a reload."""

from collections.abc import Collection
from urllib.parse import urlsplit

import streamlit as st

from components.workspace.current import current


def recall(key: str, options: Collection[str]) -> None:
    """Set a choice, known by its widget's key, to what it was on the page shown before.

    Links between pages drop what is kept in the address, and a widget that is on both pages then
    starts anew in the browser, which only a value set by hand prevents (seen with Streamlit 1.67).
    """
    page = urlsplit(st.context.url or "").path
    before = current().settings.get(key)
    where = st.session_state.get(f"_{key}")
    if where != page and before in options and key not in st.query_params:
        st.session_state[key] = before


def note(key: str, value: str) -> None:
    """Remember a choice."""
    current().settings[key] = value
    st.session_state[f"_{key}"] = urlsplit(st.context.url or "").path
