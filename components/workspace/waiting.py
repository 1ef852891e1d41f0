"""Jobs that one tab waits for."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

from models.errors import Cancelled
from models.jobs.job import Job

Result = TypeVar("Result")


class Waiting:
    """Jobs that one tab waits for. Thread-safe.

    A page waits for what it shows, and stops when it shows something else. Beside that, work such
    as a training goes on whatever page is shown.

    Parameters
    ----------
    network : str, optional
        The network that the tab's browser connects from (`components.protocol.networks`).
    """

    def __init__(self, network: str | None = None) -> None:
        self._network = network
        self._lock = threading.Lock()  # the tab is closed on another thread than the script's
        self._shown: set[Job[Any]] = set()
        self._beside: set[Job[Any]] = set()
        self._closed = False

    @property
    def group(self) -> Hashable:
        """What the fair queue counts its jobs for: its network; this tab where that is unknown."""
        return self._network or self

    def wait_beside(self, job: Job[Any]) -> bool:
        """Wait for a job until it ends, regardless of what the page shows.

        Returns
        -------
        bool
            False if the job was already abandoned.

        Raises
        ------
        Cancelled
            If the tab is closed.
        """
        with self._lock:
            if self._closed:
                raise Cancelled
            self._beside = {other for other in self._beside if not other.done}
            if job not in self._beside and job.join(self):
                self._beside.add(job)
            return job in self._beside

    def find_beside(self, find: Callable[[], Job[Result]]) -> Job[Result]:
        """Wait for the job that `find` returns; call it again if that job was just abandoned."""
        while True:
            job = find()
            if job.done or self.wait_beside(job):
                return job

    def wait_only_for(self, jobs: Iterable[Job[Any]]) -> bool:
        """Wait for these jobs; leave the others shown so far, which end if no tab waits for them.

        Returns
        -------
        bool
            False if one of the jobs was already abandoned; the caller has to create another one.

        Raises
        ------
        Cancelled
            If the tab is closed; a script that still runs for it starts nothing more.
        """
        wanted = set(jobs)
        with self._lock:
            if self._closed and wanted:
                raise Cancelled
            joined = {job for job in wanted if job in self._shown or job.join(self)}
            for job in self._shown - wanted:
                job.leave(self)
            self._shown = joined
        return joined == wanted

    def leave(self) -> None:
        """Leave all jobs that the page shows."""
        self.wait_only_for(())

    def leave_job(self, job: Job[Any]) -> None:
        """Leave one job."""
        with self._lock:
            self._beside.discard(job)
            self._shown.discard(job)
            job.leave(self)

    def close(self, grace_s: float) -> None:
        """Close the tab; its jobs continue for `grace_s`, since the tab may reconnect.

        Parameters
        ----------
        grace_s : float
            Time before the jobs are left, in seconds.
        """
        with self._lock:
            self._closed = True
            waits = bool(self._shown or self._beside)
        if waits:
            _leave_later(self, grace_s)

    def leave_all(self) -> None:
        """Leave all jobs, shown or not."""
        with self._lock:
            for job in self._shown | self._beside:
                job.leave(self)
            self._shown, self._beside = set(), set()


_closing = threading.Condition()
_closed_tabs: list[tuple[float, int, Waiting]] = []  # heap: time, sequence number, tab
_numbers = itertools.count()
_leaving: threading.Thread | None = None


def _leave_later(tab: Waiting, grace_s: float) -> None:
    """Schedule that a closed tab leaves its jobs after `grace_s` seconds.

    One thread serves all closed tabs and ends with the last: one thread per tab could exceed the
    process's limit when hundreds of tabs are closed at once.
    """
    global _leaving
    with _closing:
        heapq.heappush(_closed_tabs, (time.monotonic() + grace_s, next(_numbers), tab))
        _closing.notify()
        if _leaving is None:
            _leaving = threading.Thread(target=_leave_in_time, name="grace", daemon=True)
            _leaving.start()


def _leave_in_time() -> None:
    global _leaving
    while True:
        with _closing:
            if not _closed_tabs:
                _leaving = None
                return
            left_s = _closed_tabs[0][0] - time.monotonic()
            if left_s > 0:
                _closing.wait(left_s)
                continue
            _, _, tab = heapq.heappop(_closed_tabs)
        tab.leave_all()
