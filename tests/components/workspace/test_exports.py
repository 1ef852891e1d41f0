"""Exports: written in turn, within a bound, kept for a while, gone with the workspace."""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from components.workspace.exports import MAX_FILES, ExportFile, Exports, Write
from components.workspace.room import STEP_BYTES, Room
from models.errors import Cancelled, SettingError
from models.jobs.fair_queue import FairQueue
from models.jobs.job import Job
from tests.components.workspace.making import FULL


def started(exports: Exports, write: Write, name: str = "a.txt") -> Job[ExportFile]:
    job = exports.start(name, "text/plain", write)
    job.join("a tab")
    return job


def of(content: bytes) -> Write:
    return lambda file, _progress: file.write(content) and None


@pytest.fixture
def exports() -> Exports:
    return Exports(FairQueue(1), 1_000, room().reservation)


def room(max_bytes: int = 10 * STEP_BYTES) -> Room:
    return Room(max_bytes, lambda: 0, lambda _n_bytes: FULL)


def test_a_file_is_found_by_its_token_alone(exports: Exports) -> None:
    written = started(exports, of(b"some words")).result()
    assert written.path.read_bytes() == b"some words"
    assert (written.name, written.mime_type, written.size_bytes) == ("a.txt", "text/plain", 10)
    assert exports.find(written.token) is written
    assert exports.find("a.txt") is None
    assert exports.n_bytes == 10
    assert written.digest == hashlib.sha256(b"some words").hexdigest()


def test_a_file_above_the_bound_is_refused_and_leaves_nothing(exports: Exports) -> None:
    def write(file: io.BufferedWriter, progress: object) -> None:  # noqa: ARG001
        for _ in range(3):
            file.write(bytes(400))

    with pytest.raises(SettingError, match="max_export_mb"):
        started(exports, write).result()
    whole = started(exports, of(bytes(1_000))).result()
    assert [path.name for path in whole.path.parent.iterdir()] == [whole.token]


def test_what_it_takes_is_reserved_as_it_grows_and_given_back() -> None:
    small = room(2 * STEP_BYTES)
    exports = Exports(FairQueue(1), 100 * STEP_BYTES, small.reservation)
    seen: list[int] = []

    def write(file: io.BufferedWriter, progress: object) -> None:  # noqa: ARG001
        for _ in range(3):
            file.write(bytes(STEP_BYTES))
            seen.append(small.n_bytes)

    with pytest.raises(SettingError, match="All is full"):
        started(exports, write).result()
    assert seen == [STEP_BYTES, 2 * STEP_BYTES]
    assert small.n_bytes == exports.n_bytes == 0
    started(exports, of(bytes(10))).result()
    assert small.n_bytes == 0, "it counts by itself now"


def test_the_oldest_can_be_evicted(exports: Exports) -> None:
    oldest, newest = (started(exports, of(b"x")).result() for _ in range(2))
    assert exports.evict_oldest()
    assert exports.find(oldest.token) is None
    assert not oldest.path.exists()
    assert exports.find(newest.token) is newest
    assert exports.evict_oldest()
    assert not exports.evict_oldest()


def test_the_newest_files_are_kept(exports: Exports) -> None:
    files = [started(exports, of(b"x")).result() for _ in range(MAX_FILES + 2)]
    assert [exports.find(file.token) is not None for file in files] == [False, False, *[True] * 3]
    assert len(list(files[-1].path.parent.iterdir())) == MAX_FILES


def test_they_go_with_the_workspace_also_one_that_is_being_written(exports: Exports) -> None:
    folder: list[Path] = []

    def write(file: io.BufferedWriter, progress: object) -> None:  # noqa: ARG001
        folder.append(Path(str(file.name)).parent)
        exports.close()
        file.write(b"too late")

    finished = started(exports, of(b"x")).result()
    with pytest.raises(Cancelled):
        started(exports, write).result()
    assert exports.find(finished.token) is None
    assert not folder[0].exists()
    with pytest.raises(Cancelled):
        started(exports, of(b"y")).result()


def test_finished_files_take_no_more_together_than_one_may(exports: Exports) -> None:
    files = [started(exports, of(bytes(600))).result() for _ in range(2)]
    assert [exports.find(file.token) is not None for file in files] == [False, True]
    assert exports.n_bytes == 600


def test_progress_ends_what_is_written_for_a_workspace_that_is_gone(exports: Exports) -> None:
    def write(file: io.BufferedWriter, progress: Callable[[float], None]) -> None:  # noqa: ARG001
        exports.close()
        progress(0.5)
        raise AssertionError("it went on")

    with pytest.raises(Cancelled):
        started(exports, write).result()


def test_no_more_are_written_at_once_than_there_are_turns(exports: Exports) -> None:
    at_once: list[int] = []
    running = 0

    def write(file: io.BufferedWriter, progress: object) -> None:  # noqa: ARG001
        nonlocal running
        running += 1
        at_once.append(running)
        file.write(b"x")
        running -= 1

    for job in [started(exports, write) for _ in range(6)]:
        job.result()
    assert at_once == [1] * 6
