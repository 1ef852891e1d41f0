"""Check of the ``Origin`` header against cross-site WebSockets and requests."""

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
    """Middleware that refuses WebSockets and state-changing requests from other sites.

    A WebSocket may lack an origin, as clients other than browsers do; a state-changing request may
    not. This replaces Streamlit's XSRF token (`server.enableXsrfProtection`), which a browser that
    refuses cookies does not have.

    Streamlit also checks the origin, but before it refuses one it queries an external host for the
    server's public address, which blocks the event loop (`streamlit.net_util`, 1.65 to 1.67).
    Therefore the middleware replaces every accepted origin by that of the ``Host`` header.

    Parameters
    ----------
    app : ASGIApp
        The wrapped application.
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
    """Whether a state-changing request is sent by a page of this server.

    Parameters
    ----------
    headers : Headers
        Headers of the request.

    Returns
    -------
    bool
        True if ``Origin`` is the server's (`is_own`) and ``Sec-Fetch-Site`` does not contradict
        it, or if the operator allows that origin. Browsers send ``Origin`` with every such request
        (Fetch, "append a request `Origin` header"); if it is missing, ``Sec-Fetch-Site`` has to be
        ``same-origin``. Pages can set neither header.
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
        ``Origin`` header that the browser sent.
    headers : Headers
        Headers of the request.

    Returns
    -------
    bool
        True if the origin matches the requested address (``Host``, or ``X-Forwarded-Host`` if a
        proxy changes the former), if the operator allows it
        (`browser.serverAddress`, `server.corsAllowedOrigins`), or allows all
        (`server.enableCORS`).

    Notes
    -----
    ``X-Forwarded-Host`` is trusted from every client, because no page can make a browser send it
    with a WebSocket, nor to another site without a preflight request. Clients other than browsers
    can claim any origin anyway.
    """
    parts = _parts(origin)
    asked = [headers.get("host", ""), *headers.get("x-forwarded-host", "").split(",")]
    if parts is not None and parts.netloc in {one.strip().lower() for one in asked}:
        return True
    return _is_allowed(origin)


def _is_allowed(origin: str) -> bool:
    """Whether the operator allows this origin, or all origins."""
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
    """Parse an origin; None if it is not that of a page, such as ``null``."""
    try:
        parts = urlsplit(origin.strip().lower())
        name = parts.hostname
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and name else None
