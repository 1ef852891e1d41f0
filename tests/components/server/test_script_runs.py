"""Turns for all that Streamlit runs."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from streamlit.runtime.scriptrunner import script_runner

from components.server import script_runs
from components.workspace.script_turns import TURNS
from tests.components.pages import new_tab


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the networks that had a turn."""
    had: list[str] = []
    name = "exec_func_with_error_handling"
    monkeypatch.setattr(script_runner, name, getattr(script_runner, name))  # restored afterwards
    script_runs.take_turns()
    turn = TURNS.turn

    @contextmanager
    def noting(who: str) -> Iterator[None]:
        with turn(who):
            had.append(who)
            yield

    monkeypatch.setattr(TURNS, "turn", noting)
    return had


def page() -> None:
    import streamlit as st

    from components.workspace.script_turns import TURNS

    def note(name: str) -> None:
        st.session_state[name] = [*st.session_state.get(name, []), TURNS.is_here]

    @st.fragment
    def part() -> None:
        st.button("Press", on_click=note, args=("callback",))
        note("fragment")

    part()


@pytest.mark.usefixtures("turns")
def test_callbacks_and_fragments_have_a_turn() -> None:
    app = new_tab(page).run()
    app.button[0].click().run()
    assert app.session_state["callback"] == [True]
    assert app.session_state["fragment"] == [True, True]


def test_a_run_has_one_turn_whatever_it_holds(turns: list[str]) -> None:
    new_tab(page).run()
    assert len(turns) == 1


def test_a_thread_keeps_the_turn_that_it_has() -> None:
    def run() -> None:
        with TURNS.turn("a"), TURNS.turn("a"), TURNS.turn("a"), TURNS.turn("a"):
            ended.set()

    ended = threading.Event()
    threading.Thread(target=run, daemon=True).start()
    assert ended.wait(30)


def test_another_streamlit_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script_runner, "exec_func_with_error_handling", print)
    with pytest.raises(RuntimeError, match="otherwise than"):
        script_runs.take_turns()
