"""How many files, sockets among them, the process may have open."""

import contextlib
import sys

ENOUGH = 4096
"""For 200 connections and 128 sessions that Streamlit keeps for who comes back, at four files each,
and as much again."""


def allow_many() -> None:
    """Raise the limit as far as the system lets the process, and no further than is enough.

    A shell's own limit is often 1,024, at which a server stops to accept connections.
    """
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(ENOUGH, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # a system that does not let it
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
