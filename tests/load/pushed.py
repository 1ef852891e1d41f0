"""What the server pushes to the panel of a page, received as panel.js does."""

import asyncio
import contextlib
import json
import struct
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.load.wire import PATIENCE_S, Visitor, component

panel = component("earmark_panel")

Header = dict[str, Any]


@dataclass
class Pushed:
    """Messages of a live session.

    Parameters
    ----------
    headers : list of dict
        Of all messages, in the order in which they came.
    ends_s : list of (float, float)
        When a message came (``time.monotonic``), and stream time at the end of its newest frame.
    """

    headers: list[Header] = field(default_factory=list)
    ends_s: list[tuple[float, float]] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def wait_for(
        self, holds: Callable[[Header], object], patience_s: float = PATIENCE_S
    ) -> Header:
        """Wait until the newest message's header is as wanted, and return it."""

        def found() -> bool:
            return bool(self.headers) and bool(holds(self.headers[-1]))

        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait_for(found), patience_s)
            except TimeoutError as error:
                raise TimeoutError(f"not pushed; last: {self.headers[-1:]}") from error
        return self.headers[-1]

    async def receive(self, socket: ClientConnection) -> None:
        """Take messages until the connection ends."""
        await socket.send("watch")
        with contextlib.suppress(ConnectionClosed):
            async for content in socket:
                assert isinstance(content, bytes)
                async with self._news:
                    self._take(content)
                    self._news.notify_all()
                await socket.send(f"seen {len(self.headers)}")

    def _take(self, content: bytes) -> None:
        (length,) = struct.unpack_from("<I", content)
        header = json.loads(content[4 : 4 + length])
        self.headers.append(header)
        count = header.get("n_frames", 0)
        if count:
            ends = np.frombuffer(content, "<f4", count, 4 + length + 4 * count)
            self.ends_s.append((time.monotonic(), float(ends[-1])))


@asynccontextmanager
async def pushed(visitor: Visitor) -> AsyncIterator[Pushed]:
    """Connect to what is pushed to the panel that a visitor sees."""
    shown = await visitor.wait_for(panel)
    async with await visitor.connect(shown["address"]) as socket:
        received = Pushed()
        receiving = asyncio.create_task(received.receive(socket))
        try:
            yield received
        finally:
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)


def has_scores(header: Header) -> bool:
    """Whether a message brings scores."""
    return header.get("n_scores", 0) > 0
