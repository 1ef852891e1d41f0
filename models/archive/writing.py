"""Writer of an archive: recordings are collected, and committed in batches.

Conventions
-----------
Every commit checks again, under the lock, what the archive has by now, so that two processes that
add the same files store each once.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.archive.hits import Addition, Fault
from models.archive.querying import rows_of
from models.archive.rows import (
    Entry,
    events_table,
    failure_row,
    recording_row,
    recordings_table,
    windows_table,
)
from models.archive.scanning import Examined, FileState
from models.archive.store import ArchivedModel, Store, Transaction
from models.archive.tables import EVENTS, RECORDINGS, WINDOWS

_LOST = "Another file took its place while the recordings were added. Add it again."

BATCH_BYTES = 64 << 20
"""Size of the features that are committed together: those of eight hours."""

BATCH_ENTRIES = 1000
BATCH_S = 60.0
"""An interrupted `add` repeats the work of one batch: of a minute at most."""


@dataclass(frozen=True, slots=True)
class KnownRecording:
    """What an archive has of a recording.

    Parameters
    ----------
    number : int
        Its number.
    path, digest : str
        Path and SHA-256 of the file.
    state : FileState
        Size and modification time of the file.
    failed : bool
        Whether it could not be analysed.
    """

    number: int
    path: str
    digest: str
    state: FileState
    failed: bool


class KnownRecordings:
    """The recordings of an archive, by path and by digest.

    Parameters
    ----------
    table : lancedb.table.Table or None
        The table of recordings; None for an empty archive.
    where : str, optional
        Condition on the recordings; all by default.
    """

    def __init__(self, table: Any, where: str | None = None) -> None:  # noqa: ANN401
        self.by_path: dict[str, KnownRecording] = {}
        self.by_digest: dict[str, KnownRecording] = {}
        columns = ["recording", "path", "digest", "n_bytes", "modified_ns", "reason"]
        rows = [] if table is None else rows_of(table, where, columns).to_pylist()
        for row in rows:
            state = FileState(row["n_bytes"] or 0, row["modified_ns"] or 0)
            failed = bool(row["reason"])
            self.put(KnownRecording(row["recording"], row["path"], row["digest"], state, failed))

    def put(self, known: KnownRecording) -> None:
        """Add a recording, or replace what is known of its path and digest."""
        self.by_path[known.path] = known
        if known.digest and not known.failed:
            self.by_digest[known.digest] = known

    def forget(self, numbers: Collection[int]) -> None:
        """Forget the content of recordings that are removed; their paths have others by now."""
        if numbers:
            self.by_digest = {
                digest: known
                for digest, known in self.by_digest.items()
                if known.number not in numbers
            }

    def is_current(self, path: Path) -> bool:
        """Whether a file is in the archive, by its path, size and modification time."""
        known = self.by_path.get(str(path))
        if known is None or known.failed:
            return False
        try:
            return known.state == FileState.of(path)
        except OSError:
            return False


@dataclass
class Batch:
    """What is to be committed together.

    Parameters
    ----------
    entries : list of Entry
        Analysed recordings.
    failures : list of Fault
        Files that could not be analysed.
    found_again : list of Examined
        Files whose content is in the archive already.
    """

    entries: list[Entry] = field(default_factory=list)
    failures: list[Fault] = field(default_factory=list)
    found_again: list[Examined] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Number of files."""
        return len(self.entries) + len(self.failures) + len(self.found_again)

    @property
    def n_bytes(self) -> int:
        """Size of the features in memory, in bytes."""
        return sum(entry.features.n_bytes for entry in self.entries)


class ArchiveWriter:
    """Collects results, and commits them in batches.

    Parameters
    ----------
    store : Store
        The archive.
    model : ArchivedModel
        Its model.
    addition : Addition
        Counts what was committed.
    """

    def __init__(self, store: Store, model: ArchivedModel, addition: Addition) -> None:
        self._store = store
        self._model = model
        self._addition = addition
        self._known: KnownRecordings | None = None
        self._known_at = -1  # the commit that is known
        self._begin()

    def _begin(self) -> None:
        self.batch = Batch()
        self._begun = time.monotonic()

    def commit_if_full(self) -> None:
        """Commit if the batch is large or old."""
        batch = self.batch
        is_old = time.monotonic() - self._begun >= BATCH_S
        if batch.n_bytes >= BATCH_BYTES or batch.count >= BATCH_ENTRIES or is_old:
            self.commit()

    def commit(self) -> None:
        """Commit all that was collected.

        Raises
        ------
        ArchiveError
            If the archive cannot be written; nothing of the batch is then stored.
        """
        if self.batch.count:
            changes = _Changes(self.batch, self._model)
            with self._store.writing(self._model) as transaction:
                known = self._known_recordings(transaction)
                self._known = None  # until it is committed
                changes.apply(transaction, known)
            self._known, self._known_at = known, transaction.head.sequence + 1
            changes.count(self._addition)
        self._begin()

    def _known_recordings(self, transaction: Transaction) -> KnownRecordings:
        """Return what there is; read again only if another process has committed since."""
        if self._known is None or self._known_at != transaction.head.sequence:
            return KnownRecordings(transaction.tables[RECORDINGS])
        return self._known


class _Changes:
    """Changes of the tables for a batch."""

    def __init__(self, batch: Batch, model: ArchivedModel) -> None:
        self._batch = batch
        self._model = model
        self._stored: dict[int, Entry] = {}
        self._rows: list[dict[str, Any]] = []
        self._displaced: set[int] = set()
        self._moves: dict[int, Examined] = {}
        self._n_skipped = self._n_replaced = 0
        self._n_moved = 0

    def apply(self, transaction: Transaction, known: KnownRecordings) -> None:
        """Decide what changes, and change the tables; `known` follows."""
        for examined in self._batch.found_again:
            self._find_again(examined, known, transaction.take_number)
        for entry in self._batch.entries:
            self._store(entry, known, transaction.take_number)
        for fault in self._batch.failures:
            self._fail(fault, known, transaction.take_number)
        known.forget(self._displaced)
        self._change(transaction.tables)

    def count(self, addition: Addition) -> None:
        """Count what was committed."""
        addition.added += len(self._stored) - self._n_replaced
        addition.replaced += self._n_replaced
        addition.skipped += self._n_skipped
        addition.moved += self._n_moved
        seconds = sum(entry.duration_s(self._model) for entry in self._stored.values())
        addition.hours += seconds / 3600
        addition.failed += self._batch.failures

    def _find_again(
        self, examined: Examined, known: KnownRecordings, take_number: Callable[[], int]
    ) -> None:
        """Note the new place of a recording; a copy of one that is still there is skipped."""
        before = known.by_digest.get(examined.digest)
        path = str(examined.path)
        if before is None:  # removed since: another file took its place
            self._fail(Fault(path, _LOST), known, take_number)
            return
        if before.path != path and _is_there(before):
            self._n_skipped += 1
            return
        self._displace(path, before.number, known)
        self._displaced.discard(before.number)
        self._moves[before.number] = examined
        self._n_moved += before.path != path
        self._n_skipped += before.path == path
        known.put(KnownRecording(before.number, path, before.digest, examined.state, failed=False))

    def _displace(self, path: str, number: int, known: KnownRecordings) -> KnownRecording | None:
        """Note that a recording is no longer at a path; it is removed unless it is found again."""
        before = known.by_path.get(path)
        if before is not None and before.number not in (number, *self._moves):
            self._displaced.add(before.number)
        return before

    def _store(self, entry: Entry, known: KnownRecordings, take_number: Callable[[], int]) -> None:
        examined = entry.examined
        if examined.digest in known.by_digest:  # another process was faster
            self._find_again(examined, known, take_number)
            return
        path = str(examined.path)
        number = take_number()
        before = self._displace(path, number, known)
        self._n_replaced += before is not None and not before.failed
        self._stored[number] = entry
        self._rows.append(recording_row(entry, number, self._model))
        known.put(KnownRecording(number, path, examined.digest, examined.state, failed=False))

    def _fail(self, fault: Fault, known: KnownRecordings, take_number: Callable[[], int]) -> None:
        """Note a failure; features that are there are kept, as the file may come back."""
        before = known.by_path.get(fault.path)
        if before is not None and not before.failed:
            return
        number = take_number()
        self._displace(fault.path, number, known)
        self._rows.append(failure_row(fault.path, number, fault.reason))
        known.put(KnownRecording(number, fault.path, "", FileState(0, 0), failed=True))

    def _change(self, tables: Mapping[str, Any]) -> None:
        _delete(tables, self._displaced)
        for number, examined in self._moves.items():
            tables[RECORDINGS].update(
                where=f"recording = {number}",
                values={
                    "path": str(examined.path),
                    "n_bytes": examined.state.n_bytes,
                    "modified_ns": examined.state.modified_ns,
                },
            )
        self._append(tables)

    def _append(self, tables: Mapping[str, Any]) -> None:
        import pyarrow as pa

        model = self._model
        if self._stored:
            each = [windows_table(number, entry, model) for number, entry in self._stored.items()]
            tables[WINDOWS].add(pa.concat_tables(each))
            tables[EVENTS].add(events_table(self._stored, model))
        if self._rows:
            tables[RECORDINGS].add(recordings_table(self._rows, model))


def _delete(tables: Mapping[str, Any], numbers: Collection[int]) -> None:
    if not numbers:
        return
    listed = ", ".join(map(str, sorted(numbers)))
    for name in (WINDOWS, EVENTS, RECORDINGS):
        tables[name].delete(f"recording IN ({listed})")


def _is_there(known: KnownRecording) -> bool:
    """Whether a file seems to be still at its place."""
    try:
        return known.state == FileState.of(Path(known.path))
    except OSError:
        return False
