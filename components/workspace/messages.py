"""Messages of a workspace: what went wrong or was done, until it has been shown."""

import threading

from models.errors import EarmarkError


class Messages:
    """Failures and successes by the place on the page where they are shown."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: dict[str, list[tuple[str, EarmarkError]]] = {}
        self._successes: dict[str, str] = {}

    def add_failure(self, place: str, name: str, error: EarmarkError) -> None:
        """Remember what went wrong with something, known by its name."""
        with self._lock:
            self._failures.setdefault(place, []).append((name, error))

    def take_failures(self, place: str) -> list[tuple[str, EarmarkError]]:
        """Return what went wrong, each with its name, and forget it."""
        with self._lock:
            return self._failures.pop(place, [])

    def set_success(self, place: str, words: str) -> None:
        """Remember what was done, in words."""
        with self._lock:
            self._successes[place] = words

    def take_success(self, place: str) -> str | None:
        """Return what was done, and forget it; None where nothing was."""
        with self._lock:
            return self._successes.pop(place, None)
