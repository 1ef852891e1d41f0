"""Start and end of what lives as long as the process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from components.server import memory, serving
from components.workspace import shared
from models.errors import SettingError

PAUSE_S = 2.0
"""Time between two looks for workspaces whose time is over, in seconds."""


@contextlib.asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[dict[str, object]]:
    """Serve, and close workspaces in time."""
    serving.begin()
    memory.begin()
    expiry = asyncio.create_task(_expire())
    try:
        yield {}
    finally:
        expiry.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await expiry
        serving.end()
        await asyncio.to_thread(shared.reset)


async def _expire() -> None:
    while True:
        await asyncio.sleep(PAUSE_S)
        with contextlib.suppress(SettingError):  # the page shows it
            await asyncio.to_thread(lambda: shared.shared().registry.expire())
