"""What stands in for the browser's microphone where there is no browser."""

import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.microphone import Connection
from models.audio import load_clip
from models.demonstration import demonstration_recording
from models.live import Packet


class FakeMicrophone:
    """Delivers a recording in packets of 20 ms, all at once, while it is switched on.

    Parameters
    ----------
    samples : ndarray of float, optional
        At 16 kHz, in [-1, 1]; the first 12 s of the demonstration by default.
    """

    def __init__(self, samples: NDArray[np.floating[Any]] | None = None) -> None:
        self.connection = Connection.IDLE
        demonstrated = load_clip(demonstration_recording()).samples[: 16_000 * 12]
        self.samples = demonstrated if samples is None else samples
        self.clean: list[bool] = []
        self.lost = range(0)
        self.ago_s = 0.0

    def listen(
        self,
        push: Callable[[Packet], None],
        *,
        ended: Callable[[], None],
        clean: bool,
        admit: Callable[[], bool],
    ) -> Connection:
        self.clean.append(clean)
        self.push, self.ended = push, ended
        if self.connection is not Connection.IDLE and not admit():
            return Connection.REFUSED
        return self.connection

    def play(self) -> None:
        for index, start in enumerate(range(0, len(self.samples), 320)):
            if index in self.lost:
                continue
            block = (self.samples[start : start + 320] * 32_767).astype(np.int16)
            time_base = Fraction(1, 16_000)
            self.push(
                Packet(
                    block[None],
                    "s16",
                    16_000,
                    1,
                    index * 320,
                    time_base,
                    time.monotonic() - self.ago_s,
                )
            )
            time.sleep(0.001)
