"""Route that serves exported files."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from components.server.media import PIECE_BYTES, Content, ContentGone, answer
from components.server.ranges import ByteRange
from components.server.workspace_lookup import find_workspace

if TYPE_CHECKING:
    from components.workspace.exports import ExportFile


async def serve_export(request: Request) -> Response:
    """Answer a request for an exported file of the visitor's workspace."""
    workspace = await asyncio.to_thread(find_workspace, request)  # it may wait for imports
    token = request.path_params["token"]
    file = workspace.exports.find(token) if workspace is not None else None
    if workspace is None or file is None:
        return Response("There is no such file any more.", 404, media_type="text/plain")
    exports = workspace.exports
    return answer(
        request,
        Content(
            file.size_bytes,
            file.mime_type,
            file.digest,
            lambda part: _pieces_of(lambda: exports.find(token), part),
            file.name,
        ),
    )


async def _pieces_of(
    find: Callable[[], "ExportFile | None"], part: ByteRange
) -> AsyncIterator[bytes]:
    """Read the bytes of a range in pieces, each after the previous one was sent.

    The file is opened for each piece: while a client does not read, an open file would take its
    memory or disk beyond its removal.
    """
    for start in range(part.first, part.last + 1, PIECE_BYTES):
        n_bytes = min(PIECE_BYTES, part.last + 1 - start)
        yield await asyncio.to_thread(_read, find(), start, n_bytes)


def _read(file: "ExportFile | None", start: int, n_bytes: int) -> bytes:
    if file is None:
        raise ContentGone
    try:
        with file.path.open("rb") as opened:
            opened.seek(start)
            return opened.read(n_bytes)
    except FileNotFoundError as error:
        raise ContentGone from error
