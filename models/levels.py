"""How loud a clip is, in decibels relative to full scale."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Levels:
    """Level of a clip.

    Parameters
    ----------
    peak_dbfs : float
        Largest magnitude; 0 is full scale, minus infinity digital silence.
    rms_dbfs : float
        Root mean square on the same scale (a full-scale sine has -3.01 dBFS).
    """

    peak_dbfs: float
    rms_dbfs: float


def dbfs(amplitude: float) -> float:
    """Convert a linear amplitude to dBFS: ``20 log10(amplitude)``, minus infinity for 0."""
    return 20 * math.log10(amplitude) if amplitude > 0 else -math.inf


def measure_levels(samples: NDArray[np.float32]) -> Levels:
    """Measure peak and RMS level.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        In [-1, 1].
    """
    if samples.size == 0:
        return Levels(-math.inf, -math.inf)
    peak = float(max(samples.max(), -samples.min()))
    # In float64, a block at a time: exact over hours, without a second copy of the clip.
    total = sum(
        float(np.square(block, dtype=np.float64).sum())
        for block in np.array_split(samples, max(1, samples.size // 2**20))
    )
    return Levels(dbfs(peak), dbfs(math.sqrt(total / samples.size)))
