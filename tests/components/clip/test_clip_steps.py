"""Opening of a clip at a moment: in the tab that opened it, and there alone."""

from streamlit.testing.v1 import AppTest

from tests.components.pages import new_tab, workspace_of


def opens(key: str, stretch: tuple[float, float] | None) -> None:
    import streamlit as st

    from components.clip import clip_steps

    if key:
        clip_steps.open_clip(key, stretch)
    st.session_state["wish"] = clip_steps.wish_of(key or "clip")


def run(page: AppTest) -> AppTest:
    page.run()
    assert not page.exception
    return page


def test_a_clip_is_opened_with_a_wish_that_names_its_opening() -> None:
    page = run(new_tab(opens, key="clip", stretch=(1.0, 2.0)))
    workspace = workspace_of(page)
    assert workspace.recordings.chosen_key == "clip"
    first = page.session_state["wish"]
    assert (first["onset_s"], first["offset_s"]) == (1.0, 2.0)
    again = run(page).session_state["wish"]
    assert first["opening"]
    assert again["opening"] not in (None, first["opening"])
    assert again["number"] > first["number"]


def test_another_tab_does_not_open_it_and_a_reload_does_not_either() -> None:
    page = run(new_tab(opens, key="clip", stretch=(1.0, 2.0)))
    other = run(new_tab(opens, workspace_of(page), key="", stretch=None))
    assert other.session_state["wish"]["number"] == page.session_state["wish"]["number"]
    assert other.session_state["wish"]["opening"] is None


def test_without_a_stretch_nothing_is_played() -> None:
    page = run(new_tab(opens, key="clip", stretch=None))
    assert page.session_state["wish"] is None
    assert workspace_of(page).recordings.chosen_key == "clip"
