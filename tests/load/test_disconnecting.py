"""The resources of visitors are released, also after the last one leaves."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from components.workspace.operator import variable
from tests.e2e.driving import Server, serving_builtin
from tests.load import sounds
from tests.load.microphone import microphone
from tests.load.people import bring, is_kept, player
from tests.load.scores import has_scores, watching
from tests.load.vitals import Vitals, look
from tests.load.wire import PATIENCE_S, Visitor, frame, run

pytestmark = pytest.mark.slow

AT_ONCE = 10
"""Visitors per round."""

STAYS_S = 3
"""Time for which a session is kept, in seconds: short enough for a test to wait."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    ttl = {
        "STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": str(STAYS_S),
        variable("workspace_minutes"): str(STAYS_S / 60),
    }
    with serving_builtin(tmp_path_factory.mktemp("fresh"), **ttl) as running:
        yield running


async def in_time(holds: Callable[[], bool]) -> bool:
    """Wait until a condition holds; returns whether it did within the timeout."""
    for _ in range(round(PATIENCE_S)):
        if await asyncio.to_thread(holds):
            return True
        await asyncio.sleep(1)
    return False


async def freed(server: Server, aim: Vitals | None = None) -> Vitals:
    """Wait until threads and files are few; Streamlit ends sessions when other visitors leave.

    Without an aim, wait as long as an idle machine needs; with one, longer, for a busy machine.
    """
    for _ in range(6 if aim is None else 20):
        async with Visitor(server.url).visiting():
            pass
        await asyncio.sleep(STAYS_S + 1)
        now = await asyncio.to_thread(look, server)
        if aim is not None and now.files <= aim.files and now.threads <= aim.threads:
            break
    return now


def test_files_of_the_last_visitor_go(server: Server) -> None:
    async def visit() -> None:
        visitor = Visitor(server.url)
        async with visitor.visiting():
            await bring(visitor, sounds.clip(0))
            sound: str = (await visitor.wait_for(player))["audio"]
            assert visitor.status(sound) == 200
            assert await in_time(lambda: look(server).uploads_mb == 0), "Streamlit holds a copy"
        assert await in_time(lambda: visitor.status(sound) == 404), "it is still there"

    run(visit())


def test_nothing_stays_of_those_who_listened(server: Server) -> None:
    """A session has four files open, and the monitor of a microphone refers to its session."""

    async def visit(seed: int) -> None:
        visitor = Visitor(server.url, "live")
        async with visitor.visiting():
            async with microphone(visitor, sounds.sound(seed)), watching(visitor) as live:
                await live.wait_for(has_scores)
            await visitor.wait_for(is_kept)

    async def visits() -> None:
        # What is opened once stays: WebRTC's event loop, as many decoders as work at once.
        await asyncio.gather(*(visit(seed) for seed in range(4)))
        before = await freed(server)
        await asyncio.gather(*(visit(seed) for seed in range(4, 8)))
        after = await freed(server, before)
        assert after.files <= before.files, (before, after)

    run(visits())


def test_nothing_stays_of_those_who_opened_the_page_and_never_pressed_start(
    server: Server,
) -> None:
    async def visit() -> None:
        visitor = Visitor(server.url, "live")
        async with visitor.visiting():
            await visitor.wait_for(frame("webrtc_streamer"))

    async def visits() -> None:
        await asyncio.gather(*(visit() for _ in range(AT_ONCE)))
        before = await freed(server)
        await asyncio.gather(*(visit() for _ in range(AT_ONCE)))
        after = await freed(server, before)
        assert after.files <= before.files, (before, after)
        # The server's pools may grow by a thread; one thread per visitor would be ten.
        assert after.threads < before.threads + AT_ONCE / 2, (before, after)

    run(visits())
