"""What is kept for whoever asks for the same again, bounded in number and in bytes."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """Values by their keys; the one used longest ago goes first. Safe to use from any thread.

    Parameters
    ----------
    max_entries : int
        Values kept at most.
    max_bytes : int
        What they may take together. It is counted whenever another one is asked for, as the size
        of a job's result shows only when it has ended: what came since then comes on top.
    n_bytes : callable
        Tells what a value takes by now.
    """

    def __init__(self, max_entries: int, max_bytes: int, n_bytes: Callable[[Value], int]) -> None:
        self._lock = threading.Lock()
        self._values: dict[Hashable, Value] = {}  # the one used last comes last
        self._max_entries, self._max_bytes = max_entries, max_bytes
        self._n_bytes = n_bytes

    def get(
        self,
        key: Hashable,
        make: Callable[[], Value],
        is_usable: Callable[[Value], bool] = lambda _value: True,
    ) -> Value:
        """Give what is kept under a key, or make it.

        Parameters
        ----------
        key : hashable
            What the value depends on.
        make : callable
            Makes it, which may take long: two who ask at the same moment both make it, and get
            the same one.
        is_usable : callable
            Whether what is kept still serves.
        """
        found = self._find(key, is_usable)
        if found is None:
            made = make()
            with self._lock:
                before = self._values.pop(key, None)
                found = before if before is not None and is_usable(before) else made
                self._values[key] = found
        self._tidy()
        return found

    def _find(self, key: Hashable, is_usable: Callable[[Value], bool]) -> Value | None:
        with self._lock:
            found = self._values.pop(key, None)
            if found is None or not is_usable(found):
                return None
            self._values[key] = found
            return found

    def _tidy(self) -> None:
        """Drop the oldest until the rest is within its bounds; the newest stays in any case."""
        with self._lock:
            left = self._max_bytes
            for place, key in enumerate(reversed(list(self._values))):
                left -= self._n_bytes(self._values[key])
                if place and (left < 0 or place >= self._max_entries):
                    del self._values[key]
