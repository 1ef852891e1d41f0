"""Ring buffers for the audio of a stream.

The last minute is stored as float32, for windows and for excerpts. The session, ten minutes by
default, is stored as 16-bit integers, the format of WebRTC: half the memory, at a rounding error of
-101 dBFS.
"""

import numpy as np
from numpy.typing import NDArray

from models.audio import timing
from models.audio.resampling import Float32
from models.live.ring_buffer import Ring

RECENT_S = 60.0
MAX_RECORDED_S = 600.0
"""Default length of the session that is kept, in seconds: 19 MB at 16 kHz."""

_FULL_SCALE = 32_768  # of int16, as in models.audio.resampling: 16-bit samples are kept exactly


class Tape:
    """Stores audio, addressed by sample number in the stream.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    max_recorded_s : float
        Length of the session that is kept, in seconds; older audio is dropped.
    """

    def __init__(self, sample_rate: int, max_recorded_s: float = MAX_RECORDED_S) -> None:
        self.sample_rate = sample_rate
        self._recent = Ring(round(RECENT_S * sample_rate), dtype=np.float32)
        self._session = Ring(round(max_recorded_s * sample_rate), dtype=np.int16)

    @property
    def stop(self) -> int:
        """Number of samples appended so far."""
        return self._recent.stop

    @property
    def duration_s(self) -> float:
        """Duration of the audio appended so far, in seconds."""
        return timing.seconds_from_samples(self.stop, self.sample_rate)

    @property
    def n_bytes(self) -> int:
        """Size in memory, in bytes."""
        return self._recent.n_bytes + self._session.n_bytes

    @property
    def max_bytes(self) -> int:
        """Size in memory of full buffers, in bytes."""
        return self._recent.max_bytes + self._session.max_bytes

    @property
    def recent_start(self) -> int:
        """Number of the oldest sample that is available for windows."""
        return self._recent.start

    @property
    def session_onset_s(self) -> float:
        """Stream time of the oldest sample of the session, in seconds."""
        return timing.seconds_from_samples(self._session.start, self.sample_rate)

    def append(self, samples: Float32) -> None:
        """Append audio: float32, shape (n_samples,). The session's 16 bits are clipped."""
        self._recent.append(samples)
        scaled = np.rint(samples * _FULL_SCALE)
        self._session.append(scaled.clip(-_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16))

    def free(self) -> None:
        """Drop all audio; the sample count remains."""
        self._recent.free()
        self._session.free()

    def cut(self, start: int, n_samples: int) -> Float32:
        """Copy `n_samples` samples from number `start` on, as far as the last minute holds them."""
        window: Float32 = self._recent.between(start, start + n_samples)
        return window

    def last(self, seconds: float) -> Float32:
        """Copy the last `seconds` seconds, `RECENT_S` at most."""
        sound: Float32 = self._recent.last(timing.samples_from_seconds(seconds, self.sample_rate))
        return sound

    def session(self) -> NDArray[np.int16]:
        """Copy the session as stored: int16, shape (n_samples,)."""
        stored: NDArray[np.int16] = self._session.last(self._session.stop)
        return stored


def from_16_bits(stored: NDArray[np.int16]) -> Float32:
    """Convert a stored session to float32 in [-1, 1]; takes 40 ms for ten minutes."""
    sound = stored.astype(np.float32)
    sound /= _FULL_SCALE
    return sound
