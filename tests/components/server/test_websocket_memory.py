"""Messages that are not finished, over all connections."""

import asyncio
import contextlib
import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from components.server import back_messages, websocket_memory
from components.server.back_messages import BackMessages
from components.server.websocket_memory import (
    ACCOUNT,
    LEAST_BYTES,
    Account,
    Holding,
    ReceivedBounds,
)
from tests.components.server.serving import STREAM, serving

PATIENCE_S = 30.0
MB = 1_000_000


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(ACCOUNT, "_max_bytes", 4 * MB)
    with serving(ReceivedBounds) as address:
        yield address
    assert ACCOUNT.n_bytes == 0


def opened(address: str, path: str = STREAM) -> socket.socket:
    """Open a WebSocket by hand, to send parts of frames."""
    host, port = address.split(":")
    connection = socket.create_connection((host, int(port)), timeout=PATIENCE_S)
    key = "dGhlIHNhbXBsZSBub25jZQ=="
    connection.sendall(
        f"GET {path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(1)
    assert b" 101 " in answer.splitlines()[0]
    connection.recv(1000)  # the origin, which `serving` says first
    return connection


def begun(n_bytes: int) -> bytes:
    """Return a frame of 8 MB, of which so many bytes come."""
    return struct.pack(">BBQ4s", 0x82, 0xFF, 8 * MB, bytes(4)) + bytes(n_bytes)


def is_closed(connection: socket.socket, within_s: float = PATIENCE_S) -> bool:
    connection.settimeout(within_s)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def wait_for_bytes(n_bytes: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while ACCOUNT.n_bytes < n_bytes:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("path", [STREAM, "/earmark/key/live"])
def test_all_unfinished_messages_are_bounded_together(served: str, path: str) -> None:
    with ExitStack() as stack:
        connections = [stack.enter_context(opened(served, path)) for _ in range(4)]
        for connection in connections:
            connection.sendall(begun(MB // 2))
        wait_for_bytes(4 * (MB // 2))
        last = stack.enter_context(opened(served, path))
        last.sendall(begun(3 * MB))
        assert is_closed(last)
        assert not any(is_closed(one, 0.1) for one in connections)
        assert ACCOUNT.n_bytes <= 4 * MB


def test_small_frames_count_as_what_they_take(served: str) -> None:
    """8 MB in frames of two bytes take 200 MB."""
    with opened(served) as connection:
        first = struct.pack(">BB4s", 0x02, 0x82, bytes(4)) + b"xx"
        further = struct.pack(">BB4s", 0x00, 0x82, bytes(4)) + b"xx"
        try:
            connection.sendall(first + further * 100_000)
        except OSError:
            return
        assert is_closed(connection)


def test_a_flood_of_tiny_messages_is_not_held(served: str) -> None:
    with opened(served) as connection:
        try:
            connection.sendall(struct.pack(">BB4s", 0x82, 0x80, bytes(4)) * 2_000_000)
        except OSError:
            return
        assert is_closed(connection)


@pytest.mark.parametrize("opcode", [0x89, 0x8A], ids=["ping", "pong"])
def test_a_flood_of_control_frames_is_ended(served: str, opcode: int) -> None:
    """uvicorn answers each ping, also for a client that reads no answer."""
    with opened(served) as connection:
        frame = struct.pack(">BB4s", opcode, 0x80 | 125, bytes(4)) + bytes(125)
        try:
            for _ in range(40):
                connection.sendall(frame * 10_000)
        except OSError:
            return
        connection.settimeout(PATIENCE_S)
        n_bytes = 0
        with contextlib.suppress(ConnectionResetError):
            while got := connection.recv(1 << 20):
                n_bytes += len(got)
        assert n_bytes < 200 * 127


def test_a_client_that_reads_nothing_counts_what_is_sent_to_it(served: str) -> None:
    with opened(served) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        size = 7 * MB  # the answer has as many, above the 4 MB of all
        connection.sendall(
            struct.pack(">BBQ4s", 0x82, 0xFF, size // 2, bytes(4)) + bytes(size // 2)
        )
        for _ in range(4):
            with contextlib.suppress(OSError):
                connection.sendall(
                    struct.pack(">BBQ4s", 0x82, 0xFF, size // 2, bytes(4)) + bytes(size // 2)
                )
        with pytest.raises(OSError, match=r"reset|pipe"):
            for _ in range(200):
                connection.sendall(b"x")
                time.sleep(0.05)


def test_large_messages_pass_and_are_forgotten_when_whole(served: str) -> None:
    with opened(served) as connection:
        for _ in range(3):
            mask, data = bytes(4), os.urandom(3 * MB)
            connection.sendall(struct.pack(">BBQ4s", 0x82, 0xFF, len(data), mask) + data)
            answer = bytearray()
            while len(answer) < len(data) + 10:
                answer += connection.recv(1 << 20)
            assert answer[10:] == data
        assert ACCOUNT.n_bytes == 0


def test_the_network_that_holds_most_loses_first() -> None:
    account, closed = Account(10 * LEAST_BYTES), []
    for network, n in (("a", 3), ("a", 4), ("b", 2)):
        held = Holding(network, lambda name=f"{network}{n}": closed.append(name))
        account.set(held, n * LEAST_BYTES)
    account.set(Holding("b", lambda: closed.append("b2")), 2 * LEAST_BYTES)
    assert closed == ["a4"]
    account.set(Holding("c", lambda: closed.append("c")), LEAST_BYTES - 1)  # too little to count
    assert account.n_bytes == 7 * LEAST_BYTES


def test_messages_that_wait_for_their_turn_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred connections may have 8 MB each that wait."""
    monkeypatch.setattr(ACCOUNT, "_max_bytes", 10 * MB)
    monkeypatch.setattr(back_messages, "is_let_through", lambda _data: True)
    noted, set_bytes = [], ACCOUNT.set

    def note(held: Holding, n_bytes: int) -> None:
        set_bytes(held, n_bytes)
        noted.append(ACCOUNT.n_bytes)

    monkeypatch.setattr(ACCOUNT, "set", note)

    async def connection(number: int, middleware: BackMessages) -> None:
        coming: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        for _ in range(4):
            coming.put_nowait({"type": "websocket.receive", "bytes": bytes(3 * MB)})
        coming.put_nowait({"type": "websocket.disconnect", "code": 1000})
        scope = {"type": "websocket", "path": STREAM, "client": (f"192.0.2.{number}", 1)}

        async def send(_message: object) -> None:
            return

        await middleware({**scope, "headers": []}, coming.get, send)

    async def app(_scope: object, receive: object, _send: object) -> None:
        while (await receive())["type"] == "websocket.receive":
            pass

    async def all_of_them() -> None:
        middleware = BackMessages(app)
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*(connection(number, middleware) for number in range(10)))

    asyncio.run(all_of_them())
    assert 6 * MB <= max(noted) <= 10 * MB
    assert ACCOUNT.n_bytes == 0


def test_another_server_is_told(caplog: pytest.LogCaptureFixture) -> None:
    async def app(_scope: object, _receive: object, _send: object) -> None:
        return

    async def nothing() -> dict[str, object]:
        return {}

    scope = {"type": "websocket", "path": STREAM, "client": ("192.0.2.1", 1), "headers": []}
    asyncio.run(ReceivedBounds(app)(scope, nothing, nothing))
    assert "not bounded" in caplog.text
    assert websocket_memory.MAX_HELD_BYTES == 64_000_000
