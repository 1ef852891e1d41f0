"""Conversions between samples, frames and seconds.

Conventions
-----------
A *window* is the samples of one inference; window ``i`` starts at ``i * hop``. A *frame* is the row
of scores of window ``i``.

This module alone defines the time interval of a frame: the centre of its window, plus and minus
half a hop. Neighbouring frames then tile the clip without gap or overlap at every hop. The first
frame is extended to the clip's beginning and the last to its end, because no other frame covers
these parts. (Half-overlapped windows are commonly reported by their centre; DCASE's baselines do
the same.)
"""

import math

import numpy as np
from numpy.typing import NDArray


def samples_from_seconds(seconds: float, sample_rate: int) -> int:
    """Convert a duration to the nearest whole number of samples.

    Parameters
    ----------
    seconds : float
        Duration in seconds, not negative.
    sample_rate : int
        In Hz.

    Returns
    -------
    int
        ``round(seconds * sample_rate)``, unaffected by the binary representation of `seconds`.

    Examples
    --------
    >>> samples_from_seconds(0.48, 16_000)
    7680
    """
    return round(seconds * sample_rate)


def seconds_from_samples(n_samples: int, sample_rate: int) -> float:
    """Convert a number of samples to seconds."""
    return n_samples / sample_rate


def n_frames(n_samples: int, window_samples: int, hop_samples: int) -> int:
    """Count the windows that cover a clip, the last one padded.

    Parameters
    ----------
    n_samples, window_samples, hop_samples : int
        Lengths of the clip, the window and the hop, in samples.

    Returns
    -------
    int
        ``1 + ceil(max(0, n_samples - window) / hop)``: at least 1, so that a clip shorter than
        one window is padded and never rejected.

    Examples
    --------
    >>> n_frames(16_000, 15_600, 7_680)
    2
    """
    return 1 + math.ceil(max(0, n_samples - window_samples) / hop_samples)


def frame_onsets_s(count: int, hop_samples: int, sample_rate: int) -> NDArray[np.float64]:
    """Return the start of each window.

    Returns
    -------
    ndarray of float64, shape (count,)
        Seconds from the clip's beginning, computed from whole samples, so errors do not accumulate.
    """
    return np.arange(count, dtype=np.float64) * hop_samples / sample_rate


def frame_edges_s(
    onsets_s: NDArray[np.float64], window_s: float, hop_s: float, duration_s: float
) -> NDArray[np.float64]:
    """Return the boundaries between the time intervals of frames.

    Parameters
    ----------
    onsets_s : ndarray of float64, shape (n_frames,)
        Start of each window, in seconds.
    window_s, hop_s, duration_s : float
        Length of a window, hop and length of the clip, in seconds.

    Returns
    -------
    ndarray of float64, shape (n_frames + 1,)
        Frame ``i`` covers ``edges[i]`` to ``edges[i + 1]``: its window's centre plus and minus half
        a hop, with the first and the last extended to the clip's beginning and end.

    Examples
    --------
    >>> frame_edges_s(np.array([0.0, 0.5]), window_s=1.0, hop_s=0.5, duration_s=1.5).tolist()
    [0.0, 0.75, 1.5]
    """
    inner = onsets_s[1:] + (window_s - hop_s) / 2
    return np.concatenate(([0.0], np.minimum(inner, duration_s), [duration_s]))
