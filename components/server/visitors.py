"""Visitor cookie and connection counting, as middleware."""

import asyncio

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from components.protocol.cookie import COOKIE, new_token
from components.server.cookie import token_of
from components.server.scopes import asks_for_page, client_network, is_secure, is_stream
from components.server.workspace_lookup import find_registry


class VisitorCookie:
    """Middleware that sets each browser's visitor cookie and counts its connections.

    Parameters
    ----------
    app : ASGIApp
        The wrapped application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or connection."""
        if scope["type"] == "http":
            await self._app(scope, receive, _setting_cookie(scope, send))
        elif is_stream(scope):
            await self._connected(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _connected(self, scope: Scope, receive: Receive, send: Send) -> None:
        token, registry = token_of(scope), await asyncio.to_thread(find_registry)
        if token is None or registry is None:
            await self._app(scope, receive, send)
            return
        await asyncio.to_thread(registry.connect, token, client_network(scope))
        try:
            await self._app(scope, receive, send)
        finally:
            registry.disconnect(token)


def _setting_cookie(scope: Scope, send: Send) -> Send:
    """Wrap `send` so that a page sets the cookie if the browser has none."""
    if token_of(scope) is not None:
        return send

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and _is_page(scope, message):
            secure = "; Secure" if is_secure(scope) else ""
            headers = MutableHeaders(scope=message)
            headers.append(
                "set-cookie", f"{COOKIE}={new_token()}; Path=/; HttpOnly; SameSite=Lax{secure}"
            )
            headers["cache-control"] = "private, no-cache"  # the cookie is personal
        await send(message)

    return sending


def _is_page(scope: Scope, message: Message) -> bool:
    """Whether a response is a page, or status 304 for a page that the browser has cached."""
    kind = Headers(raw=message["headers"]).get("content-type", "")
    return kind.startswith("text/html") or (message["status"] == 304 and asks_for_page(scope))
