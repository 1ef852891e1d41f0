"""How many requests may be under way: in all, and from one address."""

import asyncio
from pathlib import Path

import streamlit
from starlette.types import Message, Receive, Scope, Send

from components.server.request_bounds import (
    MAX_REQUESTS,
    MAX_REQUESTS_PER_ADDRESS,
    RequestBounds,
)


class Answers:
    """An application whose answers wait until they may end."""

    def __init__(self) -> None:
        self.may_end = asyncio.Event()
        self.bounds = RequestBounds(self)
        self.asked: list[asyncio.Task[int | None]] = []

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await self.may_end.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def status(self, address: str, path: str = "/") -> int | None:
        """Return the status of an answer; None while it waits."""
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        scope: Scope = {"type": "http", "path": path, "client": (address, 1), "headers": []}

        async def ask() -> int | None:
            await self.bounds(scope, lambda: asyncio.sleep(0, {}), send)
            return sent[0]["status"] if sent else None

        task = asyncio.create_task(ask())
        self.asked.append(task)
        await asyncio.sleep(0)
        return sent[0]["status"] if sent else None


def test_an_address_has_so_many_and_no_more() -> None:
    async def visit() -> None:
        answers = Answers()
        for _ in range(MAX_REQUESTS_PER_ADDRESS):
            assert await answers.status("192.0.2.1") is None
        assert await answers.status("192.0.2.1") == 503
        assert await answers.status("192.0.2.2") is None
        answers.may_end.set()
        await asyncio.gather(*answers.asked)
        assert await answers.status("192.0.2.1") == 200

    asyncio.run(visit())


def test_several_browsers_behind_one_address_may_load_the_page_at_once() -> None:
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text("utf-8")
    assert 8 * page.count('rel="modulepreload"') < MAX_REQUESTS_PER_ADDRESS


def test_all_have_so_many_and_the_server_is_still_asked_how_it_is() -> None:
    async def visit() -> None:
        answers = Answers()
        for number in range(MAX_REQUESTS):
            assert await answers.status(f"192.0.2.{number % 200}") is None
        assert await answers.status("198.51.100.1") == 503
        assert await answers.status("198.51.100.1", "/_stcore/health") is None
        answers.may_end.set()
        await asyncio.gather(*answers.asked)

    asyncio.run(visit())
