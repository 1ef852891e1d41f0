"""Front end of the model in NumPy: log-mel spectra of windows.

Conventions
-----------
As YAMNet's (``features.py`` in tensorflow/models): Hann windows of 25 ms, magnitudes, 64 mel bands
from 125 to 7500 Hz, logarithm of the sum plus 0.001. Two things differ, for speed:

- a spectrum every 15 ms instead of every 10 ms: 64 of them in a window of 0.975 s;
- the Fourier transform is computed only at `FREQUENCIES_HZ`, which are farther apart where mel
  bands are wide. It is a matrix product, which runs in half the time of TFLite's RFFT2D and is
  stored in float16. Training uses the same rounded matrix.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
WINDOW_SAMPLES = 15_600
FRAME_SAMPLES, STEP_SAMPLES = 400, 240
N_FRAMES, N_BANDS = 64, 64
LOG_OFFSET = 0.001

_LOWEST_HZ, _HIGHEST_HZ = 125.0, 7500.0
_BIN_HZ = SAMPLE_RATE / 512  # spacing of YAMNet's bins
_STEPS = ((1000.0, 1), (2500.0, 2), (np.inf, 3))  # up to a frequency: step in bins


def _chosen_bins() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    frequencies, steps, at = [], [], _LOWEST_HZ
    while at < _HIGHEST_HZ:
        step = next(step for below_hz, step in _STEPS if at < below_hz)
        frequencies.append(at)
        steps.append(step)
        at += step * _BIN_HZ
    return np.array(frequencies), np.array(steps, np.float64)


FREQUENCIES_HZ, _BINS_EACH = _chosen_bins()
"""Frequencies at which spectra are computed, in Hz."""


def fourier_matrix() -> NDArray[np.float16]:
    """Return cosines, then sines, of each frequency with a Hann window: shape (2 * n, 400)."""
    times_s = np.arange(FRAME_SAMPLES) / SAMPLE_RATE
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME_SAMPLES) / FRAME_SAMPLES)
    angles = 2 * np.pi * FREQUENCIES_HZ[:, None] * times_s
    return (np.concatenate([np.cos(angles), np.sin(angles)]) * hann).astype(np.float16)


def mel_matrix() -> NDArray[np.float32]:
    """Return the weight of each frequency in each band: shape (64, n), triangular on mel scale."""
    edges = np.linspace(_mel(_LOWEST_HZ), _mel(_HIGHEST_HZ), N_BANDS + 2)
    places = _mel(FREQUENCIES_HZ)
    rising = (places - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - places) / (edges[2:] - edges[1:-1])[:, None]
    weights = np.maximum(0, np.minimum(rising, falling)) * _BINS_EACH
    return weights.astype(np.float32)


def _mel(frequency_hz: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return 1127.0 * np.log1p(np.asarray(frequency_hz) / 700.0)  # HTK's scale, as YAMNet's


_FOURIER = fourier_matrix().astype(np.float32).T
_MEL = mel_matrix().T


def log_mel(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute log-mel spectra of windows.

    Parameters
    ----------
    windows : ndarray of float32, shape (n_windows, 15600)
        In [-1, 1], at 16 kHz.

    Returns
    -------
    ndarray of float32, shape (n_windows, 64, 64)
        Axes: window, spectrum, band.
    """
    frames = sliding_window_view(windows, FRAME_SAMPLES, axis=1)[:, ::STEP_SAMPLES]
    parts = frames.reshape(-1, FRAME_SAMPLES) @ _FOURIER
    n = len(FREQUENCIES_HZ)
    magnitudes = np.sqrt(parts[:, :n] ** 2 + parts[:, n:] ** 2)
    return np.log(magnitudes @ _MEL + np.float32(LOG_OFFSET)).reshape(-1, N_FRAMES, N_BANDS)
