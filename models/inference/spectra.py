"""Assembly of a clip's spectra from the output of a dynamic model.

Conventions
-----------
The original YAMNet outputs the natural logarithm of each mel band's magnitude plus `LOG_OFFSET`,
which keeps silence finite: one spectrum every 10 ms, 96 in a window, of which 48 are new.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from models.audio.buffers import RowBuffer
from models.inference.contract import MEL_BANDS, SPECTRA_PER_HOP, SPECTRA_PER_WINDOW

LOG_OFFSET = 0.001
"""Added to magnitudes before the logarithm (YAMNet's ``params.py``: ``log_offset``)."""

_LARGEST = float(np.finfo(np.float16).max)  # samples far beyond full scale exceed it

SPECTRA_VALUES = SPECTRA_PER_WINDOW * MEL_BANDS
"""Number of values for the spectra of a window, after the scores in a row."""


def apart(
    batches: Iterable[NDArray[np.float32]], n_classes: int
) -> tuple[NDArray[np.float32], NDArray[np.float16]]:
    """Separate rows of consecutive windows into scores and spectra.

    Parameters
    ----------
    batches : iterable of ndarray of float32, shape (n_windows, n_classes + SPECTRA_VALUES)
        At least one, of at least one window.
    n_classes : int
        Number of scores in a row.

    Returns
    -------
    scores : ndarray of float32, shape (n_frames, n_classes)
        Unchanged.
    magnitudes : ndarray of float16, shape ((n_frames + 1) * 48, 64)
        Magnitudes of the mel bands, not negative; 46 MB for an hour. Where windows overlap, those
        of the later one.
    """
    scores = RowBuffer((n_classes,))
    magnitudes = RowBuffer((MEL_BANDS,), np.float16)
    behind = np.empty((0, MEL_BANDS), np.float32)
    for rows in batches:
        scores.append(rows[:, :n_classes])
        windows = rows[:, n_classes:].reshape(-1, SPECTRA_PER_WINDOW, MEL_BANDS)
        magnitudes.append(_magnitudes(windows[:, :SPECTRA_PER_HOP].reshape(-1, MEL_BANDS)))
        behind = windows[-1, SPECTRA_PER_HOP:]
    magnitudes.append(_magnitudes(behind))
    return scores.take(), magnitudes.take()


def _magnitudes(logarithms: NDArray[np.float32]) -> NDArray[np.float32]:
    magnitudes: NDArray[np.float32] = np.clip(np.exp(logarithms) - LOG_OFFSET, 0, _LARGEST)
    return magnitudes
