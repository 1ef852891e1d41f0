"""Cache that is bounded in entries and in bytes, least recently used entry first out."""

import threading
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class BoundedCache(Generic[Value]):
    """Values by their keys. Safe to use from any thread.

    Parameters
    ----------
    max_entries : int
        Values kept at most.
    max_bytes : int
        What they may take together. Sizes are counted whenever a value is asked for, as the size
        of a job's result is known only when the job has ended; what came since then comes on top.
    n_bytes : callable
        Returns the present size of a value in bytes.
    """

    def __init__(self, max_entries: int, max_bytes: int, n_bytes: Callable[[Value], int]) -> None:
        self._lock = threading.Lock()
        self._values: dict[Hashable, Value] = {}  # the most recently used comes last
        self._max_entries, self._max_bytes = max_entries, max_bytes
        self._size_of = n_bytes

    @property
    def n_bytes(self) -> int:
        """Size of all values together, in bytes."""
        return sum(map(self._size_of, self.values))

    @property
    def values(self) -> list[Value]:
        """All values, the least recently used first."""
        with self._lock:
            return list(self._values.values())

    def evict_oldest(self, may_go: Callable[[Value], bool] = lambda _value: True) -> bool:
        """Evict the least recently used value that may go; returns whether there was one."""
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
        """Return the value under a key, or make it.

        Parameters
        ----------
        key : hashable
            What the value depends on.
        make : callable
            Makes it outside of the lock, as it may take long: two threads that ask at the same
            moment both make it, and get the same one.
        is_usable : callable
            Whether a kept value still serves.
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
        """Return the value under a key; None where there is none that is usable."""
        with self._lock:
            found = self._values.pop(key, None)
            if found is None or not is_usable(found):
                return None
            self._values[key] = found
            return found

    def put(self, key: Hashable, value: Value) -> None:
        """Keep a value, in place of what was there."""
        with self._lock:
            self._values.pop(key, None)
            self._values[key] = value
        self._evict()

    def discard(self, is_meant: Callable[[Any], bool]) -> None:
        """Drop the values whose keys are meant."""
        with self._lock:
            for key in [key for key in self._values if is_meant(key)]:
                del self._values[key]

    def _evict(self) -> None:
        """Evict the least recently used values; the newest stays in any case."""
        with self._lock:
            left = self._max_bytes
            for place, key in enumerate(reversed(list(self._values))):
                left -= self._size_of(self._values[key])
                if place and (left < 0 or place >= self._max_entries):
                    del self._values[key]
