"""Visitors who have left: what they leave behind is given back in time.

Streamlit keeps the session of a tab that is gone for a while, as only its connection may be lost
(``server.disconnectedSessionTTL``). It lets go of it afterwards, but not before somebody else
leaves, too, and shuts it down only once nothing refers to it. What watches over a microphone does
refer to it, in a thread of its own, until it is shut down. So what the last visitor brought stayed
in memory, and whoever closed the page "Live" left a session and a thread for good (seen with
Streamlit 1.67 and streamlit-webrtc 0.79). Here sessions are shut down when their time is over.
"""

import asyncio
import weakref
from collections.abc import Callable

from streamlit.runtime import get_instance
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

from components import server

PAUSE_S = 2.0
"""Time between two looks, in seconds. What watches over a microphone looks once a second whether
its session was shut down: at the next look nothing of that is left."""


class Departures:
    """Watches who has left for good, on the server's event loop.

    Parameters
    ----------
    sessions : WebsocketSessionManager
        Streamlit's. It has no public way to tell what it lets go of.
    let_go : callable
        Called with the numbers of the sessions that are there, be they connected or waited for,
        whenever one has ended.
    empty : callable
        Called when all have left, a pause later.
    """

    def __init__(
        self,
        sessions: WebsocketSessionManager,
        let_go: Callable[[set[str]], None],
        empty: Callable[[], None],
    ) -> None:
        self._sessions = sessions
        self._let_go, self._empty = let_go, empty
        self._seen: dict[str, weakref.ref[AppSession]] = {}
        self._emptied = False

    def look(self) -> None:
        """End the sessions whose time is over."""
        storage = self._sessions._session_storage
        if isinstance(storage, MemorySessionStorage):
            len(storage._cache)  # a cache that is asked for it lets go of what is out of time
        sessions = [info.session for info in self._sessions.list_sessions()]
        here = {session.id: weakref.ref(session) for session in sessions}
        gone = [self._seen[number] for number in self._seen.keys() - here.keys()]
        self._seen = here
        if self._emptied and not here:
            self._empty()
        self._emptied = bool(gone) and not here
        for session in filter(None, [reference() for reference in gone]):
            session.shutdown()
        if gone:
            self._let_go(set(here))


def begin(let_go: Callable[[set[str]], None], empty: Callable[[], None]) -> None:
    """Look from now on, for as long as the server lives.

    Parameters
    ----------
    let_go, empty
        As for `Departures`; they are called on the server's event loop.
    """
    sessions = server.session_manager()
    if sessions is None:  # nobody comes, nobody leaves
        return
    loop = get_instance()._get_async_objs().eventloop
    loop.call_soon_threadsafe(_look_on, loop, Departures(sessions, let_go, empty))


def _look_on(loop: asyncio.AbstractEventLoop, departures: Departures) -> None:
    loop.call_later(PAUSE_S, _look_on, loop, departures)  # also where this look fails
    departures.look()
