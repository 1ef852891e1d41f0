"""Rate limiter for aiortc's audio decoders.

aiortc puts each packet into an unbounded queue of its decoder thread, and joins that thread on the
event loop when a connection ends. If audio arrives faster than real time, the queue grows, and the
server blocks until all of it is decoded: 18 s after half a minute of 3,000 packets per second
(aiortc 1.16). This module drops packets that arrive too early, which takes microseconds.
"""

import threading
import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from models.live.intake import CLOCK_TOLERANCE
from models.live.session import MAX_AHEAD_S

MIN_FRAME_S = 0.0025
"""Minimum duration that a packet counts as, in seconds: the shortest frame of Opus (RFC 6716)."""


class RealTimeBudget:
    """Comparison of the decoded duration with the elapsed time.

    Parameters
    ----------
    clock : callable, optional
        Monotonic clock that returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._began_at = clock, clock()
        self._decoded_s = 0.0

    @property
    def is_ahead(self) -> bool:
        """Whether the decoded duration exceeds the elapsed time beyond the tolerance."""
        elapsed_s = self._clock() - self._began_at
        return self._decoded_s > CLOCK_TOLERANCE * elapsed_s + MAX_AHEAD_S

    def count(self, given_s: float) -> None:
        """Count the duration of a decoded packet, in seconds."""
        self._decoded_s += max(MIN_FRAME_S, given_s)


class PacedDecoder:
    """Decoder that drops packets while its budget is ahead of real time.

    Parameters
    ----------
    decoder : aiortc.codecs.base.Decoder
        Decoder of the other packets.
    pace : RealTimeBudget
        Budget of the connection, shared by its codecs.
    """

    def __init__(self, decoder: Any, pace: RealTimeBudget) -> None:  # noqa: ANN401  # aiortc's own types
        self._decoder, self._pace = decoder, pace

    def decode(self, encoded: Any) -> Sequence[Any]:  # noqa: ANN401
        """Return the frames of a packet; none if it is dropped."""
        if self._pace.is_ahead:
            return []
        frames: Sequence[Any] = ()
        try:
            frames = self._decoder.decode(encoded)
        finally:
            self._pace.count(sum(frame.samples / frame.sample_rate for frame in frames))
        return frames


@cache
def pace_decoders() -> None:
    """Make all receivers of aiortc in this process use `PacedDecoder`.

    Raises
    ------
    RuntimeError
        If the installed aiortc lacks the function that creates decoders.
    """
    from aiortc import rtcrtpreceiver

    make = getattr(rtcrtpreceiver, "get_decoder", None)
    if make is None:
        raise RuntimeError(
            "The installed aiortc makes its decoders otherwise than 1.16. Install a version within "
            "the bounds of requirements.txt."
        )
    # Each receiver has its own thread, which creates a decoder whenever the codec changes.
    local = threading.local()

    def make_paced(codec: Any) -> PacedDecoder:  # noqa: ANN401
        if not hasattr(local, "pace"):
            local.pace = RealTimeBudget()
        return PacedDecoder(make(codec), local.pace)

    setattr(rtcrtpreceiver, "get_decoder", make_paced)  # noqa: B010  # unknown to mypy
