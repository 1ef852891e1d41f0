"""Limit on the number of open files and sockets of the process."""

import contextlib
import sys

ENOUGH = 4096
"""Sufficient limit: 200 connections and 128 disconnected sessions that Streamlit keeps, at four
files each, and more than as many again."""


def allow_many() -> None:
    """Raise the limit to `ENOUGH`, or as far as the system allows.

    The default limit of a shell is often 1,024, at which a server stops accepting connections.
    """
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(ENOUGH, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # not permitted on this system
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
