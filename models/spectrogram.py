"""A log-mel picture of a clip, as coarse as a screen and as fine as the clip allows."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from models import timing

N_BANDS = 64
"""Mel bands, as many as YAMNet itself looks at."""

BOTTOM_HZ, TOP_HZ = 125.0, 7_500.0
"""Edges of the lowest and the highest band, as in YAMNet's own front end."""

STEP_S = 0.010
"""Step between two spectra of YAMNet's own front end; longer on long clips."""

N_FFT = 512
"""Samples per spectrum: 32 ms at 16 kHz, YAMNet's 25 ms rounded up to a power of two."""

SPECTRA_PER_COLUMN = 8
"""Spectra averaged into a column at most: enough that a chirp inside it leaves a trace."""

MAX_COLUMNS = 1_200
"""Columns of a picture: about one per pixel of a wide chart."""

FLOOR_DB = -80.0
"""Quietest level shown, in dB below the clip's loudest band: beneath it lies codec noise."""


@dataclass(frozen=True, eq=False)
class Spectrogram:
    """Level of each mel band over time.

    Parameters
    ----------
    levels_db : ndarray of float32, shape (n_bands, n_columns)
        In dB relative to the clip's loudest band, from `FLOOR_DB` to 0.
    times_s : ndarray of float64, shape (n_columns,)
        Centre of each column, in seconds.
    bands_hz : ndarray of float64, shape (n_bands,)
        Centre of each band, in Hz, ascending.
    """

    levels_db: NDArray[np.float32]
    times_s: NDArray[np.float64]
    bands_hz: NDArray[np.float64]


@lru_cache(maxsize=4)
def _mel_bands(sample_rate: int) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    import librosa  # heavy: it compiles code, so only who draws a spectrogram pays for it

    weights = librosa.filters.mel(
        sr=sample_rate, n_fft=N_FFT, n_mels=N_BANDS, fmin=BOTTOM_HZ, fmax=TOP_HZ
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
    stretch of the sound, which keeps an hour as cheap as a minute.

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
    step = max(
        timing.samples_from_seconds(STEP_S, sample_rate),
        math.ceil(len(samples) / (max_columns * SPECTRA_PER_COLUMN)),
    )
    if len(samples) < N_FFT:
        samples = np.pad(samples, (0, N_FFT - len(samples)))
    stretches = sliding_window_view(samples, N_FFT)[::step]
    powers = np.square(np.abs(np.fft.rfft(stretches * np.hanning(N_FFT)))) @ weights.T
    firsts = np.arange(0, len(powers), math.ceil(len(powers) / max_columns))
    counts = np.diff(firsts, append=len(powers))
    columns = np.add.reduceat(powers, firsts) / counts[:, None]
    centres = (firsts + (counts - 1) / 2) * step + N_FFT / 2
    return Spectrogram(_decibels(columns.T), centres / sample_rate, centres_hz)


def _decibels(powers: NDArray[np.float64]) -> NDArray[np.float32]:
    loudest = float(powers.max())
    if loudest <= 0:
        return np.full_like(powers, FLOOR_DB)
    least = loudest * 10 ** (FLOOR_DB / 10)
    levels_db: NDArray[np.float32] = 10 * np.log10(np.maximum(powers, least) / loudest)
    return levels_db.astype(np.float32)
