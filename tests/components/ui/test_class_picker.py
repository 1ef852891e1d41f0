"""Class picker without a browser: what the script makes of what the browser sends."""

from streamlit.testing.v1 import AppTest

from components.workspace.recent_classes import MAX_RECENT
from components.workspace.shared import shared
from components.workspace.workspace import Workspace
from tests.components.pages import new_tab


def draw(told: object, *, one_by_one: bool = False) -> None:
    from typing import Any
    from unittest.mock import patch

    import streamlit as st

    from components.frontend import bundle
    from components.ui import class_picker, widgets

    def mount(**options: Any) -> None:  # noqa: ANN401
        st.session_state["data"] = options["data"]
        if st.button("Choose"):
            with patch.object(widgets, "reply", lambda _key, _name: told):
                options["on_chosen_change"]()

    with patch.object(bundle, "component", lambda *_: mount):
        class_picker.draw(
            "Hide",
            ["Dog", "Bark", "Speech", "Mine"],
            name="hide",
            placeholder="None",
            first={"In this clip": ["Bark", "Elsewhere"], "Heard": []},
            take_each=st.session_state.setdefault("each", []).append if one_by_one else None,
        )


def open_picker(
    told: object, workspace: Workspace | None = None, *, one_by_one: bool = False
) -> AppTest:
    workspace = workspace or shared().registry.open_in_session()
    page = new_tab(draw, workspace, told=told, one_by_one=one_by_one).run()
    assert not page.exception
    return page


def choose(page: AppTest) -> None:
    page.button[0].click().run()
    assert not page.exception


def test_only_labels_of_the_model_are_taken_each_once() -> None:
    page = open_picker({"labels": ["Mine", "Dog", "Nope", 7, "Dog"], "token": "a"})
    choose(page)
    assert page.session_state["hide"] == ["Mine", "Dog"]


def test_what_is_no_choice_changes_nothing() -> None:
    for told in (None, "Dog", {"labels": "Dog"}, {"token": "a"}):
        page = open_picker(told)
        choose(page)
        assert page.session_state["hide"] == []


def test_a_picker_that_hands_on_what_is_chosen_stays_empty() -> None:
    page = open_picker({"labels": ["Dog"], "token": "a"}, one_by_one=True)
    for _ in range(2):
        choose(page)
    assert page.session_state["each"] == ["Dog", "Dog"]
    assert page.session_state["hide"] == []


def test_present_and_recent_classes_come_first() -> None:
    workspace = shared().registry.open_in_session()
    workspace.recent_classes.note(["Speech", "Elsewhere"])
    page = open_picker({"labels": ["Mine"], "token": "a"}, workspace)
    assert page.session_state["data"]["groups"] == [
        {"title": "In this clip", "labels": ["Bark"]},
        {"title": "Recently used", "labels": ["Speech"]},
    ]
    choose(page)
    page.run()
    assert page.session_state["data"]["groups"][1]["labels"] == ["Mine", "Speech"]
    assert page.session_state["data"]["token"] == "a"  # noqa: S105
    workspace.recent_classes.note([f"Class {number}" for number in range(20)])
    assert len(workspace.recent_classes.labels) == MAX_RECENT
