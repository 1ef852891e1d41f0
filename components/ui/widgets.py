"""Values of widgets and components, read by their keys."""

from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from components.server import uploads


def value(key: str) -> Any:  # noqa: ANN401  # whatever the widget holds
    """Return a widget's value, as in its own callback; None before it was drawn."""
    return st.session_state.get(key)


def reply(key: str, name: str) -> Any:  # noqa: ANN401  # whatever a component sends
    """Return what a component sent; None before it was drawn."""
    return getattr(st.session_state[key], name, None) if key in st.session_state else None


def selected_row(key: str) -> int | None:
    """Return the row that is selected in a table; None where there is none."""
    rows = st.session_state[key]["selection"]["rows"] if key in st.session_state else []
    return int(rows[0]) if rows else None


def preselect(key: str, row: int) -> None:
    """Select a row of a table that is drawn for the first time."""
    if key not in st.session_state:
        st.session_state[key] = {"selection": {"rows": [row], "columns": [], "cells": []}}


def fresh_key(key: str) -> str:
    """Return an uploader's key, which is another one each time it was emptied."""
    return f"{key}-{st.session_state.get('_emptied', {}).get(key, 0)}"


def empty(key: str) -> list[UploadedFile]:
    """Take the files out of an uploader that was drawn under `fresh_key(key)`.

    Neither Streamlit nor its reruns hold them afterwards.
    """
    held = st.session_state.get(fresh_key(key))
    emptied: dict[str, int] = st.session_state.setdefault("_emptied", {})
    emptied[key] = emptied.get(key, 0) + 1
    if held is None:
        return []
    files: list[UploadedFile] = held if isinstance(held, list) else [held]
    for file in files:
        uploads.discard(file)
    return files
