"""Access to values of widgets and components by key."""

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from components.server import uploads


def value(key: str) -> Any:  # noqa: ANN401  # any widget's value
    """Return a widget's value, for example in its callback; None before it was drawn."""
    return st.session_state.get(key)


def set_value(key: str, value: object) -> None:
    """Set a widget's value, before it is drawn or in a callback."""
    st.session_state[key] = value


def reply(key: str, name: str) -> Any:  # noqa: ANN401  # any component's value
    """Return a value sent by a component; None before it was drawn."""
    return getattr(st.session_state[key], name, None) if key in st.session_state else None


def selected_row(key: str) -> int | None:
    """Return the selected row of a table; None if there is none."""
    rows = st.session_state[key]["selection"]["rows"] if key in st.session_state else []
    return int(rows[0]) if rows else None


def selected_point(key: str) -> int | None:
    """Return the index of the selected point of a chart's trace; None if there is none."""
    points = st.session_state[key]["selection"]["points"] if key in st.session_state else []
    return int(points[0]["point_index"]) if points else None


def select_row(key: str, row: int) -> None:
    """Select a row of a table before it is drawn."""
    if selected_row(key) != row:
        st.session_state[key] = {"selection": {"rows": [row], "columns": [], "cells": []}}


def uploader(
    label: str,
    *,
    key: str,
    take: Callable[..., None],
    args: tuple[Any, ...] = (),
    **options: Any,  # noqa: ANN401  # Streamlit's own
) -> None:
    """Draw a file uploader that is emptied as files arrive.

    Streamlit ends a callback at its next access to the session state where another request for a
    run has arrived meanwhile. Files that were not taken for that reason are taken here.

    Parameters
    ----------
    label : str
        Label of the uploader.
    key : str
        Its key, for `take_files`.
    take : callable
        Called when files have arrived. It takes them from `take_files`, and does not access the
        session state afterwards.
    args : tuple
        Its arguments.
    **options
        Further parameters of `st.file_uploader`.
    """
    if st.session_state.get(fresh_key(key)):
        take(*args)
        st.rerun()
    largest_mb: int = options.get("max_upload_size") or st.get_option("server.maxUploadSize")
    each = " each" if options.get("accept_multiple_files") else ""
    # Streamlit's own words, "500MB per file", are hidden by the style sheet.
    titled = f"{label} · up to {largest_mb:,} MB{each}"
    st.file_uploader(titled, key=fresh_key(key), on_change=take, args=args, **options)


def fresh_key(key: str) -> str:
    """Return the current key of an uploader, which changes each time it is emptied."""
    return f"{key}-{st.session_state.get('_emptied', {}).get(key, 0)}"


def take_files(key: str) -> list[UploadedFile]:
    """Return and remove the files of an uploader that was drawn with `fresh_key(key)`.

    Afterwards Streamlit no longer holds them. A file that is dropped before the browser has drawn
    the emptied uploader arrives under the key before.
    """
    emptied: dict[str, int] = st.session_state.setdefault("_emptied", {})
    count = emptied.get(key, 0)
    held = [st.session_state.get(f"{key}-{n}") for n in range(max(0, count - 1), count + 1)]
    emptied[key] = count + 1
    files: list[UploadedFile] = []
    for one in held:
        files += one if isinstance(one, list) else [] if one is None else [one]
    return [file for file in files if uploads.discard(file)]
