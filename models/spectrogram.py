"""A log-mel picture of a clip, as fine as the clip allows and a browser can hold."""

import math
import warnings
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from models import timing

N_BANDS = 64
"""Mel bands, as many as YAMNet itself looks at."""

BOTTOM_HZ, TOP_HZ = 0.0, 8_000.0
"""Edges of the lowest and the highest band: all that a model at 16 kHz can hear. Clips of lower
rates have nothing in the bands above half their rate; of higher ones this is the lower part."""

YAMNET_HZ = (125.0, 7_500.0)
"""Edges of the bands that the original YAMNet looks at (its ``params.py``: ``mel_min_hz``,
``mel_max_hz``)."""

STEP_S = 0.010
"""Step between two spectra of YAMNet's own front end; longer on long clips."""

SPECTRUM_S = 0.025
"""Length of a spectrum: YAMNet's, rounded up to a power of two samples, 512 at 16 kHz."""

SPECTRA_PER_COLUMN = 4
"""Spectra averaged into a column at most: enough that a chirp inside it leaves a trace."""

MAX_COLUMNS = 32_768
"""Columns of a picture: five minutes in steps of 10 ms, an hour in steps of 110 ms; 2 MB."""

_BLOCK_SAMPLES = 1 << 22  # in the spectra that are computed at a time, 17 MB

_BLOCK_COLUMNS = 4_096  # put together at a time

FLOOR_DB = -80.0
"""Quietest level shown, in dB below the clip's loudest band: beneath it lies codec noise."""


@dataclass(frozen=True, eq=False)
class Spectrogram:
    """Level of each mel band over time.

    Parameters
    ----------
    levels : ndarray of uint8, shape (n_bands, n_columns)
        Relative to the clip's loudest band: 255 is 0 dB, 0 is `FLOOR_DB` or less. A third of a
        decibel per step, which no colour scale tells apart.
    step_s : float
        Length of a column, in seconds; column ``i`` begins at ``i * step_s``.
    bands_hz : ndarray of float64, shape (n_bands,)
        Centre of each band, in Hz, ascending.
    bottom_hz, top_hz : float
        Edges of the lowest and the highest band, in Hz.
    """

    levels: NDArray[np.uint8]
    step_s: float
    bands_hz: NDArray[np.float64]
    bottom_hz: float = BOTTOM_HZ
    top_hz: float = TOP_HZ


def _spectrum_samples(sample_rate: int) -> int:
    return 1 << math.ceil(math.log2(SPECTRUM_S * sample_rate))


@lru_cache(maxsize=4)
def _mel_bands(sample_rate: int) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    import librosa  # heavy: it compiles code, so only who draws a spectrogram pays for it

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Empty filters")  # above half the rate
        weights = librosa.filters.mel(
            sr=sample_rate,
            n_fft=_spectrum_samples(sample_rate),
            n_mels=N_BANDS,
            fmin=BOTTOM_HZ,
            fmax=TOP_HZ,
        )
    edges_hz = librosa.mel_frequencies(n_mels=N_BANDS + 2, fmin=BOTTOM_HZ, fmax=TOP_HZ)
    return weights.astype(np.float32), edges_hz[1:-1]


def prepare(sample_rate: int = 16_000) -> None:
    """Load what the first spectrogram needs, so that a server can do so before it is asked."""
    _mel_bands(sample_rate)


def log_mel(
    samples: NDArray[np.float32], sample_rate: int, *, max_columns: int = MAX_COLUMNS
) -> Spectrogram:
    """Compute a clip's log-mel spectrogram.

    A column is the mean of up to `SPECTRA_PER_COLUMN` spectra: on a long clip they sample its
    stretch of the sound, which keeps an hour nearly as cheap as ten minutes.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        In [-1, 1].
    sample_rate : int
        In Hz.
    max_columns : int
        Upper bound on the columns.

    Returns
    -------
    Spectrogram
        Of 1 to `max_columns` columns.
    """
    weights, centres_hz = _mel_bands(sample_rate)
    step = timing.samples_from_seconds(STEP_S, sample_rate)
    per_column = min(SPECTRA_PER_COLUMN, max(1, math.ceil(len(samples) / (step * max_columns))))
    step = max(step, math.ceil(len(samples) / (max_columns * per_column)))
    n_spectra = math.ceil(len(samples) / step)
    length = _spectrum_samples(sample_rate)
    block = _BLOCK_SAMPLES // length
    block -= block % per_column
    powers = np.concatenate(
        [
            _mean_powers(
                _spectra(samples, first, min(block, n_spectra - first), step, length),
                weights,
                per_column,
            )
            for first in range(0, n_spectra, block)
        ]
    )
    return Spectrogram(_levels(powers.T), per_column * step / sample_rate, centres_hz)


def of_yamnet(
    magnitudes: NDArray[np.float16], duration_s: float, *, max_columns: int = MAX_COLUMNS
) -> Spectrogram:
    """Make a picture of the very spectra that the original YAMNet saw.

    Parameters
    ----------
    magnitudes : ndarray of float16, shape (n_spectra, 64)
        Of its mel bands; a spectrum every `STEP_S`.
    duration_s : float
        Length of the clip, in seconds: what lies behind it is padding.
    max_columns : int
        Upper bound on the columns.

    Returns
    -------
    Spectrogram
        Of 1 to `max_columns` columns, each the mean of the spectra in its time.
    """
    count = min(len(magnitudes), max(1, math.ceil(round(duration_s / STEP_S, 6))))
    per_column = math.ceil(count / max_columns)
    firsts = np.arange(0, count, per_column)
    powers = np.concatenate(
        [
            _mean_of_squares(
                magnitudes[first : min(first + _BLOCK_COLUMNS * per_column, count)], per_column
            )
            for first in firsts[::_BLOCK_COLUMNS]
        ]
    )
    # HTK's mel scale (Young et al., The HTK Book, 5.4), on which YAMNet's bands are equally wide.
    bottom_mel, top_mel = (1127.0 * math.log1p(edge_hz / 700.0) for edge_hz in YAMNET_HZ)
    edges_mel = np.linspace(bottom_mel, top_mel, N_BANDS + 2)
    centres_hz = 700.0 * np.expm1(edges_mel[1:-1] / 1127.0)
    return Spectrogram(_levels(powers.T), per_column * STEP_S, centres_hz, *YAMNET_HZ)


def _mean_of_squares(magnitudes: NDArray[np.float16], per_column: int) -> NDArray[np.float32]:
    return _means(np.square(magnitudes.astype(np.float32)), per_column)


def _means(powers: NDArray[np.float32], per_column: int) -> NDArray[np.float32]:
    firsts = np.arange(0, len(powers), per_column)
    counts = np.diff(firsts, append=len(powers)).astype(np.float32)
    means: NDArray[np.float32] = np.add.reduceat(powers, firsts) / counts[:, None]
    return means


def _spectra(
    samples: NDArray[np.float32], first: int, count: int, step: int, length: int
) -> NDArray[np.float32]:
    """Powers of consecutive spectra, each centred in its own step; silence beyond both ends."""
    from scipy import fft

    start = first * step - (length - step) // 2
    stop = start + (count - 1) * step + length
    stretch = samples[max(0, start) : max(0, stop)]
    stretch = np.pad(stretch, (max(0, -start), max(0, stop - len(samples))))
    windows = sliding_window_view(stretch, length)[::step]
    spectra = fft.rfft(windows * np.hanning(length).astype(np.float32), axis=1)
    powers: NDArray[np.float32] = spectra.real**2 + spectra.imag**2
    return powers


def _mean_powers(
    powers: NDArray[np.float32], weights: NDArray[np.float32], per_column: int
) -> NDArray[np.float32]:
    """Power of each band, averaged over columns: float32 of shape (n_columns, n_bands)."""
    return _means(powers @ weights.T, per_column)


def _levels(powers: NDArray[np.float32]) -> NDArray[np.uint8]:
    loudest = float(powers.max())
    if loudest <= 0:
        return np.zeros(powers.shape, np.uint8)
    least = loudest * 10 ** (FLOOR_DB / 10)
    above_db = 10 * np.log10(np.maximum(powers, least) / least)
    levels: NDArray[np.uint8] = np.rint(above_db * (255 / -FLOOR_DB)).astype(np.uint8)
    return levels
