"""How loud a clip is, in decibels relative to full scale."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.framing import Framing

_BLOCK_SAMPLES = 2**20
"""Samples squared together: 8 MB in float64, whatever the clip's length."""


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
        for block in np.array_split(samples, max(1, samples.size // _BLOCK_SAMPLES))
    )
    return Levels(dbfs(peak), dbfs(math.sqrt(total / samples.size)))


def frame_levels_dbfs(samples: NDArray[np.float32], framing: Framing) -> NDArray[np.float64]:
    """Measure the RMS level of each window that the classifier hears.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        In [-1, 1].
    framing : Framing
        How the clip is cut into windows.

    Returns
    -------
    ndarray of float64, shape (n_frames,)
        In dBFS, minus infinity for digital silence. Where the clip ends inside a window, the zeros
        that follow count too: this is the level of what the model hears.
    """
    # A window is some whole hops and the beginning of one more: each sample is squared once, and
    # nothing is subtracted, so that what is quiet beside something loud keeps its own level.
    whole, rest = divmod(framing.window_samples, framing.hop_samples)
    count = framing.n_frames(len(samples))
    hops, begun = _energies(samples, framing.hop_samples, rest, count + whole)
    energies = begun[whole:]
    for later in range(whole):
        energies += hops[later : later + count]
    with np.errstate(divide="ignore"):  # digital silence
        levels: NDArray[np.float64] = 10 * np.log10(energies / framing.window_samples)
    return levels


def _energies(
    samples: NDArray[np.float32], hop: int, rest: int, count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum the squares of each hop, and of the first `rest` samples of each."""
    hops, begun = np.zeros((2, count))
    step = max(1, _BLOCK_SAMPLES // hop)
    for first in range(0, math.ceil(len(samples) / hop), step):
        block = samples[first * hop : (first + step) * hop]
        squares = np.square(np.pad(block, (0, -len(block) % hop)), dtype=np.float64)
        of_hops = squares.reshape(-1, hop)[: count - first]
        hops[first : first + len(of_hops)] = of_hops.sum(axis=1)
        begun[first : first + len(of_hops)] = of_hops[:, :rest].sum(axis=1)
    return hops, begun
