"""Spectrogram of a clip, for display: log-mel by default."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from models.audio import timing
from models.audio.frequency_bands import FrequencyBands, mel_bands

N_BANDS = 64
"""Number of mel bands: that of YAMNet."""

BOTTOM_HZ, TOP_HZ = 0.0, 8_000.0
"""Edges of the lowest and the highest band: the range of a model at 16 kHz. Clips of lower sample
rates have no energy in bands above half their rate; of higher ones this is the lower part."""

YAMNET_HZ = (125.0, 7_500.0)
"""Edges of the original YAMNet's bands (its ``params.py``: ``mel_min_hz``, ``mel_max_hz``)."""

STEP_S = 0.010
"""Hop between spectra, in seconds: that of YAMNet's front end; longer for long clips."""

SPECTRUM_S = 0.025
"""Length of a spectrum, in seconds: YAMNet's, rounded up to a power of two samples, 512 at
16 kHz."""

SPECTRA_PER_COLUMN = 4
"""Largest number of spectra averaged in a column: enough for a chirp inside it to remain
visible."""

MAX_COLUMNS = 32_768
"""Largest number of columns, even: five minutes in steps of 10 ms, an hour in steps of 160 ms.
Takes 2 MB."""

_BLOCK_SAMPLES = 1 << 20  # per append to the buffer, 4 MB

_BLOCK_STEPS = 1_024  # per batch: ten seconds, and 2 MB of spectra at 16 kHz

_BLOCK_COLUMNS = 4_096  # of YAMNet's own spectra, per batch

FLOOR_DB = -80.0
"""Lowest level shown, in dB below the clip's loudest band: lower levels are codec noise."""


@dataclass(frozen=True, eq=False)
class Spectrogram:
    """Level of each mel band over time.

    Parameters
    ----------
    levels : ndarray of uint8, shape (n_bands, n_columns)
        Relative to the clip's loudest band: 255 is 0 dB, 0 is `floor_db` or less. A step is less
        than half a decibel, below the resolution of any colour scale.
    step_s : float
        Length of a column, in seconds; column ``i`` begins at ``i * step_s``.
    bands_hz : ndarray of float64, shape (n_bands,)
        Centre of each band, in Hz, ascending.
    bottom_hz, top_hz : float
        Edges of the lowest and the highest band, in Hz.
    floor_db : float
        Lowest level told apart, in dB below the loudest band.
    """

    levels: NDArray[np.uint8]
    step_s: float
    bands_hz: NDArray[np.float64]
    bottom_hz: float = BOTTOM_HZ
    top_hz: float = TOP_HZ
    floor_db: float = FLOOR_DB


def spectrum_samples(sample_rate: int) -> int:
    """Return the length of a spectrum at a sample rate in Hz, in samples."""
    return 1 << math.ceil(math.log2(SPECTRUM_S * sample_rate))


def _yamnet_like(sample_rate: int) -> FrequencyBands:
    return mel_bands(sample_rate, spectrum_samples(sample_rate), N_BANDS, BOTTOM_HZ, TOP_HZ)


def prepare(sample_rate: int = 16_000) -> None:
    """Load the dependencies of a first spectrogram, so that a server can do it in advance."""
    _yamnet_like(sample_rate)


def log_mel(
    samples: NDArray[np.float32], sample_rate: int, *, max_columns: int = MAX_COLUMNS
) -> Spectrogram:
    """Compute a clip's log-mel spectrogram.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        Mono; 1.0 is full scale.
    sample_rate : int
        In Hz.
    max_columns : int
        Largest number of columns, even.

    Returns
    -------
    Spectrogram
        With 1 to `max_columns` columns.
    """
    running = RunningSpectrogram(sample_rate, max_columns=max_columns)
    running.append(samples)
    return running.spectrogram()


class RunningSpectrogram:
    """Computes the spectrogram of a clip that arrives in blocks, of any length.

    It begins with one column per spectrum. Whenever the limit is reached and more samples arrive,
    neighbouring columns are joined, which doubles the length of a column. A new column is the mean
    of up to `SPECTRA_PER_COLUMN` spectra: in a long clip they sample the column's time, which
    bounds the cost of an hour.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    max_columns : int
        Largest number of columns, even.
    bands : FrequencyBands, optional
        Its bands; by default `N_BANDS` mel bands from `BOTTOM_HZ` to `TOP_HZ`.
    floor_db : float, optional
        Lowest level told apart, in dB below the loudest band.
    """

    def __init__(
        self,
        sample_rate: int,
        *,
        max_columns: int = MAX_COLUMNS,
        bands: FrequencyBands | None = None,
        floor_db: float = FLOOR_DB,
    ) -> None:
        self._sample_rate = sample_rate
        self._bands = _yamnet_like(sample_rate) if bands is None else bands
        self._floor_db = floor_db
        self._step = timing.samples_from_seconds(STEP_S, sample_rate)
        self._length = spectrum_samples(sample_rate)
        self._steps_per_column = 1
        self._columns = np.empty((max_columns, len(self._bands.centres_hz)), np.float32)  # powers
        self._n_columns = 0
        # Each spectrum is centred in its step; the clip is preceded by silence.
        self._waiting = [np.zeros((self._length - self._step) // 2, np.float32)]
        self._n_waiting = len(self._waiting[0])

    def append(self, samples: NDArray[np.float32]) -> None:
        """Process the next block: float32, shape (n_samples,)."""
        for start in range(0, len(samples), _BLOCK_SAMPLES):
            block = samples[start : start + _BLOCK_SAMPLES]
            self._waiting.append(block)
            self._n_waiting += len(block)
            while self._n_waiting >= self._reach(self._n_columns_at_once()):
                self._draw(self._n_columns_at_once(), self._join_waiting())

    def spectrogram(self) -> Spectrogram:
        """Return the spectrogram at the end of the clip; nothing can be appended afterwards."""
        n_left = self._n_waiting - (self._length - self._step) // 2
        while n_left > 0 or not self._n_columns:
            free = self._n_columns_at_once()
            count = min(free, max(1, math.ceil(n_left / self._column_samples)))
            self._draw(count, np.pad(self._join_waiting(), (0, self._reach(count))))
            n_left -= count * self._column_samples
        step_s = timing.seconds_from_samples(self._column_samples, self._sample_rate)
        bands, floor_db = self._bands, self._floor_db
        levels = _levels(self._columns[: self._n_columns].T, floor_db)
        return Spectrogram(
            levels, step_s, bands.centres_hz, bands.bottom_hz, bands.top_hz, floor_db
        )

    @property
    def _column_samples(self) -> int:
        return self._steps_per_column * self._step

    def _n_columns_at_once(self) -> int:
        """Return the number of columns for the next batch, after joining columns if full."""
        if self._n_columns == len(self._columns):
            self._n_columns //= 2
            self._columns[: self._n_columns] = _means(self._columns, 2)
            self._steps_per_column *= 2
        free = len(self._columns) - self._n_columns
        return min(free, max(1, _BLOCK_STEPS // self._steps_per_column))

    def _reach(self, n_columns: int) -> int:
        """Return the number of samples that columns need, including overlapping spectra."""
        return n_columns * self._column_samples + self._length - self._step

    def _join_waiting(self) -> NDArray[np.float32]:
        return np.concatenate(self._waiting)

    def _draw(self, count: int, samples: NDArray[np.float32]) -> None:
        """Compute `count` columns from the first of some samples, and keep the rest."""
        per_column = min(SPECTRA_PER_COLUMN, self._steps_per_column)
        stride = self._steps_per_column // per_column
        windows = sliding_window_view(samples, self._length)[:: self._step]
        windows = windows[stride // 2 : count * self._steps_per_column : stride]
        powers = _means(self._in_bands(_powers(windows)), per_column)
        self._columns[self._n_columns : self._n_columns + count] = powers
        self._n_columns += count
        rest = samples[count * self._column_samples :]
        self._waiting, self._n_waiting = [rest], len(rest)

    def _in_bands(self, powers: NDArray[np.float32]) -> NDArray[np.float32]:
        """Sum spectra of shape (n_spectra, length // 2 + 1) in bands.

        Most weights are zero. A dense product also wakes a thread of NumPy's BLAS on each core,
        which then spins for 25 ms and delays a classifier (measured, OpenBLAS).
        """
        bands: NDArray[np.float32] = (self._bands.weights @ powers.T).T
        return bands


def of_yamnet(
    magnitudes: NDArray[np.float16], duration_s: float, *, max_columns: int = MAX_COLUMNS
) -> Spectrogram:
    """Compute a spectrogram from the spectra of the original YAMNet.

    Parameters
    ----------
    magnitudes : ndarray of float16, shape (n_spectra, 64)
        Magnitudes of its mel bands; one spectrum every `STEP_S`.
    duration_s : float
        Length of the clip, in seconds; later spectra are padding.
    max_columns : int
        Largest number of columns.

    Returns
    -------
    Spectrogram
        With 1 to `max_columns` columns, each the mean power of the spectra in its time.
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
    # HTK's mel scale (Young et al., The HTK Book, 5.4), on which YAMNet's bands have equal width.
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


def _powers(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the power spectra of windows: float32, shape (n_windows, length // 2 + 1)."""
    from scipy import fft

    shape = np.hanning(windows.shape[1]).astype(np.float32)
    spectra = fft.rfft(windows * shape, axis=1)
    powers: NDArray[np.float32] = spectra.real**2 + spectra.imag**2
    return powers


def _levels(powers: NDArray[np.float32], floor_db: float = FLOOR_DB) -> NDArray[np.uint8]:
    loudest = float(powers.max())
    if loudest <= 0:
        return np.zeros(powers.shape, np.uint8)
    least = loudest * 10 ** (floor_db / 10)
    above_db = 10 * np.log10(np.maximum(powers, least) / least)
    levels: NDArray[np.uint8] = np.rint(above_db * (255 / -floor_db)).astype(np.uint8)
    return levels
