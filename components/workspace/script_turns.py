"""Turns of scripts: a bounded number computes at once, in a queue that is fair among networks.

Scripts share Python's lock with the event loop, which serves all visitors. With ten that compute
without pause, a health check took 16 s on one core; with two it took 0.3 s. A script that
waits for a job gives up its turn meanwhile.

A turn covers all that Streamlit runs for one message: callbacks of widgets, and the script or a
fragment of it (`components/server/script_runs.py`).
"""

import threading
import time
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from models.jobs.fair_queue import FairQueue, Ticket

AT_ONCE = 3
"""Number of scripts that compute at once, two of them of one network. More are no faster, as one
thread at a time holds Python's lock."""

LONGEST_S = 10.0
"""Duration after which a turn is no longer counted, in seconds, so that a script that waits for
something else than a job does not block others."""

_LOOK_S = 0.5


class ScriptTurns:
    """Lets so many scripts compute at once. Safe to use from any thread.

    Parameters
    ----------
    at_once : int
        How many.
    longest_s : float
        How long a turn counts, in seconds.
    """

    def __init__(self, at_once: int = AT_ONCE, longest_s: float = LONGEST_S) -> None:
        self._queue = FairQueue(at_once)
        self._longest_s = longest_s
        self._lock = threading.Lock()
        self._began_at: dict[Ticket, float] = {}
        self._here = threading.local()  # whose turn this thread's is

    @property
    def is_here(self) -> bool:
        """Whether this thread has a turn."""
        return getattr(self._here, "ticket", None) is not None

    @contextmanager
    def turn(self, who: Hashable) -> Iterator[None]:
        """Wait for this thread's turn, and have it until the context ends.

        A thread that has a turn keeps that one.

        Parameters
        ----------
        who : hashable
            The network that the script runs for, not None: networks are served in turn.
        """
        if self.is_here:
            yield
            return
        self._here.who, self._here.ticket = who, self._begin(who)
        try:
            yield
        finally:
            self._end(self._here.ticket)  # None where `waiting` was left by an exception
            self._here.ticket = None

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Give this thread's turn up until the context ends; nothing where it has none.

        An exception ends the context without another turn: Streamlit ends a script by one, which
        is not to wait for that.
        """
        ticket = getattr(self._here, "ticket", None)
        if ticket is None:
            yield
            return
        self._end(ticket)
        self._here.ticket = None
        yield
        self._here.ticket = self._begin(self._here.who)

    def _begin(self, who: Hashable) -> Ticket:
        called = threading.Event()
        ticket = Ticket(called.set)
        self._queue.line_up(ticket, who)
        while not called.wait(_LOOK_S):
            self._end_overdue()
        with self._lock:
            self._began_at[ticket] = time.monotonic()
        return ticket

    def _end(self, ticket: Ticket | None) -> None:
        with self._lock:
            counts = ticket is not None and self._began_at.pop(ticket, None) is not None
        if ticket is not None and counts:
            self._queue.end(ticket)

    def _end_overdue(self) -> None:
        now = time.monotonic()
        with self._lock:
            overdue = [one for one, at in self._began_at.items() if now - at > self._longest_s]
        for ticket in overdue:
            self._end(ticket)


TURNS = ScriptTurns()
"""Turns of this process's scripts."""
