"""Addition of recordings: from files to committed features.

Conventions
-----------
A file passes through up to three steps. It is *examined* (digest, start time, parts) unless its
path, size and modification time are in the archive; *analysed*, in one task or one for each part,
unless its digest is; and collected by the writer. A bounded number of tasks is submitted at a time,
so memory does not grow with the number of files. The first two steps run in the workers.
"""

import logging
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from functools import partial
from pathlib import Path
from typing import Any

from models.archive.features import find_stored_events, join_features
from models.archive.hits import Addition, Fault
from models.archive.rows import Entry
from models.archive.scanning import Examined, examine
from models.archive.store import ArchivedModel, Store
from models.archive.workers import Analysed, Workers, analyse_part, analyse_whole
from models.archive.writing import ArchiveWriter, KnownRecordings
from models.errors import EarmarkError, ModelError, SettingError

TASKS_PER_WORKER = 3
"""Number of files in work for each worker: enough that none waits for the next file."""

_log = logging.getLogger(__name__)


def add_files(
    files: list[Path],
    store: Store,
    model: ArchivedModel,
    workers: Workers,
    progress: Callable[[float], None],
) -> Addition:
    """Add recordings to an archive.

    Parameters
    ----------
    files : list of Path
        The recordings.
    store : Store
        The archive.
    model : ArchivedModel
        Its model.
    workers : Workers
        Compute the features.
    progress : callable
        Called with the completed fraction of the files, in [0, 1]; its exceptions end the work and
        propagate. What was committed until then is kept.

    Returns
    -------
    Addition
        What was done.

    Raises
    ------
    ModelError
        If a worker does not have the model.
    ArchiveError
        If the archive cannot be read or written.
    """
    addition = Addition(found=len(files))
    adding = _Adding(store, model, workers, addition, progress)
    try:
        adding.run(files)
    finally:
        adding.cancel()
    return addition


class _Adding:
    """Files in work, and what is done with their results."""

    def __init__(
        self,
        store: Store,
        model: ArchivedModel,
        workers: Workers,
        addition: Addition,
        progress: Callable[[float], None],
    ) -> None:
        snapshot = store.snapshot()
        self._known = KnownRecordings(None if snapshot is None else snapshot.recordings)
        self._model = model
        self._workers = workers
        self._addition = addition
        self._progress = progress
        self._writer = ArchiveWriter(store, model, addition)
        self._pending: dict[Future[Any], Callable[[Future[Any]], None]] = {}
        self._in_work = 0
        self._done = 0
        self._digests: set[str] = set()

    def run(self, files: list[Path]) -> None:
        """Add all files."""
        limit = TASKS_PER_WORKER * self._workers.count
        for path in files:
            if self._known.is_current(path):
                self._addition.skipped += 1
                self._finish(0)
                continue
            while self._in_work >= limit:
                self._collect()
            self._in_work += 1
            future = self._workers.executor.submit(examine, path, self._model)
            self._pending[future] = partial(self._examined, path)
        while self._pending:
            self._collect()
        self._writer.commit()
        self._progress(1.0)

    def cancel(self) -> None:
        """Cancel what is in work."""
        for future in self._pending:
            future.cancel()

    def _collect(self) -> None:
        """Wait for a task, and handle its result."""
        finished, _ = wait(self._pending, timeout=1.0, return_when=FIRST_COMPLETED)
        for future in finished:
            self._pending.pop(future)(future)
        self._writer.commit_if_full()
        self._report()

    def _report(self) -> None:
        self._progress(min(1.0, self._done / max(1, self._addition.found)))

    def _finish(self, in_work: int = 1) -> None:
        self._in_work -= in_work
        self._done += 1

    def _examined(self, path: Path, future: Future[Any]) -> None:
        """Skip a file that is known by its digest; otherwise have it analysed."""
        examined = self._result(path, future)
        if examined is None:
            return
        if examined.digest in self._digests:
            self._addition.skipped += 1
            self._finish()
        elif examined.digest in self._known.by_digest:
            self._writer.batch.found_again.append(examined)
            self._finish()
        else:
            self._digests.add(examined.digest)
            self._analyse(examined)

    def _analyse(self, examined: Examined) -> None:
        submit = self._workers.executor.submit
        if not examined.parts:
            future = submit(analyse_whole, examined, self._model)
            self._pending[future] = partial(self._analysed, examined)
            return
        collected = _Parts(len(examined.parts))
        for place, part in enumerate(examined.parts):
            future = submit(analyse_part, examined, part, self._model)
            self._pending[future] = partial(self._part_analysed, examined, collected, place)

    def _analysed(self, examined: Examined, future: Future[Any]) -> None:
        analysed = self._result(examined.path, future)
        if analysed is not None:
            self._store(examined, analysed)

    def _part_analysed(
        self, examined: Examined, collected: "_Parts", place: int, future: Future[Any]
    ) -> None:
        """Store the recording when its last part arrives; a part that fails fails all of it."""
        if collected.failed:
            return
        analysed = self._result(examined.path, future)
        if analysed is None:
            collected.failed = True
            return
        collected.put(place, analysed)
        if collected.is_complete:
            self._store(examined, collected.join(self._model))

    def _store(self, examined: Examined, analysed: Analysed) -> None:
        events = analysed.events or []
        entry = Entry(examined, analysed.features, analysed.properties, events)
        self._writer.batch.entries.append(entry)
        self._finish()

    def _result(self, path: Path, future: Future[Any]) -> Any:  # noqa: ANN401
        """Return the result of a task; None if it failed, which is noted."""
        try:
            return future.result()
        except (ModelError, SettingError):  # they concern all files
            raise
        except EarmarkError as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001 - one file must not stop the others
            _log.warning("%s could not be analysed", path, exc_info=True)
            reason = f"The analysis failed: {type(error).__name__}: {error}"
        self._writer.batch.failures.append(Fault(str(path), reason))
        self._finish()
        return None


class _Parts:
    """Results of the parts of a recording."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._analysed: dict[int, Analysed] = {}
        self.failed = False

    def put(self, place: int, analysed: Analysed) -> None:
        self._analysed[place] = analysed

    @property
    def is_complete(self) -> bool:
        return len(self._analysed) == self._count

    def join(self, model: ArchivedModel) -> Analysed:
        """Join the features, and find the events of the whole recording."""
        parts = [self._analysed[place] for place in range(self._count)]
        features = join_features([part.features for part in parts])
        return Analysed(features, parts[0].properties, find_stored_events(features, model))
