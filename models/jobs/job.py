"""Background job whose result several waiters share.

A job reports its progress and stops when its last waiter leaves, for example because of a new
upload, a button or a closed tab. In a fair queue it first waits for its turn, on behalf of each of
its waiters.
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
    """Reports a job's progress, and stops the job on request.

    Parameters
    ----------
    tell : callable
        Takes the completed fraction, in [0, 1]; raises `Cancelled` if the job should stop.
    fair_queue : FairQueue
        The queue in which the job has a turn.
    """

    def __init__(self, tell: Callable[[float], None], fair_queue: FairQueue) -> None:
        self._tell = tell
        self._fair_queue = fair_queue
        self._n_waits = 0
        self._lends = False

    def __call__(self, fraction: float) -> None:
        """Report the completed fraction, in [0, 1]; raises `Cancelled` if the job should stop."""
        self.go_on()
        self._tell(fraction)

    def waiting(self) -> None:
        """Report, several times per second, that the work waits for another process.

        After a while the turn is lent to another job, so that a file with a long decoding time
        delays only its own visitor.

        Raises
        ------
        Cancelled
            If the job should stop.
        """
        self._n_waits += 1
        if self._n_waits >= _LENDING_WAITS and not self._lends:
            self._lends = self._fair_queue.lend()
        self._tell(0.0)

    def go_on(self) -> None:
        """Take the turn back if it was lent."""
        self._n_waits = 0
        if self._lends:
            self._lends = False
            self._fair_queue.take_back()


Result = TypeVar("Result")
Work = Callable[[Progress], Result]

_ENDED = Ticket(lambda: None, begun=True)
"""Ticket of all ended jobs. A job's own ticket refers to the job, and would keep its result alive
until the garbage collector finds the reference cycle."""


class Job(Generic[Result]):
    """A unit of work, started by its first waiter.

    Parameters
    ----------
    work : callable
        Called once, in a thread of its own, with a `Progress`: a callable that takes a fraction in
        [0, 1] and raises `Cancelled` when no waiter is left.
    name : str
        Name of the thread, for the log and the debugger.
    fair_queue : FairQueue, optional
        The queue in which it waits for its turn; a queue of its own by default.
    """

    def __init__(
        self, work: Work[Result], *, name: str = "job", fair_queue: FairQueue | None = None
    ) -> None:
        self._lock = threading.Lock()  # orders `join` and `leave`
        self._waiting: set[Hashable] = set()
        self._abandoned = threading.Event()
        self._done = threading.Event()
        self._fraction = 0.0
        self._result: Result | None = None
        self._error: EarmarkError | None = None
        self._started: float | None = None
        self._name = name
        self._work: Work[Result] | None = work  # None once it has begun or was abandoned
        self._fair_queue = FairQueue(1) if fair_queue is None else fair_queue
        self._ticket = Ticket(self._begin)

    @property
    def fraction(self) -> float:
        """The completed fraction, in [0, 1]."""
        return self._fraction

    @property
    def done(self) -> bool:
        """Whether it has ended, with or without a result."""
        return self._done.is_set()

    @property
    def succeeded(self) -> bool:
        """Whether it has ended with a result."""
        return self.done and self._error is None

    @property
    def abandoned(self) -> bool:
        """Whether all waiters left before it ended."""
        return self._abandoned.is_set()

    @property
    def reusable(self) -> bool:
        """Whether it accepts new waiters: not abandoned, and not ended by a bug."""
        return not self.abandoned and not isinstance(self._error, UnexpectedFailure)

    @property
    def place(self) -> int | None:
        """Position in the queue, from 1; None if it does not wait for its turn."""
        return self._fair_queue.place(self._ticket)

    @property
    def elapsed_s(self) -> float:
        """Time since its turn came, in seconds; 0 before."""
        return 0.0 if self._started is None else time.monotonic() - self._started

    @property
    def remaining_s(self) -> float | None:
        """Estimated remaining time, in seconds; None as long as there is no estimate."""
        elapsed_s = self.elapsed_s
        if self._fraction <= 0 or elapsed_s < 1:  # an estimate from the first second is unreliable
            return None
        return elapsed_s * (1 - self._fraction) / self._fraction

    def join(self, who: Hashable) -> bool:
        """Add a waiter; the first one starts the job or queues it.

        Parameters
        ----------
        who : hashable
            Identifies the waiter.

        Returns
        -------
        bool
            False if it was abandoned just before; the caller then needs another job.
        """
        with self._lock:
            if self.abandoned:
                return False
            self._waiting.add(who)
            self._fair_queue.line_up(self._ticket, who)
            return True

    def leave(self, who: Hashable) -> None:
        """Remove a waiter. When the last one leaves an unfinished job, the job stops."""
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
        """Wait for the result, and return it or raise the error of the work.

        Raises
        ------
        EarmarkError
            A copy of the error of the work: one instance, raised repeatedly on several threads,
            would accumulate all their tracebacks.
        """
        self._done.wait()
        if self._error is not None:
            raise _bare(self._error)
        return cast(Result, self._result)  # set unless there is an error; may itself be None

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
        except RuntimeError:  # the system cannot start another thread
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
            progress(0.0)  # the last waiter may have left just before
            self._result = work(progress)
        except EarmarkError as error:
            self._error = _bare(error)
        except Exception:  # noqa: BLE001  # a bug: logged, and reported to the waiters
            _log.exception("%s failed", self._name)
            self._error = UnexpectedFailure()
        finally:
            progress.go_on()
            self._end()


def _bare(error: EarmarkError) -> EarmarkError:
    """Copy an error without its traceback and causes, whose frames reference whole clips.

    Where Dask is loaded, a copy has them: it registers such copies for its messages (tblib).
    """
    bare = copy.copy(error).with_traceback(None)
    bare.__cause__ = bare.__context__ = None
    return bare
