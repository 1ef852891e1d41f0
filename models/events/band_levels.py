"""Level of a clip in a few bands, in steps of 10 ms: what the edges of events are found in.

Conventions
-----------
A level is that of the mean square in its band: all bands of a full-scale sine together have
-3.01 dBFS. It is kept in half decibels, which no threshold here tells apart: an hour takes 5 MB.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from models.audio.buffers import RowBuffer
from models.audio.timing import samples_from_seconds, seconds_from_samples

STEP_S = 0.01
"""Length of a step, in seconds; that of the nearest whole number of samples is used."""

BOTTOMS_HZ = (0, 100, 200, 300, 400, 600, 800, 1200, 1700, 2400, 3500, 5000, 7000)
"""Lower edge of each band, in Hz: half an octave each, above the first five, which are as narrow as
10 ms can tell. Bands above half the sample rate are left out."""

TOP_HZ = 8000
"""Upper edge of the last band, in Hz: all that a model at 16 kHz can hear."""

FLOOR_DBFS = -120.0
"""Quietest level that is kept; digital silence has this."""

STEP_DB = 0.5
"""What the integers of `BandLevels.levels` count, in decibels."""

_LEAST = np.float32(10 ** (FLOOR_DBFS / 10))

_BLOCK_STEPS = 4_096  # looked at together: 41 s, and 2.6 MB of spectra at 16 kHz


@dataclass(frozen=True, eq=False)
class BandLevels:
    """Levels of a clip.

    Parameters
    ----------
    levels : ndarray of uint8, shape (n_steps, n_bands)
        In steps of `STEP_DB` above `FLOOR_DBFS`.
    step_s : float
        Length of a step, in seconds; step ``i`` begins at ``i * step_s``.
    """

    levels: NDArray[np.uint8]
    step_s: float = STEP_S


def band_levels(samples: NDArray[np.float32], sample_rate: int) -> BandLevels:
    """Measure the levels of a clip.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        Mono.
    sample_rate : int
        In Hz.
    """
    running = RunningBandLevels(sample_rate)
    running.append(samples)
    return running.band_levels()


class RunningBandLevels:
    """Measures the levels of a clip that comes in blocks.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        self._meter = LevelMeter(sample_rate)
        self._levels = RowBuffer((self._meter.n_bands,), np.uint8)

    def append(self, samples: NDArray[np.float32]) -> None:
        """Measure the next block: float32, shape (any,)."""
        self._levels.append(self._meter.measure(samples))

    def band_levels(self) -> BandLevels:
        """Levels of all, once it has come; nothing can be appended then."""
        self._levels.append(self._meter.finish())
        return BandLevels(self._levels.take(), self._meter.step_s)


class LevelMeter:
    """Measures levels step by step; an incomplete step waits for the next block.

    Parameters
    ----------
    sample_rate : int
        In Hz.

    Attributes
    ----------
    step_s : float
        Length of a step, in seconds.
    n_bands : int
        Number of bands.
    """

    def __init__(self, sample_rate: int) -> None:
        self._step = samples_from_seconds(STEP_S, sample_rate)
        self.step_s = seconds_from_samples(self._step, sample_rate)
        self._shape, self._firsts, self._n_bins = _layout(self._step, sample_rate)
        self.n_bands = len(self._firsts)
        self._begun = np.empty(0, np.float32)  # a step that is not complete

    def measure(self, samples: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Measure the next block.

        Parameters
        ----------
        samples : ndarray of float32, shape (n_samples,)
            Any number of samples.

        Returns
        -------
        ndarray of uint8, shape (n_steps, n_bands)
            Levels of the steps that are complete, as in `BandLevels.levels`.
        """
        joined = np.concatenate((self._begun, samples)) if len(self._begun) else samples
        n_complete = len(joined) // self._step * self._step
        at_once = _BLOCK_STEPS * self._step
        blocks = [
            self._levels(joined[start : min(start + at_once, n_complete)])
            for start in range(0, n_complete, at_once)
        ]
        self._begun = joined[n_complete:].copy()
        return np.concatenate(blocks) if blocks else np.empty((0, self.n_bands), np.uint8)

    def finish(self) -> NDArray[np.uint8]:
        """Measure the incomplete step, padded with zeros: shape (0 or 1, n_bands)."""
        if not len(self._begun):
            return np.empty((0, self.n_bands), np.uint8)
        return self.measure(np.zeros(self._step - len(self._begun), np.float32))

    def _levels(self, samples: NDArray[np.float32]) -> NDArray[np.uint8]:
        from scipy import fft

        spectra = fft.rfft(samples.reshape(-1, self._step) * self._shape, axis=1)
        # Real and imaginary parts side by side: their squares add up within the bands.
        squares = np.square(spectra[:, : self._n_bins].copy().view(np.float32))
        bands = np.add.reduceat(squares, 2 * self._firsts, axis=1)
        steps = (10 * np.log10(np.maximum(bands, _LEAST)) - FLOOR_DBFS) / STEP_DB
        levels: NDArray[np.uint8] = np.rint(np.minimum(steps, 255)).astype(np.uint8)
        return levels


@lru_cache(maxsize=4)
def _layout(step: int, sample_rate: int) -> tuple[NDArray[np.float32], NDArray[np.intp], int]:
    """Window whose spectrum gives mean squares, first bin of each band, and number of bins."""
    shape = np.hanning(step + 1)[:-1]
    # Parseval: both halves of a spectrum add up to step * sum(shape**2) mean squares.
    scaled = shape * math.sqrt(2 / (step * np.square(shape).sum()))
    n_bins = min(step // 2, round(TOP_HZ * step / sample_rate)) + 1
    firsts = np.rint(np.array(BOTTOMS_HZ) * step / sample_rate).astype(np.intp)
    return scaled.astype(np.float32), np.unique(firsts[firsts < n_bins - 1]), n_bins
