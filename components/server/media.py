"""Route of a workspace's files: sound and pictures, with byte ranges and ETags."""

import re

from starlette.requests import Request
from starlette.responses import Response

from components.server.finding import find_workspace

_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{0,18})")


async def serve_file(request: Request) -> Response:
    """Answer a request for a file of the visitor's own workspace."""
    workspace = find_workspace(request)
    file = workspace.files.find(request.path_params["digest"]) if workspace is not None else None
    if file is None:
        return Response("There is no such file here.", 404, media_type="text/plain")
    headers = {
        "accept-ranges": "bytes",
        "cache-control": "private, max-age=0, must-revalidate",
        "etag": f'"{file.digest}"',
    }
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked is None:
        return Response(file.data, media_type=file.mime_type, headers=headers)
    size = len(file.data)
    first = int(asked[1])
    last = min(int(asked[2] or size - 1), size - 1)
    if first > last:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{size}"})
    headers["content-range"] = f"bytes {first}-{last}/{size}"
    part = file.data[first : last + 1]
    return Response(part, 206, media_type=file.mime_type, headers=headers)
