"""Routes of a workspace's files: sound and pictures, in ranges and pieces."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from components.server.finding import find_workspace
from components.server.ranges import (
    ByteRange,
    UnsatisfiableRange,
    find_range,
    is_another,
    is_unchanged,
)

PIECE_BYTES = 256 * 1024
"""Size of the pieces that are sent one after another: the next one is copied once the network has
taken those before."""


@dataclass(frozen=True)
class Content:
    """What a route sends.

    Parameters
    ----------
    n_bytes : int
        Its size.
    mime_type : str
        Such as ``audio/wav``.
    digest : str
        Stands for the contents.
    pieces : callable
        Gives the pieces of a range of its bytes.
    file_name : str, optional
        Name under which the browser saves it; without one it is shown or played.
    """

    n_bytes: int
    mime_type: str
    digest: str
    pieces: Callable[[ByteRange], AsyncIterator[bytes]]
    file_name: str | None = None


async def serve_file(request: Request) -> Response:
    """Answer a request for a file of the visitor's own workspace."""
    workspace = find_workspace(request)
    file = workspace.files.find(request.path_params["digest"]) if workspace is not None else None
    if file is None:
        return Response("There is no such file here.", 404, media_type="text/plain")
    data = file.data
    content = Content(len(data), file.mime_type, file.digest, lambda part: pieces_of(data, part))
    return answer(request, content)


def answer(request: Request, content: Content) -> Response:
    """Answer a GET or HEAD request for some content."""
    etag = f'"{content.digest}"'
    headers = {
        "accept-ranges": "bytes",
        "cache-control": "private, no-cache",  # kept by the browser alone, and asked for each time
        "etag": etag,
    }
    if is_another(request.headers, etag):
        return Response(status_code=412, headers=headers)
    if is_unchanged(request.headers, etag):
        return Response(status_code=304, headers=headers)
    # Whatever stands between has nothing to compress: ranges count the bytes as they are.
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


async def pieces_of(data: bytes, part: ByteRange) -> AsyncIterator[bytes]:
    """Give the bytes of a range in pieces, without a copy of more than one of them."""
    view = memoryview(data)[part.first : part.last + 1]
    for start in range(0, len(view), PIECE_BYTES):
        yield bytes(view[start : start + PIECE_BYTES])


def _asked(request: Request, content: Content, etag: str) -> ByteRange | None:
    """Return the range that is asked for: only of GET is it defined."""
    if request.method != "GET":
        return None
    return find_range(request.headers, content.n_bytes, etag)


def _disposition(content: Content) -> dict[str, str]:
    if content.file_name is None:
        return {}
    return {"content-disposition": f"attachment; filename*=UTF-8''{quote(content.file_name)}"}
