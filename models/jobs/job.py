"""Long work in a thread of its own, shared by all who wait for the same result.

A job tells how far it is, and stops when the last one who waited for it has left: a new upload,
a pressed button and a closed tab are all the same thing to it. Where only so many may be done at
once it stands in line first, for each who waits for it.
"""

import copy
import logging
import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar, cast

from models.errors import Cancelled, EarmarkError, UnexpectedFailure
from models.jobs.fair_queue import FairQueue, Ticket

_log = logging.getLogger(__name__)

_LENDING_WAITS = 5
"""Calls of `Progress.waiting` before a job lends its turn: a quarter of a second."""


class Progress:
    """Tells how far a job is, and lets it stop.

    Parameters
    ----------
    tell : callable
        Takes the fraction done, in [0, 1]; raises `Cancelled` when the job is to stop.
    fair_queue : FairQueue
        Where the job has a turn.
    """

    def __init__(self, tell: Callable[[float], None], fair_queue: FairQueue) -> None:
        self._tell = tell
        self._fair_queue = fair_queue
        self._n_waits = 0
        self._lends = False

    def __call__(self, fraction: float) -> None:
        """Tell the fraction done, in [0, 1]; raises `Cancelled` when the job is to stop."""
        self.go_on()
        self._tell(fraction)

    def waiting(self) -> None:
        """Tell, several times a second, that the work waits for another process.

        The turn is lent to another job meanwhile, so that a file on which a decoder computes for
        long holds up none but who brought it.

        Raises
        ------
        Cancelled
            When the job is to stop.
        """
        self._n_waits += 1
        if self._n_waits >= _LENDING_WAITS and not self._lends:
            self._lends = self._fair_queue.lend()
        self._tell(0.0)

    def go_on(self) -> None:
        """Take the turn back, where it was lent."""
        self._n_waits = 0
        if self._lends:
            self._lends = False
            self._fair_queue.take_back()


Result = TypeVar("Result")
Work = Callable[[Progress], Result]

_ENDED = Ticket(lambda: None, begun=True)
"""Of all jobs that have ended. Their own leads back to them, and would keep a result until Python
looks for such circles."""


class Job(Generic[Result]):
    """One piece of work, started by the first who waits for it.

    Parameters
    ----------
    work : callable
        Called once, in a thread of its own, with a `Progress`: a callable that takes a fraction in
        [0, 1] and raises `Cancelled` when nobody waits any more.
    name : str
        Name of the thread, for the log and the debugger.
    fair_queue : FairQueue, optional
        The line that it stands in before it begins; a line of its own by default.
    """

    def __init__(
        self, work: Work[Result], *, name: str = "job", fair_queue: FairQueue | None = None
    ) -> None:
        self._lock = threading.Lock()  # between the last to leave and the next to come
        self._waiting: set[Hashable] = set()
        self._abandoned = threading.Event()
        self._done = threading.Event()
        self._fraction = 0.0
        self._result: Result | None = None
        self._error: EarmarkError | None = None
        self._started: float | None = None
        self._name = name
        self._work: Work[Result] | None = work  # until it begins, or never will
        self._fair_queue = FairQueue(1) if fair_queue is None else fair_queue
        self._ticket = Ticket(self._begin)

    @property
    def fraction(self) -> float:
        """How much is done, in [0, 1]."""
        return self._fraction

    @property
    def done(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self._done.is_set()

    @property
    def succeeded(self) -> bool:
        """Whether it has ended with a result."""
        return self.done and self._error is None

    @property
    def abandoned(self) -> bool:
        """Whether all who waited left before it ended."""
        return self._abandoned.is_set()

    @property
    def reusable(self) -> bool:
        """Whether it serves those who come later: not once it was abandoned, or hit a bug."""
        return not self.abandoned and not isinstance(self._error, UnexpectedFailure)

    @property
    def place(self) -> int | None:
        """Place in line, from 1; None where it does not wait for its turn."""
        return self._fair_queue.place(self._ticket)

    @property
    def elapsed_s(self) -> float:
        """Time since its turn came, in seconds; 0 before."""
        return 0.0 if self._started is None else time.monotonic() - self._started

    @property
    def remaining_s(self) -> float | None:
        """Time left at the present pace, in seconds; None while there is no pace yet."""
        elapsed_s = self.elapsed_s
        if self._fraction <= 0 or elapsed_s < 1:  # the first second's pace is no guess to show
            return None
        return elapsed_s * (1 - self._fraction) / self._fraction

    def join(self, who: Hashable) -> bool:
        """Wait for it under a name; the first to do so has it begin, or stand in line.

        Returns
        -------
        bool
            False where it was abandoned a moment before: ask for another one.
        """
        with self._lock:
            if self.abandoned:
                return False
            self._waiting.add(who)
            self._fair_queue.line_up(self._ticket, who)
            return True

    def leave(self, who: Hashable) -> None:
        """Wait no longer. The last to leave an unfinished job ends it."""
        with self._lock:
            self._waiting.discard(who)
            never_begins = self._fair_queue.step_out(self._ticket, who)
            if self._waiting or self.done:
                return
            self._abandoned.set()
            if never_begins:
                self._work, self._error, self._ticket = None, Cancelled(), _ENDED
                self._done.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait up to `timeout_s` seconds; returns whether the job has ended."""
        return self._done.wait(timeout_s)

    def result(self) -> Result:
        """Wait for the result, and return it or raise what the work raised.

        Raises
        ------
        EarmarkError
            A copy of what the work raised: one that is raised again and again, on several
            threads, would gather all their tracebacks.
        """
        self._done.wait()
        if self._error is not None:
            raise copy.copy(self._error)
        return cast(Result, self._result)  # set whenever no error is; it may itself be None

    def _progress(self, fraction: float) -> None:
        if self._abandoned.is_set():
            raise Cancelled
        self._fraction = min(1.0, max(self._fraction, fraction))

    def _begin(self) -> None:
        self._started = time.monotonic()
        work, self._work = self._work, None
        thread = threading.Thread(target=self._run, args=(work,), name=self._name, daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no more threads are to be had
            _log.exception("%s could not begin", self._name)
            self._error = UnexpectedFailure()
            self._end()

    def _end(self) -> None:
        self._done.set()
        self._fair_queue.end(self._ticket)
        self._ticket = _ENDED

    def _run(self, work: Work[Result]) -> None:
        progress = Progress(self._progress, self._fair_queue)
        try:
            progress(0.0)  # its last waiter may have left a moment before
            self._result = work(progress)
        except EarmarkError as error:
            # Without its traceback, whose frames hold whole clips.
            self._error = copy.copy(error)
        except Exception:  # noqa: BLE001  # a bug: loud in the log, and told to who waits
            _log.exception("%s failed", self._name)
            self._error = UnexpectedFailure()
        finally:
            progress.go_on()
            self._end()
