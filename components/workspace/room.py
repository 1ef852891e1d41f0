"""Accounting of memory: what is held, what is reserved, and what is evicted or refused for it."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from models.errors import EarmarkError

STEP_BYTES = 1_000_000
"""What grows without telling how far, reserves at least so much at a time."""


Reserve = Callable[[int], AbstractContextManager[object]]
"""Gives a context in which so many bytes are reserved: `Room.reserving`."""


class Room:
    """A bounded number of bytes. Safe to use from any thread.

    Parameters
    ----------
    max_bytes : int
        What may be held and reserved together.
    count : callable
        Returns the bytes that are held now. It must not wait for a thread that reserves.
    refusal : callable
        Takes the bytes that do not fit, and returns the error to be raised.
    evictions : sequence of callable
        Each frees something that can be had again, the oldest first, and returns False where it
        has nothing to free. The first is used up before the next. Called without a lock.
    outer : Room, optional
        Where the same bytes count, too.
    """

    def __init__(
        self,
        max_bytes: int,
        count: Callable[[], int],
        refusal: Callable[[int], EarmarkError],
        evictions: Sequence[Callable[[], bool]] = (),
        outer: "Room | None" = None,
    ) -> None:
        self._lock = threading.Lock()
        self._max_bytes, self._count, self._refusal = max_bytes, count, refusal
        self._evictions, self._outer = evictions, outer
        self._others: dict[Callable[[], int], None] = {}
        self._reserved = 0

    @property
    def n_bytes(self) -> int:
        """Bytes that are held and reserved."""
        return self._count() + sum(other() for other in list(self._others)) + self._reserved

    def count_also(self, other: Callable[[], int]) -> None:
        """Count what is held elsewhere, from now on, and once however often this is called."""
        self._others[other] = None

    @property
    def free(self) -> int:
        """Bytes that fit without an eviction; negative where too much is held."""
        return self._max_bytes - self.n_bytes

    @contextmanager
    def reserving(self, n_bytes: int) -> Iterator[None]:
        """Reserve bytes until what takes them is there, and counts by itself.

        Raises
        ------
        EarmarkError
            If they do not fit, whatever is evicted.
        """
        with self.reservation() as reservation:
            reservation.grow_to(n_bytes)
            yield

    @contextmanager
    def reservation(self) -> "Iterator[Reservation]":
        """Give a reservation that may grow; it ends with the context."""
        reservation = Reservation(self)
        try:
            yield reservation
        finally:
            self.give_back(reservation.n_bytes)

    def take(self, n_bytes: int) -> None:
        """Reserve bytes until `give_back`; raises as `reserving`."""
        while not self._take(n_bytes):
            if not any(evict() for evict in self._evictions):
                raise self._refusal(n_bytes)
        if self._outer is not None:
            try:
                self._outer.take(n_bytes)
            except EarmarkError:
                self._give_back(n_bytes)
                raise

    def give_back(self, n_bytes: int) -> None:
        """Reserve bytes no longer."""
        self._give_back(n_bytes)
        if self._outer is not None:
            self._outer.give_back(n_bytes)

    def _take(self, n_bytes: int) -> bool:
        with self._lock:
            if n_bytes > self.free:
                return False
            self._reserved += n_bytes
            return True

    def _give_back(self, n_bytes: int) -> None:
        with self._lock:
            self._reserved -= n_bytes


class Reservation:
    """Bytes that are reserved for something that grows. Used by one thread at a time.

    Parameters
    ----------
    room : Room
        Where they are reserved.
    """

    def __init__(self, room: Room) -> None:
        self._room = room
        self.n_bytes = 0

    def grow_to(self, n_bytes: int) -> None:
        """Reserve so many bytes in all; nothing happens where as many are reserved.

        Raises
        ------
        EarmarkError
            If they do not fit; what was reserved before stays so.
        """
        more = n_bytes - self.n_bytes
        if more > 0:
            self._room.take(more)
            self.n_bytes = n_bytes

    def grow_in_steps_to(self, n_bytes: int) -> None:
        """Do the same in steps of `STEP_BYTES`, for what grows little by little."""
        if n_bytes > self.n_bytes:
            self.grow_to(-(-n_bytes // STEP_BYTES) * STEP_BYTES)
