"""Start and end of what lives as long as the process."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable

from components.protocol import serving
from components.server import memory, open_files, preparing, upload_bounds
from components.server.finding import find_registry
from components.server.late_imports import LATE_IMPORTS

_log = logging.getLogger(__name__)

PAUSE_S = 2.0
"""Time between two looks for workspaces and uploads whose time is over, in seconds."""


@contextlib.asynccontextmanager
async def lifespan(
    _app: object, *, load_pages: Callable[[], None]
) -> AsyncIterator[dict[str, object]]:
    """Serve, and close workspaces in time.

    Parameters
    ----------
    load_pages : callable
        Imports what the first page needs, while the browser fetches Streamlit's own part of it.
    """
    serving.begin()
    open_files.allow_many()
    preparing.prepare(load_pages)
    expiry = asyncio.create_task(_expire())
    try:
        yield {}
    finally:
        expiry.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await expiry
        serving.end()
        await asyncio.to_thread(_end)


async def _expire() -> None:
    while True:
        await asyncio.sleep(PAUSE_S)
        await asyncio.to_thread(_expire_once)
        upload_bounds.HELD.update()


def _expire_once() -> None:
    try:
        registry = find_registry()
        if registry is not None and registry.expire():
            memory.give_back()
    except Exception:  # noqa: BLE001  # one failure must not end all that follow
        _log.exception("workspaces could not be looked through")


def _end() -> None:
    """End what was begun for visitors."""
    with LATE_IMPORTS:
        from components.workspace import shared
        from models.audio.decoder import close_decoders

    shared.reset()
    close_decoders()
