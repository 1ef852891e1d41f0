"""ASGI lifespan: start, periodic expiry and end of process-wide resources."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable

from components.protocol import serving
from components.server import background_imports, memory, open_files, script_runs, upload_bounds
from components.server.late_imports import LATE_IMPORTS
from components.server.workspace_lookup import find_registry

_log = logging.getLogger(__name__)

PAUSE_S = 2.0
"""Interval between two checks for expired workspaces and uploads, in seconds."""


@contextlib.asynccontextmanager
async def lifespan(
    _app: object, *, load_pages: Callable[[], None]
) -> AsyncIterator[dict[str, object]]:
    """Run the application's start and end, and close expired workspaces while it serves.

    Parameters
    ----------
    load_pages : callable
        Imports the modules of the first page, while the browser fetches Streamlit's frontend.
    """
    serving.begin()
    open_files.allow_many()
    script_runs.take_turns()
    background_imports.prepare(load_pages)
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


def _expire_once() -> None:
    for expire in (_expire_workspaces, upload_bounds.HELD.update):
        try:
            expire()
        except Exception:  # noqa: BLE001  # one failure must not end the task
            _log.exception("workspaces or uploads could not be looked through")


def _expire_workspaces() -> None:
    registry = find_registry()
    if registry is not None and registry.expire():
        memory.give_back()


def _end() -> None:
    """Close the shared state and the decoder processes."""
    with LATE_IMPORTS:
        from components.workspace import shared
        from models.audio.decoder import close_decoders

    shared.reset()
    close_decoders()
