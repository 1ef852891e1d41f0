"""Table of the application's routes."""

import asyncio
from types import ModuleType

from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from components.protocol.addresses import route
from components.server.exports import serve_export
from components.server.late_imports import LATE_IMPORTS
from components.server.media import serve_file


async def _serve_live(websocket: WebSocket) -> None:
    """Serve live scores by a module that is imported on first use, since it takes a second."""
    live = await asyncio.to_thread(_import_live)
    await live.serve_live(websocket)


def _import_live() -> ModuleType:
    with LATE_IMPORTS:
        from components.server import live
    return live


ROUTES: list[BaseRoute] = [
    Route(route("files/{digest}"), serve_file),
    Route(route("exports/{token}"), serve_export),
    WebSocketRoute(route("live"), _serve_live),
]
