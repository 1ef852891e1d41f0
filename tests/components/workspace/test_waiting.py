"""What a tab waits for: it ends when no tab wants it any more."""

import contextlib
import threading
from collections.abc import Callable

import pytest

from components.workspace.limits import Limits
from components.workspace.shared import Shared
from components.workspace.waiting import Waiting
from models.errors import Cancelled
from models.jobs.job import Job


def endless(progress: Callable[[float], None]) -> None:
    while True:
        progress(0.5)
        threading.Event().wait(0.01)


def ended(job: Job[None]) -> bool:
    return job.wait(60) and not job.succeeded


def test_what_is_no_longer_wanted_ends() -> None:
    waiting, first, second = Waiting(), Job(endless), Job(endless)
    waiting.wait_only_for([first])
    waiting.wait_only_for([second])
    assert ended(first)
    assert not second.wait(0.1)
    waiting.leave()
    assert ended(second)


def test_a_job_goes_on_for_whoever_still_waits() -> None:
    one, other, job = Waiting(), Waiting(), Job(endless)
    one.wait_only_for([job])
    other.wait_only_for([job])
    one.close(grace_s=0)
    assert not job.wait(0.1)
    other.close(grace_s=0)
    assert ended(job)


def test_a_closed_tab_begins_nothing_more() -> None:
    waiting, job = Waiting(), Job(endless)
    waiting.close(grace_s=60)
    with pytest.raises(Cancelled):
        waiting.wait_only_for([job])
    assert not job.wait(0.1)
    assert job.reusable


def test_a_tab_that_comes_back_in_time_finds_its_job() -> None:
    before, after, job = Waiting(), Waiting(), Job(endless)
    before.wait_only_for([job])
    before.close(grace_s=0.3)
    assert after.wait_only_for([job])
    assert not job.wait(0.6)
    after.leave()
    assert ended(job)


def test_whoever_comes_too_late_is_told_to_ask_for_another() -> None:
    one, late, job = Waiting(), Waiting(), Job(endless)
    one.wait_only_for([job])
    one.leave()
    assert not late.wait_only_for([job])


def test_what_goes_on_beside_is_kept_until_the_tab_is_closed() -> None:
    waiting, download, first = Waiting(), Job(endless), Job(endless)
    assert waiting.wait_beside(download)
    waiting.wait_only_for([first])
    waiting.leave()
    assert ended(first)
    assert not download.wait(0.1)
    assert waiting.wait_beside(download)
    waiting.close(grace_s=0)
    assert ended(download)
    with pytest.raises(Cancelled):
        waiting.wait_beside(Job(endless))


def test_what_goes_on_beside_ends_when_it_is_left() -> None:
    waiting, left, other = Waiting(), Job(endless), Job(endless)
    waiting.wait_beside(left)
    waiting.wait_beside(other)
    waiting.leave_job(left)
    assert ended(left)
    assert not other.wait(0.1)
    waiting.close(grace_s=0)
    assert ended(other)


def test_what_was_abandoned_cannot_be_waited_for_beside() -> None:
    one, late, job = Waiting(), Waiting(), Job(endless)
    one.wait_beside(job)
    one.close(grace_s=0)
    assert ended(job)
    assert not late.wait_beside(job)


def test_what_was_just_abandoned_is_looked_for_again() -> None:
    one, other, may_end = Waiting(), Waiting(), threading.Event()
    first, second = Job(lambda _progress: may_end.wait(60)), Job(endless)
    one.wait_beside(first)
    one.leave_job(first)  # its work has not noticed yet
    found = iter((first, second))
    assert other.find_beside(lambda: next(found)) is second
    may_end.set()
    other.leave_all()
    assert ended(second)


def test_what_has_ended_is_found_without_waiting() -> None:
    one, other, job = Waiting(), Waiting(), Job(lambda _progress: "done")
    one.wait_beside(job)
    assert job.wait(60)
    assert other.find_beside(lambda: job) is job
    one.leave_all()
    assert job.result() == "done"


def test_one_job_is_left_and_the_others_go_on() -> None:
    waiting, left, other = Waiting(), Job(endless), Job(endless)
    waiting.wait_only_for([left, other])
    waiting.leave_job(left)
    assert ended(left)
    assert not other.wait(0.1)
    waiting.leave_all()
    assert ended(other)


def test_a_tab_that_is_closed_while_its_script_begins_work_leaves_nothing_running() -> None:
    for _ in range(20):
        waiting, jobs = Waiting(), [Job(endless) for _ in range(8)]

        def begin(waiting: Waiting = waiting, jobs: list[Job[None]] = jobs) -> None:
            with contextlib.suppress(Cancelled):
                for job in jobs:
                    waiting.wait_beside(job)

        script = threading.Thread(target=begin)
        script.start()
        waiting.close(grace_s=0)
        script.join(60)
        assert not script.is_alive()
        waiting.leave_all()
        assert all(ended(job) for job in jobs if job.abandoned)
        assert not any(job.elapsed_s for job in jobs if not job.abandoned)  # never begun


def test_tabs_of_one_network_hold_up_no_other_network() -> None:
    """A place is left to others, in however many tabs long recordings are analysed."""
    shared = Shared(Limits(max_analyses=2))
    tabs = [Waiting("203.0.113.7") for _ in range(3)]
    long = [Job(endless, fair_queue=shared.fair_queue) for _ in tabs]
    for tab, job in zip(tabs, long, strict=True):
        tab.wait_only_for([job])
    other, short = Waiting("2001:db8::/64"), Job(lambda _: "done", fair_queue=shared.fair_queue)
    other.wait_only_for([short])
    try:
        assert short.wait(60)
        assert [job.place for job in long] == [None, 1, 2]
    finally:
        for tab in tabs:
            tab.leave()
        shared.close()


def test_tabs_of_unknown_networks_count_alone() -> None:
    assert Waiting().group != Waiting().group
    assert Waiting("203.0.113.7").group == Waiting("203.0.113.7").group
