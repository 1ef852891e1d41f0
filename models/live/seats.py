"""How many people listen at once.

Conventions
-----------
A seat is taken before a connection is made, and kept as long as sound comes in. It is given back
at Stop. Whoever goes silent otherwise, with a closed tab, on another page or without a network,
keeps it until somebody else needs it: so an outage costs nobody their seat while others are free.
"""

import threading
import time
from collections.abc import Callable, Hashable

SILENT_S = 10.0
"""Time without a packet after which a seat may be given to somebody else, in seconds: as long as a
connection may take to come about (see RFC 8445)."""


class Seats:
    """A number of seats, and who has them. Safe to use from any thread.

    Parameters
    ----------
    count : int
        How many there are, at least 1.
    clock : callable, optional
        Gives the time in seconds, never backwards.

    Attributes
    ----------
    count
        As given.
    """

    def __init__(self, count: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.count = count
        self._clock = clock
        self._lock = threading.Lock()
        self._heard_at: dict[Hashable, float] = {}  # of each who has a seat

    @property
    def any_free(self) -> bool:
        """Whether somebody who comes now finds a seat."""
        with self._lock:
            return len(self._heard_at) < self.count or any(self._silent())

    def take(self, who: Hashable) -> bool:
        """Give a seat to somebody, unless all are taken; returns whether they have one now."""
        with self._lock:
            if who not in self._heard_at and len(self._heard_at) >= self.count:
                for silent in self._silent():
                    del self._heard_at[silent]
            if who in self._heard_at or len(self._heard_at) < self.count:
                self._heard_at[who] = self._clock()
            return who in self._heard_at

    def hear(self, who: Hashable) -> bool:
        """Note that sound comes from a visitor; returns whether that visitor has a seat."""
        with self._lock:
            if who in self._heard_at:
                self._heard_at[who] = self._clock()
            return who in self._heard_at

    def has(self, who: Hashable) -> bool:
        """Whether somebody has a seat, and has not lost it to somebody else."""
        with self._lock:
            return who in self._heard_at

    def give_back(self, who: Hashable) -> None:
        """Free somebody's seat, if they have one."""
        with self._lock:
            self._heard_at.pop(who, None)

    def _silent(self) -> list[Hashable]:
        now = self._clock()
        return [who for who, at in self._heard_at.items() if now - at > SILENT_S]
