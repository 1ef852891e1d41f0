"""Route that serves a workspace's audio and pictures, with byte ranges."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from components.server.ranges import (
    ByteRange,
    UnsatisfiableRange,
    find_range,
    is_another,
    is_unchanged,
)
from components.server.workspace_lookup import find_workspace

PIECE_BYTES = 32 * 1024
"""Size of the pieces of a response, in bytes; each is copied after the previous one was sent. A
client that does not read its answer holds one, beside the 64 KiB that uvicorn lets wait."""


class ContentGone(Exception):  # noqa: N818  # not an error
    """Raised in the middle of a response whose content was removed; the server logs it."""


@dataclass(frozen=True)
class Content:
    """Content of a response.

    Parameters
    ----------
    n_bytes : int
        Size in bytes.
    mime_type : str
        Such as ``audio/wav``.
    digest : str
        Identifies the contents; used as the ETag.
    pieces : callable
        Returns the pieces of a byte range.
    file_name : str, optional
        Name under which the browser saves it; without one the browser shows or plays it.
    """

    n_bytes: int
    mime_type: str
    digest: str
    pieces: Callable[[ByteRange], AsyncIterator[bytes]]
    file_name: str | None = None


async def serve_file(request: Request) -> Response:
    """Answer a request for a file of the visitor's workspace."""
    workspace = await asyncio.to_thread(find_workspace, request)  # it may wait for imports
    digest = request.path_params["digest"]
    file = workspace.files.find(digest) if workspace is not None else None
    if workspace is None or file is None:
        return Response("There is no such file here.", 404, media_type="text/plain")
    files = workspace.files

    def data() -> bytes | None:
        found = files.find(digest)
        return None if found is None else found.data

    content = Content(
        len(file.data), file.mime_type, file.digest, lambda part: pieces_of(data, part)
    )
    return answer(request, content)


def answer(request: Request, content: Content) -> Response:
    """Answer a GET or HEAD request for some content, with ranges and preconditions."""
    etag = f'"{content.digest}"'
    headers = {
        "accept-ranges": "bytes",
        "cache-control": "private, no-cache",  # only the browser caches; it revalidates
        "etag": etag,
    }
    if is_another(request.headers, etag):
        return Response(status_code=412, headers=headers)
    if is_unchanged(request.headers, etag):
        return Response(status_code=304, headers=headers)
    # No intermediary may compress the content: ranges count the bytes of the file.
    headers |= {"content-encoding": "identity", **_disposition(content)}
    whole = ByteRange(0, content.n_bytes - 1)
    try:
        part = _asked(request, content, etag)
    except UnsatisfiableRange:
        headers["content-range"] = f"bytes */{content.n_bytes}"
        return Response(status_code=416, headers=headers)
    status = 200 if part is None else 206
    if part is not None:
        headers["content-range"] = f"bytes {part.first}-{part.last}/{content.n_bytes}"
    sent = part or whole
    headers["content-length"] = str(sent.last - sent.first + 1)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=content.mime_type)
    return StreamingResponse(content.pieces(sent), status, headers, content.mime_type)


async def pieces_of(find: Callable[[], bytes | None], part: ByteRange) -> AsyncIterator[bytes]:
    """Yield the bytes of a range in pieces, copying one piece at a time.

    The event loop runs between two pieces. Otherwise a client that has left costs all other clients
    the time to copy all the rest: uvicorn drops it at once, and nothing waits (uvicorn 0.54).

    Parameters
    ----------
    find : callable
        Finds the contents anew for each piece; None if they are gone. A client that does not read
        would else keep alive what its visitor has removed, in no account.
    part : ByteRange
        The range.

    Raises
    ------
    ContentGone
        If the contents are gone. The connection is cut, as the response's length was announced.
    """
    for start in range(part.first, part.last + 1, PIECE_BYTES):
        data = find()
        if data is None:
            raise ContentGone
        piece = data[start : min(start + PIECE_BYTES, part.last + 1)]
        del data
        yield piece
        await asyncio.sleep(0)


def _asked(request: Request, content: Content, etag: str) -> ByteRange | None:
    """Return the requested range; ranges are defined for GET only."""
    if request.method != "GET":
        return None
    return find_range(request.headers, content.n_bytes, etag)


def _disposition(content: Content) -> dict[str, str]:
    if content.file_name is None:
        return {}
    return {"content-disposition": f"attachment; filename*=UTF-8''{quote(content.file_name)}"}
