"""What was drawn and has not yet been sent to the browser.

Two things make Streamlit drop it (seen with 1.67 and twelve people who listened). It drops what a
fragment drew the moment that fragment runs again: one that refreshes itself is asked for its next
run while this one goes on, and where the server is busy, each run then begins before the last one's
drawing was sent, and the browser sees none of them. And it drops what is left of a page whose run
has just ended, where a refresh that was asked for before begins now: the page then stays as it was
from there on. So each run waits here before it ends.
"""

import asyncio
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as NotInTime

from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import get_script_run_ctx

from components import server

PATIENCE_S = 2.0
"""Longest wait, in seconds: whoever is behind a slow connection goes on even so."""

_LOOK_S = 0.01  # twice what Streamlit rests for after it has sent all that there was


def wait_until_sent(patience_s: float = PATIENCE_S) -> None:
    """Wait, on the script's thread, until what was drawn so far is on its way to the browser.

    Streamlit has no public way to know: this is the only place that looks at what it has yet to
    send. Where nobody is there to send it to, there is nothing to wait for.

    Parameters
    ----------
    patience_s : float, optional
        Longest wait, in seconds.
    """
    session = _session()
    if session is None:
        return
    if session._event_loop.is_closed():  # the server has ended
        return
    # What was drawn goes to the server's event loop in order, and this after it.
    sent = asyncio.run_coroutine_threadsafe(_sent(session), session._event_loop)
    try:
        sent.result(patience_s)
    except NotInTime:
        sent.cancel()
    except CancelledError:  # the server ends
        return


def is_refresh() -> bool:
    """Whether a fragment runs anew by itself, not as a part of its page."""
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)


def _session() -> AppSession | None:
    context = get_script_run_ctx()
    sessions = server.session_manager()
    if context is None or sessions is None:  # nothing is sent
        return None
    found = sessions.get_active_session_info(context.session_id)
    session: AppSession | None = None if found is None else found.session
    return session


async def _sent(session: AppSession) -> None:
    while not session._browser_queue.is_empty():
        await asyncio.sleep(_LOOK_S)
