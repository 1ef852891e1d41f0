"""Faults inside the server: the affected visitor is informed and continues, others see nothing.

The fault is injected into the running app: an interpreter that fails once, at the first window
with a high level.
"""

import asyncio
from collections.abc import Iterator

import numpy as np
import pytest
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from models.audio import Clip, load_clip
from models.audio.playback import wav_file
from models.inference import Classifier
from tests.e2e.driving import Server, serving_builtin
from tests.load import sounds
from tests.load.microphone import lose_network, microphone
from tests.load.people import bring, is_kept, of_clip
from tests.load.scores import has_scores, watching
from tests.load.wire import Visitor, run

FAULT = """
from threading import Lock

from models.inference import worker_pool

fault = Lock()
whole = worker_pool.Pool._run


def failing(self, samples, hop_samples, rows):
    if abs(samples).max() > 0.6 and fault.acquire(blocking=False):  # never released: one fault
        raise RuntimeError("Invoke failed: injected")
    whole(self, samples, hop_samples, rows)


worker_pool.Pool._run = failing
"""


@pytest.fixture
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving_builtin(tmp_path_factory.mktemp("faulty"), FAULT) as running:
        yield running


def at_peak(recording: bytes, peak: float) -> bytes:
    clip = load_clip(recording)
    samples = clip.samples / np.abs(clip.samples).max() * np.float32(peak)
    return wav_file(Clip.from_samples(samples, clip.sample_rate))


def failure(element: Element) -> str | None:
    told: str = element.alert.body
    return told if "Something went wrong in Earmark itself" in told else None


@pytest.mark.slow  # needs a server of its own, and two analyses
def test_an_interpreter_that_fails_concerns_one_person_who_can_try_again(
    faulty: Server, builtin: Classifier
) -> None:
    quiet, breaking = at_peak(sounds.clip(1), 0.5), at_peak(sounds.clip(2), 0.99)

    async def unlucky() -> str:
        visitor = Visitor(faulty.url)
        async with visitor.visiting():
            await visitor.upload({"loud.wav": breaking})
            assert "loud" in await visitor.wait_for(failure)
            await visitor.press("Try again")
            shown = await visitor.wait_for(of_clip(sounds.digest(breaking)))
            return sounds.digest(await visitor.fetch(shown["picture"]))

    async def other() -> str:
        visitor = Visitor(faulty.url)
        async with visitor.visiting():
            picture, _ = await bring(visitor, quiet)
            assert "went wrong" not in visitor.words()
            return picture

    async def both() -> list[str]:
        return await asyncio.gather(unlucky(), other())

    pictures = run(both())
    alone = [sounds.heard_alone(recording, builtin).picture for recording in (breaking, quiet)]
    assert pictures == alone


@pytest.mark.slow
def test_a_listening_that_fails_is_told_keeps_what_was_heard_and_begins_again(
    faulty: Server,
) -> None:
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(8 * 48_000) / 48_000).astype(np.float32)
    breaking = tone.copy()
    breaking[6 * 48_000 :] *= 3.3  # once it is well connected

    async def unlucky() -> None:
        visitor = Visitor(faulty.url, "live")
        async with visitor.visiting(), watching(visitor) as live:
            async with microphone(visitor, breaking):
                await live.wait_for(lambda told: "something went wrong" in told["notice"])
            await visitor.wait_for(is_kept)
            async with microphone(visitor, tone):
                await live.wait_for(lambda told: told["listening"] and has_scores(told))

    async def other() -> None:
        visitor = Visitor(faulty.url, "live")
        async with (
            visitor.visiting(),
            watching(visitor) as live,
            microphone(visitor, tone),
        ):
            for seconds in range(1, 11):
                told = await live.wait_for(lambda told, s=seconds: told["newest_s"] > s)
                assert "wrong" not in told["notice"]

    async def both() -> None:
        await asyncio.gather(unlucky(), other())

    run(both())


@pytest.mark.slow  # waits until the connection is given up
def test_a_microphone_that_loses_its_network_is_told_keeps_what_was_heard_and_goes_on(
    server: Server,
) -> None:
    async def visit() -> None:
        visitor = Visitor(server.url, "live")
        async with visitor.visiting(), watching(visitor) as live:
            async with microphone(visitor, sounds.sound(0)) as connection:
                await live.wait_for(has_scores)
                lose_network(connection)
                await live.wait_for(lambda told: "No sound arrives" in told["notice"])
            # The browser presses Stop by itself.
            await live.wait_for(lambda told: "was lost" in told["notice"])
            await visitor.wait_for(is_kept)
            async with microphone(visitor, sounds.sound(0)):
                told = await live.wait_for(lambda told: told["listening"] and has_scores(told))
                assert "was lost" not in told["notice"]

    run(visit())


class Counting(Visitor):
    """A visitor that counts the runs of the script."""

    runs = 0

    def _take(self, message: ForwardMsg) -> None:
        super()._take(message)
        self.runs += message.HasField("new_session")


@pytest.mark.slow
def test_no_script_runs_while_a_visitor_listens(server: Server) -> None:
    async def visit() -> tuple[int, int]:
        visitor = Counting(server.url, "live")
        async with (
            visitor.visiting(),
            watching(visitor) as live,
            microphone(visitor, sounds.sound(0)),
        ):
            await live.wait_for(has_scores)
            await asyncio.sleep(2)  # runs requested at the start are over
            visitor.runs, before = 0, live.n_messages
            await asyncio.sleep(3)
            return visitor.runs, live.n_messages - before

    runs, messages = run(visit())
    assert runs == 0
    assert messages >= 3
