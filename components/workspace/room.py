"""Memory budget: accounting of held and reserved bytes, eviction and refusal."""

import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from models.errors import EarmarkError

STEP_BYTES = 1_000_000
"""Step by which reservations of unknown final size grow, in bytes."""

SHARE = 2
"""Largest ratio of what a group has to what stays free. Alone a group may have two thirds, each of
two in turn half of what is then left, and so on (dynamic thresholds: Choudhury and Hahne, 1998)."""

SMALL = 1 / 100
"""Part of the budget that a group may have, whatever is free."""

KEPT_FREE = 1 / 25
"""Part of the budget that is free for groups that have less than `SMALL` alone."""


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
    group_of : callable, optional
        Returns the group for which bytes are reserved in `outer`, such as a network; None for none.
    held_by : callable, optional
        Returns the number of bytes that a group holds. With it, a group may have `SHARE` of what
        stays free, so that others find room.
    share_refusal : callable, optional
        Returns the error to raise for a group that has its share.
    harmless : int
        Number of evictions, from the first, that may be called to give a group a larger share.
    evictable : callable, optional
        Returns the bytes that the other evictions would free; for shares they count as free.
    """

    def __init__(
        self,
        max_bytes: int,
        count: Callable[[], int],
        refusal: Callable[[int], EarmarkError],
        evictions: Sequence[Callable[[], bool]] = (),
        outer: "Room | None" = None,
        *,
        group_of: Callable[[], Hashable] = lambda: None,
        held_by: Callable[[Hashable], int] | None = None,
        share_refusal: Callable[[], EarmarkError] | None = None,
        harmless: int = 0,
        evictable: Callable[[], int] = lambda: 0,
    ) -> None:
        self._lock = threading.Lock()
        self._max_bytes, self._count, self._refusal = max_bytes, count, refusal
        self._evictions, self._outer = evictions, outer
        self._group_of, self._held_by = group_of, held_by
        self._share_refusal, self._harmless = share_refusal, harmless
        self._evictable = evictable
        self._reserved_by: Counter[Hashable] = Counter()
        self._others: dict[Callable[[], int], Callable[[Hashable], int]] = {}
        self._reserved = 0

    @property
    def n_bytes(self) -> int:
        """Number of bytes held and reserved."""
        return self._count() + sum(other() for other in list(self._others)) + self._reserved

    def count_also(
        self, other: Callable[[], int], held_by: Callable[[Hashable], int] = lambda _group: 0
    ) -> None:
        """Add another source of held bytes, in all and by group; again, it has no effect."""
        self._others[other] = held_by

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
    def copying(self, n_bytes: int) -> Iterator[None]:
        """Reserve bytes of a temporary copy within the context.

        A copy that is not small leaves `KEPT_FREE` to others.

        Raises
        ------
        EarmarkError
            If they do not fit even after all evictions.
        """
        is_small = n_bytes <= SMALL * self._max_bytes
        self._evict_until(lambda: self._take(n_bytes, 0 if is_small else self._kept_free), n_bytes)
        try:
            yield
        finally:
            self._give_back(n_bytes)

    @contextmanager
    def reservation(self, group: Hashable = None) -> "Iterator[Reservation]":
        """Yield a reservation that may grow; it is released at the end of the context.

        Parameters
        ----------
        group : hashable, optional
            The group that it counts for.
        """
        reservation = Reservation(self, group)
        try:
            yield reservation
        finally:
            self.give_back(reservation.n_bytes, group)

    def take(self, n_bytes: int, group: Hashable = None, *, is_counted: bool = False) -> None:
        """Reserve bytes until `give_back`.

        Parameters
        ----------
        n_bytes : int
            Number of bytes.
        group : hashable, optional
            The group that they count for.
        is_counted : bool
            Whether `held_by` counts them for the group already.

        Raises
        ------
        EarmarkError
            If they do not fit even after all evictions, or exceed the group's share.
        """
        if group is not None and self._held_by is not None:
            self._check_share(n_bytes, group, is_counted=is_counted)
        self._evict_until(lambda: self._take(n_bytes), n_bytes)
        if self._outer is not None:
            try:
                self._outer.take(n_bytes, self._group_of(), is_counted=True)
            except EarmarkError:
                self._give_back(n_bytes)
                raise
        if group is not None and not is_counted:
            with self._lock:
                self._reserved_by[group] += n_bytes

    def give_back(self, n_bytes: int, group: Hashable = None) -> None:
        """Release reserved bytes, of the group that they were reserved for."""
        self._give_back(n_bytes)
        if self._outer is not None:
            self._outer.give_back(n_bytes)
        if group is not None:
            with self._lock:
                self._reserved_by[group] -= n_bytes
                if not self._reserved_by[group]:
                    del self._reserved_by[group]

    @property
    def _kept_free(self) -> int:
        return int(KEPT_FREE * self._max_bytes)

    def _check_share(self, n_bytes: int, group: Hashable, *, is_counted: bool) -> None:
        """Raise an error if a group would have more than its share, even after evictions."""
        evictions = self._evictions[: self._harmless]
        while not self._is_fair(n_bytes, group, is_counted=is_counted):
            if not any(evict() for evict in evictions):
                raise self._share_refusal() if self._share_refusal else self._refusal(n_bytes)

    def _is_fair(self, n_bytes: int, group: Hashable, *, is_counted: bool) -> bool:
        assert self._held_by is not None  # noqa: S101
        has = self._held_by(group) + sum(held(group) for held in list(self._others.values()))
        has += self._reserved_by[group] + (0 if is_counted else n_bytes)
        left = self.free + self._evictable() - n_bytes - self._kept_free
        return has <= SMALL * self._max_bytes or has <= SHARE * left

    def _evict_until(self, take: Callable[[], bool], n_bytes: int) -> None:
        while not take():
            if not any(evict() for evict in self._evictions):
                raise self._refusal(n_bytes)

    def _take(self, n_bytes: int, leaving: int = 0) -> bool:
        with self._lock:
            if n_bytes + leaving > self.free:
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
    group : hashable, optional
        The group that they count for.
    """

    def __init__(self, room: Room, group: Hashable = None) -> None:
        self._room, self._group = room, group
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
            self._room.take(more, self._group)
            self.n_bytes = n_bytes

    def grow_in_steps_to(self, n_bytes: int) -> None:
        """Increase the reservation to `n_bytes`, rounded up to a multiple of `STEP_BYTES`."""
        if n_bytes > self.n_bytes:
            self.grow_to(-(-n_bytes // STEP_BYTES) * STEP_BYTES)
