"""Check of the ``Host`` header against DNS rebinding.

A malicious site can make its own host name resolve to 127.0.0.1. The browser then treats that site
and a server bound to localhost as the same origin, so neither ``Origin`` nor cookies distinguish
them, but ``Host`` does. A numeric address cannot be rebound. Requests with a proxy's headers pass.
"""

import ipaddress
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from components.protocol import serving
from components.server.refusal import refuse

_FORWARDED = ("x-forwarded-for", "x-forwarded-host", "forwarded")
"""Headers of proxies. A page cannot make a browser send them with a WebSocket, and without a
WebSocket there is no session."""

_REASON = (
    "This server answers on this machine alone, and does not have that name. Open it by localhost, "
    "or name it in server.allowedHosts."
)


class HostCheck:
    """Middleware that refuses unknown host names if the server is bound to localhost.

    Parameters
    ----------
    app : ASGIApp
        The wrapped application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or connection."""
        if scope["type"] not in ("http", "websocket") or is_known(Headers(scope=scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await refuse(scope, receive, send, 403, _REASON)
        else:
            await PlainTextResponse(_REASON, 421)(scope, receive, send)


def is_known(headers: Headers) -> bool:
    """Whether a request addresses the server by an allowed name.

    Parameters
    ----------
    headers : Headers
        Headers of the request.

    Returns
    -------
    bool
        True if the server is not bound to localhost, or the request has a proxy's headers, or the
        name is that of the local machine, a numeric address, or listed in `server.allowedHosts`,
        `browser.serverAddress` or `server.corsAllowedOrigins`.
    """
    if not serving.is_local() or any(name in headers for name in _FORWARDED):
        return True
    name = name_of(headers.get("host", ""))
    if name is None:
        return False
    if name == "localhost" or name.endswith(".localhost") or _is_address(name):
        return True
    return any(_is_meant(name, pattern) for pattern in _allowed())


def name_of(address: str) -> str | None:
    """Return the host name of an address that may have a scheme, a port and a path.

    Returns
    -------
    str or None
        In lower case, without a trailing dot; None if the address has no valid host name.
    """
    address = address.strip().lower()
    try:
        name = urlsplit(address if "//" in address else f"//{address}").hostname
    except ValueError:
        return None
    return name.rstrip(".") if name else None


def _allowed() -> list[str]:
    """Return the names that the operator allows, as patterns of `server.allowedHosts`."""
    origins = st.get_option("server.corsAllowedOrigins") or []
    names = [name_of(str(one)) for one in (st.get_option("browser.serverAddress") or "", *origins)]
    hosts = [str(one).strip().lower().rstrip(".") for one in st.get_option("server.allowedHosts")]
    return [*hosts, *filter(None, names)]


def _is_meant(name: str, pattern: str) -> bool:
    if pattern.startswith("*."):
        return name.endswith(pattern[1:])
    return pattern in ("*", name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
