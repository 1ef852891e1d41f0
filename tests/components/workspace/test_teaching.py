"""The lesson of a workspace, which two tabs share."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial

import pytest

from components.workspace.messages import Messages
from components.workspace.teaching import Teaching
from models.errors import SettingError
from models.inference import Classifier
from models.jobs.fair_queue import FairQueue
from models.teaching import lesson as lessons
from models.teaching.delivery import Delivery, Parcel
from models.teaching.lesson import Lesson
from tests.models.teaching.parcels import LABEL, bad, endless, good, piece


@pytest.fixture
def messages() -> Messages:
    return Messages()


@pytest.fixture
def teaching(messages: Messages) -> Iterator[Teaching]:
    made = Teaching(messages, FairQueue(1), nullcontext)
    yield made
    made.clear()


def names(teaching: Teaching) -> list[str]:
    return [one.name for one in teaching.lesson.pieces]


def wait_for(delivery: Delivery) -> None:
    job = delivery.job()
    job.join("a tab")
    assert job.wait(60)


def test_two_tabs_that_take_a_parcel_take_it_once(teaching: Teaching, messages: Messages) -> None:
    delivery = Delivery(LABEL, [good("a"), bad("b"), good("c")], LABEL, thanks="Added.")
    teaching.add_delivery(delivery)
    while delivery.parcels:
        left = len(delivery.parcels)
        wait_for(delivery)
        tabs = [threading.Thread(target=teaching.take_parcel, args=(delivery,)) for _ in range(4)]
        for tab in tabs:
            tab.start()
        for tab in tabs:
            tab.join(60)
        assert len(delivery.parcels) == left - 1, "the next one has not been unpacked yet"
    assert names(teaching) == ["a", "c"]
    assert [name for name, _ in messages.show_failures(LABEL)] == ["b"]
    assert messages.success(LABEL) == "Added."
    assert not teaching.is_awaited(LABEL)
    teaching.take_parcel(delivery)
    assert names(teaching) == ["a", "c"]


def test_two_workspaces_that_evict_each_others_changes_do_not_wait_for_each_other() -> None:
    both = threading.Barrier(2, timeout=60)
    teachings: list[Teaching] = []

    @contextmanager
    def evicting_of(number: int, n_bytes: int) -> Iterator[None]:
        if n_bytes:
            both.wait()  # both take a parcel now
            teachings[1 - number].forget_oldest_change()
        yield

    teachings += [Teaching(Messages(), FairQueue(1), partial(evicting_of, n)) for n in range(2)]
    tabs = []
    for teaching in teachings:
        delivery = Delivery(LABEL, [good("a")], LABEL)
        teaching.add_delivery(delivery)
        wait_for(delivery)
        tabs.append(threading.Thread(target=teaching.take_parcel, args=(delivery,), daemon=True))
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join(60)
    assert [names(teaching) for teaching in teachings] == [["a"], ["a"]]
    assert not any(tab.is_alive() for tab in tabs)


def test_a_change_while_room_is_made_is_kept(messages: Messages) -> None:
    @contextmanager
    def changing(n_bytes: int) -> Iterator[None]:
        if n_bytes and not names(made):
            made.change("added b", lessons.add(made.lesson, [piece("b")]))
        yield

    made = Teaching(messages, FairQueue(1), changing)
    delivery = Delivery(LABEL, [good("a")], LABEL)
    made.add_delivery(delivery)
    wait_for(delivery)
    made.take_parcel(delivery)
    assert names(made) == ["b", "a"]
    made.undo()
    assert names(made) == ["b"]


def test_what_another_tab_took_while_room_was_made_is_not_refused(messages: Messages) -> None:
    delivery = Delivery(LABEL, [good("a"), good("b")], LABEL)
    is_first = True

    @contextmanager
    def refusing(n_bytes: int) -> Iterator[None]:
        nonlocal is_first
        if n_bytes and is_first:
            is_first = False
            made.take_parcel(delivery)  # as the other tab does
            raise SettingError("It is full.", allowed="Less.", remedy="Remove some.")
        yield

    made = Teaching(messages, FairQueue(1), refusing)
    made.add_delivery(delivery)
    wait_for(delivery)
    made.take_parcel(delivery)
    assert names(made) == ["a"]
    assert [parcel.name for parcel in delivery.parcels] == ["b"]
    assert not messages.show_failures(LABEL)


def test_what_is_cancelled_in_one_tab_is_so_in_the_other(teaching: Teaching) -> None:
    begun, ended = threading.Event(), threading.Event()
    delivery = Delivery(LABEL, [good("a"), endless("b", begun, ended), good("c")], LABEL)
    teaching.add_delivery(delivery)
    wait_for(delivery)
    teaching.take_parcel(delivery)
    job = delivery.job()
    job.join("a tab")
    assert begun.wait(60)
    assert teaching.is_awaited(LABEL)
    teaching.cancel_delivery(delivery)
    teaching.take_parcel(delivery)
    job.leave("a tab")
    assert ended.wait(60)
    assert names(teaching) == ["a"]
    assert not teaching.is_awaited(LABEL)


def test_changes_of_two_tabs_at_once_are_all_kept(teaching: Teaching) -> None:
    def add(tab: str) -> None:
        for number in range(20):
            with teaching.changing() as lesson:
                added = lessons.add(lesson, [piece(f"{tab} {number}")])
                teaching.change(f"added {tab} {number}", added)

    tabs = [threading.Thread(target=add, args=(tab,)) for tab in ("one", "other")]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join(60)
    assert len(names(teaching)) == 40
    for _ in range(40):
        teaching.undo()
    assert names(teaching) == []
    teaching.undo()  # there is nothing before
    assert teaching.lesson.classes == Lesson().classes


def test_a_lesson_is_saved_until_it_is_changed(teaching: Teaching) -> None:
    assert teaching.is_saved, "there is nothing to lose"
    teaching.change("added a", lessons.add(teaching.lesson, [piece("a")]))
    assert not teaching.is_saved
    teaching.note_saved(teaching.lesson)
    assert teaching.is_saved
    teaching.change("added b", lessons.add(teaching.lesson, [piece("b")]))
    assert not teaching.is_saved
    teaching.undo()
    assert teaching.is_saved, "it is what the file has"


def test_what_comes_out_of_a_file_is_saved(teaching: Teaching) -> None:
    opened = Lesson(pieces=(piece("a"),))
    delivery = Delivery("opening", [Parcel("mine.earmark", lambda _progress: lambda _: opened)])
    teaching.add_delivery(delivery)
    wait_for(delivery)
    teaching.take_parcel(delivery)
    assert teaching.lesson is opened
    assert teaching.is_saved
    assert teaching.n_bytes == opened.pieces[0].n_bytes


def test_what_goes_into_a_class_that_is_gone_is_told(
    teaching: Teaching, messages: Messages
) -> None:
    delivery = Delivery(LABEL, [good("a")], LABEL)
    teaching.add_delivery(delivery)
    wait_for(delivery)
    teaching.change("removed it", lessons.remove_class(teaching.lesson, LABEL))
    teaching.take_parcel(delivery)
    ((name, error),) = messages.show_failures(LABEL)
    assert name == "a"
    assert isinstance(error, SettingError)


def test_a_training_is_on_the_lesson_as_it_was(teaching: Teaching, builtin: Classifier) -> None:
    teaching.change("added a", lessons.add(teaching.lesson, [piece("a")]))
    training = teaching.start_training("exclusive", builtin)
    assert teaching.training is training
    teaching.change("added b", lessons.add(teaching.lesson, [piece("b")]))
    training.job.join("a tab")
    assert [one.name for one in training.job.result().lesson.pieces] == ["a"]
    again = teaching.start_training("independent", builtin)
    assert teaching.training is again
    again.job.join("a tab")
    assert [one.name for one in again.job.result().lesson.pieces] == ["a", "b"]
    assert again.kind == "independent"


def test_nothing_is_left_once_it_is_cleared(teaching: Teaching) -> None:
    add = partial(lessons.add, pieces=[piece("a")])
    teaching.change("added a", add(teaching.lesson))
    teaching.add_delivery(Delivery(LABEL, [good("b")], LABEL))
    teaching.clear()
    assert names(teaching) == []
    assert teaching.history.last_change is None
    assert teaching.deliveries == ()
    assert teaching.n_bytes == 0
