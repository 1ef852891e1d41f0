"""What stands in for the browser's microphone where there is no browser."""

import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.live.webrtc import Connection
from models.live import Packet, Source
from tests.demonstrated import demonstration_clip


class FakeMicrophone:
    """Delivers a recording in packets of 20 ms, all at once, while it is switched on.

    Parameters
    ----------
    samples : ndarray of float, optional
        At 16 kHz, in [-1, 1]; the first 12 s of the demonstration by default.
    """

    def __init__(self, samples: NDArray[np.floating[Any]] | None = None) -> None:
        self.connection = Connection.IDLE
        demonstrated = demonstration_clip().samples[: 16_000 * 12]
        self.samples = demonstrated if samples is None else samples
        self.clean: list[bool] = []
        self.lost = range(0)
        self.ago_s = 0.0
        self.source: Source | None = None

    def listen(
        self,
        *,
        begin: Callable[[], Source],
        goes_on: Callable[[], bool],
        clean: bool,
        admit: Callable[[], bool],
    ) -> Connection:
        self.clean.append(clean)
        if self.connection is Connection.IDLE:
            self.source = None
            return Connection.IDLE
        if not admit():
            return Connection.REFUSED
        if self.source is not None and not goes_on():
            self.source, self.connection = None, Connection.IDLE
            return Connection.OVER
        if self.source is None:
            self.source = begin()
        return self.connection

    def play(self) -> None:
        """Deliver all packets, as if each had arrived when it was due, the last one just now."""
        assert self.source is not None
        began = time.monotonic() - self.ago_s - len(self.samples) / 16_000
        for index, start in enumerate(range(0, len(self.samples), 320)):
            if index in self.lost:
                continue
            block = (self.samples[start : start + 320] * 32_767).astype(np.int16)
            at = began + start / 16_000
            packet = Packet(block[None], "s16", 16_000, 1, start, Fraction(1, 16_000), at)
            self.source.push(packet)
            time.sleep(0.001)
