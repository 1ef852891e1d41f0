"""Properties of an ASGI scope: kind of request, security, and client network."""

from starlette.datastructures import Headers
from starlette.types import Scope

from components.protocol.networks import network_of

_STREAM = "/_stcore/stream"  # Streamlit's WebSocket, one per tab


def is_stream(scope: Scope) -> bool:
    """Whether a connection is Streamlit's WebSocket."""
    return bool(scope["type"] == "websocket" and scope["path"].endswith(_STREAM))


def asks_for_page(scope: Scope) -> bool:
    """Whether a browser requests a document, not a part of one."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    headers = Headers(scope=scope)
    shown = headers.get("sec-fetch-dest", "document") in ("document", "iframe")
    return shown and "text/html" in headers.get("accept", "")


def is_secure(scope: Scope) -> bool:
    """Whether the browser uses HTTPS, directly or through a proxy that reports it."""
    forwarded = Headers(scope=scope).get("x-forwarded-proto", "")
    return scope["scheme"] in ("https", "wss") or forwarded in ("https", "wss")


def client_network(scope: Scope) -> str:
    """Return the client's network: an IPv4 address, or a 64-bit IPv6 network.

    Behind a proxy this is the visitor's address only if the proxy is trusted: uvicorn takes it from
    ``X-Forwarded-For`` if the proxy's address is in the environment variable
    ``FORWARDED_ALLOW_IPS``, by default 127.0.0.1 and ::1. Otherwise all visitors have the proxy's
    address.
    """
    client = scope.get("client")
    return "" if client is None else network_of(str(client[0]))
