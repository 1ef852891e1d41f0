"""Refusal of WebSockets that another site's page opens."""

import logging
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

from components.server.refusal import refuse

_log = logging.getLogger(__name__)

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class OriginCheck:
    """Middleware that lets pages of the server's own origin connect, and what is no browser.

    Streamlit checks the origin, too, but asks an outside host for the server's own address before
    it refuses one, and serves nobody meanwhile (`streamlit.net_util`, 1.65 to 1.67). So it gets to
    see no origin but that of the host which the browser names.

    Parameters
    ----------
    app : ASGIApp
        What it wraps.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or connection."""
        if scope["type"] == "websocket":
            headers = Headers(scope=scope)
            origin = headers.get("origin")
            if origin is not None and not is_own(origin, headers):
                _log.warning("refused a page of %r that asked for %r", origin, headers.get("host"))
                await refuse(scope, receive, send, 403, "Only this server's own page may connect.")
                return
            if origin is not None and "host" in headers:
                scheme = "https" if scope["scheme"] == "wss" else "http"
                scope = {**scope, "headers": list(scope["headers"])}
                MutableHeaders(scope=scope)["origin"] = f"{scheme}://{headers['host']}"
        await self._app(scope, receive, send)


def is_own(origin: str, headers: Headers) -> bool:
    """Whether a page of this origin may connect.

    Parameters
    ----------
    origin : str
        What the browser says of the page.
    headers : Headers
        Of the request.

    Returns
    -------
    bool
        True where the origin is that of the address which the browser asked for (``Host``, or
        ``X-Forwarded-Host`` where a proxy changes the former), where an operator allows it
        (`browser.serverAddress`, `server.corsAllowedOrigins`), or allows all
        (`server.enableCORS`).

    Notes
    -----
    ``X-Forwarded-Host`` is believed from anyone, as no page can make a browser send it with a
    WebSocket. What is no browser may claim any origin, or none.
    """
    if not st.get_option("server.enableCORS"):
        return True
    try:
        parts = urlsplit(origin.strip().lower())
        host, name = parts.netloc, parts.hostname
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not name:
        return False
    asked = [headers.get("host", ""), *headers.get("x-forwarded-host", "").split(",")]
    if host in {one.strip().lower() for one in asked}:
        return True
    if f"{parts.scheme}://{host}" in _allowed_origins():
        return True
    public = _name(str(st.get_option("browser.serverAddress") or ""))
    return name == public and name not in _LOOPBACK


def _allowed_origins() -> set[str]:
    allowed = st.get_option("server.corsAllowedOrigins") or []
    return {str(one).strip().lower().rstrip("/") for one in allowed}


def _name(address: str) -> str | None:
    """Return the host's name of an address that may have a scheme, a port and a path."""
    address = address.strip().lower()
    try:
        return urlsplit(address if "//" in address else f"//{address}").hostname
    except ValueError:
        return None
