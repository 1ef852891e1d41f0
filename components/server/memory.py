"""Memory that is free is given back to the system once visitors have left.

Streamlit collects garbage after each run of the script, which walks all that every visitor has: it
took two thirds of the time that the process had with eight visitors. It is turned off
(`runner.postScriptGC` in `.streamlit/config.toml`). Python finds by itself what a run leaves in
cycles; what is old and large is freed here.
"""

import ctypes
import gc
import sys


def give_back() -> None:
    """Collect garbage, and give back to the system what is free then.

    Linux's C library keeps it otherwise, for threads that may ask for memory again.
    """
    gc.collect()
    # Not there on other systems, nor in other C libraries.
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)
