"""A waveform reduced to what a screen can show, as far as one zooms in."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_STRETCHES = 262_144
"""Stretches of an envelope: an hour in steps of 16 ms, 16 seconds sample by sample at 16 kHz.
1 MB at most, and a quarter of it on the way to the browser."""

FULL_SCALE = 32_767
"""The value that stands for 1.0, or for a larger peak: 16 bits, so that a quiet recording can be
blown up."""


@dataclass(frozen=True, eq=False)
class Envelope:
    """Extremes of consecutive stretches of equal length.

    Parameters
    ----------
    step_s : float
        Length of a stretch, in seconds; the last one may be shorter.
    extremes : ndarray of int16, shape (n_stretches, 2)
        Least and greatest sample of each. `FULL_SCALE` stands for 1.0, or for the largest magnitude
        of a recording that reaches beyond.
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
    """Keep the least and the greatest sample of each stretch, so that no click is lost.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        Mono; 1.0 is full scale.
    sample_rate : int
        In Hz.
    max_stretches : int
        Upper bound on the stretches.

    Returns
    -------
    Envelope
        Of at most `max_stretches` stretches, each of a sample where there are no more than that.
    """
    running = RunningEnvelope(sample_rate, max_stretches=max_stretches)
    running.append(samples)
    return running.envelope()


class RunningEnvelope:
    """Draws the envelope of a clip that comes in blocks, however long it will be.

    It begins sample by sample. Whenever there are as many stretches as allowed and more is to
    come, neighbours are joined, and from then on stretches are twice as long.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    max_stretches : int
        Upper bound on the stretches.
    """

    def __init__(self, sample_rate: int, *, max_stretches: int = MAX_STRETCHES) -> None:
        self._sample_rate = sample_rate
        self._max_stretches = max_stretches
        self._pairs = np.empty((max(2, max_stretches // 2 * 2), 2), np.float32)
        self._n_pairs = 0
        self._step = 1
        self._begun = np.empty(0, np.float32)  # a stretch that is not complete

    def append(self, samples: NDArray[np.float32]) -> None:
        """Draw the next block: float32, shape (any,)."""
        samples = np.concatenate((self._begun, samples)) if len(self._begun) else samples
        while len(samples) >= self._step:
            if self._n_pairs == len(self._pairs):
                self._join()
                continue
            room = len(self._pairs) - self._n_pairs
            count = min(room, len(samples) // self._step)
            # A reshaped view: reduceat takes ten times as long for the same.
            whole = samples[: count * self._step].reshape(count, self._step)
            place = self._pairs[self._n_pairs : self._n_pairs + count]
            whole.min(axis=1, out=place[:, 0])
            whole.max(axis=1, out=place[:, 1])
            self._n_pairs += count
            samples = samples[count * self._step :]
        self._begun = samples.copy()

    def envelope(self) -> Envelope:
        """Envelope of what has come so far."""
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
    """Join neighbours; where their number is odd, the last stays alone."""
    first, second = pairs[::2], pairs[1::2]
    joined = first.copy()
    np.minimum(first[: len(second), 0], second[:, 0], out=joined[: len(second), 0])
    np.maximum(first[: len(second), 1], second[:, 1], out=joined[: len(second), 1])
    return joined
