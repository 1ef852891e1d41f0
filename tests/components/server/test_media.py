"""Sound and pictures by route: in ranges, and to the visitor's own browser alone."""

import asyncio
import hashlib
import weakref
from collections.abc import Iterator

import pytest
import requests
from starlette.requests import Request
from starlette.types import Message, Scope
from streamlit import config

from components.protocol.addresses import address
from components.protocol.cookie import COOKIE, new_token
from components.server.media import PIECE_BYTES, Content, ContentGone, answer, pieces_of
from components.server.ranges import ByteRange
from components.server.routes import ROUTES
from components.workspace import shared
from components.workspace.exports import ExportFile
from components.workspace.files import ServedFile
from components.workspace.workspace import Workspace
from tests.components.server.serving import serving

DATA = bytes(range(256)) * 5_000  # several pieces, and a part of one
DIGEST = hashlib.sha256(DATA).hexdigest()
OWN, OTHER = new_token(), new_token()


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    own = shared.shared().registry.open(OWN)
    own.files.offer(ServedFile(DATA, "audio/wav", DIGEST), "clip")
    return own


@pytest.fixture(scope="module")
def url(workspace: Workspace) -> Iterator[str]:
    with serving(routes=tuple(ROUTES)) as host:
        yield f"http://{host}{address(workspace.key, f'files/{DIGEST}')}"


def get(
    url: str, cookie: str | None = OWN, method: str = "GET", **headers: str
) -> requests.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    cookies = {COOKIE: cookie} if cookie else {}
    return requests.request(method, url, headers=sent, cookies=cookies, timeout=60)


def test_the_whole_file_comes_in_pieces(url: str) -> None:
    assert len(DATA) > 4 * PIECE_BYTES
    answer = get(url)
    assert answer.status_code == 200
    assert answer.content == DATA
    assert answer.headers["content-length"] == str(len(DATA))
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["etag"] == f'"{DIGEST}"'
    assert "private" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    ("asked", "part", "told"),
    [
        ("bytes=0-1", DATA[:2], f"bytes 0-1/{len(DATA)}"),
        ("bytes=300000-", DATA[300_000:], f"bytes 300000-{len(DATA) - 1}/{len(DATA)}"),
        ("bytes=-7", DATA[-7:], f"bytes {len(DATA) - 7}-{len(DATA) - 1}/{len(DATA)}"),
    ],
)
def test_a_range_is_just_that(url: str, asked: str, part: bytes, told: str) -> None:
    answer = get(url, Range=asked)
    assert answer.status_code == 206
    assert answer.content == part
    assert answer.headers["content-range"] == told
    assert answer.headers["content-length"] == str(len(part))


def test_beyond_the_end_there_is_nothing(url: str) -> None:
    answer = get(url, Range=f"bytes={len(DATA)}-")
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(DATA)}"
    assert answer.content == b""


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "bytes=5-1", "nonsense"])
def test_an_odd_range_is_answered_by_the_whole(url: str, asked: str) -> None:
    answer = get(url, Range=asked)
    assert answer.status_code == 200
    assert answer.content == DATA


def test_what_the_browser_has_is_not_sent_again(url: str) -> None:
    answer = get(url, If_None_Match=f'"{DIGEST}"', Range="bytes=0-1")
    assert answer.status_code == 304
    assert answer.content == b""
    assert answer.headers["etag"] == f'"{DIGEST}"'
    assert get(url, If_None_Match='"other"').status_code == 200
    assert get(url, If_Match='"other"').status_code == 412
    assert get(url, If_Range='"other"', Range="bytes=0-1").content == DATA


def test_a_head_tells_the_same_without_the_file(url: str) -> None:
    head = get(url, method="HEAD", Range="bytes=0-1")
    assert head.status_code == 200, "a range is defined for GET alone"
    assert head.content == b""
    whole = get(url)
    names = ("content-length", "content-type", "etag", "accept-ranges", "cache-control")
    assert [head.headers[name] for name in names] == [whole.headers[name] for name in names]
    assert get(url, method="POST").status_code == 405
    assert get(url, method="PUT").status_code == 405


def test_nothing_is_compressed_on_the_way(url: str) -> None:
    assert get(url, Accept_Encoding="gzip").headers["content-length"] == str(len(DATA))


@pytest.mark.parametrize(
    "cookie", [OTHER, None, "short", "x" * 10_000], ids=["another", "none", "short", "long"]
)
def test_it_is_not_there_for_others(url: str, cookie: str | None) -> None:
    answer = get(url, cookie)
    assert answer.status_code == 404
    assert DIGEST not in answer.text


def test_it_is_not_there_under_another_key_or_name(url: str, workspace: Workspace) -> None:
    shared.shared().registry.open(OTHER)
    for wrong in (url.replace(workspace.key, "x" * 32), url[:-1], url + "0"):
        assert get(wrong).status_code == 404
    assert get(url.replace(workspace.key, "x" * 32), OTHER).status_code == 404


def test_below_another_path_it_is_there_too(url: str, workspace: Workspace) -> None:
    before = config.get_option("server.baseUrlPath")
    config.set_option("server.baseUrlPath", "/some/where/")
    try:
        below = address(workspace.key, f"files/{DIGEST}")
    finally:
        config.set_option("server.baseUrlPath", before)
    assert below == f"/some/where/earmark/{workspace.key}/files/{DIGEST}"
    assert get(url.partition("/earmark/")[0] + below).content == DATA


def exported(workspace: Workspace) -> ExportFile:
    job = workspace.exports.start("Größe.zip", "application/zip", lambda file, _: file.write(DATA))
    job.join("test")
    return job.result()


def test_an_export_is_answered_in_the_same_way_and_saved_under_its_name(
    url: str, workspace: Workspace
) -> None:
    file = exported(workspace)
    export = url.partition("/earmark/")[0] + address(workspace.key, f"exports/{file.token}")
    answer = get(export)
    assert answer.content == DATA
    assert answer.headers["etag"] == f'"{DIGEST}"'
    assert "private" in answer.headers["cache-control"]
    told = answer.headers["content-disposition"]
    assert told == "attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe.zip"
    assert get(export, Range=f"bytes={PIECE_BYTES}-").content == DATA[PIECE_BYTES:]
    assert get(export, If_None_Match=f'"{DIGEST}"').status_code == 304
    assert get(export, method="HEAD").headers["content-length"] == str(len(DATA))
    for cookie in (OTHER, None):
        assert get(export, cookie).status_code == 404
    workspace.exports.evict_oldest()
    assert get(export).status_code == 404


def test_it_goes_with_its_workspace(url: str, workspace: Workspace) -> None:
    workspace.files.drop_group("clip")
    assert get(url).status_code == 404
    workspace.files.offer(ServedFile(DATA, "audio/wav", DIGEST), "clip")
    shared.shared().registry.forget(workspace)
    assert get(url).status_code == 404


def test_what_a_client_that_left_did_not_read_is_not_copied() -> None:
    """A server drops it without waiting; copying all of it would stop the event loop meanwhile."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def visit() -> None:
        scope: Scope = {"type": "http", "method": "GET", "headers": []}
        content = Content(
            len(DATA), "audio/wav", DIGEST, lambda part: pieces_of(lambda: DATA, part)
        )
        await answer(Request(scope), content)(scope, receive, send)

    asyncio.run(visit())
    assert len(sent) < 4 < len(DATA) / PIECE_BYTES


def test_a_recording_that_was_removed_ends_with_the_next_piece() -> None:
    """A client that does not read would else keep it in memory, beyond every bound."""
    files = [ServedFile(DATA, "audio/wav", DIGEST)]
    held = weakref.ref(files[0])

    async def visit() -> None:
        pieces = pieces_of(lambda: files[0].data if files else None, ByteRange(0, len(DATA) - 1))
        assert await anext(pieces) == DATA[:PIECE_BYTES]
        files.clear()
        assert held() is None
        with pytest.raises(ContentGone):
            await anext(pieces)

    asyncio.run(visit())


@pytest.mark.parametrize("kind", ["files", "exports"])
def test_a_response_is_cut_when_its_visitor_removes_what_it_sends(kind: str) -> None:
    own = new_token()
    workspace = shared.shared().registry.open(own)
    n_bytes = 32_000_000  # more than the network's buffers hold
    if kind == "files":
        workspace.files.offer(ServedFile(bytes(n_bytes), "audio/wav", "0" * 64), "removed")
        last = "0" * 64
    else:
        job = workspace.exports.start(
            "a.bin", "application/zip", lambda file, _progress: file.write(bytes(n_bytes)) and None
        )
        job.join("a tab")
        last = job.result().token
    with serving(routes=tuple(ROUTES)) as host:
        url = f"http://{host}{address(workspace.key, f'{kind}/{last}')}"
        with requests.get(url, cookies={COOKIE: own}, stream=True, timeout=60) as answer:
            assert answer.headers["content-length"] == str(n_bytes)
            workspace.files.drop_group("removed")
            workspace.exports.evict_oldest()
            with pytest.raises(requests.exceptions.ChunkedEncodingError):
                answer.content  # noqa: B018
