"""Imports that take seconds, done in the background while a visitor reads."""

import threading
from collections.abc import Callable
from functools import cache


@cache
def prepare(load: Callable[[], None]) -> None:
    """Call a function that loads modules in a thread of its own, once in the process's life."""
    threading.Thread(target=load, name="prepare", daemon=True).start()
