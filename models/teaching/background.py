"""Synthesised examples of background noise.

Conventions
-----------
All clips are synthesised from formulas and seeded noise, so no copyright applies to them. Their
spectra resemble those of rooms, fans and wind: they fall by 0, 3 or 6 dB per octave (white, pink
and brown noise), with and without mains hum at 50 and 60 Hz and its harmonics.
"""

import numpy as np
from numpy.typing import NDArray

from models.audio import Clip

LABEL = "Background"
"""Label of the class."""

_DURATION_S = 1.5
_LEVELS_DBFS = (-60.0, -50.0, -40.0)  # a quiet room, a room with a computer, a noisy one
_SLOPES = (0.0, 0.5, 1.0)  # exponents of amplitude over frequency: white, pink, brown
_HUMS_HZ = (None, 50.0, 60.0)
_HUM_SHARE = 0.5  # ratio of the hum's RMS to the noise's


def is_background(label: str) -> bool:
    """Whether a stripped label equals `LABEL`, regardless of case."""
    return label.casefold() == LABEL.casefold()


def background_clips(sample_rate: int) -> list[Clip]:
    """Synthesise background noise.

    Parameters
    ----------
    sample_rate : int
        In Hz.

    Returns
    -------
    list of Clip
        27 clips of 1.5 s each: three colours of noise, each without hum and with hum of either
        mains frequency, at three levels from -60 to -40 dBFS. Deterministic.
    """
    rng = np.random.default_rng(0)
    return [
        Clip.from_samples(_room(sample_rate, slope, hum_hz, level_dbfs, rng), sample_rate)
        for slope in _SLOPES
        for hum_hz in _HUMS_HZ
        for level_dbfs in _LEVELS_DBFS
    ]


def _room(
    sample_rate: int,
    slope: float,
    hum_hz: float | None,
    level_dbfs: float,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    sound = _noise(sample_rate, slope, rng)
    if hum_hz is not None:
        times_s = np.arange(len(sound)) / sample_rate
        # Rectifiers and transformers hum at twice the mains frequency and its multiples.
        partials = [np.sin(2 * np.pi * hum_hz * n * times_s) / n for n in (1, 2, 4, 6)]
        sound = sound + _HUM_SHARE * _unit(np.sum(partials, axis=0))
    return _unit(sound) * 10 ** (level_dbfs / 20)


def _noise(sample_rate: int, slope: float, rng: np.random.Generator) -> NDArray[np.float64]:
    n_samples = round(_DURATION_S * sample_rate)
    bins = np.fft.rfft(rng.standard_normal(n_samples))
    bins_hz = np.fft.rfftfreq(n_samples, 1 / sample_rate)
    bins *= np.maximum(bins_hz, 20.0) ** -slope  # flat below the audible range
    return _unit(np.fft.irfft(bins, n_samples))


def _unit(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    scaled: NDArray[np.float64] = sound / np.sqrt(np.mean(sound**2))
    return scaled
