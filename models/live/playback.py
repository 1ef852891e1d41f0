"""Playback of a clip into a live session, as far as a browser has played its sound.

Conventions
-----------
The browser plays the sound and reports its position; this side passes on the clip's own samples up
to there. Sound and scores therefore stay together however slow the connection is, and the scores
are those of the clip at the same hop.
"""

import math
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Protocol

import numpy as np

from models.audio import Clip
from models.audio.resampling import Float32
from models.live.packets import Packet

MAX_PLAYED_S = 3600.0
"""Longest clip that is played, in seconds: 230 MB of samples at 16 kHz."""

MAX_STEP_S = 5.0
"""Longest part that one report passes on, in seconds: after a pause of the connection, the
following reports pass on the rest."""


class PlaybackSink(Protocol):
    """The interface of a source that playback uses."""

    def push(self, packet: Packet) -> None:
        """Pass a packet on."""
        ...

    def finish(self) -> None:
        """End the stream once all packets are processed."""
        ...


class Playback:
    """Passes the samples of a clip to a source. Thread-safe.

    Parameters
    ----------
    clip : Clip
        At the sample rate of the classifier.
    source : PlaybackSink
        Receives the packets.
    window_samples, hop_samples : int
        Lengths of the window and of the hop, for the padding of the last window.
    repeats : bool
        Whether the clip begins again after its end.
    clock : callable, optional
        Returns a monotonic time in seconds.
    """

    def __init__(
        self,
        clip: Clip,
        source: PlaybackSink,
        *,
        window_samples: int,
        hop_samples: int,
        repeats: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clip, self._source, self._clock = clip, source, clock
        self._window_samples, self._hop_samples = window_samples, hop_samples
        self.repeats = repeats
        self._lock = threading.Lock()
        self._position = 0  # samples passed on, over all repetitions
        self._finished = False

    @property
    def duration_s(self) -> float:
        """Duration of the clip, in seconds."""
        return self._clip.duration_s

    @property
    def n_bytes(self) -> int:
        """Size of the samples, in bytes."""
        return self._clip.samples.nbytes

    def advance(self, played_s: float) -> None:
        """Pass on what has been played.

        Parameters
        ----------
        played_s : float
            Duration of the sound played so far, all repetitions included, in seconds. Ignored if it
            is not finite, or earlier than before.
        """
        if not math.isfinite(played_s):
            return
        with self._lock:
            if not self._finished:
                self._advance(played_s)

    def finish(self) -> None:
        """Pass on the end of the clip, pad the last window with zeros, and end the source."""
        with self._lock:
            if self._finished:
                return
            self._finished = True
            n_samples = len(self._clip.samples)
            self._advance((self._position // n_samples + 1) * self.duration_s)
            n_hops = math.ceil(max(0, n_samples - self._window_samples) / self._hop_samples)
            n_padded = self._window_samples + n_hops * self._hop_samples - n_samples
            if n_padded and self._position % n_samples == 0:
                self._push(np.zeros(n_padded, np.float32))
            self._source.finish()

    def _advance(self, played_s: float) -> None:
        rate, samples = self._clip.sample_rate, self._clip.samples
        wanted = min(played_s, self._position / rate + MAX_STEP_S)
        stop = round(wanted * rate)
        if not self.repeats:
            stop = min(stop, len(samples))
        while self._position < stop:
            start = self._position % len(samples)
            self._push(samples[start : start + stop - self._position])

    def _push(self, samples: Float32) -> None:
        rate = self._clip.sample_rate
        time_base = Fraction(1, rate)
        self._source.push(
            Packet(samples[None], "flt", rate, 1, self._position, time_base, self._clock())
        )
        self._position += len(samples)
