"""Thresholds that fit a clip whose truth is known."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.events import EventRules, check_audible
from models.events.evaluation.metrics import (
    TIME_RESOLUTION_S,
    active_segments,
    by_label,
    check_resolution,
)
from models.events.evaluation.sweep import event_levels, segment_levels
from models.events.timeline import Timeline
from models.events.truth import TrueEvent

MAX_CANDIDATES = 200
"""Thresholds tried for one label. YAMNet's scores have 256 steps, of which a clip seldom has
more."""


@dataclass(frozen=True)
class Suggestion:
    """A threshold that fits a label in one clip.

    Parameters
    ----------
    threshold : float
        Score threshold, in [0, 1].
    f1, f1_before : float
        Segment-based F1 with it, and with the threshold that was in force, in [0, 1].
    """

    threshold: float
    f1: float
    f1_before: float


def suggest_thresholds(
    timeline: Timeline,
    truth: Sequence[TrueEvent],
    threshold: float = 0.3,
    *,
    thresholds: Mapping[str, float] | None = None,
    offset_threshold: float | None = None,
    merge_gap_s: float = 0.0,
    min_duration_s: float = 0.0,
    audible: NDArray[np.bool_] | None = None,
    time_resolution_s: float = TIME_RESOLUTION_S,
    progress: Callable[[float], None] | None = None,
) -> dict[str, Suggestion]:
    """Find the threshold of each true label that fits this clip best.

    The thresholds are fitted to this one clip and say little about another: they are what it would
    have taken here. Several clips with their truth, other than those to be judged, are needed to
    set thresholds that hold elsewhere.

    Parameters
    ----------
    timeline : Timeline
        Scores of the clip and their time grid.
    truth : sequence of TrueEvent
        What truly sounds in it.
    threshold : float
        Threshold in force, in [0, 1].
    thresholds : mapping of str to float, optional
        Labels with a threshold of their own in force, in [0, 1].
    offset_threshold, merge_gap_s, min_duration_s, audible
        As of `find_events`.
    time_resolution_s : float
        Length of a segment, in seconds, at least 0.01.
    progress : callable, optional
        Called after each label with the fraction that is done, in [0, 1]. What it raises ends the
        search and comes out unchanged.

    Returns
    -------
    dict of str to Suggestion
        For each label of the truth that the model has, in alphabetical order, the threshold with
        the highest segment-based F1: of the scores that the label has in this clip, where there
        are more than `MAX_CANDIDATES` that many of them. The threshold in force stays where none
        is better. Where a range of scores does equally well it is the one nearest to the middle
        of that range; where several do, of the range nearest to the threshold in force.

    Raises
    ------
    SettingError
        If a value lies outside its range.
    ValueError
        If `audible` does not fit the timeline.
    """
    check_resolution(time_resolution_s)
    check_audible(audible, timeline)
    own = tuple(sorted((thresholds or {}).items()))
    rules = EventRules(threshold, offset_threshold, merge_gap_s, min_duration_s, own)
    edges_s = timeline.edges_s
    columns = {label: column for column, label in enumerate(timeline.labels)}
    true = {label: found for label, found in sorted(by_label(truth).items()) if label in columns}
    suggestions: dict[str, Suggestion] = {}
    for label, events in true.items():
        scores = timeline.scores[:, columns[label]]
        candidates, in_force = _candidates(scores), rules.onset_for(label)
        # Below every threshold where the gate is shut.
        heard = scores if audible is None else np.where(audible, scores, np.float32(-1))
        levels = segment_levels(event_levels(heard, edges_s, rules), edges_s, time_resolution_s)
        sounds = active_segments(events, time_resolution_s)
        f1_before, *f1 = _f1(levels, sounds, np.array([in_force, *candidates]))
        suggestions[label] = _best(candidates, np.array(f1), in_force, float(f1_before))
        if progress is not None:
            progress(len(suggestions) / len(true))
    return suggestions


def _f1(
    levels: NDArray[np.float32], sounds: NDArray[np.bool_], thresholds: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Segment-based F1 with each threshold; segments beyond the end of either array are silent."""
    common = min(len(levels), len(sounds))
    is_true = np.zeros(len(levels), np.bool_)
    is_true[:common] = sounds[:common]
    compared = thresholds.astype(np.float32)  # as `EventRules` does
    n_heard = _at_least(levels, compared)
    tp = _at_least(levels[is_true], compared)
    either = n_heard + np.count_nonzero(sounds)  # 2 tp + fp + fn
    return np.divide(2 * tp, either, out=np.zeros(len(thresholds)), where=either > 0)


def _at_least(levels: NDArray[np.float32], thresholds: NDArray[np.float32]) -> NDArray[np.intp]:
    """How many levels reach each threshold."""
    reached: NDArray[np.intp] = len(levels) - np.searchsorted(np.sort(levels), thresholds)
    return reached


def _candidates(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Scores that occur, ascending, at most `MAX_CANDIDATES`; 0 would hear everything."""
    distinct = np.unique(scores[scores > 0]).astype(np.float64)
    kept = np.linspace(0, len(distinct) - 1, min(len(distinct), MAX_CANDIDATES))
    thinned: NDArray[np.float64] = distinct[kept.round().astype(np.intp)]
    return thinned


def _best(
    candidates: NDArray[np.float64], f1: NDArray[np.float64], in_force: float, f1_before: float
) -> Suggestion:
    if not len(candidates) or f1.max() <= f1_before:
        return Suggestion(in_force, f1_before, f1_before)
    winners = np.flatnonzero(f1 == f1.max())
    ranges = np.split(candidates[winners], np.flatnonzero(np.diff(winners) > 1) + 1)
    nearest = min(ranges, key=lambda scores: max(scores[0] - in_force, in_force - scores[-1], 0.0))
    middle = (nearest[0] + nearest[-1]) / 2
    threshold = nearest[np.abs(nearest - middle).argmin()]
    return Suggestion(float(threshold), float(f1.max()), f1_before)
