"""Limit on the number of concurrent live sessions.

Conventions
-----------
A visitor takes a seat before connecting, and keeps it while packets arrive. Stop returns it. A
visitor without packets (closed tab, other page, no network) keeps the seat until another visitor
needs it, so an outage costs no seat while others are free.
"""

import threading
import time
from collections.abc import Callable, Hashable

SILENT_S = 10.0
"""Time without a packet after which a seat may be reassigned, in seconds: the longest time that
establishing a connection may take (see RFC 8445)."""


class Seats:
    """A fixed number of seats and their holders. Thread-safe.

    Parameters
    ----------
    count : int
        Number of seats, at least 1.
    clock : callable, optional
        Returns a monotonic time in seconds.

    Attributes
    ----------
    count
        As given.
    """

    def __init__(self, count: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.count = count
        self._clock = clock
        self._lock = threading.Lock()
        self._heard_at: dict[Hashable, float] = {}  # last packet of each visitor with a seat

    @property
    def any_free(self) -> bool:
        """Whether a new visitor can get a seat."""
        with self._lock:
            return len(self._heard_at) < self.count or any(self._silent())

    def take(self, who: Hashable) -> bool:
        """Give the visitor a seat if one is available; returns whether the visitor has one."""
        with self._lock:
            if who not in self._heard_at and len(self._heard_at) >= self.count:
                for silent in self._silent():
                    del self._heard_at[silent]
            if who in self._heard_at or len(self._heard_at) < self.count:
                self._heard_at[who] = self._clock()
            return who in self._heard_at

    def hear(self, who: Hashable) -> bool:
        """Record that a packet of a visitor arrived; returns whether that visitor has a seat."""
        with self._lock:
            if who in self._heard_at:
                self._heard_at[who] = self._clock()
            return who in self._heard_at

    def has(self, who: Hashable) -> bool:
        """Return whether a visitor has a seat that has not been reassigned."""
        with self._lock:
            return who in self._heard_at

    def give_back(self, who: Hashable) -> None:
        """Release the visitor's seat, if there is one."""
        with self._lock:
            self._heard_at.pop(who, None)

    def _silent(self) -> list[Hashable]:
        now = self._clock()
        return [who for who, at in self._heard_at.items() if now - at > SILENT_S]
