"""Deadlines for request bodies: a stalled or too slow client gets status 408.

uvicorn reads the headers and has no deadline for them or for idle connections
(https://github.com/Kludex/uvicorn/issues/157, uvicorn 0.54), so the proxy has to set one. uvicorn
pings WebSockets every 30 s and closes them if no pong arrives within 30 s.
"""

import asyncio
import time

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STALL_S = 30.0
"""Maximum wait for the next part of a body, in seconds."""

GRACE_S = 60.0
"""Time that every body may take, in seconds, regardless of its size."""

LEAST_BYTES_PER_S = 8_000
"""Minimum average rate after `GRACE_S`, in bytes per second: that of a call over a bad mobile
connection."""


class _Late(Exception):  # noqa: N818  # handled here
    """Raised when a part of a body misses its deadline."""


class BodyDeadlines:
    """Middleware that ends requests whose body misses its deadline.

    Parameters
    ----------
    app : ASGIApp
        The wrapped application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body, has_answered = _Body(receive), False

        async def sending(message: Message) -> None:
            nonlocal has_answered
            has_answered = True
            await send(message)

        try:
            await self._app(scope, body.receive, sending)
        except _Late:
            if has_answered:
                raise  # the server cuts the connection
            told = "The request's body did not come in time. Send it over a faster connection."
            answer = PlainTextResponse(told, 408, {"connection": "close"})
            await answer(scope, receive, send)


class _Body:
    """A request body while it is received."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._begun_at = time.monotonic()
        self._n_bytes = 0
        self._is_whole = False

    async def receive(self) -> Message:
        """Receive the next part within its deadline; messages after the body have none."""
        if self._is_whole:
            return await self._receive()
        try:
            async with asyncio.timeout(min(STALL_S, self._left_s())):
                message = await self._receive()
        except TimeoutError:
            raise _Late from None
        self._n_bytes += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        if not self._is_whole and self._left_s() <= 0:
            raise _Late
        return message

    def _left_s(self) -> float:
        allowed_s = GRACE_S + self._n_bytes / LEAST_BYTES_PER_S
        return self._begun_at + allowed_s - time.monotonic()
