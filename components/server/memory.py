"""Garbage collection at a pace of its own.

Streamlit collects all garbage after each run of the script, however short, and a collection walks
all that every visitor's session holds: with twelve people of whom half listen that took half of
the time that Python had (measured). It is turned off in `.streamlit/config.toml`
(``runner.postScriptGC``), and done here instead, for all at once. What is left in cycles by a run
is mostly young, and Python finds it by itself; this is for what is old and large, such as a
session that has ended, with its uploads. Its memory is then given back to the system.
"""

import ctypes
import gc
import sys
import threading
import time
from collections.abc import Callable

SHARE = 0.03
"""Part of a core's time that collecting takes at most, but for `MAX_PAUSE_S`."""

MIN_PAUSE_S = 2.0
"""Shortest pause between two collections, in seconds."""

MAX_PAUSE_S = 60.0
"""Longest pause, in seconds, be a collection long or nothing happen: what people who left had in
reference cycles stays no longer."""

_LOOK_S = 1.0


def begin() -> None:
    """Collect from now on, in a thread of its own, for as long as the process lives."""
    threading.Thread(target=_sweep_on, name="sweep", daemon=True).start()


def sweep_all() -> None:
    """Collect once also what was taken out of the collector's sight (`gc.freeze`)."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    give_back()


def give_back() -> None:
    """Give back to the system what is free.

    Linux's C library keeps it otherwise, for threads that may ask for memory again: 45 MB after 60
    visitors. It takes 1 to 6 ms, and Python goes on meanwhile (measured).
    """
    # Not there on other systems, nor in other C libraries.
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)


def _sweep_on() -> None:
    while True:
        began_s = time.thread_time()  # CPU time: what others took meanwhile is no measure
        gc.collect()
        give_back()
        pause(time.thread_time() - began_s, gc.get_count, time.sleep)


def pause(
    took_s: float, count: Callable[[], tuple[int, int, int]], sleep: Callable[[float], None]
) -> None:
    """Pause after a collection, for as long as it was worth, and until there may be garbage.

    Parameters
    ----------
    took_s : float
        CPU time that the collection took, in seconds.
    count : callable
        Gives how many objects are new, and how often the young ones were collected by now
        (`gc.get_count`): where not even once, next to nothing has happened.
    sleep : callable
        Sleeps for so many seconds.
    """
    least_s, so_far_s = max(MIN_PAUSE_S, took_s / SHARE), 0.0
    while so_far_s < MAX_PAUSE_S and (so_far_s < least_s or not any(count()[1:])):
        sleep(_LOOK_S)
        so_far_s += _LOOK_S
