"""Thresholds that fit a clip whose truth is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.evaluation.figures import (
    TIME_RESOLUTION_S,
    active_segments,
    by_label,
    check_resolution,
    compare_segments,
)
from models.events import find_events
from models.timeline import Timeline
from models.truth import TrueEvent

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
    time_resolution_s: float = TIME_RESOLUTION_S,
    **rules: Any,  # noqa: ANN401  # find_events says what they are
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
    time_resolution_s : float
        Length of a segment, in seconds, at least 0.01.
    **rules
        Further keyword arguments of `find_events`, such as ``merge_gap_s``, but not ``labels``.

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
    """
    check_resolution(time_resolution_s)
    suggestions: dict[str, Suggestion] = {}
    for label, events in sorted(by_label(truth).items()):
        if label not in timeline.labels:
            continue
        column = timeline.labels.index(label)
        alone = replace(timeline, scores=timeline.scores[:, [column]], labels=(label,))
        sounds = active_segments(events, time_resolution_s)
        in_force = (thresholds or {}).get(label, threshold)
        candidates = _candidates(alone.scores[:, 0])
        f1_before, *f1 = (
            _f1(alone, sounds, each, time_resolution_s, {"threshold": threshold, **rules})
            for each in (in_force, *candidates.tolist())
        )
        suggestions[label] = _best(candidates, np.array(f1), in_force, f1_before)
    return suggestions


def _f1(
    alone: Timeline,
    sounds: NDArray[np.bool_],
    candidate: float,
    time_resolution_s: float,
    rules: Mapping[str, Any],
) -> float:
    """Segment-based F1 of a timeline's only label with a threshold."""
    # The candidate is the label's own threshold beside the one in force: an offset threshold above
    # it is lowered with it then, instead of refused.
    heard = find_events(alone, thresholds={alone.labels[0]: candidate}, **rules)
    return compare_segments(sounds, active_segments(heard, time_resolution_s)).f1 or 0.0


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
