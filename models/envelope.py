"""A waveform reduced to what a screen can show."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_POINTS = 4_000
"""Points of an envelope: two per pixel column of a screen 2,000 pixels wide."""


@dataclass(frozen=True, eq=False)
class Envelope:
    """Extremes of a waveform, in the order they were played.

    Parameters
    ----------
    times_s : ndarray of float64, shape (n_points,)
        Seconds from the clip's beginning.
    values : ndarray of float32, shape (n_points,)
        Samples in [-1, 1].
    """

    times_s: NDArray[np.float64]
    values: NDArray[np.float32]


def min_max_envelope(
    samples: NDArray[np.float32], sample_rate: int, *, max_points: int = MAX_POINTS
) -> Envelope:
    """Keep the least and the greatest sample of each stretch, so that no click is lost.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        In [-1, 1].
    sample_rate : int
        In Hz.
    max_points : int
        Upper bound on the points kept; an even number.

    Returns
    -------
    Envelope
        Of at most `max_points` points: all samples where there are no more than that.
    """
    from tsdownsample import MinMaxDownsampler

    if len(samples) <= max_points:
        kept = np.arange(len(samples), dtype=np.uint64)
    else:
        downsampler = MinMaxDownsampler()  # type: ignore[no-untyped-call]  # it ships no types
        kept = downsampler.downsample(samples, n_out=max_points)
    return Envelope(kept / sample_rate, samples[kept])
