"""Recordings on their way into a lesson."""

import threading

import pytest

from models.errors import RecordingError, SettingError
from models.teaching import lesson as lessons
from models.teaching.delivery import Delivery
from models.teaching.lesson import Lesson, LessonHistory
from tests.models.teaching.parcels import LABEL, bad, endless, good


def take(delivery: Delivery, before: LessonHistory) -> LessonHistory:
    job = delivery.job()
    job.join("test")
    assert job.wait(60)
    return delivery.take(before)


def test_what_came_together_is_undone_in_one_step() -> None:
    delivery = Delivery(LABEL, [good("a"), good("b"), good("c")], LABEL)
    present = LessonHistory()
    for _ in range(3):
        present = take(delivery, present)
    assert [one.name for one in present.present.pieces] == ["a", "b", "c"]
    assert present.last_change == "added 3 recordings to Typing"
    assert present.undone().present.pieces == ()


def test_where_its_step_was_evicted_the_next_one_names_what_it_adds() -> None:
    delivery = Delivery(LABEL, [good("a"), good("b")], LABEL)
    present = take(delivery, LessonHistory()).within(0)
    present = take(delivery, present)
    assert present.last_change == "added b to Typing"
    assert [one.name for one in present.undone().present.pieces] == ["a"]


def test_what_it_grows_by_is_known_before_it_is_taken() -> None:
    delivery = Delivery(LABEL, [good("a"), bad("b")], LABEL)
    for _ in range(2):
        job = delivery.job()
        job.join("test")
        assert job.wait(60)
        growth = delivery.growth(LessonHistory())
        assert growth == delivery.growth(LessonHistory())
        if delivery.parcels[0].name == "a":
            assert growth == delivery.take(LessonHistory()).n_bytes > 0
    assert growth == 0, "it cannot be read"


def test_what_was_changed_in_between_is_undone_by_itself() -> None:
    delivery = Delivery(LABEL, [good("a"), good("b")], LABEL)
    present = take(delivery, LessonHistory())
    present = present.then("renamed it", Lesson(present.present.labels, present.present.pieces))
    present = take(delivery, present)
    assert [one.name for one in present.present.pieces] == ["a", "b"]
    assert [one.name for one in present.undone().present.pieces] == ["a"]
    assert present.undone().last_change == "renamed it"


def test_what_cannot_be_read_is_off_the_list_and_stops_no_other() -> None:
    delivery = Delivery(LABEL, [bad("a"), good("b")], LABEL)
    with pytest.raises(RecordingError, match="It is noise"):
        take(delivery, LessonHistory())
    assert [one.name for one in take(delivery, LessonHistory()).present.pieces] == ["b"]
    assert not delivery.parcels


def test_nothing_goes_into_a_class_that_was_removed_meanwhile() -> None:
    delivery = Delivery(LABEL, [good("a")], LABEL)
    with pytest.raises(SettingError, match="'Typing' no longer exists"):
        take(delivery, LessonHistory(lessons.remove_class(Lesson(), LABEL)))


def test_what_was_abandoned_begins_anew() -> None:
    begun, ended = threading.Event(), threading.Event()
    delivery = Delivery(LABEL, [endless("a", begun, ended)], LABEL)
    first = delivery.job()
    first.join("test")
    first.leave("test")
    assert ended.wait(60)
    assert delivery.job() is not first
