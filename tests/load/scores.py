"""Client of the live scores that the server pushes to a page, without a browser."""

import asyncio
import contextlib
import json
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.load.wire import PATIENCE_S, Visitor, component

panel = component("earmark_panel")

State = dict[str, Any]
"""Header of the newest message, and ``newest_s``: the end of the newest frame, in seconds."""


class Scores:
    """Reads messages, acknowledges them, and keeps the newest state.

    Parameters
    ----------
    socket : ClientConnection
        Connected to the visitor's live session.
    """

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._news = asyncio.Condition()
        self.state: State = {"newest_s": 0.0}
        self.n_messages = 0

    async def read(self, tell: Callable[[State], None]) -> None:
        """Read until the connection ends; `tell` receives each state with new scores."""
        await self._socket.send("watch")
        with contextlib.suppress(ConnectionClosed):
            async for message in self._socket:
                assert isinstance(message, bytes)
                has_scores = self._take(message)
                self.n_messages += 1
                await self._socket.send(f"seen {self.n_messages}")
                if has_scores:
                    tell(self.state)
                async with self._news:
                    self._news.notify_all()

    def _take(self, message: bytes) -> bool:
        (size,) = struct.unpack_from("<I", message)
        header = json.loads(message[4 : 4 + size])
        n_frames = header.get("n_frames", 0)
        newest_s = 0.0 if header["new"] else self.state["newest_s"]
        if n_frames:
            newest_s = float(np.frombuffer(message, "<f4", n_frames, 4 + size + 4 * n_frames)[-1])
        self.state = {**header, "newest_s": newest_s}
        return bool(n_frames)

    async def wait_for(
        self, holds: Callable[[State], object], patience_s: float = PATIENCE_S
    ) -> State:
        """Wait until a condition holds for the state, and return the state."""
        async with self._news:
            await asyncio.wait_for(self._news.wait_for(lambda: holds(self.state)), patience_s)
            return self.state


@asynccontextmanager
async def watching(
    visitor: Visitor, tell: Callable[[State], None] = lambda _state: None
) -> AsyncIterator[Scores]:
    """Receive the scores of the page "Live" of a visitor."""
    shown = await visitor.wait_for(panel)
    socket = await visitor.connect(shown["address"])
    scores = Scores(socket)
    reading = asyncio.create_task(scores.read(tell))
    try:
        yield scores
    finally:
        await socket.close()
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading


def has_scores(state: State) -> bool:
    """Whether scores have arrived."""
    return state["newest_s"] > 0
