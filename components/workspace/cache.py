"""LRU cache bounded in entries and in bytes."""

import threading
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class BoundedCache(Generic[Value]):
    """Least recently used cache of values by key. Thread-safe.

    Parameters
    ----------
    max_entries : int
        Maximum number of values.
    max_bytes : int
        Maximum total size of the values, in bytes. Sizes are counted at each access, because the
        size of a job's result is known only when the job has ended; growth since the last access is
        not counted.
    n_bytes : callable
        Returns the current size of a value, in bytes.
    """

    def __init__(self, max_entries: int, max_bytes: int, n_bytes: Callable[[Value], int]) -> None:
        self._lock = threading.Lock()
        self._values: dict[Hashable, Value] = {}  # the most recently used is last
        self._max_entries, self._max_bytes = max_entries, max_bytes
        self._size_of = n_bytes

    @property
    def n_bytes(self) -> int:
        """Total size of all values, in bytes."""
        return sum(map(self._size_of, self.values))

    @property
    def values(self) -> list[Value]:
        """All values, the least recently used first."""
        with self._lock:
            return list(self._values.values())

    def evict_oldest(self, may_go: Callable[[Value], bool] = lambda _value: True) -> bool:
        """Evict the least recently used value that `may_go` accepts; return if there was one."""
        with self._lock:
            for key, value in self._values.items():
                if may_go(value):
                    del self._values[key]
                    return True
        return False

    def get(
        self,
        key: Hashable,
        make: Callable[[], Value],
        is_usable: Callable[[Value], bool] = lambda _value: True,
    ) -> Value:
        """Return the value under a key; create it if there is none that is usable.

        Parameters
        ----------
        key : hashable
            Everything that the value depends on.
        make : callable
            Creates the value without holding the lock, because it may be slow. Two threads that
            call this concurrently may both create it, and get the same value.
        is_usable : callable
            Whether a cached value is still valid.
        """
        found = self.find(key, is_usable)
        if found is None:
            made = make()
            with self._lock:
                before = self._values.pop(key, None)
                found = before if before is not None and is_usable(before) else made
                self._values[key] = found
        self._evict()
        return found

    def find(
        self, key: Hashable, is_usable: Callable[[Value], bool] = lambda _value: True
    ) -> Value | None:
        """Return the value under a key; None if there is none that is usable."""
        with self._lock:
            found = self._values.pop(key, None)
            if found is None or not is_usable(found):
                return None
            self._values[key] = found
            return found

    def put(self, key: Hashable, value: Value) -> None:
        """Store a value under a key, replacing any previous one."""
        with self._lock:
            self._values.pop(key, None)
            self._values[key] = value
        self._evict()

    def discard(self, is_meant: Callable[[Any], bool]) -> None:
        """Drop the values whose keys satisfy `is_meant`."""
        with self._lock:
            for key in [key for key in self._values if is_meant(key)]:
                del self._values[key]

    def _evict(self) -> None:
        """Evict the least recently used values beyond the limits; the newest always stays."""
        with self._lock:
            left = self._max_bytes
            for place, key in enumerate(reversed(list(self._values))):
                left -= self._size_of(self._values[key])
                if place and (left < 0 or place >= self._max_entries):
                    del self._values[key]
