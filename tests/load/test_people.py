"""A slice of the load test (see ``python -m tests.load``), and connections that drop."""

import asyncio
import hashlib
from random import Random

import numpy as np

from models.audio import Clip
from models.classifier import Classifier
from models.live.listener import ABANDONED_AFTER_S
from models.playback import wav_file
from tests.e2e.driving import Server
from tests.load import sounds
from tests.load.microphone import microphone
from tests.load.people import Tally, bring, bring_clips, is_kept, listen, of_clip, panel, player
from tests.load.wire import Visitor


def test_people_at_once_each_get_what_they_would_get_alone(
    server: Server, starter: Classifier
) -> None:
    tally = Tally()

    async def visits() -> None:
        # With these seeds nobody leaves in the middle.
        await asyncio.gather(
            bring_clips(server.url, Random(1), tally),  # noqa: S311
            bring_clips(server.url, Random(2), tally),  # noqa: S311
            listen(server.url, Random(1), tally),  # noqa: S311
        )

    asyncio.run(visits())
    assert len(tally.clips) > 1
    assert len(tally.heard) == 1
    assert tally.wrong_results(starter) == []


def test_an_analysis_goes_on_while_the_connection_is_lost(server: Server) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000 * 300).astype(np.float32)
    recording = wav_file(Clip.from_samples(noise, 16_000))

    async def visit() -> tuple[bool, list[str]]:
        visitor = Visitor(server.url, query="hop=0.1")
        async with visitor.visiting():
            await visitor.upload({"long.wav": recording})
            await visitor.wait_for(lambda e: e.progress.value > 5 or None)
            session = visitor.session_id
        async with visitor.visiting():  # whoever comes back says which session was theirs
            assert visitor.session_id in ("", session)
            shown = await visitor.wait_for(of_clip(hashlib.sha256(recording).hexdigest()))
            return visitor.session_id == session, shown["lanes"]["names"]

    same, names = asyncio.run(visit())
    assert same
    assert names


def test_what_was_heard_is_kept_when_the_connection_is_lost(server: Server) -> None:
    """First the page's connection drops, then the microphone's as well."""

    async def visit() -> float:
        visitor = Visitor(server.url, "live")
        await visitor.open()
        async with microphone(visitor, sounds.sound(0)):
            await visitor.wait_for(lambda e: (panel(e) or {}).get("top") or None)
            await visitor.leave()
            await asyncio.sleep(2)
            await visitor.open()
            await visitor.wait_for(lambda e: (panel(e) or {}).get("clock_s", 0) > 3 or None)
            await visitor.leave()
        await asyncio.sleep(ABANDONED_AFTER_S + 1)
        await visitor.open()
        await visitor.wait_for(is_kept)
        await visitor.go("")
        shown = await visitor.wait_for(player)
        await visitor.leave()
        return float(shown["duration_s"])

    assert asyncio.run(visit()) > 3


def test_what_was_brought_is_there_after_a_lost_connection(server: Server) -> None:
    async def visit() -> bool:
        visitor = Visitor(server.url)
        async with visitor.visiting():
            before = await bring(visitor, sounds.clip(5))
        async with visitor.visiting():
            shown = await visitor.wait_for(of_clip(sounds.digest(sounds.clip(5))))
            return sounds.digest(await visitor.fetch(shown["picture"])) == before[0]

    assert asyncio.run(visit())
