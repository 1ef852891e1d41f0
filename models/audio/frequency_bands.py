"""Frequency bands of a spectrogram, on a mel, linear or logarithmic axis."""

import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FrequencyAxis = Literal["mel", "linear", "log"]
"""Axis on which the bands of a spectrogram have equal heights."""

LOG_BOTTOM_HZ = 50.0
"""Lowest frequency of a logarithmic axis, which has no zero: about the resolution of a spectrum."""


@dataclass(frozen=True, eq=False)
class FrequencyBands:
    """Bands of frequencies, as weights of the bins of a spectrum.

    Parameters
    ----------
    weights : csr_array of float32, shape (n_bands, n_bins)
        Weight of each bin in each band; bands have equal areas, so that noise of equal density has
        one level in all of them.
    centres_hz : ndarray of float64, shape (n_bands,)
        Centres, in Hz, ascending.
    bottom_hz, top_hz : float
        Edges of the lowest and the highest band, in Hz.
    """

    weights: "csr_array"
    centres_hz: NDArray[np.float64]
    bottom_hz: float
    top_hz: float


@lru_cache(maxsize=4)
def mel_bands(
    sample_rate: int, n_fft: int, n_bands: int, bottom_hz: float, top_hz: float
) -> FrequencyBands:
    """Return the bands of a log-mel spectrogram; those above half the sample rate are empty.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    n_fft : int
        Length of a spectrum, in samples.
    n_bands : int
        Number of bands.
    bottom_hz, top_hz : float
        Edges of the lowest and the highest band, in Hz.
    """
    import librosa  # slow import (it compiles code), so only on demand
    from scipy.sparse import csr_array

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Empty filters")  # above half the rate
        weights = librosa.filters.mel(
            sr=sample_rate, n_fft=n_fft, n_mels=n_bands, fmin=bottom_hz, fmax=top_hz
        )
    edges_hz = librosa.mel_frequencies(n_mels=n_bands + 2, fmin=bottom_hz, fmax=top_hz)
    return FrequencyBands(csr_array(weights.astype(np.float32)), edges_hz[1:-1], bottom_hz, top_hz)


@lru_cache(maxsize=4)
def bands_on(
    axis: FrequencyAxis, sample_rate: int, n_fft: int, n_bands: int, top_hz: float
) -> FrequencyBands:
    """Return triangular bands up to a frequency, none of them empty.

    A band spans its two neighbours' centres, as in a mel filter bank, and at least a bin to either
    side: where bands are closer than the bins, they interpolate between them.

    Parameters
    ----------
    axis : {'mel', 'linear', 'log'}
        Axis on which the bands are equally spaced.
    sample_rate : int
        In Hz.
    n_fft : int
        Length of a spectrum, in samples.
    n_bands : int
        Number of bands.
    top_hz : float
        Upper edge of the highest band, in Hz; at most half the sample rate.
    """
    from scipy.sparse import csr_array

    edges_hz = _edges(axis, n_bands, top_hz)
    bin_hz = sample_rate / n_fft
    bins_hz = bin_hz * np.arange(n_fft // 2 + 1)
    low_hz, centres_hz, high_hz = edges_hz[:-2, None], edges_hz[1:-1, None], edges_hz[2:, None]
    below_hz = np.maximum(centres_hz - low_hz, bin_hz)
    above_hz = np.maximum(high_hz - centres_hz, bin_hz)
    apart_hz = bins_hz - centres_hz
    weights = np.maximum(0, 1 - np.where(apart_hz < 0, -apart_hz / below_hz, apart_hz / above_hz))
    weights /= weights.sum(axis=1, keepdims=True)
    return FrequencyBands(
        csr_array(weights.astype(np.float32)), edges_hz[1:-1], float(edges_hz[0]), float(top_hz)
    )


def _edges(axis: FrequencyAxis, n_bands: int, top_hz: float) -> NDArray[np.float64]:
    """Return the lower edge of the first band, all centres, and the upper edge of the last."""
    if axis == "linear":
        return np.linspace(0.0, top_hz, n_bands + 2)
    if axis == "log":
        return np.geomspace(min(LOG_BOTTOM_HZ, top_hz / 2), top_hz, n_bands + 2)
    import librosa  # slow import (it compiles code), so only on demand

    edges_hz: NDArray[np.float64] = librosa.mel_frequencies(
        n_mels=n_bands + 2, fmin=0.0, fmax=top_hz
    )
    return edges_hz
