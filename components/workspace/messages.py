"""Messages of a workspace: what went wrong or was done, until it has been shown."""

import threading
import time
from collections.abc import Callable

from models.errors import EarmarkError

SUCCESS_S = 20.0
"""Time for which a success is shown, in seconds: long enough to be read."""


class Messages:
    """Failures and successes by the place on the page where they are shown.

    A run of the script may begin another one, which removes what it has drawn: so a failure stays
    until a run has ended that showed it, or another one comes in its place. A success stays for a
    while, for the same reason.

    Parameters
    ----------
    clock : callable, optional
        Returns the time in seconds, never backwards.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._failures: dict[str, list[tuple[str, EarmarkError]]] = {}
        self._shown: set[str] = set()
        self._successes: dict[str, tuple[str, float]] = {}

    def add_failure(self, place: str, name: str, error: EarmarkError) -> None:
        """Remember what went wrong with something, known by its name."""
        with self._lock:
            self._forget_shown(place)
            self._failures.setdefault(place, []).append((name, error))

    def show_failures(self, place: str) -> list[tuple[str, EarmarkError]]:
        """Return what went wrong, each with its name, to be shown now."""
        with self._lock:
            self._shown.add(place)
            return list(self._failures.get(place, []))

    def forget_shown(self) -> None:
        """Forget the failures that were shown; called at the end of a run of the script."""
        with self._lock:
            for place in list(self._shown):
                self._forget_shown(place)

    def set_success(self, place: str, words: str) -> None:
        """Remember what was done, in words."""
        with self._lock:
            self._successes[place] = words, self._clock()

    def success(self, place: str) -> str | None:
        """Return what was done a moment ago; None where nothing was."""
        with self._lock:
            words, since = self._successes.get(place, (None, 0.0))
            return words if self._clock() - since < SUCCESS_S else None

    def _forget_shown(self, place: str) -> None:
        if place in self._shown:
            self._shown.remove(place)
            self._failures.pop(place, None)
