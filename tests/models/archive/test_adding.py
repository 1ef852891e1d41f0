import os
import shutil
import urllib.request
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import models
from models.archive import Archive, adding, parts, store, workers, writing
from models.archive.store import ArchiveError
from models.errors import Cancelled
from tests.models.archive.conftest import Record, tone, wav


def add(archive: Archive, *recordings: Path, **options: object) -> models.archive.Addition:
    return archive.add(recordings, model="builtin", workers=0, **options)


def contents(archive: Archive) -> set[tuple[str, str, float, float]]:
    found = archive.events(min_score=0.2, limit=None)
    return {(one.path, one.label, one.onset_s, one.score) for one in found}


def test_what_is_there_is_skipped(archive: Archive, record: Record, folder: Path) -> None:
    paths = [record(seed) for seed in range(3)]
    assert add(archive, folder).added == 3
    before = contents(archive)
    again = add(archive, *paths, folder / "*.wav")
    assert (again.found, again.skipped, again.added) == (3, 3, 0)
    os.utime(paths[0], (1, 1))  # another modification time, the same content
    assert add(archive, folder).skipped == 3
    assert contents(archive) == before
    assert archive.verify(contents=True) == []


def test_moved_recordings_are_found_by_their_content(
    archive: Archive, record: Record, folder: Path
) -> None:
    record(0, "old/20230501_053000.wav")
    record(1, "old/20230502_053000.wav")
    add(archive, folder)
    before = contents(archive)
    (folder / "old").rename(folder / "new")
    assert [fault.reason.partition(":")[0] for fault in archive.verify()] == [
        "It cannot be read"
    ] * 2
    moved = add(archive, folder)
    assert (moved.moved, moved.added, moved.skipped) == (2, 0, 0)
    assert contents(archive) == {(one[0].replace("/old/", "/new/"), *one[1:]) for one in before}
    assert archive.verify(contents=True) == []


def test_a_copy_is_stored_once(archive: Archive, record: Record, folder: Path) -> None:
    path = record(0)
    shutil.copy(path, folder / "copy.wav")
    added = add(archive, folder)
    assert (added.added, added.skipped) == (1, 1)
    shutil.copy(path, folder / "another copy.wav")
    assert add(archive, folder).added == 0
    assert archive.summary().recordings == 1


def test_recordings_that_change_places_keep_their_features(
    archive: Archive, record: Record, folder: Path
) -> None:
    first, second = record(0, "a.wav"), record(1, "b.wav")
    add(archive, folder)
    before = contents(archive)
    first.rename(folder / "c.tmp")
    second.rename(first)
    (folder / "c.tmp").rename(second)
    os.utime(first, (1, 1))
    os.utime(second, (2, 2))
    moved = add(archive, folder)
    assert (moved.moved, moved.added) == (2, 0)
    swapped = {str(first): str(second), str(second): str(first)}
    assert contents(archive) == {(swapped[one[0]], *one[1:]) for one in before}
    assert archive.verify(contents=True) == []


def test_a_recording_that_changed_replaces_the_old_one(archive: Archive, record: Record) -> None:
    path, other = record(0), record(1)
    add(archive, path, other)
    path.write_bytes(wav(tone(7, 6.0)))
    assert "has changed" in archive.verify()[0].reason
    replaced = add(archive, path, other)
    assert (replaced.replaced, replaced.added, replaced.skipped) == (1, 0, 1)
    assert archive.summary().recordings == 2
    assert archive.summary().hours == pytest.approx(10 / 3600)
    assert archive.verify(contents=True) == []


def test_bad_files_are_noted_and_stop_nothing(
    archive: Archive, record: Record, folder: Path
) -> None:
    record(0)
    (folder / "empty.wav").write_bytes(b"")
    (folder / "text.mp3").write_text("not a sound at all, " * 100)
    whole = record(2, "truncated.wav").read_bytes()
    (folder / "truncated.wav").write_bytes(whole[: len(whole) // 2])
    added = add(archive, folder)
    assert added.added == 2  # half of a recording is a recording
    assert {Path(fault.path).name for fault in added.failed} == {"empty.wav", "text.mp3"}
    assert all(fault.reason.endswith(".") for fault in added.failed)
    assert sorted(archive.failures(), key=str) == sorted(added.failed, key=str)
    record(1, "empty.wav")  # it is complete by now
    assert add(archive, folder).added == 1
    assert [Path(fault.path).name for fault in archive.failures()] == ["text.mp3"]
    assert archive.verify(contents=True) == []


def test_a_file_that_cannot_be_read_any_more_keeps_its_features(
    archive: Archive, record: Record
) -> None:
    path = record(0)
    whole = path.read_bytes()
    add(archive, path)
    before = contents(archive)
    path.write_bytes(b"damaged")
    failed = add(archive, path)
    assert [fault.path for fault in failed.failed] == [str(path)]
    assert contents(archive) == before
    assert "has changed" in archive.verify()[0].reason
    path.write_bytes(whole)
    assert add(archive, path).skipped == 1
    assert archive.verify(contents=True) == []


def test_a_file_that_changes_while_it_is_read_is_no_recording_yet(
    archive: Archive, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, other = record(0), record(1)
    compute = workers.compute_features

    def grow_meanwhile(source: Path, *others: object) -> object:
        result = compute(source, *others)
        if source == path:
            path.write_bytes(wav(tone(0, 5.0)))
        return result

    monkeypatch.setattr(workers, "compute_features", grow_meanwhile)
    added = add(archive, path, other)
    assert added.added == 1
    assert "changed while it was read" in added.failed[0].reason
    monkeypatch.undo()
    assert add(archive, path, other).added == 1
    assert archive.summary().hours == pytest.approx(9 / 3600)


@pytest.mark.parametrize("n_tables", [0, 1, 2, 3])
def test_an_interrupted_commit_leaves_the_last_good_state(
    archive: Archive,
    record: Record,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    n_tables: int,
) -> None:
    """The process ends after some of the tables were changed, and before the head."""
    record(0)
    add(archive, folder)
    before, summary = contents(archive), archive.summary()
    path = record(1)
    writing_to = iter(range(99))
    for table in (writing.windows_table, writing.events_table, writing.recordings_table):

        def end_here(*values: object, table: Callable[..., object] = table) -> object:
            if next(writing_to) == n_tables:
                raise KeyboardInterrupt
            return table(*values)

        monkeypatch.setattr(writing, table.__name__, end_here)
    if n_tables == 3:
        monkeypatch.setattr(store.Store, "_commit", interrupt)
    with pytest.raises(KeyboardInterrupt):
        add(archive, folder)
    monkeypatch.undo()
    reopened = models.open_archive(folder.parent / "archive")
    assert contents(reopened) == before
    assert reopened.summary().windows == summary.windows
    assert add(reopened, path).added == 1
    assert reopened.verify(contents=True) == []
    assert reopened.summary().recordings == 2


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_cancelling_keeps_what_was_committed(
    archive: Archive, record: Record, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "BATCH_ENTRIES", 1)
    for seed in range(4):
        record(seed)

    def cancel(fraction: float) -> None:
        if fraction >= 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        add(archive, folder, progress=cancel)
    n_before = archive.summary().recordings
    assert 1 <= n_before < 4
    rest = add(archive, folder)
    assert (rest.skipped, rest.added) == (n_before, 4 - n_before)
    assert archive.verify(contents=True) == []


def test_two_processes_store_each_recording_once(
    archive: Archive, record: Record, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one adds everything after the first one has looked at what there is."""
    for seed in range(3):
        record(seed)
    run = adding._Adding.run

    def be_overtaken(self: adding._Adding, files: list[Path]) -> None:
        monkeypatch.setattr(adding._Adding, "run", run)
        add(models.open_archive(folder.parent / "archive"), *files[1:])
        run(self, files)

    monkeypatch.setattr(adding._Adding, "run", be_overtaken)
    added = add(archive, folder)
    assert (added.added, added.skipped) == (1, 2)
    assert archive.summary().recordings == 3
    assert archive.verify(contents=True) == []


def test_progress_runs_from_0_to_1(archive: Archive, record: Record, folder: Path) -> None:
    for seed in range(3):
        record(seed)
    told: list[float] = []
    add(archive, folder, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_few_recordings_are_in_work_at_a_time(
    archive: Archive, record: Record, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(8):
        record(seed, duration_s=0.5)
    most = 0
    collect = adding._Adding._collect

    def count(self: adding._Adding) -> None:
        nonlocal most
        most = max(most, self._in_work)
        collect(self)

    monkeypatch.setattr(adding._Adding, "_collect", count)
    assert add(archive, folder).added == 8
    assert 0 < most <= adding.TASKS_PER_WORKER


def test_an_archive_that_cannot_be_written_says_so(record: Record, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(models.EarmarkError):
        add(models.open_archive(tmp_path / "file" / "archive"), record(0))


def test_parts_give_what_one_pass_gives(
    record: Record, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the bit: embeddings, levels, scores and events."""
    record(0, duration_s=41.3)
    one, several = (models.open_archive(tmp_path / name) for name in ("one", "several"))
    add(one, folder)
    divided: list[int] = []
    divide = parts.divide

    def into_short_ones(path: Path, model: store.ArchivedModel) -> list[parts.Part]:
        found = divide(path, model, part_s=15.0)
        divided.append(len(found))
        return found

    monkeypatch.setattr("models.archive.scanning.divide", into_short_ones)
    add(several, folder)
    assert divided == [3]
    assert contents(one) == contents(several)
    tables = [archive._store.snapshot() for archive in (one, several)]
    for name in ("windows", "events"):
        first, second = (getattr(each, name).to_arrow() for each in tables)
        assert first.equals(second)
    durations = [each.recordings.to_arrow()["duration_s"].to_pylist() for each in tables]
    assert durations == [[41.3], [41.3]]


@pytest.mark.parametrize("beside", [-1, 0, 1, 239, 240, 241, 15_359, 15_360, 15_361])
def test_parts_have_every_window_once(
    record: Record, folder: Path, archive: Archive, beside: int
) -> None:
    add(archive, record(0))
    model = archive.model
    n_samples = 2 * 16 * model.hop_samples + beside
    path = folder / "long.wav"
    path.write_bytes(wav(np.zeros(n_samples)))
    divided = parts.divide(path, model, part_s=16 * model.hop_s)
    framing = models.open_classifier("builtin").framing(model.hop_s)
    counted = sum(framing.n_frames(part.stop - part.start) for part in divided)
    assert counted == framing.n_frames(n_samples)
    assert sum(part.own_samples for part in divided) == n_samples
    assert {part.start % (16 * model.hop_samples) for part in divided} == {0}


def test_recordings_that_need_a_resampler_are_not_divided(
    record: Record, folder: Path, archive: Archive
) -> None:
    add(archive, record(0))
    path = folder / "other.wav"
    path.write_bytes(wav(np.zeros(48_000 * 40), 48_000))
    assert parts.divide(path, archive.model, part_s=10.0) == []
    path.write_bytes(wav(np.zeros(16_000 * 40))[:-1000])  # truncated
    assert parts.divide(path, archive.model, part_s=10.0) == []


def test_a_dask_client_is_used_and_left_open(
    archive: Archive, record: Record, folder: Path
) -> None:
    from distributed import Client

    for seed in range(3):
        record(seed)
    (folder / "bad.wav").write_bytes(b"bad")
    with Client(
        processes=False, n_workers=1, threads_per_worker=1, dashboard_address=None
    ) as client:
        added = archive.add(folder, model="builtin", client=client)
        assert client.status == "running"
    assert (added.added, len(added.failed)) == (3, 1)
    assert archive.verify(contents=True) == []
    assert add(archive, folder).skipped == 3


def test_an_archive_of_a_later_version_is_not_touched(
    archive: Archive, record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "FORMAT", 2)
    add(archive, record(0))
    monkeypatch.undo()
    with pytest.raises(ArchiveError, match="another version of Earmark"):
        models.open_archive(tmp_path / "archive").summary()


def test_dasks_dashboard_is_there_while_it_works(archive: Archive, record: Record) -> None:
    pages: list[str] = []

    def visit(address: str) -> None:
        with urllib.request.urlopen(address, timeout=60) as page:  # noqa: S310 - of this machine
            pages.append(page.read().decode())

    archive.add(record(0), model="builtin", workers=1, on_dashboard=visit)
    (page,) = pages
    assert "Dask" in page
