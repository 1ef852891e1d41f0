"""What the browser's parts tell, which may be late, or nonsense."""

import pytest

from models.audio import Clip
from models.teaching.lesson import Lesson, LessonHistory, Piece
from tests.components.pages import new_tab, workspace_of
from tests.models.teaching.sounds import MAKERS, RATE


def telling() -> None:
    import streamlit as st

    from components.teach import example_list

    what, told = st.session_state.told
    example_list.remove(told) if what == "remove" else example_list.relabel(**told)


@pytest.fixture
def piece() -> Piece:
    clip = Clip.from_samples(MAKERS["Clapping"](1.0, 1), RATE)
    return Piece("Clapping", "Recording 1", "one", clip)


def after(piece: Piece, what: str, told: object) -> LessonHistory:
    page = new_tab(telling)
    teaching = workspace_of(page).teaching
    teaching.change("added it", Lesson(pieces=(piece,)))
    page.session_state["told"] = (what, told)
    page.run()
    assert not page.exception
    return teaching.history


def test_an_example_is_removed_and_put_elsewhere(piece: Piece) -> None:
    assert after(piece, "remove", piece.number).present.pieces == ()
    moved = after(piece, "relabel", {"number": piece.number, "label": "Typing"})
    assert [one.label for one in moved.present.pieces] == ["Typing"]
    assert moved.last_change == "made Recording 1 an example of Typing"


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("remove", -1),
        ("remove", None),
        ("remove", "1"),
        ("relabel", {"number": -1, "label": "Typing"}),
        ("relabel", {"number": None, "label": "Typing"}),
    ],
)
def test_what_is_gone_already_changes_nothing(piece: Piece, what: str, told: object) -> None:
    assert after(piece, what, told).last_change == "added it"


@pytest.mark.parametrize("label", ["Wombat", None, ["Typing"]])
def test_an_example_goes_into_no_class_that_is_not_there(piece: Piece, label: object) -> None:
    told = {"number": piece.number, "label": label}
    assert after(piece, "relabel", told).last_change == "added it"
