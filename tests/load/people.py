"""Simulated visitors: they upload clips, listen, and leave at random."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.Element_pb2 import Element

from models.inference import Classifier
from tests.load import sounds
from tests.load.microphone import microphone
from tests.load.scores import has_scores, watching
from tests.load.wire import Visitor, component

SHARED_CLIPS = 12
"""Number of clips that several visitors upload: their results come from one cache."""

player = component("earmark_player")


class Gone(Exception):  # noqa: N818  # not an error
    """The visitor closed the tab."""


@dataclass
class Tally:
    """Observations of all visitors.

    Parameters
    ----------
    clips : list of (int, str)
        Seed of each uploaded clip, and digest of the received picture.
    waits_s : list of float
        Time from an upload's run to the arrival of its result, in seconds.
    first_scores_s : list of float
        Time from a microphone's connection to the first scores on the page, in seconds.
    heard : list of (int, bytes, str)
        Seed of each sound sent by a microphone, the recording that the app kept of it, and the
        digest of its picture.
    left : int
        How often a visitor left before the end.
    troubles : list of str
        Unexpected errors.
    """

    clips: list[tuple[int, str]] = field(default_factory=list)
    waits_s: list[float] = field(default_factory=list)
    first_scores_s: list[float] = field(default_factory=list)
    heard: list[tuple[int, bytes, str]] = field(default_factory=list)
    left: int = 0
    troubles: list[str] = field(default_factory=list)

    def wrong_results(self, classifier: Classifier) -> list[str]:
        """Compare all results with those of separate analyses; returns descriptions of errors."""
        wrong = []
        for seed, picture in self.clips:
            if sounds.heard_alone(sounds.clip(seed), classifier).picture != picture:
                wrong.append(f"clip {seed} is heard otherwise alone")
        for seed, recording, picture in self.heard:
            alone = sounds.heard_alone(recording, classifier)
            if alone.picture != picture:
                wrong.append(f"what was kept of sound {seed} is heard otherwise alone")
            if not set(alone.best) & set(sounds.best_of(seed, classifier)):
                wrong.append(f"sound {seed} became {', '.join(alone.best)}")
        return wrong


async def crowd(url: str, people: int, duration_s: float, seed: int, tally: Tally) -> None:
    """Run several visitors concurrently for a duration."""
    until = time.monotonic() + duration_s
    await asyncio.gather(*(person(url, seed * 1000 + n, until, tally) for n in range(people)))


async def person(url: str, seed: int, until: float, tally: Tally) -> None:
    """Visit repeatedly until a time of ``time.monotonic``."""
    chance = random.Random(seed)  # noqa: S311  # not used for security
    await asyncio.sleep(chance.uniform(0, 2))
    while time.monotonic() < until:
        doing = listen if chance.random() < 0.35 else bring_clips
        try:
            await doing(url, chance, tally)
        except Gone:
            tally.left += 1
        except Exception as error:  # noqa: BLE001  # reported at the end; other visitors continue
            tally.troubles.append(f"{doing.__name__}: {error!r}")
        await asyncio.sleep(chance.uniform(0, 1.5))


async def bring(visitor: Visitor, recording: bytes) -> tuple[str, float]:
    """Upload a clip; returns the digest of its picture, and the time to its result in seconds."""
    await visitor.upload({"clip.wav": recording})
    asked = time.monotonic()
    shown = await visitor.wait_for(of_clip(sounds.digest(recording)))
    wait_s = time.monotonic() - asked
    return sounds.digest(await visitor.fetch(shown["picture"])), wait_s


async def bring_clips(url: str, chance: random.Random, tally: Tally) -> None:
    visitor = Visitor(url)
    async with visitor.visiting():
        for _ in range(chance.choice((1, 1, 2, 3))):
            shared = chance.random() < 0.3
            seed = chance.randrange(SHARED_CLIPS) if shared else chance.randrange(1 << 30)
            recording = sounds.clip(seed)
            if chance.random() < 0.15:
                await visitor.upload({"clip.wav": recording})
                await asyncio.sleep(chance.uniform(0, 0.3))
                raise Gone
            picture, wait_s = await bring(visitor, recording)
            tally.clips.append((seed, picture))
            tally.waits_s.append(wait_s)
            await asyncio.sleep(chance.uniform(0, 3))


async def listen(url: str, chance: random.Random, tally: Tally) -> None:
    visitor, seed = Visitor(url, "live"), chance.randrange(1 << 30)
    async with visitor.visiting():
        async with watching(visitor) as live, microphone(visitor, sounds.sound(seed)):
            connected = time.monotonic()
            await live.wait_for(has_scores)
            tally.first_scores_s.append(time.monotonic() - connected)
            await asyncio.sleep(chance.uniform(3, 12))
            if chance.random() < 0.3:
                raise Gone
        await visitor.wait_for(is_kept)
        await visitor.go("")
        shown = await visitor.wait_for(player)
        recording = await visitor.fetch(shown["audio"])
        picture = sounds.digest(await visitor.fetch(shown["picture"]))
        tally.heard.append((seed, recording, picture))


def of_clip(clip: str) -> Any:  # noqa: ANN401
    def pick(element: Element) -> dict[str, Any] | None:
        shown = player(element)
        return shown if shown is not None and shown.get("clip") == clip else None

    return pick


def is_kept(element: Element) -> bool | None:
    """Whether the page links to the recording of the live session."""
    return True if "Inspect what was heard" in element.page_link.label else None
