"""Recordings on their way into a lesson."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest
import streamlit as st
from components.teaching.delivery import Change, Delivery, Parcel
from components.teaching.lessons import History, Lesson, Piece
from streamlit.testing.v1 import AppTest

from components import state
from components.teaching import lessons
from models.audio import Clip
from models.errors import RecordingError, SettingError
from tests.components.teaching.driving import history, press
from tests.models.teaching.sounds import MAKERS, RATE

LABEL = "Typing"


@pytest.fixture(autouse=True)
def _fresh_caches() -> Iterator[None]:
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def piece(name: str) -> Piece:
    return Piece(LABEL, name, name, Clip.from_samples(MAKERS[LABEL](1.0, 0), RATE))


def good(name: str) -> Parcel:
    return Parcel(name, lambda _progress: partial(lessons.add, pieces=[piece(name)]))


def bad(name: str) -> Parcel:
    def unpack(_progress: Callable[[float], None]) -> Change:
        raise RecordingError("It is noise.", allowed="Sound.", remedy="Another one.")

    return Parcel(name, unpack)


def endless(name: str, begun: threading.Event, ended: threading.Event) -> Parcel:
    """One that is unpacked until it is cancelled."""

    def unpack(progress: Callable[[float], None]) -> Change:
        begun.set()
        try:
            while True:
                progress(0.5)
        finally:
            ended.set()

    return Parcel(name, unpack)


def take(delivery: Delivery, before: History) -> History:
    job = delivery.job()
    job.join("test")
    assert job.wait(10)
    return delivery.take(before)


def test_what_came_together_is_undone_in_one_step() -> None:
    delivery = Delivery(LABEL, [good("a"), good("b"), good("c")], LABEL)
    present = History()
    for _ in range(3):
        present = take(delivery, present)
    assert [one.name for one in present.present.pieces] == ["a", "b", "c"]
    assert present.last_change == "added 3 recordings to Typing"
    assert present.undone().present.pieces == ()


def test_what_was_changed_in_between_is_undone_by_itself() -> None:
    delivery = Delivery(LABEL, [good("a"), good("b")], LABEL)
    present = take(delivery, History())
    present = present.then("renamed it", Lesson(present.present.labels, present.present.pieces))
    present = take(delivery, present)
    assert [one.name for one in present.present.pieces] == ["a", "b"]
    assert [one.name for one in present.undone().present.pieces] == ["a"]
    assert present.undone().last_change == "renamed it"


def test_what_cannot_be_read_is_off_the_list_and_stops_no_other() -> None:
    delivery = Delivery(LABEL, [bad("a"), good("b")], LABEL)
    with pytest.raises(RecordingError, match="It is noise"):
        take(delivery, History())
    assert [one.name for one in take(delivery, History()).present.pieces] == ["b"]
    assert not delivery.parcels


def test_nothing_goes_into_a_class_that_was_removed_meanwhile() -> None:
    delivery = Delivery(LABEL, [good("a")], LABEL)
    with pytest.raises(SettingError, match="'Typing' is gone"):
        take(delivery, History(lessons.remove_class(Lesson(), LABEL)))


def test_what_was_abandoned_begins_anew() -> None:
    begun, ended = threading.Event(), threading.Event()
    delivery = Delivery(LABEL, [endless("a", begun, ended)], LABEL)
    first = delivery.job()
    first.join("test")
    first.leave("test")
    assert ended.wait(10)
    assert delivery.job() is not first


def script() -> None:
    import streamlit as st

    from components import state
    from components.teaching import taking_in

    if "delivery" in st.session_state:
        taking_in.deliver(st.session_state.pop("delivery"))
    under_way = taking_in.places("Typing")
    for name, _error in state.take_troubles("Typing"):
        st.error(name)
    if not st.session_state.get("look_only"):
        taking_in.wait(under_way)


def test_cancelling_ends_the_work_and_keeps_what_was_taken_in() -> None:
    begun, ended = threading.Event(), threading.Event()
    parcels = [good("a"), bad("b"), endless("c", begun, ended), good("d")]
    page = AppTest.from_function(script, default_timeout=30)
    page.session_state["delivery"] = Delivery(LABEL, parcels, LABEL)
    page.session_state["look_only"] = True  # else this run would wait for ever
    page.run()
    assert begun.wait(10)
    page.session_state["look_only"] = False
    press(page, "Cancel")
    assert ended.wait(10)
    assert [one.name for one in history(page).present.pieces] == ["a"]
    assert [error.value for error in page.error] == ["b"]
    assert not page.session_state["_deliveries"]


def test_what_takes_longer_is_waited_for() -> None:
    may_end = threading.Timer(1.0, lambda: None)

    def unpack(_progress: Callable[[float], None]) -> Change:
        may_end.start()
        may_end.join()
        return partial(lessons.add, pieces=[piece("slow")])

    page = AppTest.from_function(script, default_timeout=30)
    page.session_state["delivery"] = Delivery(
        LABEL, [bad("a"), Parcel("slow", unpack), good("c")], LABEL
    )
    page.run()
    assert not page.exception
    assert [one.name for one in history(page).present.pieces] == ["slow", "c"]
    assert [error.value for error in page.error] == ["a"]  # also those from before the waiting
    assert history(page).last_change == "added 2 recordings to Typing"


def test_a_run_that_another_ends_loses_nothing_and_takes_nothing_in_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whenever it looks into the session's state, Streamlit may end a run in favour of the next."""
    for looks in range(8):
        page = AppTest.from_function(script, default_timeout=30)
        page.session_state["delivery"] = Delivery(LABEL, [good("a")], LABEL)
        tries = iter((looks, 1_000))
        with monkeypatch.context() as patch:
            patch.setattr(state, "take_parcel", partial(interrupted, state.take_parcel, tries))
            page.run()
        assert not page.exception
        assert [one.name for one in history(page).present.pieces] == ["a"]
        assert not page.session_state["_deliveries"]


class OtherRun(Exception):  # noqa: N818  # stands for Streamlit's own, which no script sees
    """Another run is to begin."""


def interrupted(
    take_parcel: Callable[[Delivery], None], tries: Iterator[int], delivery: Delivery
) -> None:
    """Take a parcel in, but end the run after so many looks into the session's state."""
    real, left = st.session_state, iter(range(next(tries)))

    class Ending:
        def __getattr__(self, name: str) -> object:
            if next(left, None) is None:
                raise OtherRun
            return getattr(real, name)

        def __setitem__(self, key: str, value: object) -> None:
            if next(left, None) is None:
                raise OtherRun
            real[key] = value

    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(OtherRun):
        patch.setattr(st, "session_state", Ending())
        take_parcel(delivery)
