"""Threads with an engine each, which fill the rows of many clips at a time.

Conventions
-----------
An interpreter belongs to one thread. A classifier owns as many threads as the machine has
cores, each with an engine of its own; every session hands its windows to the same threads
in small batches, and never more of them at once than keep the threads busy. So a short clip
does not wait behind a long one.
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
"""Windows handed to a thread at a time: about 50 ms of YAMNet, so that progress, cancelling and
other people's clips wait no longer, and long enough that handing over costs nothing. It also is
the longest block that a dynamic model gets, 8.2 s. Measured on the stand-in for YAMNet that its
tests use: 3.9 ms a window and 26 MB a thread; blocks of 64 windows took 3.8 ms and 85 MB."""


class Pool:
    """Threads that fill rows. Nothing is opened before there is work.

    Parameters
    ----------
    open_engine : callable
        Opens an engine; called in the thread that will own it.
    workers : int
        Threads, and engines at most.
    """

    def __init__(self, open_engine: Callable[[], Engine], workers: int) -> None:
        self.workers = workers
        self._open_engine = open_engine
        self._closed = False
        self._spare: SimpleQueue[Engine] = SimpleQueue()
        self._own = threading.local()  # each thread's engine: none is ever shared
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="classifier")

    def give(self, engine: Engine) -> None:
        """Hand over an engine that is open already."""
        self._spare.put(engine)

    def fill(
        self,
        rows: NDArray[np.float32],
        samples: NDArray[np.float32],
        framing: Framing,
        progress: Callable[[float], None] | None,
    ) -> None:
        """Fill one row for each window of a clip, and wait for it.

        Parameters
        ----------
        rows : ndarray of float32, shape (n_frames, n_values)
            Written to.
        samples : ndarray of float32, shape (n_samples,)
            The whole clip.
        framing : Framing
            How the windows lie on it.
        progress : callable, optional
            Called from this thread with the fraction done, in [0, 1]. What it raises ends the
            work and comes out here.

        Raises
        ------
        ModelError
            If the pool is closed, or is being closed meanwhile.
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
        """Fill rows for a clip that comes in blocks, while more of it comes.

        Blocks are asked for in this thread, no faster than the pool's threads get through what
        was asked for before. The batches are those of `fill`, so the rows are the same to the bit.

        Parameters
        ----------
        blocks : iterable of ndarray of float32, shape (any,)
            The whole clip, from its beginning. What asking for one raises ends the work and comes
            out here.
        framing : Framing
            How the windows lie on it.
        n_values : int
            Values in a row.

        Yields
        ------
        ndarray of float32, shape (n_windows, n_values)
            Of consecutive windows, in their order.
        """
        batches = (
            (stretch, np.empty((framing.n_frames(len(stretch)), n_values), np.float32))
            for stretch in framing.stretches(blocks, BATCH_WINDOWS)
        )
        yield from self._in_turn(batches, framing)

    def fill_each(self, rows: NDArray[np.float32], windows: NDArray[np.float32]) -> None:
        """Fill one row for each of some windows that need not be neighbours, and wait for it."""
        batches = [
            self._submit(window, len(window), rows[index : index + 1])
            for index, window in enumerate(windows)
        ]
        for batch in batches:
            batch.result()

    def close(self) -> None:
        """End the threads at once. Without it they end when nobody uses the pool."""
        self._closed = True
        self._threads.shutdown(wait=False)

    def _in_turn(
        self, batches: Iterable[tuple[NDArray[np.float32], NDArray[np.float32]]], framing: Framing
    ) -> Generator[NDArray[np.float32], None, None]:
        """Fill the rows of each stretch, a few at a time, and give them back in their order."""
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
        """Fill a batch, in one of the pool's threads, straight into its rows."""
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
    """Wait for the oldest batch."""
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
    """Count the cores this process may use, which a container may hold below the machine's."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
