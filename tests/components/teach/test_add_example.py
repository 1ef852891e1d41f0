"""From the other pages to a lesson."""

import pytest
from streamlit.testing.v1 import AppTest

from components.workspace.recordings import Recording
from models.teaching.lesson import BACKGROUND
from tests.components.pages import new_tab, press, workspace_of
from tests.models.teaching.sounds import MAKERS, wav


def selection() -> None:
    import streamlit as st

    from components.teach import add_example

    add_example.offer_selection(
        st.session_state.recording, *st.session_state.selected_s, clip_s=20.0
    )


def last_seconds() -> None:
    import streamlit as st

    from components.teach import add_example

    add_example.offer_last_seconds(st.session_state.session, 10.0)


def selecting(data: bytes, begin_s: float, end_s: float) -> AppTest:
    page = new_tab(selection)
    page.session_state["recording"] = Recording.from_bytes("a.wav", data)
    page.session_state["selected_s"] = (begin_s, end_s)
    return page.run()


def test_a_selection_becomes_an_example_with_its_surroundings() -> None:
    data = wav(MAKERS["Finger snapping"](4.0, 1))
    page = press(selecting(data, 1.4, 1.7), "Finger snapping")
    (piece,) = workspace_of(page).teaching.lesson.pieces
    assert piece.label == "Finger snapping"
    assert piece.duration_s == pytest.approx(0.975, abs=0.01)  # a window, no digital silence
    assert piece.recording == page.session_state["recording"].digest
    assert page.success[0].value == "Added to Finger snapping\\."


def test_of_one_recording_all_selections_are_of_one_recording() -> None:
    data = wav(MAKERS["Clapping"](4.0, 1))
    page = press(selecting(data, 0.2, 1.5), "Clapping")
    page.session_state["selected_s"] = (2.0, 3.5)
    press(page, "Clapping")
    pieces = workspace_of(page).teaching.lesson.pieces
    assert len(pieces) == 2
    assert len({piece.recording for piece in pieces}) == 1


def test_a_silent_selection_is_refused_with_a_reason() -> None:
    page = press(selecting(wav(MAKERS["Typing"](3.0, 1) * 0), 1.0, 2.0), "Typing")
    assert "The recording is silent" in page.error[0].value
    assert not page.success


def test_what_is_background_is_not_cut() -> None:
    data = wav(MAKERS["Typing"](6.0, 1) * 1e-3)
    page = press(selecting(data, 0.5, 5.5), BACKGROUND)
    assert workspace_of(page).teaching.lesson.duration_s == pytest.approx(5.0, abs=0.01)


def test_before_anything_was_heard_live_there_is_nothing_to_teach() -> None:
    page = new_tab(last_seconds)
    page.session_state["session"] = workspace_of(page).live
    press(page.run(), "Clapping")
    assert "No live session is running" in page.error[0].value
