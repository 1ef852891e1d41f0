"""What visitors leave behind is given back, also by the last of them: nobody comes after."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest
import requests

from tests.e2e.driving import Server, serving_starter
from tests.load import sounds
from tests.load.microphone import microphone
from tests.load.people import bring, is_kept, player
from tests.load.scores import has_scores, watching
from tests.load.vitals import look
from tests.load.wire import PATIENCE_S, Visitor, frame, run

STAYS_S = 3
"""How long a session is kept, so that a test can wait for its end."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    ttl = {"STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": str(STAYS_S)}
    with serving_starter(tmp_path_factory.mktemp("fresh"), **ttl) as running:
        yield running


async def in_time(holds: Callable[[], bool]) -> bool:
    """Wait until something holds, and tell whether it came to that."""
    for _ in range(round(PATIENCE_S)):
        if await asyncio.to_thread(holds):
            return True
        await asyncio.sleep(1)
    return False


def test_files_of_the_last_visitor_go(server: Server) -> None:
    async def visit() -> str:
        visitor = Visitor(server.url)
        async with visitor.visiting():
            await bring(visitor, sounds.clip(0))
            sound: str = (await visitor.wait_for(player))["audio"]
            assert await visitor.fetch(sound)
            assert await in_time(lambda: look(server).uploads_mb > 0), "they are not counted"
        assert await in_time(lambda: look(server).uploads_mb == 0), "uploads are still there"
        return sound

    sound = run(visit())
    assert requests.get(server.url + sound, timeout=PATIENCE_S).status_code == 404


async def leaves_nothing(server: Server, visits: Callable[[], Awaitable[object]]) -> None:
    """Have visits made twice: what the second ones open is closed again, threads included.

    After the first ones a server has what it keeps for good, such as its pool of threads.
    """
    await visits()
    await asyncio.sleep(2 * STAYS_S)
    before = look(server)
    await visits()
    freed = await in_time(
        lambda: look(server).files <= before.files and look(server).threads <= before.threads
    )
    assert freed, f"{before} before, {look(server)} after"


def test_nothing_stays_of_those_who_listened(server: Server) -> None:
    """What watches over a microphone refers to its session, which has files of its own open."""

    async def visit(seed: int) -> None:
        visitor = Visitor(server.url, "live")
        async with visitor.visiting():
            async with watching(visitor) as live, microphone(visitor, sounds.sound(seed)):
                await live.wait_for(has_scores)
            await visitor.wait_for(is_kept)

    async def visits() -> None:
        await asyncio.gather(*(visit(seed) for seed in range(4)))

    run(leaves_nothing(server, visits))


def test_nothing_stays_of_those_who_never_pressed_start(server: Server) -> None:
    async def visit() -> None:
        visitor = Visitor(server.url, "live")
        async with visitor.visiting():
            await visitor.wait_for(frame("webrtc_streamer"))

    async def visits() -> None:
        await asyncio.gather(*(visit() for _ in range(10)))

    run(leaves_nothing(server, visits))
