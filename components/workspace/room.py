"""Memory budget: accounting of held and reserved bytes, eviction and refusal."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from models.errors import EarmarkError

STEP_BYTES = 1_000_000
"""Step by which reservations of unknown final size grow, in bytes."""


Reserve = Callable[[int], AbstractContextManager[object]]
"""Context manager that reserves a number of bytes, such as `Room.reserving`."""


class Room:
    """Memory budget in bytes. Thread-safe.

    Parameters
    ----------
    max_bytes : int
        Maximum number of bytes held and reserved.
    count : callable
        Returns the number of bytes held now. It must not wait for a thread that reserves.
    refusal : callable
        Takes the number of bytes that do not fit, and returns the error to raise.
    evictions : sequence of callable
        Each evicts one object, the oldest first, and returns False if it has none. They are called
        in order, the next one only when the previous has nothing left, and without the lock.
    outer : Room, optional
        Budget in which the same bytes are reserved as well.
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
        """Number of bytes held and reserved."""
        return self._count() + sum(other() for other in list(self._others)) + self._reserved

    def count_also(self, other: Callable[[], int]) -> None:
        """Add another source of held bytes; adding it again has no effect."""
        self._others[other] = None

    @property
    def free(self) -> int:
        """Number of bytes that fit without eviction; negative if the budget is exceeded."""
        return self._max_bytes - self.n_bytes

    @contextmanager
    def reserving(self, n_bytes: int) -> Iterator[None]:
        """Reserve bytes within the context, until the object that takes them is counted itself.

        Raises
        ------
        EarmarkError
            If they do not fit even after all evictions.
        """
        with self.reservation() as reservation:
            reservation.grow_to(n_bytes)
            yield

    @contextmanager
    def reservation(self) -> "Iterator[Reservation]":
        """Yield a reservation that may grow; it is released at the end of the context."""
        reservation = Reservation(self)
        try:
            yield reservation
        finally:
            self.give_back(reservation.n_bytes)

    def take(self, n_bytes: int) -> None:
        """Reserve bytes until `give_back`.

        Raises
        ------
        EarmarkError
            If they do not fit even after all evictions.
        """
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
        """Release reserved bytes."""
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
    """Growing reservation of bytes. Not thread-safe.

    Parameters
    ----------
    room : Room
        Budget in which the bytes are reserved.
    """

    def __init__(self, room: Room) -> None:
        self._room = room
        self.n_bytes = 0

    def grow_to(self, n_bytes: int) -> None:
        """Increase the reservation to `n_bytes`, unless it is already as large.

        Raises
        ------
        EarmarkError
            If they do not fit; the previous reservation is kept.
        """
        more = n_bytes - self.n_bytes
        if more > 0:
            self._room.take(more)
            self.n_bytes = n_bytes

    def grow_in_steps_to(self, n_bytes: int) -> None:
        """Increase the reservation to `n_bytes`, rounded up to a multiple of `STEP_BYTES`."""
        if n_bytes > self.n_bytes:
            self.grow_to(-(-n_bytes // STEP_BYTES) * STEP_BYTES)
