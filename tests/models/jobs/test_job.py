import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from models.errors import Cancelled, RecordingError, UnexpectedFailure
from models.jobs.fair_queue import FairQueue
from models.jobs.job import Job, Progress


class Gate:
    """Work that goes on step by step, as the test lets it."""

    def __init__(self) -> None:
        self.stepped = threading.Semaphore(0)
        self.reached = threading.Semaphore(0)

    def __call__(self, progress: Progress) -> str:
        for step in range(1, 5):
            progress(step / 4)
            self.reached.release()
            self.stepped.acquire(timeout=60)
        progress(1.0)
        return "done"


def refuse(_progress: Progress) -> None:
    raise RecordingError("It is empty.", allowed="Sound.", remedy="Choose another.")


def test_a_job_starts_when_somebody_waits() -> None:
    job = Job(lambda _progress: 42)
    assert not job.wait(0.05)
    job.join("me")
    assert job.result() == 42
    assert job.succeeded


def test_it_tells_how_far_it_is() -> None:
    work = Gate()
    job = Job(work)
    job.join("me")
    assert work.reached.acquire(timeout=60)
    assert job.fraction == 0.25
    work.stepped.release(4)
    assert job.result() == "done"
    assert job.fraction == 1.0


def test_it_goes_on_while_somebody_else_waits() -> None:
    work = Gate()
    job = Job(work)
    job.join("one")
    job.join("two")
    job.leave("one")
    work.stepped.release(4)
    assert job.result() == "done"


def test_the_last_to_leave_ends_it() -> None:
    work = Gate()
    job = Job(work)
    job.join("me")
    assert work.reached.acquire(timeout=60)
    job.leave("me")
    assert not job.reusable
    work.stepped.release()
    with pytest.raises(Cancelled):
        job.result()
    assert job.fraction == 0.25


def test_leaving_a_finished_job_keeps_its_result() -> None:
    job = Job(lambda _progress: "kept")
    job.join("me")
    job.result()
    job.leave("me")
    assert job.reusable
    assert job.result() == "kept"


def test_what_a_user_caused_is_kept_and_a_bug_is_told_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(_progress: Progress) -> None:
        raise ZeroDivisionError

    refused, failed = Job(refuse), Job(fail)
    for job, kind in ((refused, RecordingError), (failed, UnexpectedFailure)):
        job.join("me")
        with pytest.raises(kind):
            job.result()
        assert not job.succeeded
    assert refused.reusable
    assert not failed.reusable
    (record,) = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the garbage collector only what nothing refers to is let go."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.mark.parametrize("work", [lambda _progress: "done", refuse])
def test_an_ended_job_is_let_go_at_once(work: Callable[[Progress], object]) -> None:
    """It holds a whole timeline, perhaps: nothing may lead from it back to it."""
    job = Job(work, name="let go")
    job.join("me")
    assert job.wait(60)
    for thread in threading.enumerate():
        if thread.name == "let go":
            thread.join(60)
    assert job.place is None
    assert job.join("later")
    assert job.place is None
    job.leave("later")
    with uncollected():
        gone = weakref.ref(job)
        del job
        assert gone() is None


def test_a_job_that_nobody_waited_for_long_enough_is_let_go_at_once() -> None:
    fair_queue, before = FairQueue(1), Gate()
    first, job = Job(before, fair_queue=fair_queue), Job(Gate(), fair_queue=fair_queue)
    first.join("one")
    job.join("two")
    assert job.place == 1
    job.leave("two")
    assert job.place is None
    assert not job.join("three")
    with uncollected():
        gone = weakref.ref(job)
        del job
        assert gone() is None
    before.stepped.release(4)
    assert first.result() == "done"


def test_a_failed_job_keeps_nothing_that_its_work_held() -> None:
    class Clip:
        """Stands for something large."""

    held: list[weakref.ref[Clip]] = []

    def work(progress: Progress) -> None:
        clip = Clip()
        held.append(weakref.ref(clip))
        progress(0.5)
        raise RecordingError("It is broken.", allowed="Sound.", remedy="Choose another.")

    job = Job(work)
    job.join("me")
    depths = []
    for _ in range(3):
        with pytest.raises(RecordingError) as caught:
            job.result()
        depths.append(len(caught.traceback))
    del caught
    gc.collect()
    assert held[0]() is None
    assert len(set(depths)) == 1


def test_a_turn_is_lent_while_the_work_waits_for_another_process() -> None:
    fair_queue, over = FairQueue(1), threading.Event()

    def stuck(progress: Progress) -> str:
        while not over.wait(0.01):
            progress.waiting()
        progress(0.5)
        return "over"

    first, second, third, fourth, fifth = (Job(stuck, fair_queue=fair_queue) for _ in range(5))
    quick = Job(lambda _progress: 42, fair_queue=fair_queue)
    first.join("Ada")
    quick.join("Bo")
    assert quick.result() == 42
    assert not first.done
    second.join("Cy")
    third.join("Di")
    fourth.join("Ed")
    assert not fourth.wait(0.5)
    assert fourth.place is None
    fifth.join("Flo")  # one turn is there and three are lent: no more
    assert not fifth.wait(0.5)
    assert fifth.place == 1
    second.leave("Cy")
    with pytest.raises(Cancelled):
        second.result()
    over.set()
    assert {each.result() for each in (first, third, fourth, fifth)} == {"over"}
    # All is given back: one at once, as before.
    work = Gate()
    one, two = Job(work, fair_queue=fair_queue), Job(Gate(), fair_queue=fair_queue)
    one.join("Ada")
    two.join("Bo")
    assert work.reached.acquire(timeout=60)
    assert two.place == 1
    work.stepped.release(4)
    one.result()
    two.leave("Bo")
