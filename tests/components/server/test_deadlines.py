"""Bodies that do not come, or trickle, and connections that say nothing."""

import asyncio
import socket
import time
from collections.abc import Iterator

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from components.protocol.addresses import address
from components.protocol.cookie import COOKIE, new_token
from components.server import deadlines, live
from components.server.deadlines import BodyDeadlines
from components.server.routes import ROUTES
from components.server.upload_bounds import HELD, UploadBounds
from components.workspace import shared
from tests.components.server.serving import serving

PATIENCE_S = 60.0  # what only a hang would miss
LONG_S = 3_600.0
UPLOAD = "/_stcore/upload_file/session/file"


async def _length(request: Request) -> Response:
    return PlainTextResponse(f"{len(await request.body())}")


async def _early(request: Request) -> Response:
    async def answer():  # noqa: ANN202
        yield b"begun"
        await request.body()
        yield b"ended"

    return StreamingResponse(answer())


ROUTES_HERE = (
    Route("/length", _length, methods=["PUT", "POST"]),
    Route("/early", _early, methods=["POST"]),
    Route(UPLOAD, _length, methods=["PUT"]),
)


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    with serving(BodyDeadlines, UploadBounds, routes=ROUTES_HERE) as host:
        yield host


@pytest.fixture(autouse=True)
def generous(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test shorten one deadline, whatever the machine does beside it."""
    monkeypatch.setattr(deadlines, "STALL_S", LONG_S)
    monkeypatch.setattr(deadlines, "GRACE_S", LONG_S)


def opened(host: str, path: str, length: int, method: str = "PUT") -> socket.socket:
    name, _, port = host.partition(":")
    connection = socket.create_connection((name, int(port)), timeout=PATIENCE_S)
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n"
    connection.sendall(head.encode())
    return connection


def rest(connection: socket.socket) -> str:
    """All that the server says until it closes the connection."""
    said = b""
    while part := connection.recv(4096):
        said += part
    return said.decode()


@pytest.mark.parametrize("path", ["/length", UPLOAD])
@pytest.mark.parametrize("n_sent", [0, 5])
def test_a_body_that_stalls_is_answered_and_its_connection_closed(
    served: str, path: str, n_sent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "STALL_S", 0.2)
    with opened(served, path, 10) as connection:
        connection.sendall(bytes(n_sent))
        told = rest(connection)
    assert told.startswith("HTTP/1.1 408 ")
    assert "did not come in time" in told
    assert HELD.n_bytes == 0, "it counts no longer"


def test_a_body_that_trickles_is_too(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "GRACE_S", 0.5)
    with opened(served, "/length", 10_000) as connection:
        begun = time.monotonic()
        told = ""
        connection.settimeout(0.05)
        while not told:
            assert time.monotonic() < begun + PATIENCE_S, "it goes on without end"
            connection.sendall(b"x")
            try:
                told = connection.recv(4096).decode()
            except TimeoutError:
                continue
    assert told.startswith("HTTP/1.1 408 ")


def test_a_slow_body_that_goes_on_is_taken(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "GRACE_S", 1.0)
    monkeypatch.setattr(deadlines, "LEAST_BYTES_PER_S", 1)
    with opened(served, "/length", 100) as connection:
        for _ in range(10):
            connection.sendall(bytes(10))
            time.sleep(0.15)
        told = connection.recv(4096).decode()
    assert told.startswith("HTTP/1.1 200 ")
    assert told.endswith("100")


def test_what_has_begun_to_answer_is_cut(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "STALL_S", 0.2)
    with opened(served, "/early", 10, "POST") as connection:
        told = rest(connection)
    assert "begun" in told
    assert "ended" not in told


def test_a_live_connection_that_says_nothing_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    from websockets.asyncio.client import connect

    monkeypatch.setattr(live, "SILENT_S", 0.5)
    monkeypatch.setattr(live, "PULSE_S", 0.1)
    shared.reset()
    token = new_token()
    workspace = shared.shared().registry.open(token)

    async def stay(host: str) -> int | None:
        url = f"ws://{host}{address(workspace.key, 'live')}"
        async with connect(url, additional_headers={"Cookie": f"{COOKIE}={token}"}) as quiet:
            async with connect(url, additional_headers={"Cookie": f"{COOKIE}={token}"}) as watches:
                await watches.send("watch")
                await asyncio.wait_for(quiet.wait_closed(), PATIENCE_S)
                await watches.send("seen 0")
                await watches.ping()
                assert watches.close_code is None
            return quiet.close_code

    with serving(routes=tuple(ROUTES)) as host:
        assert asyncio.run(stay(host)) == 1013
    shared.reset()
