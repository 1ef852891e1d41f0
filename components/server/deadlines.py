"""Deadlines of request bodies: a client that stalls, or trickles, is answered with 408.

Headers, and connections that send nothing, are uvicorn's, which has no deadline for them
(https://github.com/Kludex/uvicorn/issues/157; seen with 0.54): the proxy's has to do. WebSockets
are pinged by uvicorn each 30 s, and closed where no answer comes within 30 s.
"""

import asyncio
import time

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STALL_S = 30.0
"""Time within which the next part of a body has to come, in seconds."""

GRACE_S = 60.0
"""Time that any body may take, in seconds."""

LEAST_BYTES_PER_S = 8_000
"""After that, the average rate at which it has to come: a call's over a bad mobile connection."""


class _Late(Exception):  # noqa: N818  # handled here
    """A part of a body did not come in time."""


class BodyDeadlines:
    """Middleware that ends requests whose body does not come.

    Parameters
    ----------
    app : ASGIApp
        What it wraps.
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
    """A body as it comes."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._begun_at = time.monotonic()
        self._n_bytes = 0
        self._is_whole = False

    async def receive(self) -> Message:
        """Wait for the next part, which is late after a while; what follows the body never is."""
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
