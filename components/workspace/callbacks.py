"""Callbacks of widgets whose arguments are held by the workspace.

Streamlit holds the arguments of a callback until the session ends, also those of widgets that are
no longer drawn (Streamlit 1.67, `WStates.widget_metadata`). Recordings that a visitor has removed
would stay in memory, beyond every limit.
"""

import threading
from collections.abc import Callable
from weakref import WeakKeyDictionary

Callback = Callable[[], None]


class Callbacks:
    """The callbacks of a visitor's tabs, by key of the widget. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: WeakKeyDictionary[object, dict[str, Callback]] = WeakKeyDictionary()

    def keep(self, tab: object, key: str, callback: Callback) -> None:
        """Hold the callback of a tab's widget, in place of its previous one."""
        with self._lock:
            self._of.setdefault(tab, {})[key] = callback

    def find(self, tab: object, key: str) -> Callback | None:
        """Find the callback of a tab's widget; None if it was cleared."""
        with self._lock:
            return self._of.get(tab, {}).get(key)

    def clear(self) -> None:
        """Drop all callbacks, with all that they refer to."""
        with self._lock:
            self._of.clear()
