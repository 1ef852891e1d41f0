import threading
from collections.abc import Callable

import pytest
from components.state import Attendance
from streamlit import config

from models.errors import Cancelled
from models.jobs import Job

TTL = "server.disconnectedSessionTTL"


def endless(progress: Callable[[float], None]) -> None:
    while True:
        progress(0.5)
        threading.Event().wait(0.01)


def ended(job: Job[None]) -> bool:
    return job.wait(5) and not job.succeeded


def test_what_is_no_longer_wanted_ends() -> None:
    attendance, first, second = Attendance(), Job(endless), Job(endless)
    attendance.wait_only_for([first])
    attendance.wait_only_for([second])
    assert ended(first)
    assert not second.wait(0.1)
    attendance.leave()
    assert ended(second)


def test_a_job_goes_on_for_whoever_still_waits() -> None:
    one, other, job = Attendance(), Attendance(), Job(endless)
    one.wait_only_for([job])
    other.wait_only_for([job])
    one.close(grace_s=0)
    assert not job.wait(0.1)
    other.close(grace_s=0)
    assert ended(job)


def test_a_closed_tab_begins_nothing_more() -> None:
    attendance, job = Attendance(), Job(endless)
    attendance.close()
    with pytest.raises(Cancelled):
        attendance.wait_only_for([job])
    assert not job.wait(0.1)
    assert job.reusable


def test_a_tab_that_comes_back_in_time_finds_its_job() -> None:
    before, after, job = Attendance(), Attendance(), Job(endless)
    before.wait_only_for([job])
    before.close(grace_s=0.3)
    assert after.wait_only_for([job])
    assert not job.wait(0.6)
    after.leave()
    assert ended(job)


def test_a_job_goes_on_for_as_long_as_its_session_may_come_back() -> None:
    kept_s = config.get_option(TTL)
    attendance, job = Attendance(), Job(endless)
    attendance.wait_only_for([job])
    config.set_option(TTL, 1)
    try:
        attendance.close()
    finally:
        config.set_option(TTL, kept_s)
    assert not job.wait(0.5)
    assert ended(job)


def test_whoever_comes_too_late_is_told_to_ask_for_another() -> None:
    one, late, job = Attendance(), Attendance(), Job(endless)
    one.wait_only_for([job])
    one.leave()
    assert not late.wait_only_for([job])


def test_what_goes_on_beside_is_kept_until_the_tab_is_closed() -> None:
    attendance, download, first = Attendance(), Job(endless), Job(endless)
    assert attendance.wait_also_for(download)
    attendance.wait_only_for([first])
    attendance.leave()
    assert ended(first)
    assert not download.wait(0.1)
    assert attendance.wait_also_for(download)
    attendance.close(grace_s=0)
    assert ended(download)
    with pytest.raises(Cancelled):
        attendance.wait_also_for(Job(endless))


def test_what_goes_on_beside_ends_when_it_is_left() -> None:
    attendance, left, other = Attendance(), Job(endless), Job(endless)
    attendance.wait_also_for(left)
    attendance.wait_also_for(other)
    attendance.leave_beside(left)
    assert ended(left)
    assert not other.wait(0.1)
    attendance.close(grace_s=0)
    assert ended(other)


def test_what_was_abandoned_cannot_be_waited_for_beside() -> None:
    one, late, job = Attendance(), Attendance(), Job(endless)
    one.wait_also_for(job)
    one.close(grace_s=0)
    assert ended(job)
    assert not late.wait_also_for(job)
