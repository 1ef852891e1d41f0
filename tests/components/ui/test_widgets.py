"""Uploaders that are emptied as files arrive."""

from types import SimpleNamespace
from typing import Any

import pytest

from components.server import uploads
from components.ui import widgets


def test_a_file_that_was_dropped_into_the_uploader_before_is_taken_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = (SimpleNamespace(name=name) for name in ("a.wav", "b.wav"))
    held_by_streamlit = [first, second]
    state: dict[str, Any] = {"uploads-0": [first]}

    def discard(file: Any) -> bool:  # noqa: ANN401
        is_held = file in held_by_streamlit
        if is_held:
            held_by_streamlit.remove(file)
        return is_held

    monkeypatch.setattr(widgets.st, "session_state", state)
    monkeypatch.setattr(uploads, "discard", discard)
    assert widgets.empty("uploads") == [first]
    assert widgets.fresh_key("uploads") == "uploads-1"
    state["uploads-0"] = [first, second]  # the browser has not drawn the emptied one yet
    assert widgets.empty("uploads") == [second]
    assert widgets.empty("uploads") == []
