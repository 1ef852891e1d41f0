"""The application's own routes leave the event loop to all visitors."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from types import ModuleType

import pytest
from starlette.requests import Request
from starlette.types import Message
from starlette.websockets import WebSocket

from components.server import exports, live, media


async def _serve_file() -> None:
    await media.serve_file(Request({"type": "http", "headers": [], "path_params": {"digest": "a"}}))


async def _serve_export() -> None:
    await exports.serve_export(
        Request({"type": "http", "headers": [], "path_params": {"token": "a"}})
    )


async def _serve_live() -> None:
    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(_message: Message) -> None:
        pass

    await live.serve_live(WebSocket({"type": "websocket", "headers": []}, receive, send))


@pytest.mark.parametrize(
    ("module", "serve"),
    [(media, _serve_file), (exports, _serve_export), (live, _serve_live)],
    ids=["file", "export", "live"],
)
def test_a_workspace_is_found_in_a_thread_as_imports_may_be_waited_for(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, serve: Callable[[], Awaitable[None]]
) -> None:
    on: list[threading.Thread] = []
    monkeypatch.setattr(module, "find_workspace", lambda _: on.append(threading.current_thread()))

    async def run() -> None:
        await serve()

    asyncio.run(run())
    assert len(on) == 1
    assert on != [threading.current_thread()]
