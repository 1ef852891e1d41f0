"""Waveform of the last seconds, reduced to minima and maxima."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.audio.resampling import Float32
from models.live.ring_buffer import Ring

SHOWN_S = 10.0
STEP_S = 0.02
"""Length of a stretch, in seconds: 500 on the screen, each about two pixels wide."""


@dataclass(frozen=True, eq=False)
class Waveform:
    """Minima and maxima of consecutive stretches of equal length.

    Parameters
    ----------
    first : int
        Number of the first stretch, counted from the beginning of the stream; the number of a
        stretch is the same in every snapshot.
    step_s : float
        Length of a stretch in seconds; stretch ``i`` begins at ``i * step_s`` of stream time.
    extremes : ndarray of float32, shape (n_stretches, 2)
        Minimum and maximum of each stretch; 1.0 is full scale.
    """

    first: int
    step_s: float
    extremes: NDArray[np.float32]


class Trace:
    """Reduces audio to minima and maxima as it arrives.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        self._step_samples = round(STEP_S * sample_rate)
        self._step_s = self._step_samples / sample_rate
        self._extremes = Ring(round(SHOWN_S / STEP_S), dtype=np.float32, row_shape=(2,))
        self._unfinished: Float32 = np.zeros(0, np.float32)

    def append(self, samples: Float32) -> None:
        """Append audio: float32, shape (n_samples,)."""
        samples = np.concatenate((self._unfinished, samples))
        n_whole = len(samples) - len(samples) % self._step_samples
        # A copy, because a view would keep the whole array in memory.
        self._unfinished = samples[n_whole:].copy()
        stretches = samples[:n_whole].reshape(-1, self._step_samples)
        if len(stretches):
            extremes = np.stack((stretches.min(axis=1), stretches.max(axis=1)), axis=1)
            self._extremes.append(extremes)

    @property
    def stop(self) -> int:
        """Number of complete stretches so far."""
        return self._extremes.stop

    def peak(self, seconds: float) -> float:
        """Return the largest magnitude of the last `seconds` seconds; 0.0 before any audio."""
        last = self._extremes.last(round(seconds / self._step_s))
        return float(np.abs(last).max(initial=0.0))

    def view(self, since: int = 0) -> Waveform:
        """Copy the last `SHOWN_S` seconds, or the part from stretch number `since` on."""
        extremes = self._extremes
        first = min(max(since, extremes.start), extremes.stop)
        return Waveform(first, self._step_s, extremes.between(first, extremes.stop))
