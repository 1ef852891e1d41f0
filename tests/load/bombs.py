"""Load test with hostile files: their cost to a running server and to its other visitors.

Each file is uploaded alone, then all concurrently, while one visitor listens and another uploads a
clip of ten seconds.

    python -m tests.load.bombs
"""

import argparse
import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from streamlit.proto.Element_pb2 import Element

from models.registry.catalog import CATALOG, find_model
from tests.e2e.driving import Server, serving_app
from tests.hostile import bombs
from tests.load import sounds
from tests.load.microphone import microphone
from tests.load.people import bring, player
from tests.load.scores import has_scores, watching
from tests.load.wire import Visitor
from tests.models.audio.recording_files import RECIPES, make

_WATCH_S = 0.02
_LISTENED_S = 5.0
"""Listening time before the uploads begin and after they end, in seconds."""


def files() -> dict[str, bytes]:
    """Make the files: very many streams and tags, and files of the hostile suite."""
    made = {
        "120 streams of 255 channels": bombs.opus_streams(120, 255),
        "40 streams of 255 channels": bombs.opus_streams(40, 255),
        "1000 streams": bombs.opus_streams(1_000, 1),
        "zeros behind Ogg": make(RECIPES["ogg opus"][0], 0.3) + bytes(5 << 20),
        "zeros behind WAV": make(RECIPES["wav s16"][0], 0.3) + bytes(5 << 20),
    }
    made |= {f"tags: {name}": make_tags(40_000) for name, make_tags in bombs.TAGS.items()}
    for name, make_bomb in bombs.LARGE.items():
        made |= {f"{name} {seed}": make_bomb(Random(f"{name} {seed}")) for seed in range(3)}  # noqa: S311
    return made


@dataclass
class Peak:
    """Peak memory of a server during an interval, in MB."""

    mb: float = 0.0


@dataclass
class Cost:
    """Cost of files to a server.

    Parameters
    ----------
    idle_mb : float
        Memory of the server before.
    alone : dict
        For each file: seconds until its visitor sees an outcome, the outcome, and the server's
        memory above idle, in MB.
    together : dict
        For each file: seconds until its visitor sees an outcome, and the outcome, with all files
        uploaded concurrently.
    together_mb : float
        Peak memory meanwhile above that with one listener, in MB.
    harmless_mb : float
        The same for as many concurrent clips of ten seconds, in MB.
    clip_s : list of float
        Duration of another visitor's analyses meanwhile, in seconds.
    before_s : list of float
        Duration of such analyses before, in seconds.
    dropped_windows : int
        Windows that a live stream dropped meanwhile.
    """

    idle_mb: float = 0.0
    alone: dict[str, tuple[float, str, float]] = field(default_factory=dict)
    together: dict[str, tuple[float, str]] = field(default_factory=dict)
    together_mb: float = 0.0
    harmless_mb: float = 0.0
    clip_s: list[float] = field(default_factory=list)
    before_s: list[float] = field(default_factory=list)
    dropped_windows: int = 0


async def measure(server: Server, brought: Mapping[str, bytes]) -> Cost:
    """Upload files alone and concurrently, and measure their cost."""
    cost = Cost()
    for seed in range(4):  # warm-up: loads what is loaded once
        cost.before_s.append(await _bring_clip(server, seed))
    await asyncio.sleep(2)
    cost.idle_mb = server.resident_mb()
    for name, content in brought.items():
        async with _peak(server) as peak:
            took_s, told = await _bring_bomb(server, content)
        cost.alone[name] = took_s, told, peak.mb - cost.idle_mb
    async with _peak(server) as peak:
        before_mb = server.resident_mb()
        seeds = range(100, 100 + len(brought))
        await asyncio.gather(*(_bring_clip(server, seed) for seed in seeds))
    cost.harmless_mb = peak.mb - before_mb
    async with _listening(server) as dropped, _peak(server) as peak:
        await asyncio.sleep(_LISTENED_S)
        dropped_before, before_mb = dropped(), server.resident_mb()
        peak.mb = before_mb
        # With one more byte each: otherwise the results would come from the cache.
        others = [each + b"\0" for each in brought.values()]
        bombing = [asyncio.create_task(_bring_bomb(server, each)) for each in others]
        for seed in range(10, 13):
            cost.clip_s.append(await _bring_clip(server, seed))
        results = await asyncio.gather(*bombing)
        await asyncio.sleep(_LISTENED_S)
        cost.dropped_windows = dropped() - dropped_before
    cost.together = dict(zip(brought, results, strict=True))
    cost.together_mb = peak.mb - before_mb
    return cost


@contextlib.asynccontextmanager
async def _peak(server: Server) -> AsyncIterator[Peak]:
    peak = Peak(server.resident_mb())

    async def watch() -> None:
        while True:
            peak.mb = max(peak.mb, server.resident_mb())
            await asyncio.sleep(_WATCH_S)

    watching_it = asyncio.create_task(watch())
    try:
        yield peak
    finally:
        watching_it.cancel()


@contextlib.asynccontextmanager
async def _listening(server: Server) -> AsyncIterator[Callable[[], int]]:
    """Listen meanwhile; yields a function that returns the number of dropped windows."""
    visitor = Visitor(server.url, "live")
    async with (
        visitor.visiting(),
        watching(visitor) as live,
        microphone(visitor, sounds.sound(0)),
    ):
        await live.wait_for(has_scores)

        def dropped() -> int:
            return int({name: value for name, value, _ in live.state["health"]}["Dropped windows"])

        yield dropped


async def _bring_clip(server: Server, seed: int) -> float:
    visitor = Visitor(server.url)
    async with visitor.visiting():
        return (await bring(visitor, sounds.clip(seed)))[1]


async def _bring_bomb(server: Server, content: bytes) -> tuple[float, str]:
    """Upload a file; return the seconds until an outcome is shown, and the outcome in words."""
    visitor = Visitor(server.url)
    async with visitor.visiting():
        await visitor.upload({"bomb": content})
        asked = time.monotonic()
        told = await visitor.wait_for(_outcome, 300.0)
        return time.monotonic() - asked, told


def _outcome(element: Element) -> str | None:
    if element.HasField("alert"):
        return str(element.alert.body)
    return None if player(element) is None else "a clip"


def main() -> None:
    """Measure with YAMNet, and print the tables."""
    argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0]).parse_args()
    path = find_model(CATALOG["yamnet"])
    if path is None:
        raise SystemExit("YAMNet's file is in none of the model folders; start the app once.")
    _print(asyncio.run(_measured(path)))


async def _measured(path: Path) -> Cost:
    with serving_app(path.parent) as server:
        return await measure(server, files())


def _print(cost: Cost) -> None:
    print(f"server at rest: {cost.idle_mb:.0f} MB; 10 s clips: {_spoken(cost.before_s)}\n")
    print(
        "| file | alone: told after (s) | server above rest (MB) | at once: told after (s) | told |"
    )
    print("|---|---:|---:|---:|---|")
    for name, (took_s, told, mb) in cost.alone.items():
        words = " ".join(told.split())[:100].replace("|", "")
        print(f"| {name} | {took_s:.1f} | {mb:.0f} | {cost.together[name][0]:.1f} | {words} |")
    more = f"{cost.together_mb:.0f} MB more (as many clips: {cost.harmless_mb:.0f} MB)"
    print(f"\nall at once: {more}; 10 s clips: {_spoken(cost.clip_s)};")
    print(f"windows that the live stream dropped: {cost.dropped_windows}")


def _spoken(times_s: list[float]) -> str:
    return ", ".join(f"{each:.2f} s" for each in times_s)


if __name__ == "__main__":
    main()
