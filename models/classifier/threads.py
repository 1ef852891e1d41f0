"""Threads with an engine each, which fill the rows of many clips at a time.

Conventions
-----------
An interpreter belongs to one thread. A classifier owns as many threads as the machine has
cores, each with an interpreter of its own; every session hands its windows to the same threads
in small batches, and never more of them at once than keep the threads busy. So a short clip
does not wait behind a long one.
"""

import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue

import numpy as np
from numpy.typing import NDArray

from models.classifier.engines import Engine
from models.framing import Framing

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
        """
        report = progress if progress is not None else _ignore
        pending: deque[tuple[int, Future[None]]] = deque()
        report(0.0)
        try:
            for start in range(0, len(rows), BATCH_WINDOWS):
                stop = min(start + BATCH_WINDOWS, len(rows))
                stretch = framing.stretch(samples, start, stop)
                batch = self._submit(stretch, framing.hop_samples, rows[start:stop])
                pending.append((stop, batch))
                if len(pending) > self.workers:
                    _finish_oldest(pending, report, len(rows))
            while pending:
                _finish_oldest(pending, report, len(rows))
        finally:
            for _, batch in pending:
                batch.cancel()

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
        self._threads.shutdown(wait=False)

    def _submit(
        self, samples: NDArray[np.float32], hop_samples: int, rows: NDArray[np.float32]
    ) -> "Future[None]":
        return self._threads.submit(self._run, samples, hop_samples, rows)

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


def _finish_oldest(
    pending: "deque[tuple[int, Future[None]]]", report: Callable[[float], None], n_frames: int
) -> None:
    stop, batch = pending.popleft()
    batch.result()
    report(stop / n_frames)


def usable_cores() -> int:
    """Count the cores this process may use, which a container may hold below the machine's."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
