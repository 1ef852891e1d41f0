"""Pool of worker threads with one engine each.

Conventions
-----------
An interpreter belongs to one thread. A classifier owns as many threads as the machine has cores,
each with its own engine. All sessions submit their windows to these threads in small batches, and
no more of them in advance than keep the threads busy, so a short clip does not wait for a long one.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from queue import Empty, SimpleQueue

import numpy as np
from numpy.typing import NDArray

from models.audio.framing import Framing
from models.errors import ModelError
from models.inference.engines import Engine

BATCH_WINDOWS = 16
"""Number of windows per batch: about 50 ms for YAMNet, which bounds the latency of progress,
cancelling and other clips, while the overhead is negligible. It is also the longest block of a
dynamic model, 8.2 s. Measured on the stand-in for YAMNet in the tests: 3.9 ms a window and 26 MB
a thread; blocks of 64 windows take 3.8 ms and 85 MB."""


class Pool:
    """Worker threads that compute rows. Opens engines on demand.

    Parameters
    ----------
    open_engine : callable
        Opens an engine; called in the thread that will own it.
    workers : int
        Number of threads, and the largest number of engines.
    """

    def __init__(self, open_engine: Callable[[], Engine], workers: int) -> None:
        self.workers = workers
        self._open_engine = open_engine
        self._closed = False
        self._spare: SimpleQueue[Engine] = SimpleQueue()
        self._own = threading.local()  # the thread's engine, never shared
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="classifier")

    def give(self, engine: Engine) -> None:
        """Add an engine that is already open."""
        self._spare.put(engine)

    def fill(
        self,
        rows: NDArray[np.float32],
        samples: NDArray[np.float32],
        framing: Framing,
        progress: Callable[[float], None] | None,
    ) -> None:
        """Compute one row for each window of a clip. Blocks until done.

        Parameters
        ----------
        rows : ndarray of float32, shape (n_frames, n_values)
            Output.
        samples : ndarray of float32, shape (n_samples,)
            The whole clip.
        framing : Framing
            Framing of the clip.
        progress : callable, optional
            Called from this thread with the fraction done, in [0, 1]. An exception that it raises
            cancels the work and is propagated.

        Raises
        ------
        ModelError
            If the pool is closed before or during the call.
        """
        report = progress if progress is not None else _ignore
        report(0.0)
        n_filled = 0
        with closing(self._in_turn(_batches(rows, samples, framing), framing)) as batches:
            for filled in batches:
                n_filled += len(filled)
                report(n_filled / len(rows))

    def rows(
        self, blocks: Iterable[NDArray[np.float32]], framing: Framing, n_values: int
    ) -> Iterator[NDArray[np.float32]]:
        """Compute rows for a clip that arrives in blocks.

        The iterable is advanced in this thread, no faster than the pool processes the blocks
        (back-pressure). The batches are those of `fill`, so the rows are equal bit for bit.

        Parameters
        ----------
        blocks : iterable of ndarray of float32, shape (n_samples,)
            The whole clip, from its beginning. An exception that it raises cancels the work and is
            propagated.
        framing : Framing
            Framing of the clip.
        n_values : int
            Number of values in a row.

        Yields
        ------
        ndarray of float32, shape (n_windows, n_values)
            Rows of consecutive windows, in order.
        """
        batches = (
            (stretch, np.empty((framing.n_frames(len(stretch)), n_values), np.float32))
            for stretch in framing.stretches(blocks, BATCH_WINDOWS)
        )
        yield from self._in_turn(batches, framing)

    def fill_each(self, rows: NDArray[np.float32], windows: NDArray[np.float32]) -> None:
        """Compute one row for each of several windows, consecutive or not. Blocks until done."""
        batches = [
            self._submit(window, len(window), rows[index : index + 1])
            for index, window in enumerate(windows)
        ]
        for batch in batches:
            batch.result()

    def close(self) -> None:
        """Shut down the threads. Otherwise they end when the pool is garbage-collected."""
        self._closed = True
        self._threads.shutdown(wait=False)

    def _in_turn(
        self, batches: Iterable[tuple[NDArray[np.float32], NDArray[np.float32]]], framing: Framing
    ) -> Generator[NDArray[np.float32], None, None]:
        """Compute the rows of each stretch, a few at a time, and yield them in order."""
        pending: deque[tuple[NDArray[np.float32], Future[None]]] = deque()
        try:
            for stretch, rows in batches:
                pending.append((rows, self._submit(stretch, framing.hop_samples, rows)))
                if len(pending) > self.workers:
                    yield _finished(pending)
            while pending:
                yield _finished(pending)
        finally:
            for _, batch in pending:
                batch.cancel()

    def _submit(
        self, samples: NDArray[np.float32], hop_samples: int, rows: NDArray[np.float32]
    ) -> "Future[None]":
        try:
            return self._threads.submit(self._run, samples, hop_samples, rows)
        except RuntimeError as error:
            if not self._closed:
                raise
            raise ModelError(
                "The classifier is closed.",
                allowed="It can be used until close() is called.",
                remedy="Open it again: models.open_classifier.",
            ) from error

    def _run(
        self, samples: NDArray[np.float32], hop_samples: int, rows: NDArray[np.float32]
    ) -> None:
        """Compute a batch in one of the pool's threads, directly into its rows."""
        if not hasattr(self._own, "engine"):
            try:
                self._own.engine = self._spare.get_nowait()
            except Empty:
                self._own.engine = self._open_engine()
        self._own.engine.run(samples, hop_samples, rows)


def _ignore(_fraction: float) -> None:
    return None


def _finished(
    pending: "deque[tuple[NDArray[np.float32], Future[None]]]",
) -> NDArray[np.float32]:
    """Wait for the oldest batch, and return its rows."""
    rows, batch = pending.popleft()
    batch.result()
    return rows


def _batches(
    rows: NDArray[np.float32], samples: NDArray[np.float32], framing: Framing
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Divide a clip into stretches, each with the rows of its windows."""
    for start in range(0, len(rows), BATCH_WINDOWS):
        part = rows[start : start + BATCH_WINDOWS]
        yield framing.stretch(samples, start, start + len(part)), part


def usable_cores() -> int:
    """Count the cores available to this process, which a container may limit."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
