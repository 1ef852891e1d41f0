"""The application's own routes."""

from starlette.routing import BaseRoute, Route

from components.server.exports import serve_export
from components.server.media import serve_file

ROUTES: list[BaseRoute] = [
    Route("/earmark/{key}/files/{digest}", serve_file),
    Route("/earmark/{key}/exports/{token}", serve_export),
]
