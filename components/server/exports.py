"""Route that serves exported files."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from components.server.finding import find_workspace
from components.server.media import PIECE_BYTES, Content, answer
from components.server.ranges import ByteRange


async def serve_export(request: Request) -> Response:
    """Answer a request for an exported file of the visitor's workspace."""
    workspace = await asyncio.to_thread(find_workspace, request)  # it may wait for imports
    token = request.path_params["token"]
    file = workspace.exports.find(token) if workspace is not None else None
    if file is None:
        return Response("There is no such file any more.", 404, media_type="text/plain")
    path = file.path
    return answer(
        request,
        Content(
            file.size_bytes,
            file.mime_type,
            file.digest,
            lambda part: _pieces_of(path, part),
            file.name,
        ),
    )


async def _pieces_of(path: Path, part: ByteRange) -> AsyncIterator[bytes]:
    """Read the bytes of a range in pieces, each after the previous one was sent."""
    left = part.last - part.first + 1
    with await asyncio.to_thread(path.open, "rb") as file:
        file.seek(part.first)
        while left > 0:
            piece = await asyncio.to_thread(file.read, min(PIECE_BYTES, left))
            if not piece:
                return
            left -= len(piece)
            yield piece
