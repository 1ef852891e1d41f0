"""Levels of clips and windows, in dBFS."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.audio.buffers import RowBuffer
from models.audio.framing import Framing
from models.audio.resampling import LARGEST_SAMPLE

FAR_BEYOND = 4.0
"""Magnitude from which samples are far beyond full scale, +12 dBFS: lossy codecs and resampling
overshoot by less."""

_WHOLE_NUMBERS = 100.0
"""Magnitude above which samples are rather whole numbers than amplified sound: +40 dBFS."""

_BLOCK_SAMPLES = 2**20
"""Number of samples squared at once: 8 MB in float64, whatever the clip's length."""


@dataclass(frozen=True)
class Levels:
    """Level of a clip.

    Parameters
    ----------
    peak_dbfs : float
        Largest magnitude in dBFS: 0 is full scale, minus infinity digital silence.
    rms_dbfs : float
        Root mean square on the same scale (a full-scale sine has -3.01 dBFS).
    """

    peak_dbfs: float
    rms_dbfs: float


def dbfs(amplitude: float) -> float:
    """Convert a linear amplitude to dBFS: ``20 log10(amplitude)``, minus infinity for 0.

    Examples
    --------
    >>> dbfs(0.1), dbfs(0)
    (-20.0, -inf)
    """
    return 20 * math.log10(amplitude) if amplitude > 0 else -math.inf


def range_notices(peak: float) -> tuple[str, ...]:
    """Describe a recording whose samples are far beyond full scale.

    Parameters
    ----------
    peak : float
        Largest magnitude of its samples.

    Returns
    -------
    tuple of str
        A sentence or two on what arrived and what is assumed; empty below `FAR_BEYOND`.
    """
    if peak < FAR_BEYOND:
        return ()
    found = f"{peak:,.3g}" if peak < _WHOLE_NUMBERS else f"{peak:,.0f}"
    kept = "as they are" if peak < LARGEST_SAMPLE else "limited to that"
    notice = (
        f"Its samples reach {found}, far beyond full scale ({dbfs(peak):+.1f} dBFS). They are "
        f"analysed {kept}, with 1.0 as full scale."
    )
    if peak > _WHOLE_NUMBERS:
        notice += (
            " Whole numbers stored as floating-point numbers look like this: if they are 16-bit "
            "values, divide them by 32,768 and load the recording again."
        )
    return (notice,)


def measure_levels(samples: NDArray[np.float32]) -> Levels:
    """Measure peak and RMS level.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        Mono; 1.0 is full scale.

    Examples
    --------
    >>> measure_levels(np.array([1, -1, 1, -1], np.float32))
    Levels(peak_dbfs=0.0, rms_dbfs=0.0)
    """
    running = RunningLevels()
    running.append(samples)
    return running.levels()


class RunningLevels:
    """Measures the level of a clip that arrives in blocks."""

    def __init__(self) -> None:
        self._n_samples = 0
        self._peak = 0.0
        self._energy = 0.0

    def append(self, samples: NDArray[np.float32]) -> None:
        """Process the next block: float32, shape (n_samples,)."""
        # In float64, block by block: exact over hours, without a second copy of the clip.
        for start in range(0, len(samples), _BLOCK_SAMPLES):
            block = samples[start : start + _BLOCK_SAMPLES]
            self._peak = max(self._peak, float(block.max()), -float(block.min()))
            self._energy += float(np.square(block, dtype=np.float64).sum())
        self._n_samples += len(samples)

    def levels(self) -> Levels:
        """Return the level of the samples so far."""
        mean_square = self._energy / max(1, self._n_samples)
        return Levels(dbfs(self._peak), dbfs(math.sqrt(mean_square)))


def frame_levels_dbfs(samples: NDArray[np.float32], framing: Framing) -> NDArray[np.float64]:
    """Measure the RMS level of each window.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        Mono; 1.0 is full scale.
    framing : Framing
        Framing of the clip.

    Returns
    -------
    ndarray of float64, shape (n_frames,)
        In dBFS, minus infinity for digital silence. The padding of a window counts, so this is the
        level of the model's input.
    """
    running = RunningFrameLevels(framing)
    running.append(samples)
    return running.levels_dbfs()


class RunningFrameLevels:
    """Measures the RMS level of each window of a clip that arrives in blocks.

    A window consists of some whole hops and the beginning of one more. Each sample is squared once,
    and sums are never subtracted, so that quiet windows beside loud ones are exact.

    Parameters
    ----------
    framing : Framing
        Framing of the clip.
    """

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._whole, self._rest = divmod(framing.window_samples, framing.hop_samples)
        self._n_samples = 0
        self._begun = np.empty(0, np.float32)  # an incomplete hop
        self._of_hops = RowBuffer((2,), np.float64)

    def append(self, samples: NDArray[np.float32]) -> None:
        """Process the next block: float32, shape (n_samples,)."""
        self._n_samples += len(samples)
        hop = self._framing.hop_samples
        joined = np.concatenate((self._begun, samples)) if len(self._begun) else samples
        n_complete = len(joined) // hop * hop
        step = max(1, _BLOCK_SAMPLES // hop) * hop
        for start in range(0, n_complete, step):
            self._measure(joined[start : min(start + step, n_complete)])
        self._begun = joined[n_complete:].copy()

    def levels_dbfs(self) -> NDArray[np.float64]:
        """Return the level of each window, at the end of the clip; see `frame_levels_dbfs`."""
        count = self._framing.n_frames(self._n_samples)
        n_missing = count + self._whole - len(self._of_hops)
        begun = self._begun
        self._measure(np.pad(begun, (0, n_missing * self._framing.hop_samples - len(begun))))
        hops, beginnings = self._of_hops.take().T
        energies = beginnings[self._whole :].copy()
        for later in range(self._whole):
            energies += hops[later : later + count]
        with np.errstate(divide="ignore"):  # digital silence
            levels: NDArray[np.float64] = 10 * np.log10(energies / self._framing.window_samples)
        return levels

    def _measure(self, hops: NDArray[np.float32]) -> None:
        """Append the sums of squares of each hop, and of the first `rest` samples of each."""
        squares = np.square(hops, dtype=np.float64).reshape(-1, self._framing.hop_samples)
        sums = (squares.sum(axis=1), squares[:, : self._rest].sum(axis=1))
        self._of_hops.append(np.stack(sums, axis=1))
