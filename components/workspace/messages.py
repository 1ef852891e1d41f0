"""Messages of a workspace: what went wrong or was done, until it has been shown."""

import threading

from models.errors import EarmarkError


class Messages:
    """Failures and successes by the place on the page where they are shown.

    A run of the script may begin another one, which removes what it has drawn: so a failure stays
    until a run has ended that showed it, or another one comes in its place.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: dict[str, list[tuple[str, EarmarkError]]] = {}
        self._shown: set[str] = set()
        self._successes: dict[str, str] = {}

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
            self._successes[place] = words

    def take_success(self, place: str) -> str | None:
        """Return what was done, and forget it; None where nothing was."""
        with self._lock:
            return self._successes.pop(place, None)

    def _forget_shown(self, place: str) -> None:
        if place in self._shown:
            self._shown.remove(place)
            self._failures.pop(place, None)
