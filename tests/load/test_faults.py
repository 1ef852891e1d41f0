"""Something breaks inside the server: whom it concerns is told and goes on, others notice nothing.

The fault is injected into the running app: an interpreter that fails once, at the first
window whose sound is loud.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import runtime

from models.audio import Clip, load_clip
from models.classifier import Classifier
from models.playback import wav_file
from tests.e2e.driving import Server, serving_starter
from tests.load import sounds
from tests.load.microphone import lose_network, microphone
from tests.load.people import bring, is_kept, of_clip, panel
from tests.load.wire import Picker, Visitor, run

FAULT = """
from models.classifier import threads

if not hasattr(threads, "faults_left"):
    threads.faults_left = 1
    whole = threads.Pool._run

    def failing(self, samples, hop_samples, rows):
        if threads.faults_left and abs(samples).max() > 0.6:
            threads.faults_left -= 1
            raise RuntimeError("Invoke failed: injected")
        whole(self, samples, hop_samples, rows)

    threads.Pool._run = failing
"""

SLOW = """
from streamlit.runtime import runtime

runtime.MESSAGE_FLUSH_INTERVAL_SECS = 1.0  # as long as a server takes where many people listen
"""


@pytest.fixture
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving_starter(tmp_path_factory.mktemp("faulty"), FAULT) as running:
        yield running


@pytest.fixture
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    # Otherwise the server would send as fast as ever, and nothing would be shown.
    assert hasattr(runtime, "MESSAGE_FLUSH_INTERVAL_SECS")
    loop = runtime.Runtime._loop_coroutine.__code__
    assert "MESSAGE_FLUSH_INTERVAL_SECS" in loop.co_names, "it is not looked up any more"
    with serving_starter(tmp_path_factory.mktemp("slow"), SLOW) as running:
        yield running


def at_peak(recording: bytes, peak: float) -> bytes:
    clip = load_clip(recording)
    samples = clip.samples / np.abs(clip.samples).max() * np.float32(peak)
    return wav_file(Clip.from_samples(samples, clip.sample_rate))


def failure(element: Element) -> str | None:
    told: str = element.alert.body
    return told if "Something went wrong in Earmark itself" in told else None


def later_than(seconds: float) -> Picker:
    """Pick the panel once it has listened for so long."""

    def pick(element: Element) -> dict[str, Any] | None:
        shown = panel(element)
        return shown if shown is not None and shown["clock_s"] > seconds else None

    return pick


def test_an_interpreter_that_fails_concerns_one_person_who_can_try_again(
    faulty: Server, starter: Classifier
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
    alone = [sounds.heard_alone(recording, starter).picture for recording in (breaking, quiet)]
    assert pictures == alone


def test_a_listening_that_fails_is_told_keeps_what_was_heard_and_begins_again(
    faulty: Server,
) -> None:
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(8 * 48_000) / 48_000).astype(np.float32)
    breaking = tone.copy()
    breaking[6 * 48_000 :] *= 3.3  # once it is well connected

    async def unlucky() -> None:
        visitor = Visitor(faulty.url, "live")
        async with visitor.visiting():
            async with microphone(visitor, breaking):
                told = await visitor.wait_for(lambda e: (panel(e) or {}).get("notice") or None)
                assert "something went wrong" in told
            await visitor.wait_for(is_kept)
            async with microphone(visitor, tone):
                await visitor.wait_for(lambda e: (panel(e) or {}).get("top") or None)

    async def other() -> None:
        visitor = Visitor(faulty.url, "live")
        async with visitor.visiting(), microphone(visitor, tone):
            for seconds in range(1, 11):
                shown = await visitor.wait_for(later_than(seconds))
                assert "wrong" not in shown["notice"]

    async def both() -> None:
        await asyncio.gather(unlucky(), other())

    run(both())


def lost(element: Element) -> bool | None:
    return True if "connection to your microphone was lost" in element.alert.body else None


def test_a_microphone_that_loses_its_network_is_told_keeps_what_was_heard_and_goes_on(
    server: Server,
) -> None:
    async def visit() -> None:
        visitor = Visitor(server.url, "live")
        async with visitor.visiting():
            async with microphone(visitor, sounds.sound(0)) as connection:
                await visitor.wait_for(lambda e: (panel(e) or {}).get("top") or None)
                lose_network(connection)
                told = await visitor.wait_for(lambda e: (panel(e) or {}).get("notice") or None)
                assert "No sound arrives any more" in told
            await visitor.wait_for(lost)  # the browser presses Stop by itself
            await visitor.wait_for(is_kept)
            async with microphone(visitor, sounds.sound(0)):
                await visitor.wait_for(lambda e: (panel(e) or {}).get("top") or None)
                assert "was lost" not in visitor.words()

    run(visit())


class Counting(Visitor):
    """Counts the refreshes that the server began, and the panels that came of them."""

    refreshes = panels = 0

    def _take(self, message: ForwardMsg) -> None:
        super()._take(message)
        if message.HasField("new_session") and message.metadata.run.fragment_ids:
            self.refreshes += 1
        elif panel(message.delta.new_element) is not None:
            self.panels += 1


def test_no_refresh_is_for_nothing_where_the_server_sends_slowly(slow: Server) -> None:
    """Streamlit drops what a fragment drew, and did not send, once that fragment runs again."""

    async def visit() -> tuple[int, int]:
        visitor = Counting(slow.url, "live")
        async with visitor.visiting(), microphone(visitor, sounds.sound(0)):
            await visitor.wait_for(lambda e: (panel(e) or {}).get("top") or None)
            visitor.refreshes = visitor.panels = 0
            for _ in range(5):
                shown = await visitor.wait_for(panel)
                await visitor.wait_for(later_than(shown["clock_s"]))
            return visitor.refreshes, visitor.panels

    refreshes, panels = run(visit())
    assert panels >= refreshes - 1, "drawings of so many others were lost"
