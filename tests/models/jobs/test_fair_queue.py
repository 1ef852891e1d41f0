"""Order of the fair queue; each member gets its turn."""

import random
import threading
import time
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from models.errors import Cancelled, EarmarkError, UnexpectedFailure
from models.jobs.fair_queue import FairQueue, Ticket
from models.jobs.job import Job

Progress = Callable[[float], None]


class Desk:
    """Does one piece of work after another, by hand, and notes the order in which they begin."""

    def __init__(self, at_once: int = 1) -> None:
        self.fair_queue = FairQueue(at_once, lambda who: str(who)[0])  # Ada, Al: of one group
        self.begun: list[str] = []
        self.tickets: dict[str, Ticket] = {}

    def line_up(self, name: str, who: str) -> None:
        ticket = self.tickets.setdefault(name, Ticket(partial(self.begun.append, name)))
        self.fair_queue.line_up(ticket, who)

    def end(self, name: str) -> None:
        self.fair_queue.end(self.tickets[name])

    def order(self) -> list[str]:
        """End what runs, one after another, until nothing is left."""
        for name in self.begun:  # it grows meanwhile
            self.end(name)
        return self.begun

    def places(self) -> dict[str, int | None]:
        return {name: self.fair_queue.place(ticket) for name, ticket in self.tickets.items()}


def test_who_has_ten_clips_does_not_stand_before_who_has_one() -> None:
    desk = Desk()
    for number in range(5):
        desk.line_up(f"a{number}", "Ada")
    desk.line_up("b0", "Bo")
    desk.line_up("c0", "Cy")
    desk.line_up("b1", "Bo")
    assert desk.places() == {
        "a0": None,
        "a1": 1,
        "b0": 2,
        "c0": 3,
        "a2": 4,
        "b1": 5,
        "a3": 6,
        "a4": 7,
    }
    assert desk.order() == ["a0", "a1", "b0", "c0", "a2", "b1", "a3", "a4"]


def test_who_asks_one_by_one_goes_to_the_end_each_time() -> None:
    desk = Desk()
    for name in ("a0", "b0", "c0"):
        desk.line_up(name, name[0])
    desk.end("a0")
    desk.line_up("a1", "a")
    assert desk.places() == {"a0": None, "b0": None, "c0": 1, "a1": 2}


def test_as_many_as_there_is_room_for_begin_at_once() -> None:
    desk = Desk(3)
    for name in "abcde":
        desk.line_up(name, name)
    assert desk.begun == ["a", "b", "c"]
    desk.end("b")
    assert desk.begun == ["a", "b", "c", "d"]


def test_what_two_wait_for_comes_with_the_first_of_them() -> None:
    desk = Desk()
    for name, who in (("x", "x"), ("a", "Ada"), ("shared", "Ada"), ("shared", "Bo")):
        desk.line_up(name, who)
    assert desk.places() == {"x": None, "a": 1, "shared": 2}
    desk.fair_queue.step_out(desk.tickets["a"], "Ada")
    assert not desk.fair_queue.step_out(desk.tickets["shared"], "Ada")
    assert desk.places()["shared"] == 1
    assert desk.fair_queue.step_out(desk.tickets["shared"], "Bo")
    assert desk.order() == ["x"]


def test_a_group_leaves_the_last_place_to_others() -> None:
    """Long jobs in many tabs of one address hold up no other address."""
    desk = Desk(3)
    for number in range(6):
        desk.line_up(f"a{number}", f"A{number}")
    assert desk.begun == ["a0", "a1"]
    desk.line_up("b0", "B0")
    assert desk.begun == ["a0", "a1", "b0"]
    desk.line_up("c0", "C0")
    desk.end("b0")
    assert desk.begun == ["a0", "a1", "b0", "c0"]
    desk.end("c0")
    desk.end("a0")
    assert desk.begun == ["a0", "a1", "b0", "c0", "a2"]


def test_with_one_place_the_groups_alternate() -> None:
    desk = Desk(1)
    for number in range(4):
        desk.line_up(f"a{number}", f"A{number}")
    desk.line_up("b0", "B0")
    desk.line_up("b1", "B1")
    assert desk.order() == ["a0", "a1", "b0", "a2", "b1", "a3"]


def test_a_group_gets_no_more_places_by_lending_its_own() -> None:
    """It takes them back later: all of them would compute at once, and others wait for it."""
    desk = Desk(3)
    for number in range(6):
        desk.line_up(f"a{number}", f"A{number}")
    assert desk.fair_queue.lend()
    assert desk.fair_queue.lend()
    assert desk.begun == ["a0", "a1"]
    desk.fair_queue.take_back()
    desk.fair_queue.take_back()
    desk.line_up("b0", "B0")
    assert desk.begun == ["a0", "a1", "b0"]


class Line(RuleBasedStateMachine):
    """Tabs of three addresses come and go at random; each has its turn, none all places."""

    N_PLACES = 3
    TABS = ("A1", "A2", "A3", "B1", "B2", "C1")

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(self.N_PLACES)
        self.waiting: dict[str, set[str]] = {}
        self.running: list[str] = []
        self.count = 0

    @rule(who=st.sampled_from(TABS))
    def ask(self, who: str) -> None:
        self.count += 1
        self.waiting[str(self.count)] = {who}
        self.desk.line_up(str(self.count), who)
        self._note()

    @precondition(lambda self: self.waiting)
    @rule(who=st.sampled_from(TABS), pick=st.integers(0))
    def ask_for_the_same(self, who: str, pick: int) -> None:
        name = sorted(self.waiting)[pick % len(self.waiting)]
        self.waiting[name].add(who)
        self.desk.line_up(name, who)
        self._note()

    @precondition(lambda self: self.waiting)
    @rule(pick=st.integers(0))
    def leave(self, pick: int) -> None:
        name = sorted(self.waiting)[pick % len(self.waiting)]
        who = sorted(self.waiting[name])[pick % len(self.waiting[name])]
        self.waiting[name].discard(who)
        assert self.desk.fair_queue.step_out(self.desk.tickets[name], who) == (
            not self.waiting[name]
        )
        if not self.waiting[name]:
            del self.waiting[name]

    @precondition(lambda self: self.running)
    @rule(pick=st.integers(0))
    def end(self, pick: int) -> None:
        first = [name for name, place in self.desk.places().items() if place == 1]
        n_begun = len(self.desk.begun)
        self.desk.end(self.running.pop(pick % len(self.running)))
        may = {group for group in self._waiting_groups() if self._may_begin(group)}
        begun = self.desk.begun[n_begun:]
        assert bool(begun) == bool(may)
        if begun and may == self._waiting_groups():
            assert begun[:1] == first
        assert {self.desk.tickets[name].group for name in begun} <= may
        self._note()

    def _note(self) -> None:
        for name in self.desk.begun:
            if self.waiting.pop(name, None) is not None:
                self.running.append(name)

    def _waiting_groups(self) -> set[str]:
        return {who[0] for waiting in self.waiting.values() for who in waiting}

    def _n_running(self, group: str) -> int:
        return sum(self.desk.tickets[name].group == group for name in self.running)

    def _may_begin(self, group: str) -> bool:
        n_free, n_own = self.N_PLACES - len(self.running), self._n_running(group)
        return n_free >= 1 if n_own == 0 else n_free >= 2 and n_own < self.N_PLACES - 1

    @invariant()
    def all_have_a_place_and_none_waits_that_may_begin(self) -> None:
        places = {name: place for name, place in self.desk.places().items() if place is not None}
        assert set(places) == set(self.waiting)
        assert sorted(places.values()) == list(range(1, len(places) + 1))
        assert not any(map(self._may_begin, self._waiting_groups()))

    @invariant()
    def no_more_run_than_there_are_places_and_none_has_all(self) -> None:
        assert len(self.running) <= self.N_PLACES
        assert all(self._n_running(group) < self.N_PLACES for group in "ABC")

    @invariant()
    def none_is_behind_the_second_of_another(self) -> None:
        """The addresses have turns, and so have the tabs of an address."""
        places = self.desk.places()
        tabs = set().union(*self.waiting.values())
        for who in tabs:
            own = [places[name] for name, waiting in self.waiting.items() if who in waiting]
            n_tabs = sum(tab[0] == who[0] for tab in tabs)
            least = min(place for place in own if place is not None)
            assert least <= n_tabs * len(self._waiting_groups())


TestLine = Line.TestCase
TestLine.settings = settings(max_examples=40)


def test_progress_and_pace_count_from_when_it_runs() -> None:
    fair_queue, gate = FairQueue(1), threading.Event()
    first = Job(lambda _progress: gate.wait(60), fair_queue=fair_queue)
    second = Job(lambda _progress: "done", fair_queue=fair_queue)
    first.join("one")
    second.join("two")
    assert (first.place, second.place) == (None, 1)
    assert second.elapsed_s == 0
    assert not second.wait(0.05)
    gate.set()
    assert second.result() == "done"
    assert second.place is None
    second.join("three")  # what has ended stands in no line again
    assert second.place is None


def test_who_leaves_the_line_is_cancelled_at_once_and_those_behind_move_up() -> None:
    fair_queue, gate = FairQueue(1), threading.Event()
    jobs = [Job(lambda _progress: gate.wait(60), fair_queue=fair_queue) for _ in range(3)]
    for number, job in enumerate(jobs):
        job.join(number)
    jobs[1].leave(1)
    assert jobs[1].done
    assert jobs[1].abandoned
    assert not jobs[1].join(1)
    with pytest.raises(Cancelled):
        jobs[1].result()
    assert jobs[2].place == 1
    gate.set()
    assert jobs[2].result()


def test_a_bug_and_a_thread_that_cannot_be_had_make_room_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fair_queue = FairQueue(1)

    def fail(_progress: Progress) -> None:
        raise ZeroDivisionError

    def no_thread(_self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", no_thread)
        job = Job(fail, fair_queue=fair_queue)
        job.join("me")
        with pytest.raises(UnexpectedFailure):
            job.result()
    jobs = [Job(fail, fair_queue=fair_queue), Job(lambda _progress: "done", fair_queue=fair_queue)]
    for job in jobs:
        job.join("me")
    assert jobs[1].result() == "done"


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32))
def test_in_a_crowd_nothing_is_lost_and_never_too_many_work(seed: int) -> None:
    """Twelve threads ask, share and leave at random."""
    fair_queue, lock, working, most = FairQueue(3), threading.Lock(), [0], [0]

    def work(progress: Progress) -> str:
        with lock:
            working[0] += 1
            most[0] = max(most[0], working[0])
        try:
            for _ in range(3):
                progress(0.5)
                time.sleep(0.0005)
            return "done"
        finally:
            with lock:
                working[0] -= 1

    jobs = [Job(work, fair_queue=fair_queue) for _ in range(24)]

    def person(number: int) -> None:
        dice = random.Random(seed + number)  # noqa: S311  # nothing secret
        wanted = dice.sample(jobs, 4)
        joined = [job for job in wanted if job.join(number)]
        for job in joined:
            if dice.random() < 0.4:
                job.leave(number)
            else:
                assert job.wait(60)
                job.leave(number)

    people = [threading.Thread(target=person, args=(number,)) for number in range(12)]
    for one in people:
        one.start()
    for one in people:
        one.join(60)
        assert not one.is_alive()
    last = Job(lambda _progress: "last", fair_queue=fair_queue)
    last.join("last")
    assert last.result() == "last"
    assert most[0] <= 3
    assert all(job.place is None for job in jobs)
    for job in jobs:
        if job.done:
            try:
                assert job.result() == "done"
            except EarmarkError as error:
                assert isinstance(error, Cancelled)
