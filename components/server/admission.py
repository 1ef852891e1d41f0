"""Limits on open connections: in total and per address."""

import asyncio
import logging
import time
from collections import Counter
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from components.server.cookie import token_of
from components.server.refusal import refuse
from components.server.scopes import asks_for_page, client_network
from components.server.workspace_lookup import find_limits, find_registry

if TYPE_CHECKING:
    from components.workspace.limits import Limits

RETRY_AFTER_S = 30

LOGGED_EVERY_S = 60.0
"""Minimum interval between two logged refusals, in seconds."""

_log = logging.getLogger(__name__)

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Earmark</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="{retry_after_s}">
<body style="font-family: sans-serif; margin: 4rem auto; max-width: 36rem; padding: 0 1rem">
<h1>Earmark</h1><p>{reason}</p><p>This page tries again by itself.</p></body></html>"""


class Admission:
    """Middleware that refuses WebSockets and new pages beyond the connection limits.

    Each tab opens a WebSocket to Streamlit, which costs a session, four open files and, while the
    script runs, a thread. The page Live opens a second one.

    Parameters
    ----------
    app : ASGIApp
        The wrapped application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._open: Counter[str] = Counter()  # by network; used only on the event loop's thread
        self._logged_at = -LOGGED_EVERY_S

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or connection."""
        if scope["type"] == "websocket":
            await self._connect(scope, receive, send)
        elif self._open and asks_for_page(scope) and not await asyncio.to_thread(_is_here, scope):
            reason = self._refusal(client_network(scope), await asyncio.to_thread(find_limits))
            if reason is None:
                await self._app(scope, receive, send)
            else:
                page = _PAGE.format(reason=reason, retry_after_s=RETRY_AFTER_S)
                headers = {"retry-after": str(RETRY_AFTER_S), "cache-control": "no-store"}
                await HTMLResponse(page, 503, headers)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        limits = await asyncio.to_thread(find_limits)
        network = client_network(scope)
        reason = self._refusal(network, limits)
        if reason is not None:
            self._log_refusal()
            await refuse(scope, receive, send, 503, reason, RETRY_AFTER_S)
            return
        self._open[network] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open[network] -= 1
            if not self._open[network]:
                del self._open[network]

    def _log_refusal(self) -> None:
        """Log a refusal, without the address."""
        now = time.monotonic()
        if now - self._logged_at >= LOGGED_EVERY_S:
            self._logged_at = now
            most = max(self._open.values(), default=0)
            _log.warning(
                "connections are refused: %d are open, %d of them from one address",
                self._open.total(),
                most,
            )

    def _refusal(self, network: str, limits: "Limits") -> str | None:
        """Return why another connection is refused; None if it is admitted."""
        if self._open.total() >= limits.max_connections:
            return (
                f"This server has all the {limits.max_connections:,} connections that it allows. "
                "Try again in a minute."
            )
        if self._open[network] >= limits.max_connections_per_address:
            return (
                f"Your address has all the {limits.max_connections_per_address:,} connections that "
                "this server allows to one. Close some tabs, or try again in a minute."
            )
        return None


def _is_here(scope: Scope) -> bool:
    """Whether the visitor is already registered: reloading a page needs no further place."""
    token, registry = token_of(scope), find_registry()
    return token is not None and registry is not None and registry.knows(token)
