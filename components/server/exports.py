"""Route of the files that a visitor asked for."""

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from components.server.finding import find_workspace


async def serve_export(request: Request) -> Response:
    """Answer a request for an export of the visitor's own workspace."""
    workspace = find_workspace(request)
    token = request.path_params["token"]
    file = workspace.exports.find(token) if workspace is not None else None
    if file is None:
        return Response("There is no such file any more.", 404, media_type="text/plain")
    return FileResponse(
        file.path,
        media_type=file.mime_type,
        filename=file.name,
        headers={"cache-control": "private, no-store"},
    )
