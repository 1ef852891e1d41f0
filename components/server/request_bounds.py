"""Bounds of requests under way: in all, and for each address.

A client that does not read its answers keeps each under way, with two open files and 90 KB: 4,200
such requests took 8,400 files, and all memory follows. WebSockets are bounded by
`components.server.admission`.
"""

from collections import Counter

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from components.server.scopes import client_network

MAX_REQUESTS = 800
"""In all: each takes up to two of the 4,096 open files (`components.server.open_files`), and 0.1 MB
if its answer is not read."""

MAX_REQUESTS_PER_ADDRESS = 600
"""From one address, which many people may share. Streamlit's ``index.html`` (1.67) preloads 58
modules, all at once over HTTP/2, so ten browsers that load the page anew need nearly as many; over
HTTP/1.1 a browser has 6 at once. What a player has loaded ahead is another one."""

RETRY_AFTER_S = 10

_HEALTH = "/_stcore/health"  # asked by what restarts the server


class RequestBounds:
    """Middleware that answers 503 where too many requests are under way.

    Parameters
    ----------
    app : ASGIApp
        What it wraps.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._under_way: Counter[str] = Counter()  # by network; on the event loop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or connection."""
        if scope["type"] != "http" or scope["path"].endswith(_HEALTH):
            await self._app(scope, receive, send)
            return
        network = client_network(scope)
        if (
            self._under_way[network] >= MAX_REQUESTS_PER_ADDRESS
            or self._under_way.total() >= MAX_REQUESTS
        ):
            told = "Too many requests are under way. Try again in some seconds."
            headers = {"retry-after": str(RETRY_AFTER_S), "cache-control": "no-store"}
            await PlainTextResponse(told, 503, headers)(scope, receive, send)
            return
        self._under_way[network] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._under_way[network] -= 1
            if not self._under_way[network]:
                del self._under_way[network]
