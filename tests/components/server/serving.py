"""A few routes behind middleware, served by a real server on a free port."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

STREAM = "/_stcore/stream"


async def _page(_request: Request) -> Response:
    return HTMLResponse("<p>a page</p>")


async def _elsewhere(_request: Request) -> Response:
    return RedirectResponse("/")


async def _failing(_request: Request) -> Response:
    raise ZeroDivisionError("a secret")


async def _echo(connection: WebSocket) -> None:
    """Say which origin the application sees, then send back every message."""
    await connection.accept()
    await connection.send_text(connection.headers.get("origin", ""))
    async for data in connection.iter_bytes():
        await connection.send_bytes(data)


OWN_ROUTES: list[BaseRoute] = [
    Route("/", _page),
    Route("/elsewhere", _elsewhere),
    Route("/failing", _failing),
    WebSocketRoute(STREAM, _echo),
    WebSocketRoute("/earmark/key/live", _echo),
]


@contextlib.contextmanager
def serving(*middleware: type[Any], routes: tuple[BaseRoute, ...] = ()) -> Iterator[str]:
    """Serve behind middleware, the first of which is the outermost; give ``host:port``."""
    app = Starlette(routes=[*routes, *OWN_ROUTES], middleware=[*map(Middleware, middleware)])
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
