"""Recordings on their way into a lesson, as a page waits for them."""

import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from components.teach import example_intake
from components.workspace.current import current
from components.workspace.workspace import Workspace
from models.teaching import lesson as lessons
from models.teaching.delivery import Change, Delivery, Parcel
from tests.components.pages import new_tab, press, workspace_of
from tests.models.teaching.parcels import LABEL, bad, endless, good, piece


def script() -> None:
    import streamlit as st

    from components.teach import example_intake
    from components.workspace.current import current

    if "delivery" in st.session_state:
        example_intake.deliver(st.session_state.pop("delivery"), current())
    under_way = example_intake.places("Typing")
    example_intake.show_failures("Typing")
    if not st.session_state.get("look_only"):
        example_intake.wait(under_way)


def names(page: AppTest) -> list[str]:
    return [one.name for one in workspace_of(page).teaching.lesson.pieces]


def test_cancelling_ends_the_work_and_keeps_what_was_taken_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(example_intake.notices, "PATIENCE_S", 3.0)  # the machine may be busy
    begun, ended = threading.Event(), threading.Event()
    parcels = [good("a"), bad("b"), endless("c", begun, ended), good("d")]
    page = new_tab(script)
    page.session_state["delivery"] = Delivery(LABEL, parcels, LABEL)
    page.session_state["look_only"] = True  # else this run would wait for ever
    page.run()
    assert begun.wait(60)
    page.session_state["look_only"] = False
    press(page, "Cancel")
    assert ended.wait(60)
    assert names(page) == ["a"]
    (error,) = page.error
    assert error.value.startswith("**b**")
    assert not workspace_of(page).teaching.deliveries


def test_what_takes_longer_is_waited_for() -> None:
    may_end = threading.Timer(1.0, lambda: None)

    def unpack(_progress: Callable[[float], None]) -> Change:
        may_end.start()
        may_end.join()
        return partial(lessons.add, pieces=[piece("slow")])

    page = new_tab(script)
    page.session_state["delivery"] = Delivery(
        LABEL, [bad("a"), Parcel("slow", unpack), good("c")], LABEL
    )
    page.run()
    assert not page.exception
    assert names(page) == ["slow", "c"]
    (error,) = page.error  # also those from before the waiting
    assert error.value.startswith("**a**")
    assert workspace_of(page).teaching.history.last_change == "added 2 recordings to Typing"


def test_a_run_that_another_ends_loses_nothing_and_takes_nothing_in_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the session holds the workspace, Streamlit may end a run whenever it looks for it."""
    for looks in range(10):
        page = new_tab(script)
        workspace_of(page).teaching.add_delivery(Delivery(LABEL, [good("a"), good("b")], LABEL))
        left = iter(range(looks))

        def look(left: Iterator[int] = left) -> Workspace:
            if next(left, None) is None:
                st.stop()
            return current()

        with monkeypatch.context() as patch:
            patch.setattr(example_intake, "current", look)
            page.run()
        page.run()
        assert not page.exception
        assert names(page) == ["a", "b"]
        assert not workspace_of(page).teaching.deliveries
