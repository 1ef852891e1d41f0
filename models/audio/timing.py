"""Every conversion between samples, frames and seconds.

Conventions
-----------
A *window* is the stretch of samples that one inference sees; window ``i`` starts at
``i * hop``. A *frame* is the row of scores that window ``i`` gave.

Which time a frame stands for is decided here and nowhere else: the centre of its window,
plus and minus half a hop. Neighbouring frames then tile the clip without gap or overlap,
whatever the hop. Before the first centre and behind the last nothing else can speak, so the
first frame also stands for the clip's beginning and the last for its end. (Half-overlapped
windows are commonly reported by their centre; DCASE's baselines do the same.)
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
        Samples per second, in Hz.

    Returns
    -------
    int
        ``round(seconds * sample_rate)``; 0.48 s at 16 kHz is 7680, whatever 0.48 is in binary.
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
        Lengths of the clip, of one window and of the step between windows, in samples.

    Returns
    -------
    int
        ``1 + ceil(max(0, n_samples - window) / hop)``: at least 1, so that a clip shorter than
        one window is padded and never refused.
    """
    return 1 + math.ceil(max(0, n_samples - window_samples) / hop_samples)


def frame_onsets_s(count: int, hop_samples: int, sample_rate: int) -> NDArray[np.float64]:
    """List the start of each window.

    Returns
    -------
    ndarray of float64, shape (count,)
        Seconds from the clip's beginning, from whole samples so that nothing drifts.
    """
    return np.arange(count, dtype=np.float64) * hop_samples / sample_rate


def frame_edges_s(
    onsets_s: NDArray[np.float64], window_s: float, hop_s: float, duration_s: float
) -> NDArray[np.float64]:
    """Find the times at which one frame's word ends and the next one's begins.

    Parameters
    ----------
    onsets_s : ndarray of float64, shape (n_frames,)
        Start of each window, in seconds.
    window_s, hop_s, duration_s : float
        Length of a window, step between windows and length of the clip, in seconds.

    Returns
    -------
    ndarray of float64, shape (n_frames + 1,)
        Frame ``i`` stands for ``edges[i]`` to ``edges[i + 1]``: its window's centre plus and
        minus half a hop, the outermost two widened to the clip's beginning and end.
    """
    inner = onsets_s[1:] + (window_s - hop_s) / 2
    return np.concatenate(([0.0], np.minimum(inner, duration_s), [duration_s]))
