"""A waveform reduced to what a screen can show, as far as one zooms in."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_STRETCHES = 262_144
"""Stretches of an envelope: an hour in steps of 14 ms, half a minute sample by sample at 16 kHz.
1 MB at most, and a quarter of it on the way to the browser."""

FULL_SCALE = 32_767
"""The value that stands for 1.0: 16 bits, so that a quiet recording can be blown up."""


@dataclass(frozen=True, eq=False)
class Envelope:
    """Extremes of consecutive stretches of equal length.

    Parameters
    ----------
    step_s : float
        Length of a stretch, in seconds; the last one may be shorter.
    extremes : ndarray of int16, shape (n_stretches, 2)
        Least and greatest sample of each, `FULL_SCALE` standing for 1.0.
    """

    step_s: float
    extremes: NDArray[np.int16]

    @property
    def peak(self) -> float:
        """Largest magnitude, in [0, 1]."""
        return float(np.abs(self.extremes.astype(np.int32)).max(initial=0)) / FULL_SCALE


def min_max_envelope(
    samples: NDArray[np.float32], sample_rate: int, *, max_stretches: int = MAX_STRETCHES
) -> Envelope:
    """Keep the least and the greatest sample of each stretch, so that no click is lost.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        In [-1, 1].
    sample_rate : int
        In Hz.
    max_stretches : int
        Upper bound on the stretches.

    Returns
    -------
    Envelope
        Of at most `max_stretches` stretches, each of a sample where there are no more than that.
    """
    step = max(1, -(-len(samples) // max_stretches))
    n_whole = len(samples) - len(samples) % step
    # A reshaped view: reduceat takes ten times as long for the same.
    whole = samples[:n_whole].reshape(-1, step)
    pairs = [np.stack((whole.min(axis=1), whole.max(axis=1)), axis=1)]
    if n_whole < len(samples):
        rest = samples[n_whole:]
        pairs.append(np.array([(rest.min(), rest.max())], np.float32))
    scaled = np.rint(np.concatenate(pairs) * FULL_SCALE)
    return Envelope(step / sample_rate, scaled.clip(-FULL_SCALE, FULL_SCALE).astype(np.int16))
