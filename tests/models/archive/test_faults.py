"""Processes that end in the middle, disks that are full, and two that add at once."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import models
from models.archive import Archive
from tests.models.archive.conftest import Record

pytestmark = pytest.mark.slow

PATIENCE_S = 300

ADDING = """
import sys
import time
import models
from models.archive import writing
from models.errors import EarmarkError

writing.BATCH_ENTRIES, halt_at = int(sys.argv[3]), float(sys.argv[4])

def halt(fraction):
    if fraction >= halt_at:
        time.sleep(3600)

try:
    models.open_archive(sys.argv[1]).add(sys.argv[2], model="builtin", workers=0, progress=halt)
except EarmarkError as error:
    sys.exit(str(error))
"""


def start(
    place: Path, folder: Path, batch: int = 1, halt_at: float = 2.0, **options: object
) -> "subprocess.Popen[str]":
    """Add recordings in another process, which stands still from a fraction of them on."""
    command = [sys.executable, "-c", ADDING, str(place), str(folder), str(batch), str(halt_at)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)


def check_complete(archive: Archive, folder: Path, count: int) -> None:
    """All recordings are there once, after another call where one was interrupted."""
    archive.add(folder, model="builtin", workers=0)
    assert archive.verify(contents=True) == []
    assert archive.summary().recordings == count
    assert archive.failures() == []


def test_a_killed_coordinator_loses_nothing_and_repeats_nothing(
    archive: Archive, record: Record, folder: Path, tmp_path: Path
) -> None:
    for seed in range(20):
        record(seed)
    adding = start(tmp_path / "archive", folder, halt_at=0.5)
    deadline = time.monotonic() + PATIENCE_S
    while archive.summary().recordings < 3:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    adding.kill()
    adding.communicate()
    assert 3 <= archive.summary().recordings < 20
    assert archive.verify() == []
    check_complete(archive, folder, 20)


def test_a_killed_worker_is_replaced_and_its_recordings_are_there_once(
    archive: Archive, record: Record, folder: Path
) -> None:
    from distributed import Client, LocalCluster

    for seed in range(12):
        record(seed)
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        victim = next(iter(client.run(os.getpid).values()))
        killed = threading.Event()

        def kill(fraction: float) -> None:
            if fraction > 0.2 and not killed.is_set():
                os.kill(victim, signal.SIGKILL)
                killed.set()

        added = archive.add(folder, model="builtin", client=client, progress=kill)
    assert killed.is_set()
    assert (added.added, added.failed) == (12, [])
    check_complete(archive, folder, 12)


def test_a_full_disk_leaves_the_last_good_state(
    archive: Archive, record: Record, folder: Path, tmp_path: Path
) -> None:
    """A limit on the size of files refuses writes as a full disk does."""
    record(0)
    archive.add(folder, model="builtin", workers=0)
    for seed in range(1, 20):
        record(seed)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    adding = start(tmp_path / "archive", folder, batch=100, preexec_fn=limit)
    _, told = adding.communicate(timeout=PATIENCE_S)
    assert adding.returncode == 1
    assert "could not be written" in told
    assert "What was committed before is kept" in told
    assert archive.summary().recordings == 1
    assert archive.verify(contents=True) == []
    check_complete(archive, folder, 20)


def test_two_processes_add_the_same_recordings_once(
    archive: Archive, record: Record, folder: Path, tmp_path: Path
) -> None:
    for seed in range(8):
        record(seed)
    both = [start(tmp_path / "archive", folder) for _ in range(2)]
    for adding in both:
        _, told = adding.communicate(timeout=PATIENCE_S)
        assert adding.returncode == 0, told
    assert archive.verify(contents=True) == []
    assert archive.summary().recordings == 8


def test_local_processes_give_what_this_process_gives(
    archive: Archive, record: Record, folder: Path, tmp_path: Path
) -> None:
    for seed in range(4):
        record(seed)
    (folder / "bad.wav").write_bytes(b"bad")
    other = models.open_archive(tmp_path / "other")
    other.add(folder, model="builtin", workers=0)
    added = archive.add(folder, model="builtin", workers=2)
    assert (added.added, len(added.failed)) == (4, 1)
    here, there = (
        {(one.path, one.label, one.onset_s, one.score) for one in each.events(min_score=0.2)}
        for each in (archive, other)
    )
    assert here == there
