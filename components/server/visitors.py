"""The visitor's cookie: a random token, set by middleware, known to no script in the browser."""

import re
import secrets
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from components.workspace.registry import Registry

COOKIE = "earmark_visitor"

_TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 bytes in base64url

_STREAM = "/_stcore/stream"  # Streamlit's WebSocket: one for each tab


def is_token(value: str) -> bool:
    """Whether a value may be a visitor's token."""
    return _TOKEN.fullmatch(value) is not None


def token_of(scope: Scope) -> str | None:
    """Return the token that a request brings; None where it brings none, or another thing."""
    cookies: SimpleCookie = SimpleCookie()
    try:
        for header in Headers(scope=scope).getlist("cookie"):
            cookies.load(header)
    except CookieError:
        return None
    found = cookies.get(COOKIE)
    return found.value if found is not None and is_token(found.value) else None


def is_secure(scope: Scope) -> bool:
    """Whether the browser came over HTTPS, itself or through a proxy that says so."""
    forwarded = Headers(scope=scope).get("x-forwarded-proto", "")
    return "https" in (scope["scheme"], forwarded) or scope["scheme"] == "wss"


class VisitorCookie:
    """Middleware that gives each browser a cookie, and counts its connections.

    Parameters
    ----------
    app : ASGIApp
        What it wraps.
    registry : callable
        Returns the registry of workspaces; None while limits cannot be read.
    """

    def __init__(self, app: ASGIApp, registry: Callable[[], Registry | None]) -> None:
        self._app = app
        self._registry = registry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or connection."""
        if scope["type"] == "http":
            await self._app(scope, receive, _setting_cookie(scope, send))
        elif scope["type"] == "websocket" and scope["path"].endswith(_STREAM):
            await self._connected(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _connected(self, scope: Scope, receive: Receive, send: Send) -> None:
        token, registry = token_of(scope), self._registry()
        if token is None or registry is None:
            await self._app(scope, receive, send)
            return
        registry.connect(token)
        try:
            await self._app(scope, receive, send)
        finally:
            registry.disconnect(token)


def _setting_cookie(scope: Scope, send: Send) -> Send:
    """Wrap `send` so that a page brings the cookie where the browser has none."""
    if token_of(scope) is not None:
        return send

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and _is_page(message):
            secure = "; Secure" if is_secure(scope) else ""
            MutableHeaders(scope=message).append(
                "set-cookie",
                f"{COOKIE}={secrets.token_urlsafe(_TOKEN_BYTES)}; Path=/; HttpOnly; "
                f"SameSite=Lax{secure}",
            )
        await send(message)

    return sending


def _is_page(message: Message) -> bool:
    return Headers(raw=message["headers"]).get("content-type", "").startswith("text/html")
