"""Envelope of a waveform for display at several zoom levels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_STRETCHES = 262_144
"""Largest number of stretches of an envelope: an hour in steps of 16 ms, or 16 seconds sample by
sample at 16 kHz. At most 1 MB, and a quarter of it in transfer to the browser."""

FULL_SCALE = 32_767
"""The value that represents 1.0, or a larger peak: 16 bits, so that a quiet recording can be
magnified."""


@dataclass(frozen=True, eq=False)
class Envelope:
    """Minima and maxima of consecutive stretches of equal length.

    Parameters
    ----------
    step_s : float
        Length of a stretch, in seconds; the last one may be shorter.
    extremes : ndarray of int16, shape (n_stretches, 2)
        Minimum and maximum of each stretch. `FULL_SCALE` represents 1.0, or the largest magnitude
        of a recording beyond full scale.
    """

    step_s: float
    extremes: NDArray[np.int16]

    @property
    def peak(self) -> float:
        """Largest magnitude, as a share of what `FULL_SCALE` stands for."""
        return float(np.abs(self.extremes.astype(np.int32)).max(initial=0)) / FULL_SCALE


def min_max_envelope(
    samples: NDArray[np.float32], sample_rate: int, *, max_stretches: int = MAX_STRETCHES
) -> Envelope:
    """Compute the minimum and maximum of each stretch, so that clicks remain visible.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        Mono; 1.0 is full scale.
    sample_rate : int
        In Hz.
    max_stretches : int
        Largest number of stretches.

    Returns
    -------
    Envelope
        At most `max_stretches` stretches; one per sample if there are no more samples than that.

    Examples
    --------
    >>> samples = np.array([0, 1, -1, 0], np.float32)
    >>> min_max_envelope(samples, 16_000, max_stretches=2).extremes.tolist()
    [[0, 32767], [-32767, 0]]
    """
    running = RunningEnvelope(sample_rate, max_stretches=max_stretches)
    running.append(samples)
    return running.envelope()


class RunningEnvelope:
    """Computes the envelope of a clip that arrives in blocks, of any length.

    It begins with one stretch per sample. Whenever the limit is reached and more samples arrive,
    neighbouring stretches are joined, which doubles the length of a stretch.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    max_stretches : int
        Largest number of stretches.
    """

    def __init__(self, sample_rate: int, *, max_stretches: int = MAX_STRETCHES) -> None:
        self._sample_rate = sample_rate
        self._max_stretches = max_stretches
        self._pairs = np.empty((max(2, max_stretches // 2 * 2), 2), np.float32)
        self._n_pairs = 0
        self._step = 1
        self._begun = np.empty(0, np.float32)  # an incomplete stretch

    def append(self, samples: NDArray[np.float32]) -> None:
        """Append the next block: float32, shape (n_samples,)."""
        samples = np.concatenate((self._begun, samples)) if len(self._begun) else samples
        while len(samples) >= self._step:
            if self._n_pairs == len(self._pairs):
                self._join()
                continue
            room = len(self._pairs) - self._n_pairs
            count = min(room, len(samples) // self._step)
            # A reshaped view: `reduceat` takes ten times as long.
            whole = samples[: count * self._step].reshape(count, self._step)
            place = self._pairs[self._n_pairs : self._n_pairs + count]
            whole.min(axis=1, out=place[:, 0])
            whole.max(axis=1, out=place[:, 1])
            self._n_pairs += count
            samples = samples[count * self._step :]
        self._begun = samples.copy()

    def envelope(self) -> Envelope:
        """Return the envelope of the samples so far."""
        begun = self._begun
        last = np.array([(begun.min(), begun.max())] if len(begun) else [], np.float32)
        pairs, step = (
            np.concatenate((self._pairs[: self._n_pairs], last.reshape(-1, 2))),
            self._step,
        )
        while len(pairs) > self._max_stretches:
            pairs, step = _joined(pairs), 2 * step
        largest = max(1.0, float(np.abs(pairs).max(initial=0)))
        scaled = np.rint(pairs * (FULL_SCALE / largest))
        return Envelope(step / self._sample_rate, scaled.astype(np.int16))

    def _join(self) -> None:
        self._n_pairs //= 2
        self._pairs[: self._n_pairs] = _joined(self._pairs)
        self._step *= 2


def _joined(pairs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Join neighbouring stretches; of an odd number the last one remains unchanged."""
    first, second = pairs[::2], pairs[1::2]
    joined = first.copy()
    np.minimum(first[: len(second), 0], second[:, 0], out=joined[: len(second), 0])
    np.maximum(first[: len(second), 1], second[:, 1], out=joined[: len(second), 1])
    return joined
