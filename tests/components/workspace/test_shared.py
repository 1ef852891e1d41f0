"""What all visitors share goes with the last who has the recording."""

import threading
from collections.abc import Iterator
from typing import cast

import pytest

from components.server.upload_bounds import HELD, UploadBoundError
from components.view.settings import AnalysisSettings
from components.workspace.exports import ExportFile
from components.workspace.limits import Limits
from components.workspace.shared import Shared
from components.workspace.waiting import Waiting
from components.workspace.workspace import Workspace
from models.analysis import Analysis
from models.audio.decoder import decoders_in_use
from models.errors import SettingError
from models.jobs.job import Job
from tests.components.workspace.making import MB, recording

SETTINGS = AnalysisSettings()


def test_results_go_with_the_last_workspace_that_has_the_recording() -> None:
    shared = Shared(Limits())
    ada, bo = shared.registry.open("ada"), shared.registry.open("bo")
    both, one = recording("both", 100), recording("one", 100)
    for workspace in (ada, bo):
        workspace.recordings.add(both)
    ada.recordings.add(one)
    for each in (both, one):
        shared.analyses.put((each.digest, AnalysisSettings()), Job(lambda _progress: None))
    shared.registry.forget(ada)
    assert shared.analyses.find((both.digest, AnalysisSettings())) is not None
    assert shared.analyses.find((one.digest, AnalysisSettings())) is None
    bo.remove_recording(both.digest)
    assert shared.analyses.find((both.digest, AnalysisSettings())) is None
    shared.close()


@pytest.fixture
def narrow() -> Iterator[Shared]:
    """Room for 20 MB of all visitors."""
    shared = Shared(Limits(max_workspaces_mb=20))
    yield shared
    shared.close()


class Sized:
    """Stands for an analysis of a certain size."""

    def __init__(self, n_bytes: int) -> None:
        self.n_bytes = n_bytes


def result(n_bytes: int) -> Job[Analysis]:
    job: Job[Analysis] = Job(lambda _progress: cast(Analysis, Sized(n_bytes)))
    job.join("test")
    assert job.wait(60)
    return job


def test_what_several_hold_counts_once_for_all(narrow: Shared) -> None:
    both = result(3 * MB)
    narrow.analyses.put(("both", SETTINGS), both)
    for cookie in ("ada", "bo"):
        one = narrow.registry.open(cookie)
        one.recordings.add(recording(cookie, MB))
        one.analyses.put(("both", SETTINGS), both)
        assert one.n_bytes == 4 * MB
    assert narrow.room.n_bytes == 5 * MB


def test_results_that_no_workspace_holds_go_before_any_workspace(narrow: Shared) -> None:
    held = result(5 * MB)
    ada, bo = narrow.registry.open("ada"), narrow.registry.open("bo")
    ada.recordings.add(recording("a", 5 * MB))
    ada.analyses.put(("a", SETTINGS), held)
    narrow.analyses.put(("a", SETTINGS), held)
    narrow.analyses.put(("old", SETTINGS), result(4 * MB))
    narrow.analyses.put(("new", SETTINGS), result(4 * MB))
    narrow.registry.connect("bo")
    bo.recordings.add(recording("b", 5 * MB))
    assert narrow.analyses.find(("old", SETTINGS)) is None
    assert narrow.analyses.find(("new", SETTINGS)) is not None
    bo.recordings.add(recording("b2", 5 * MB))
    assert narrow.analyses.find(("new", SETTINGS)) is None
    assert ada.recordings.all, "what they hold themselves is there"
    bo.recordings.add(recording("b3", 5 * MB))
    assert not ada.recordings.all, "who has left makes room last"
    with pytest.raises(SettingError, match=r"memory for visitors is full.*20 MB"):
        bo.recordings.add(recording("b4", 6 * MB))


def test_exports_of_all_take_from_the_same_room(narrow: Shared) -> None:
    for cookie in ("ada", "bo", "cy"):
        narrow.registry.connect(cookie)
    for cookie in ("ada", "bo"):
        assert exported(narrow.registry.open(cookie)).result().size_bytes == 8 * MB
    with pytest.raises(SettingError, match="memory for visitors is full"):
        exported(narrow.registry.open("cy")).result()
    assert narrow.room.n_bytes == 16 * MB


def exported(workspace: Workspace) -> Job[ExportFile]:
    job = workspace.exports.start(
        "a.zip", "application/zip", lambda file, _progress: file.write(bytes(8 * MB)) and None
    )
    job.join("test")
    return job


def test_uploads_take_from_the_same_room(narrow: Shared) -> None:
    narrow.registry.connect("ada")
    ada = narrow.registry.open("ada")
    ada.recordings.add(recording("a", 15 * MB))
    HELD.reserve("127.0.0.1", 4 * MB, 4 * MB, narrow.limits, narrow.room)
    try:
        assert narrow.room.n_bytes == 19 * MB
        with pytest.raises(UploadBoundError) as refusal:
            HELD.reserve("127.0.0.1", 4 * MB, 8 * MB, narrow.limits, narrow.room)
        assert refusal.value.status == 503
        assert "memory for visitors is full" in refusal.value.reason
        with pytest.raises(SettingError):
            ada.recordings.add(recording("b", 2 * MB))
    finally:
        HELD.finish("127.0.0.1", 4 * MB, "no session", "no file")
    ada.recordings.add(recording("b", 2 * MB))


def test_others_find_room_whatever_some_addresses_take(narrow: Shared) -> None:
    """Two addresses filled the memory of all."""
    for number in range(1, 6):
        cookie = f"greedy {number}"
        narrow.registry.connect(cookie, f"192.0.2.{number}")
        room = narrow.registry.open(cookie).room
        with pytest.raises(SettingError, match="Your address has its share"):
            for _ in range(200):
                room.take(MB // 10)
    assert narrow.room.free > 0.8 * MB
    narrow.registry.connect("ada", "198.51.100.1")
    narrow.registry.open("ada").recordings.add(recording("own", MB // 5))


def test_a_share_is_of_all_workspaces_uploads_and_work_of_an_address(narrow: Shared) -> None:
    for cookie in ("a", "b"):
        narrow.registry.connect(cookie, "192.0.2.1")
        narrow.registry.open(cookie).recordings.add(recording(cookie, 3 * MB))
    HELD.reserve("192.0.2.1", 3 * MB, 3 * MB, narrow.limits, narrow.room)
    try:
        with narrow.room.reservation("192.0.2.1") as scores:
            scores.grow_to(3 * MB)
            with pytest.raises(SettingError, match="its share"):
                scores.grow_to(4 * MB)
        with pytest.raises(UploadBoundError, match="its share"):
            HELD.reserve("192.0.2.1", 4 * MB, 7 * MB, narrow.limits, narrow.room)
        with narrow.room.reservation("192.0.2.2") as scores:
            scores.grow_to(4 * MB)
    finally:
        HELD.finish("192.0.2.1", 3 * MB, "no session", "no file")


def test_who_has_left_takes_nothing_of_a_share(narrow: Shared) -> None:
    for cookie in ("ada", "bo"):
        narrow.registry.connect(cookie, f"192.0.2.{cookie}")
        narrow.registry.open(cookie).recordings.add(recording(cookie, 6 * MB))
        narrow.registry.disconnect(cookie)
    narrow.registry.connect("cy", "198.51.100.1")
    cy = narrow.registry.open("cy")
    for number in range(2):
        cy.recordings.add(recording(str(number), 6 * MB))
    with pytest.raises(SettingError, match="its share"):
        cy.recordings.add(recording("more", 2 * MB))


def test_this_machine_may_have_all(narrow: Shared) -> None:
    narrow.registry.connect("ada", "127.0.0.1")
    narrow.registry.open("ada").recordings.add(recording("all", 20 * MB))


def test_copies_for_decoders_take_from_the_room_and_leave_some_to_others(narrow: Shared) -> None:
    decoders = decoders_in_use()
    assert decoders is not None
    with decoders.reserve(15 * MB):
        assert narrow.room.n_bytes == 15 * MB
        with pytest.raises(SettingError), decoders.reserve(int(4.5 * MB)):
            pass
        with decoders.reserve(MB // 10):
            pass
    assert narrow.room.n_bytes == 0


def test_exports_have_places_of_their_own() -> None:
    """Those of two addresses kept an analysis waiting for 29 s."""
    shared = Shared(Limits(max_analyses=4))
    held, going = threading.Event(), []

    def wait(_file: object, _progress: object) -> None:
        going.append(1)
        held.wait(30)

    jobs = []
    try:
        for number in range(6):
            ada = shared.registry.open_in_session(f"192.0.2.{number}")
            jobs.append(ada.exports.start("a.zip", "application/zip", wait))
            jobs[-1].join(Waiting(f"192.0.2.{number}"))
        analysis: Job[int] = Job(lambda _progress: 1, fair_queue=shared.fair_queue)
        analysis.join(Waiting("198.51.100.1"))
        assert analysis.wait(30)
        assert analysis.result() == 1
        assert len(going) <= 2
    finally:
        held.set()
        for job in jobs:
            job.wait(30)
        shared.close()


def test_exports_are_written_one_at_a_time_whatever_the_number_of_analyses() -> None:
    shared, begun, may_end = (
        Shared(Limits(max_analyses=8)),
        threading.Semaphore(0),
        threading.Event(),
    )

    def write(_progress: object) -> None:
        begun.release()
        may_end.wait(60)

    jobs = [Job(write, fair_queue=shared.export_queue) for _ in range(3)]
    for number, job in enumerate(jobs):
        job.join(f"tab {number}")
    assert begun.acquire(timeout=60)
    assert [job.place for job in jobs] == [None, 1, 2]
    may_end.set()
    assert all(job.wait(60) for job in jobs)
    shared.close()
