"""Refusal of WebSockets before they are accepted."""

import logging

from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

_CLOSE_CODES = {403: 1008, 503: 1013}
"""WebSocket close codes by HTTP status, for servers that cannot send a denial response (RFC 6455,
section 7.4, and IANA's registry): 1008 is "policy violation", 1013 is "try again later"."""


_NO_HANDSHAKE = "ASGI callable returned without completing handshake."


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    return record.msg != _NO_HANDSHAKE


# uvicorn 0.54 logs every refusal as an error (`websockets_sansio_impl`).
logging.getLogger("uvicorn.error").addFilter(_is_worth_a_line)


async def refuse(
    scope: Scope, receive: Receive, send: Send, status: int, reason: str, retry_after_s: int = 0
) -> None:
    """Refuse a WebSocket with an HTTP status and a reason.

    Parameters
    ----------
    scope, receive, send
        ASGI scope and channels of the WebSocket, before it is accepted.
    status : {403, 503}
        HTTP status.
    reason : str
        Text of the response, or reason of the close code.
    retry_after_s : int
        Value of the header ``Retry-After``, in seconds; 0 for none.
    """
    socket = WebSocket(scope, receive, send)
    if "websocket.http.response" in scope.get("extensions", {}):
        headers = {"retry-after": str(retry_after_s)} if retry_after_s else {}
        await socket.send_denial_response(PlainTextResponse(reason, status, headers))
    else:
        await socket.close(_CLOSE_CODES[status], reason)
