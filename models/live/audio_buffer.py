"""The last minutes of a stream's sound.

The last minute is kept as it is, for windows and for "What was that?"; the last ten minutes, or as
many as are wanted, in 16 bits, as they came from WebRTC: half the memory for a rounding error of
-101 dBFS.
"""

import numpy as np
from numpy.typing import NDArray

from models.audio import timing
from models.audio.resampling import Float32
from models.live.ring_buffer import Ring

RECENT_S = 60.0
MAX_RECORDED_S = 600.0
"""What is kept of a session where nothing else is said, in seconds: 19 MB at 16 kHz."""

_FULL_SCALE = 32_768  # of 16 bits, as in models.audio.resampling: their samples stay as they were


class Tape:
    """Keeps sound, addressed by the number of its sample in the stream.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    max_recorded_s : float
        How much of the session is kept, in seconds: its end.
    """

    def __init__(self, sample_rate: int, max_recorded_s: float = MAX_RECORDED_S) -> None:
        self.sample_rate = sample_rate
        self._recent = Ring(round(RECENT_S * sample_rate), dtype=np.float32)
        self._session = Ring(round(max_recorded_s * sample_rate), dtype=np.int16)

    @property
    def stop(self) -> int:
        """How many samples have come in all."""
        return self._recent.stop

    @property
    def duration_s(self) -> float:
        """How much sound has come in all, in seconds."""
        return timing.seconds_from_samples(self.stop, self.sample_rate)

    @property
    def n_bytes(self) -> int:
        """Size in memory, in bytes."""
        return self._recent.n_bytes + self._session.n_bytes

    @property
    def max_bytes(self) -> int:
        """Size that it has once it is full, in bytes."""
        return self._recent.max_bytes + self._session.max_bytes

    @property
    def recent_start(self) -> int:
        """Number of the oldest sample that can be cut into a window."""
        return self._recent.start

    @property
    def session_onset_s(self) -> float:
        """Stream time of the oldest sample kept, in seconds."""
        return timing.seconds_from_samples(self._session.start, self.sample_rate)

    def append(self, samples: Float32) -> None:
        """Add sound, float32 of shape (any,). The session's 16 bits are clipped to full scale."""
        self._recent.append(samples)
        scaled = np.rint(samples * _FULL_SCALE)
        self._session.append(scaled.clip(-_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16))

    def free(self) -> None:
        """Drop all sound; how much came stays known."""
        self._recent.free()
        self._session.free()

    def cut(self, start: int, n_samples: int) -> Float32:
        """Copy a window out of the last minute."""
        window: Float32 = self._recent.between(start, start + n_samples)
        return window

    def last(self, seconds: float) -> Float32:
        """Copy the last `seconds` seconds, of at most `RECENT_S`."""
        sound: Float32 = self._recent.last(timing.samples_from_seconds(seconds, self.sample_rate))
        return sound

    def session(self) -> NDArray[np.int16]:
        """Copy all that is kept of the session, in 16 bits."""
        stored: NDArray[np.int16] = self._session.last(self._session.stop)
        return stored


def from_16_bits(stored: NDArray[np.int16]) -> Float32:
    """Convert a session to samples in [-1, 1]; 40 ms for ten minutes."""
    sound = stored.astype(np.float32)
    sound /= _FULL_SCALE
    return sound
