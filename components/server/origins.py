"""Refusal of WebSockets that another site's page opens, and of what it sends."""

import logging
from urllib.parse import SplitResult, urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from components.server.hosts import name_of
from components.server.refusal import refuse

_log = logging.getLogger(__name__)

_SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
"""Methods that change nothing (RFC 9110, section 9.2.1)."""

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class OriginCheck:
    """Middleware that lets the server's own pages connect and send, and others not.

    A WebSocket may leave its origin out, as what is no browser does; a request that changes
    something may not. So Streamlit's token against cross-site requests is not needed, which a
    browser that refuses cookies does not have (`server.enableXsrfProtection`).

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
        if scope["type"] == "http" and scope["method"] not in _SAFE:
            if not is_sent_by_own_page(Headers(scope=scope)):
                answer = PlainTextResponse("Only this server's own page may send something.", 403)
                await answer(scope, receive, send)
                return
        elif scope["type"] == "websocket":
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


def is_sent_by_own_page(headers: Headers) -> bool:
    """Whether a page of the server sends a request that changes something.

    Parameters
    ----------
    headers : Headers
        Of the request.

    Returns
    -------
    bool
        True where ``Origin`` is the server's (`is_own`), and ``Sec-Fetch-Site`` does not say
        otherwise, or an operator allows that origin. Browsers send the first with every such
        request (Fetch, "append a request `Origin` header"); where it is missing, the second has
        to say ``same-origin``. Pages can set neither.
    """
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is None:
        return site == "same-origin"
    if site in (None, "same-origin"):
        return is_own(origin, headers)
    return _is_allowed(origin)


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
    WebSocket, nor to another site without a preflight. What is no browser may claim any origin.
    """
    parts = _parts(origin)
    asked = [headers.get("host", ""), *headers.get("x-forwarded-host", "").split(",")]
    if parts is not None and parts.netloc in {one.strip().lower() for one in asked}:
        return True
    return _is_allowed(origin)


def _is_allowed(origin: str) -> bool:
    """Whether an operator allows an origin, or all."""
    if not st.get_option("server.enableCORS"):
        return True
    parts = _parts(origin)
    if parts is None:
        return False
    allowed = st.get_option("server.corsAllowedOrigins") or []
    origins = {str(one).strip().lower().rstrip("/") for one in allowed}
    if f"{parts.scheme}://{parts.netloc}" in origins:
        return True
    public = name_of(str(st.get_option("browser.serverAddress") or ""))
    return parts.hostname == public and public not in _LOOPBACK


def _parts(origin: str) -> SplitResult | None:
    """Take an origin apart; None where it is none of a page, such as ``null``."""
    try:
        parts = urlsplit(origin.strip().lower())
        name = parts.hostname
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and name else None
