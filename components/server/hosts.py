"""Refusal of names that a server of this machine alone does not have: DNS rebinding.

A page of another site may have its own name lead to 127.0.0.1. The browser then takes it and a
server that is bound there for one site, so neither `Origin` nor cookies tell them apart; the name
in ``Host`` does. An address in numbers cannot be rebound, and a proxy says that it is one.
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
"""Headers of proxies. No page can have a browser send them with a WebSocket, without which there is
no session."""

_REASON = (
    "This server answers on this machine alone, and does not have that name. Open it by localhost, "
    "or name it in server.allowedHosts."
)


class HostCheck:
    """Middleware that refuses other names, where the server is bound to this machine alone.

    Parameters
    ----------
    app : ASGIApp
        What it wraps.
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
    """Whether a request names the server by a name that it may have.

    Parameters
    ----------
    headers : Headers
        Of the request.

    Returns
    -------
    bool
        True where the server is not bound to this machine alone; for a name of this machine, an
        address in numbers, and what an operator names in `server.allowedHosts`,
        `browser.serverAddress` or `server.corsAllowedOrigins`; and for what a proxy passes on.
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
    """Return the host's name of an address that may have a scheme, a port and a path."""
    address = address.strip().lower()
    try:
        name = urlsplit(address if "//" in address else f"//{address}").hostname
    except ValueError:
        return None
    return name.rstrip(".") if name else None


def _allowed() -> list[str]:
    """Names that an operator allows, as `server.allowedHosts` has them."""
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
