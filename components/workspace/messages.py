"""Failure and success messages of a workspace, kept until they were shown."""

import threading
import time
from collections.abc import Callable

from models.errors import EarmarkError

SUCCESS_S = 20.0
"""Time for which a success message is shown, in seconds."""


class Messages:
    """Failure and success messages by the place on the page that shows them. Thread-safe.

    A run of the script may trigger another run, which removes what the first has drawn. Therefore a
    failure is kept until a run that showed it has ended or another failure is added at its place,
    and a success for `SUCCESS_S`.

    Parameters
    ----------
    clock : callable, optional
        Monotonic clock that returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._failures: dict[str, list[tuple[str, EarmarkError]]] = {}
        self._shown: set[str] = set()
        self._successes: dict[str, tuple[str, float]] = {}

    def add_failure(self, place: str, name: str, error: EarmarkError) -> None:
        """Add a failure.

        Parameters
        ----------
        place : str
            Place on the page that shows it.
        name : str
            Name of the item that it concerns, such as a file name.
        error : EarmarkError
            The error.
        """
        with self._lock:
            self._forget_shown(place)
            self._failures.setdefault(place, []).append((name, error))

    def show_failures(self, place: str) -> list[tuple[str, EarmarkError]]:
        """Return the failures of a place as (name, error), and mark them as shown."""
        with self._lock:
            self._shown.add(place)
            return list(self._failures.get(place, []))

    def forget_shown(self) -> None:
        """Drop the failures that were shown; called at the end of a run of the script."""
        with self._lock:
            for place in list(self._shown):
                self._forget_shown(place)

    def set_success(self, place: str, words: str) -> None:
        """Set the success message of a place."""
        with self._lock:
            self._successes[place] = words, self._clock()

    def success(self, place: str) -> str | None:
        """Return the success message of a place; None if there is none newer than `SUCCESS_S`."""
        with self._lock:
            words, since = self._successes.get(place, (None, 0.0))
            return words if self._clock() - since < SUCCESS_S else None

    def _forget_shown(self, place: str) -> None:
        if place in self._shown:
            self._shown.remove(place)
            self._failures.pop(place, None)
