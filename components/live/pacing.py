"""Decoders of WebRTC that keep to the clock.

aiortc puts each packet into a queue without bound before its decoder's thread, and joins that
thread on the event loop when a connection ends. With more sound than time passes, that queue grows,
and the server stands still until all of it is decoded: 18 s after half a minute of 3,000 packets a
second (aiortc 1.16). What comes too early is dropped here, which takes microseconds.
"""

import threading
import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from models.live.intake import CLOCK_TOLERANCE
from models.live.session import MAX_AHEAD_S

MIN_FRAME_S = 0.0025
"""A packet counts as at least this much sound, in seconds: Opus's shortest (RFC 6716)."""


class RealTimeBudget:
    """An account of the sound that was decoded, by the clock.

    Parameters
    ----------
    clock : callable, optional
        Gives the time, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._began_at = clock, clock()
        self._decoded_s = 0.0

    @property
    def is_ahead(self) -> bool:
        """Whether more sound was decoded than time passed."""
        elapsed_s = self._clock() - self._began_at
        return self._decoded_s > CLOCK_TOLERANCE * elapsed_s + MAX_AHEAD_S

    def count(self, given_s: float) -> None:
        """Count a packet's sound, in seconds."""
        self._decoded_s += max(MIN_FRAME_S, given_s)


class PacedDecoder:
    """A decoder that drops packets of more sound than time passed.

    Parameters
    ----------
    decoder : aiortc.codecs.base.Decoder
        Decodes the others.
    pace : RealTimeBudget
        Of the connection, whose packets may be of several codecs.
    """

    def __init__(self, decoder: Any, pace: RealTimeBudget) -> None:  # noqa: ANN401  # aiortc's own types
        self._decoder, self._pace = decoder, pace

    def decode(self, encoded: Any) -> Sequence[Any]:  # noqa: ANN401
        """Decode a packet, or drop it: then there are no frames."""
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
    """Have aiortc's receivers use such decoders, for as long as the process lives.

    Raises
    ------
    RuntimeError
        If the installed aiortc makes its decoders otherwise than it is known to.
    """
    from aiortc import rtcrtpreceiver

    make = getattr(rtcrtpreceiver, "get_decoder", None)
    if make is None:
        raise RuntimeError(
            "The installed aiortc makes its decoders otherwise than 1.16. Install a version within "
            "the bounds of requirements.txt."
        )
    # Each receiver has a thread of its own, which makes a decoder whenever the codec changes.
    local = threading.local()

    def make_paced(codec: Any) -> PacedDecoder:  # noqa: ANN401
        if not hasattr(local, "pace"):
            local.pace = RealTimeBudget()
        return PacedDecoder(make(codec), local.pace)

    setattr(rtcrtpreceiver, "get_decoder", make_paced)  # noqa: B010  # mypy knows it not
