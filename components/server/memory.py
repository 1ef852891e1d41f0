"""Return of free memory to the operating system.

Streamlit's garbage collection after each run of the script walks the objects of all visitors and
took two thirds of the process's time with eight visitors, so it is turned off
(`runner.postScriptGC` in `.streamlit/config.toml`). Python's own collector frees the cycles that a
run leaves; this module frees old, large objects after visitors have left.
"""

import ctypes
import gc
import sys


def give_back() -> None:
    """Collect garbage and return free memory to the operating system.

    Without ``malloc_trim``, glibc keeps freed memory for further allocations.
    """
    gc.collect()
    # Other systems and other C libraries lack malloc_trim.
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)
