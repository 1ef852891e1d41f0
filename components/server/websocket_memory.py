"""Account of what WebSockets hold over all connections: messages not processed, answers not read.

The server uvicorn holds a message until its last frame has come, up to `server.maxMessageSize` for
each connection, and tells the application nothing of it: 200 connections held 1.6 GB. Messages in
frames of two bytes take thirty times their size, and stop the event loop. It answers each ping,
whether the answers are read or not. There is no setting for all connections together
(uvicorn 0.54), so this module reads the sizes from uvicorn's protocol object, of the kind
`websockets_sansio_impl` with websockets 16 and 17. A test,
`test_websocket_memory.py`, fails with versions that differ.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from components.server.scopes import client_network

MAX_HELD_BYTES = 64_000_000
"""Maximum size of all messages together, in bytes: eight of the largest."""

LEAST_BYTES = 64_000
"""Size from which a message counts, in bytes. Usual messages have a few kB, so a connection that
sends no others is never closed."""

FRAME_BYTES = 100
"""Size that a frame of an unfinished message counts as beside its contents, in bytes."""

MAX_FRAMES, MAX_QUEUED = 256, 256
"""Maximum number of frames of an unfinished message, and of finished messages that wait in uvicorn.
It stops to read after the first one, but one read of 256 KiB may hold 40,000 tiny ones. Browsers
send large messages in frames of 128 kB."""

PIECE_BYTES = 4_096
"""Size of the pieces in which what was read is parsed, in bytes: 700 frames at most."""

MAX_CONTROLS, CONTROLS_S = 100, 10.0
"""Maximum number of pings and pongs in so many seconds. Browsers send one pong each 30 s."""

_log = logging.getLogger(__name__)


class Holding:
    """What one connection holds, in bytes.

    Parameters
    ----------
    network : str
        Network of the client.
    give_up : callable
        Closes the connection and frees what it holds.
    """

    def __init__(self, network: str, give_up: Callable[[], None]) -> None:
        self.network, self.give_up = network, give_up
        self.n_bytes = 0


class Account:
    """Account of what all connections hold. Used on the event loop's thread only.

    When it exceeds its limit, the network that holds the most loses the connection that holds the
    most, until the rest fits.

    Parameters
    ----------
    max_bytes : int
        Maximum number of bytes of all connections together.
    """

    def __init__(self, max_bytes: int = MAX_HELD_BYTES) -> None:
        self._max_bytes = max_bytes
        self._of: dict[Holding, None] = {}
        self._by_network: Counter[str] = Counter()
        self.n_bytes = 0

    def set(self, held: Holding, n_bytes: int) -> None:
        """Note what a connection holds now; close others, or this one, if all hold too much."""
        self._set(held, n_bytes if n_bytes >= LEAST_BYTES else 0)
        while self.n_bytes > self._max_bytes:
            network = max(self._by_network, key=lambda one: self._by_network[one])
            theirs = [one for one in self._of if one.network == network]
            largest = max(theirs, key=lambda one: one.n_bytes)
            self._set(largest, 0)
            largest.give_up()

    def _set(self, held: Holding, n_bytes: int) -> None:
        more = n_bytes - held.n_bytes
        held.n_bytes = n_bytes
        self.n_bytes += more
        self._by_network[held.network] += more
        if n_bytes:
            self._of[held] = None
        else:
            self._of.pop(held, None)
        if not self._by_network[held.network]:
            del self._by_network[held.network]


ACCOUNT = Account()
"""The account of this process."""


class ReceivedBounds:
    """Middleware that bounds unfinished messages. It has to be the outermost one.

    Parameters
    ----------
    app : ASGIApp
        The wrapped application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._has_warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or connection."""
        watch = self._watch(scope, receive) if scope["type"] == "websocket" else None
        try:
            await self._app(scope, receive, send)
        finally:
            if watch is not None:
                watch.end()

    def _watch(self, scope: Scope, receive: Receive) -> "_Watch | None":
        protocol = getattr(receive, "__self__", None)
        try:
            watch = _Watch(protocol, client_network(scope))
        except AttributeError:
            if not self._has_warned:
                _log.warning("unfinished messages are not bounded: this server is not known")
            self._has_warned = True
            return None
        watch.begin()
        return watch


class _Watch(asyncio.Protocol):
    """Protocol of a connection in place of uvicorn's, which it passes everything on to."""

    def __init__(self, protocol: Any, network: str) -> None:  # noqa: ANN401
        self._protocol, self._transport = protocol, protocol.transport
        self._held = Holding(network, self._give_up)
        self._is_over = False
        self._n_controls, self._since_s = 0, time.monotonic()
        self._n_bytes()  # raises AttributeError if the protocol is of another kind
        protocol.handle_ping = self._counting(protocol.handle_ping)
        protocol.handle_pong = self._counting(protocol.handle_pong)

    def begin(self) -> None:
        self._transport.set_protocol(self)
        self._check()

    def end(self) -> None:
        self._is_over = True
        ACCOUNT.set(self._held, 0)

    def data_received(self, data: bytes) -> None:
        for offset in range(0, len(data), PIECE_BYTES):
            if self._is_over and self._transport.is_closing():
                return
            self._protocol.data_received(data[offset : offset + PIECE_BYTES])
            self._check()

    def connection_lost(self, exc: Exception | None) -> None:
        self.end()
        self._protocol.connection_lost(exc)

    def eof_received(self) -> bool | None:
        ended: bool | None = self._protocol.eof_received()
        return ended

    def pause_writing(self) -> None:
        self._protocol.pause_writing()
        asyncio.get_running_loop().call_soon(self._check)

    def resume_writing(self) -> None:
        self._protocol.resume_writing()
        self._check()

    def _check(self) -> None:
        if self._is_over:
            return
        protocol = self._protocol
        if protocol.queue.qsize() > MAX_QUEUED or len(protocol.frames) > MAX_FRAMES:
            self._give_up()
        else:
            ACCOUNT.set(self._held, self._n_bytes())

    def _n_bytes(self) -> int:
        """Size in memory of the unfinished message, and of answers that were not read."""
        reader, n_frames = self._protocol.conn.reader, len(self._protocol.frames)
        n_bytes = len(reader.buffer) + (self._protocol.conn.current_size or 0)
        n_bytes += self._transport.get_write_buffer_size()
        return int(n_bytes) + FRAME_BYTES * n_frames

    def _counting(self, handle: Callable[..., None]) -> Callable[..., None]:
        """Wrap a handler of control frames, of which only so many are handled."""

        def handle_counted(*frame: object) -> None:
            now_s = time.monotonic()
            if now_s - self._since_s > CONTROLS_S:
                self._n_controls, self._since_s = 0, now_s
            self._n_controls += 1
            if self._n_controls <= MAX_CONTROLS:
                handle(*frame)
            elif not self._is_over:
                self._give_up()

        return handle_counted

    def _give_up(self) -> None:
        self.end()
        queue = self._protocol.queue
        while not queue.empty():
            queue.get_nowait()
        self._protocol.frames.clear()
        self._transport.abort()
