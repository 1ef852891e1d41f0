"""Packets made of known sound, and a scorer simple enough to know its scores beforehand."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import cycle
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.inference import Contract
from models.live import LiveStream, Packet
from models.live.packets import MESSAGE_HEADER

RATE_HZ = 16_000
WINDOW = 15_600
LABELS = ("Loud", "Positive", "Rest")


def write_message(source: int, sample_rate: int, first: int, samples: NDArray[np.int16]) -> bytes:
    """Write a packet of mono samples as the browser sends it; see `models.live.packets`."""
    return MESSAGE_HEADER.pack(source, sample_rate, first) + samples.astype("<i2").tobytes()


class PlainScorer:
    """Scores each window by its peak and by the share of its positive samples."""

    labels = LABELS
    contract = Contract(RATE_HZ, WINDOW, len(LABELS))

    def score(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        loud, positive = np.abs(windows).max(axis=1), (windows > 0).mean(axis=1)
        return np.stack((loud, positive, 0 * loud), axis=1).astype(np.float32)


class HeldScorer(PlainScorer):
    """Scores nothing until it is let go."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.go = threading.Event()

    def score(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        self.asked.set()
        assert self.go.wait(60)
        return super().score(windows)


class Clock:
    """Time that passes only when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def in_format(channels: NDArray[np.float64], sample_format: str) -> NDArray[Any]:
    """Lay out sound of shape (channels, n_samples) in [-1, 1] as PyAV does."""
    kind = {"s16": np.int16, "s32": np.int32, "flt": np.float32}[sample_format.removesuffix("p")]
    scale = 1 if kind is np.float32 else np.iinfo(kind).max
    block = (channels * scale).astype(kind)
    return block if sample_format.endswith("p") else block.T.reshape(1, -1)


def cut(
    channels: NDArray[np.float64],
    *,
    sample_rate: int = RATE_HZ,
    sample_format: str = "s16",
    sizes: Iterable[int] = (320,),
    first_pts: int = 0,
    clock: Callable[[], float] = lambda: 0.0,
) -> Iterator[Packet]:
    """Cut sound of shape (channels, n_samples) into packets of the given sizes, in turn."""
    at = 0
    for size in cycle(sizes):
        if at >= channels.shape[1]:
            return
        part = channels[:, at : at + size]
        yield Packet(
            in_format(part, sample_format),
            sample_format,
            sample_rate,
            len(channels),
            first_pts + at,
            Fraction(1, sample_rate),
            clock(),
        )
        at += size


def feed(stream: LiveStream, packets: Iterable[Packet]) -> None:
    """Push packets as fast as the worker takes them, until it has taken them all."""
    for packet in packets:
        stream.push(packet)
        if len(stream.inlet) > 500:
            drain(stream)
    drain(stream)


def drain(stream: LiveStream) -> None:
    """Have the worker take what waits, without the time it would take to look by itself."""
    stream.inlet.wake()
    until(lambda: not len(stream.inlet), every_s=0.001)


def until(condition: Callable[[], object], within_s: float = 60.0, every_s: float = 0.01) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(every_s)


def noise(
    duration_s: float, *, sample_rate: int = RATE_HZ, channels: int = 1, seed: int = 0
) -> NDArray[np.float64]:
    """Noise whose level comes and goes, so that its windows differ."""
    generator = np.random.default_rng(seed)
    n_samples = round(duration_s * sample_rate)
    swell = 0.5 + 0.4 * np.sin(np.arange(n_samples) * 2 * np.pi * 1.3 / sample_rate)
    return generator.uniform(-1, 1, (channels, n_samples)) * swell


def live_threads() -> int:
    """How many workers run."""
    return sum(thread.name == "live" for thread in threading.enumerate())
