"""Background imports of slow modules."""

import threading
from collections.abc import Callable
from functools import cache


@cache
def prepare(load: Callable[[], None]) -> None:
    """Call a function that imports modules on a background thread, once per process."""
    threading.Thread(target=load, name="prepare", daemon=True).start()
