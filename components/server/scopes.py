"""What an ASGI scope says of a request: its kind, and where it comes from."""

from starlette.datastructures import Headers
from starlette.types import Scope

from components.protocol.networks import network_of

_STREAM = "/_stcore/stream"  # Streamlit's WebSocket: one for each tab


def is_stream(scope: Scope) -> bool:
    """Whether a connection is Streamlit's WebSocket."""
    return bool(scope["type"] == "websocket" and scope["path"].endswith(_STREAM))


def asks_for_page(scope: Scope) -> bool:
    """Whether a browser asks for a page to show, not for a part of one."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    headers = Headers(scope=scope)
    shown = headers.get("sec-fetch-dest", "document") in ("document", "iframe")
    return shown and "text/html" in headers.get("accept", "")


def is_secure(scope: Scope) -> bool:
    """Whether the browser came over HTTPS, itself or through a proxy that says so."""
    forwarded = Headers(scope=scope).get("x-forwarded-proto", "")
    return scope["scheme"] in ("https", "wss") or forwarded in ("https", "wss")


def client_network(scope: Scope) -> str:
    """Return the network that a request comes from: an IPv4 address, or an IPv6 network of 64 bits.

    Behind a proxy it is the visitor's own only where the proxy is trusted: uvicorn takes it from
    ``X-Forwarded-For`` if the proxy's address is among the environment's ``FORWARDED_ALLOW_IPS``,
    by default 127.0.0.1 and ::1. Elsewhere all visitors come from the proxy's address.
    """
    client = scope.get("client")
    return "" if client is None else network_of(str(client[0]))
