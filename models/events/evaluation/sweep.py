"""For each frame, the highest threshold at which it still belongs to an event.

Conventions
-----------
`EventRules.find` with a threshold *t* for a label marks frames as belonging to an event or not. As
*t* falls, frames are only added, so one number for each frame, its *level*, says all: the frame
belongs to an event where its level is at least *t*. All thresholds are tried at once with it.

Each rule is a transform of levels. To drop runs shorter than a duration is an opening (of
mathematical morphology), to bridge pauses up to a gap a closing, which is an opening of the
negated levels: what stays of a pause has to be long enough. Frames need not be equally long.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.events import SLACK_S, EventRules

Levels = NDArray[np.float32]


def event_levels(scores: Levels, edges_s: NDArray[np.float64], rules: EventRules) -> Levels:
    """Find each frame's level.

    Parameters
    ----------
    scores : ndarray of float32, shape (n_frames,)
        Scores of one label, in [0, 1]; below 0 where the level gate is shut.
    edges_s : ndarray of float64, shape (n_frames + 1,)
        Where each frame's time begins and ends, in seconds.
    rules : EventRules
        Whose thresholds for onsets are not looked at.

    Returns
    -------
    ndarray of float32, shape (n_frames,)
        For a threshold that is also the lower bound of its offset threshold
        (`EventRules.offset_for`); minus infinity where a frame belongs to no event at all.
    """
    levels = _bridged(scores, edges_s, rules.merge_gap_s)
    levels = _opened(levels, edges_s, rules.min_duration_s - SLACK_S)
    if rules.offset_threshold is None:
        return levels
    return _raised(levels, scores, np.float32(rules.offset_threshold))


def segment_levels(
    levels: Levels, edges_s: NDArray[np.float64], time_resolution_s: float
) -> Levels:
    """Find each segment's level: the highest of the frames that touch it.

    Parameters
    ----------
    levels : ndarray of float32, shape (n_frames,)
        As by `event_levels`.
    edges_s : ndarray of float64, shape (n_frames + 1,)
        Where each frame's time begins and ends, in seconds.
    time_resolution_s : float
        Length of a segment, in seconds.

    Returns
    -------
    ndarray of float32, shape (n_segments,)
        As many segments as the last frame needs.
    """
    # As `metrics.active_segments` has it for an event, which its frames touch together.
    starts = np.floor(edges_s[:-1] / time_resolution_s).astype(np.intp)
    stops = np.ceil(edges_s[1:] / time_resolution_s).astype(np.intp)
    segments = np.arange(int(stops.max(initial=0)))
    first = np.searchsorted(stops, segments, side="right")
    last = np.searchsorted(starts, segments, side="right") - 1
    return _range_extremes(np.maximum, levels, first, last)


def _bridged(scores: Levels, edges_s: NDArray[np.float64], merge_gap_s: float) -> Levels:
    """Raise pauses of up to a gap between two frames to the lower of both."""
    closed = -_opened(-scores, edges_s, merge_gap_s + SLACK_S)
    # What is before the first or behind the last frame that sounds is no pause.
    before = np.maximum.accumulate(scores)
    behind = np.maximum.accumulate(scores[::-1])[::-1]
    return np.minimum(closed, np.minimum(before, behind))


def _raised(levels: Levels, scores: Levels, offset_threshold: np.float32) -> Levels:
    """Give the frames of each run above the offset threshold the peak of that run.

    Above the offset threshold runs no longer depend on the threshold; only which of them are
    events does.
    """
    inside = np.concatenate(([False], levels >= offset_threshold, [False]))
    starts = np.flatnonzero(inside[1:] & ~inside[:-1])
    stops = np.flatnonzero(inside[:-1] & ~inside[1:])
    peaks = _range_extremes(np.maximum, scores, starts, stops - 1)
    raised = levels.copy()
    raised[inside[1:-1]] = np.repeat(peaks, stops - starts)
    return raised


def _opened(levels: Levels, edges_s: NDArray[np.float64], least_s: float) -> Levels:
    """Lower frames to the highest level at which they lie in a run of at least `least_s`.

    Of all runs that hold a frame it suffices to look at the shortest that are long enough: those
    that begin at any frame, and the one that ends at the frame itself. Where none is, the level is
    minus infinity.
    """
    n_frames = len(levels)
    places = np.arange(n_frames)
    starts_s, stops_s = edges_s[:-1], edges_s[1:]
    last = np.maximum(np.searchsorted(stops_s, starts_s + least_s, side="left"), places)
    first = np.minimum(np.searchsorted(starts_s, stops_s - least_s, side="right") - 1, places)
    beginning = np.full(n_frames, -np.inf, np.float32)
    ending = beginning.copy()
    fits = last < n_frames
    beginning[fits] = _range_extremes(np.minimum, levels, places[fits], last[fits])
    fits = first >= 0
    ending[fits] = _range_extremes(np.minimum, levels, first[fits], places[fits])
    earliest = np.searchsorted(last, places, side="left")  # that reaches the frame
    return np.maximum(ending, _range_extremes(np.maximum, beginning, earliest, places))


def _range_extremes(
    ufunc: np.ufunc, values: Levels, first: NDArray[np.intp], last: NDArray[np.intp]
) -> Levels:
    """Minimum or maximum of many ranges, by a table of those of all powers of two (sparse table).

    Parameters
    ----------
    ufunc : numpy.minimum or numpy.maximum
        Which of the two.
    values : ndarray of float32, shape (n,)
        What the ranges are of.
    first, last : ndarray of int, shape (n_ranges,)
        First and last index of each range; that of an empty one is minus infinity.
    """
    extremes = np.full(len(first), -np.inf, np.float32)
    exponents = np.frexp(last - first + 1)[1] - 1  # of the longest power of two that fits
    table: NDArray[Any] = values
    for exponent in range(int(exponents.max(initial=-1)) + 1):
        length = 1 << exponent
        if exponent:
            table = ufunc(table[: -length // 2], table[length // 2 :])
        chosen = exponents == exponent
        extremes[chosen] = ufunc(table[first[chosen]], table[last[chosen] + 1 - length])
    return extremes
