"""An excerpt of the load test (see ``python -m tests.load``), and dropped connections."""

import asyncio
import hashlib
from random import Random

import numpy as np
import pytest

from models.inference import Classifier
from models.live.worker import ABANDONED_AFTER_S
from tests.e2e.driving import Server
from tests.load import sounds
from tests.load.microphone import microphone
from tests.load.people import Tally, bring, bring_clips, is_kept, listen, of_clip, player
from tests.load.scores import has_scores, watching
from tests.load.wire import PATIENCE_S, Visitor, run
from tests.models.audio.recording_files import wav

AWAY_S = 2.0
"""Time without a connection: about the pause before a browser reconnects."""


def test_people_at_once_each_get_what_they_would_get_alone(
    server: Server, builtin: Classifier
) -> None:
    tally = Tally()

    async def visits() -> None:
        # With these seeds no visitor leaves before the end.
        await asyncio.gather(
            bring_clips(server.url, Random(1), tally),  # noqa: S311
            bring_clips(server.url, Random(2), tally),  # noqa: S311
            listen(server.url, Random(1), tally),  # noqa: S311
        )

    run(visits())
    assert len(tally.clips) > 1
    assert len(tally.heard) == 1
    assert tally.wrong_results(builtin) == []


@pytest.mark.slow
def test_an_analysis_goes_on_while_the_connection_is_lost(server: Server) -> None:
    noise = np.random.default_rng(0).integers(96, 160, 8_000 * 2_400, dtype=np.uint8)
    recording = wav(noise.tobytes(), sample_rate=8_000, bits=8)

    async def visit() -> tuple[int, int, list[str]]:
        visitor = Visitor(server.url, query="hop=0.1")
        async with visitor.visiting():
            await visitor.upload({"long.wav": recording})
            before = await visitor.wait_for(lambda e: e.progress.value or None)
            session = visitor.session_id
        await asyncio.sleep(AWAY_S)
        async with visitor.visiting():  # a returning visitor sends the session's id
            after = await visitor.wait_for(lambda e: e.progress.value or None)
            shown = await visitor.wait_for(
                of_clip(hashlib.sha256(recording).hexdigest()), 4 * PATIENCE_S
            )
            assert visitor.session_id == session
            return before, after, shown["lanes"]["names"]

    before, after, names = run(visit())
    assert after > before, "it began anew"
    assert names


@pytest.mark.slow
def test_what_was_heard_is_kept_when_the_connection_is_lost(server: Server) -> None:
    """First the page's connection drops, then the microphone's as well."""

    async def visit() -> float:
        visitor = Visitor(server.url, "live")
        await visitor.open()
        async with microphone(visitor, sounds.sound(0)):
            async with watching(visitor) as live:
                await live.wait_for(has_scores)
            await visitor.leave()
            await asyncio.sleep(AWAY_S)
            await visitor.open()
            async with watching(visitor) as live:
                await live.wait_for(lambda state: state.get("clock_s", 0) > 3)
            await visitor.leave()
        await asyncio.sleep(ABANDONED_AFTER_S + 1)
        await visitor.open()
        await visitor.wait_for(is_kept)
        await visitor.go("")
        shown = await visitor.wait_for(player)
        await visitor.leave()
        return float(shown["duration_s"])

    assert run(visit()) > 3


def test_what_was_brought_is_there_after_a_lost_connection(server: Server) -> None:
    async def visit() -> bool:
        visitor = Visitor(server.url)
        async with visitor.visiting():
            before = await bring(visitor, sounds.clip(5))
        await asyncio.sleep(AWAY_S)
        async with visitor.visiting():
            shown = await visitor.wait_for(of_clip(sounds.digest(sounds.clip(5))))
            return sounds.digest(await visitor.fetch(shown["picture"])) == before[0]

    assert run(visit())
