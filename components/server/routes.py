"""The application's own routes."""

from starlette.routing import BaseRoute, Route, WebSocketRoute

from components.server.addresses import route
from components.server.exports import serve_export
from components.server.live import serve_live
from components.server.media import serve_file

ROUTES: list[BaseRoute] = [
    Route(route("files/{digest}"), serve_file),
    Route(route("exports/{token}"), serve_export),
    WebSocketRoute(route("live"), serve_live),
]
