"""The spectra that a dynamic model makes on its way to the scores, put together for a whole clip.

Conventions
-----------
The original YAMNet gives the natural logarithm of each mel band's magnitude, offset by
`LOG_OFFSET` so that silence has one: a spectrum every 10 ms, 96 in a window, of which 48 are new.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.classifier.contract import MEL_BANDS, SPECTRA_PER_HOP, SPECTRA_PER_WINDOW
from models.classifier.threads import Pool
from models.framing import Framing

LOG_OFFSET = 0.001
"""Added to magnitudes before the logarithm (YAMNet's ``params.py``: ``log_offset``)."""

_STRETCH_FRAMES = 512
"""Windows whose spectra are held in full at a time: 14 MB."""


def fill_with_spectra(
    pool: Pool,
    scores: NDArray[np.float32],
    samples: NDArray[np.float32],
    framing: Framing,
    progress: Callable[[float], None] | None,
) -> NDArray[np.float16]:
    """Fill the scores of each window of a clip, and give its spectra.

    Parameters
    ----------
    pool : Pool
        Of engines that run a dynamic model.
    scores : ndarray of float32, shape (n_frames, n_classes)
        Written to.
    samples, framing, progress
        As for `Pool.fill`.

    Returns
    -------
    ndarray of float16, shape ((n_frames + 1) * 48, 64)
        Magnitudes of the mel bands, not negative; 46 MB for an hour.
    """
    n_frames, n_classes = scores.shape
    magnitudes = np.empty(((n_frames + 1) * SPECTRA_PER_HOP, MEL_BANDS), np.float16)
    for start in range(0, n_frames, _STRETCH_FRAMES):
        stop = min(start + _STRETCH_FRAMES, n_frames)
        rows = np.empty((stop - start, n_classes + SPECTRA_PER_WINDOW * MEL_BANDS), np.float32)
        report = None if progress is None else _within(progress, start, stop, n_frames)
        pool.fill(rows, framing.stretch(samples, start, stop), framing, report)
        scores[start:stop] = rows[:, :n_classes]
        windows = rows[:, n_classes:].reshape(-1, SPECTRA_PER_WINDOW, MEL_BANDS)
        places = slice(start * SPECTRA_PER_HOP, (stop + 1) * SPECTRA_PER_HOP)
        magnitudes[places] = _magnitudes(windows)
    return magnitudes


def _magnitudes(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Lay the spectra of overlapping windows one after another, without their logarithm."""
    new = windows[:, :SPECTRA_PER_HOP].reshape(-1, MEL_BANDS)
    logarithms = np.concatenate([new, windows[-1, SPECTRA_PER_HOP:]])
    magnitudes: NDArray[np.float32] = np.maximum(np.exp(logarithms) - LOG_OFFSET, 0)
    return magnitudes


def _within(
    progress: Callable[[float], None], start: int, stop: int, total: int
) -> Callable[[float], None]:
    """Report a stretch's progress as a part of the whole's."""
    return lambda fraction: progress((start + fraction * (stop - start)) / total)
