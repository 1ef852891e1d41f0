"""Uploaders that are emptied as files arrive."""

from types import SimpleNamespace
from typing import Any

import pytest

from components.server import uploads
from components.ui import widgets
from tests.components.pages import new_tab


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
    assert widgets.take_files("uploads") == [first]
    assert widgets.fresh_key("uploads") == "uploads-1"
    state["uploads-0"] = [first, second]  # the browser has not drawn the emptied one yet
    assert widgets.take_files("uploads") == [second]
    assert widgets.take_files("uploads") == []


def interrupted() -> None:
    import streamlit as st
    from streamlit.runtime.scriptrunner import RerunException
    from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

    from components.ui import widgets

    def take() -> None:
        st.session_state.runs = st.session_state.get("runs", 0) + 1
        if st.session_state.runs == 1:  # as Streamlit does where another request has arrived
            raise RerunException(RerunData())
        st.session_state.taken = [file.name for file in widgets.take_files("sounds")]

    widgets.uploader("Sounds", key="sounds", take=take, accept_multiple_files=True)


def test_files_are_taken_though_the_callback_was_ended() -> None:
    page = new_tab(interrupted).run()
    page.file_uploader[0].set_value([("a.wav", b"sound", "audio/wav")]).run()
    assert page.session_state["taken"] == ["a.wav"]
    assert page.session_state["runs"] == 2
    assert not page.exception
