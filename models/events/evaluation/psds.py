"""Polyphonic sound detection score: how good scores are, whatever the threshold.

Conventions
-----------
The score (PSDS) is that of Bilen et al., "A Framework for the Robust Evaluation of Sound Event
Detection" (ICASSP 2020), computed at all thresholds that make a difference, as by Ebbers, Serizel
and Haeb-Umbach, "Threshold-Independent Evaluation of Sound Event Detection Scores" (ICASSP 2022)
and their toolbox sed_scores_eval, whose values the tests hold it against:

- An event is *relevant* if it overlaps true events of its label for at least a share of its length
  (detection tolerance criterion); any other is a false positive. A true event is found if relevant
  events cover a share of it (ground truth intersection criterion).
- A false positive that overlaps true events of another label for a share of its length is a cross
  trigger. Their rates, averaged over the other labels, add to that of the false positives.
- The score is the area under the mean of the labels' shares found, less a part of their standard
  deviation, over the rate of false positives up to `Scenario.max_rate` for each hour.

Events are runs of frames that reach a threshold: without merging, minimum duration or refined
edges, and without regard to the taxonomy.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.events.evaluation.case import Case
from models.events.evaluation.metrics import spans_s
from models.events.truth import TrueEvent

MAX_LEVELS = 1_000
"""Thresholds tried for one label; YAMNet's scores have 256 steps, so that all are tried."""

_DECIMALS = 6  # of the times that are compared, as in sed_scores_eval
_HOUR_S = 3_600.0

_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scenario:
    """Parameters of a PSDS.

    Parameters
    ----------
    detection, ground_truth : float
        Shares of the two criteria (DTC, GTC), in [0, 1].
    cross_trigger : float
        Share from which a false positive is a cross trigger (CTTC), in [0, 1].
    cross_trigger_weight, deviation_weight : float
        Weights of cross triggers and of the standard deviation between labels, 0 or more.
    max_rate : float
        False positives for each hour up to which the area counts.
    """

    detection: float
    ground_truth: float
    cross_trigger: float
    cross_trigger_weight: float
    deviation_weight: float
    max_rate: float = 100.0


TIMING = Scenario(0.7, 0.7, 1.0, 0.0, 1.0)
"""Scenario 1 of DCASE's task 4 since 2021: edges have to be right (PSDS1)."""

CONFUSION = Scenario(0.1, 0.1, 0.3, 0.5, 1.0)
"""Scenario 2 of DCASE's task 4 since 2021: labels must not be mixed up (PSDS2)."""


@dataclass(frozen=True)
class Psds:
    """A polyphonic sound detection score.

    Parameters
    ----------
    value : float
        Score of all labels, in [0, 1].
    by_label : mapping of str to float
        Score of each label by itself, in [0, 1].
    """

    value: float
    by_label: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class _Curve:
    """Share of true events found at each rate of false positives, both ascending."""

    rates: _Floats
    shares: _Floats

    def at(self, rates: _Floats) -> _Floats:
        place = np.searchsorted(self.rates, rates, side="right") - 1
        found: _Floats = np.where(place < 0, 0.0, self.shares[place])
        return found

    def area(self, max_rate: float) -> float:
        widths = np.diff(np.append(self.rates, max_rate))
        return float(np.sum(self.shares * widths)) / max_rate


def psds(
    cases: Sequence[Case],
    scenario: Scenario = TIMING,
    *,
    progress: Callable[[float], None] | None = None,
) -> Psds | None:
    """Compute the polyphonic sound detection score of several clips.

    Parameters
    ----------
    cases : sequence of Case
        The clips. A label counts in those clips where it is under evaluation.
    scenario : Scenario
        Its parameters; `TIMING` or `CONFUSION`, or others.
    progress : callable, optional
        Called after each label with the fraction that is done, in [0, 1]. What it raises ends the
        computation and comes out unchanged.

    Returns
    -------
    Psds or None
        None if no label under evaluation has a true event.
    """
    sounding = {event.label for case in cases for event in case.truth if event.label in case.labels}
    labels = sorted(sounding)
    curves: dict[str, _Curve] = {}
    for label in labels:
        curves[label] = _curve(label, [case for case in cases if label in case.labels], scenario)
        if progress is not None:
            progress(len(curves) / len(labels))
    if not curves:
        return None
    rates = np.unique(np.concatenate([curve.rates for curve in curves.values()]))
    shares = np.stack([curve.at(rates) for curve in curves.values()])
    effective = shares.mean(axis=0) - scenario.deviation_weight * shares.std(axis=0)
    together = _Curve(rates, np.maximum(effective, 0.0))
    max_rate = scenario.max_rate
    return Psds(
        together.area(max_rate), {label: one.area(max_rate) for label, one in curves.items()}
    )


def _curve(label: str, cases: Sequence[Case], scenario: Scenario) -> _Curve:
    """Find the curve of one label."""
    others = sorted({other for case in cases for other in case.labels} - {label})
    levels = _levels(np.concatenate([case.scores(label) for case in cases]))
    counts = np.zeros((2 + len(others), len(levels)))
    true_s, n_true, duration_s = np.zeros(len(others)), 0, 0.0
    for case in cases:
        truth = {name: _spans(case.truth, name) for name in (label, *others)}
        n_true += len(truth[label])
        duration_s += case.timeline.duration_s
        true_s += [np.diff(truth[name], axis=1).sum() for name in others]
        counts += _clip_counts(case, label, levels, list(truth.values()), scenario)
    shares, rates = counts[0] / n_true, counts[1] / duration_s
    if others and scenario.cross_trigger_weight:
        crossing = counts[2:] / np.maximum(true_s, 1e-12)[:, None]
        rates = rates + scenario.cross_trigger_weight * crossing.mean(axis=0)
    return _best(np.append(rates, 0.0) * _HOUR_S, np.append(shares, 0.0), scenario.max_rate)


def _best(rates: _Floats, shares: _Floats, max_rate: float) -> _Curve:
    """Reduce operating points to the best share at each rate, up to a rate."""
    order = np.lexsort((shares, rates))
    rates, shares = rates[order], np.maximum.accumulate(shares[order])
    last = np.append(rates[1:] != rates[:-1], True) & (rates <= max_rate)
    return _Curve(rates[last], shares[last])


def _levels(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the scores that occur, ascending, at most `MAX_LEVELS`."""
    distinct: NDArray[np.float32] = np.unique(scores[scores >= 0])
    if len(distinct) <= MAX_LEVELS:
        return distinct
    kept = np.linspace(0, len(distinct) - 1, MAX_LEVELS).round().astype(np.intp)
    thinned: NDArray[np.float32] = distinct[kept]
    return thinned


def _clip_counts(
    case: Case,
    label: str,
    levels: NDArray[np.float32],
    truth: Sequence[_Floats],
    scenario: Scenario,
) -> _Floats:
    """Count in one clip true events found, false positives, and cross triggers of each label.

    Parameters
    ----------
    levels : ndarray of float32, shape (n_levels,)
        Thresholds.
    truth : sequence of ndarray, shape (n_events, 2)
        True spans of the label itself, and of each other one, in seconds.

    Returns
    -------
    ndarray of float64, shape (1 + n_labels, n_levels)
    """
    scores = case.scores(label)
    edges_s = case.timeline.edges_s
    covered_s = np.stack([_covered_s(spans, edges_s) for spans in truth])
    # Thresholds between two scores of this clip give the same events.
    places, which = np.unique(
        np.searchsorted(np.unique(scores), levels, side="left"), return_inverse=True
    )
    representative = np.full(len(places), -1, np.intp)
    representative[which] = np.arange(len(levels))
    counts = np.zeros((1 + len(truth), len(places)))
    for column, level in enumerate(representative):
        active = np.concatenate(([False], scores >= levels[level], [False]))
        changes = np.flatnonzero(active[1:] != active[:-1]).reshape(-1, 2)
        if len(changes):
            counts[:, column] = _at_threshold(changes, edges_s, covered_s, truth[0], scenario)
    return counts[:, which]


def _at_threshold(
    runs: NDArray[np.intp],
    edges_s: _Floats,
    covered_s: _Floats,
    true: _Floats,
    scenario: Scenario,
) -> _Floats:
    """Count as `_clip_counts`, for events given as first and one past the last frame."""
    spans = edges_s[runs]
    lengths_s = spans[:, 1] - spans[:, 0]
    overlaps_s = np.round(covered_s[:, runs[:, 1]] - covered_s[:, runs[:, 0]], _DECIMALS)
    relevant = overlaps_s[0] >= np.round(scenario.detection * lengths_s, _DECIMALS)
    found_s = np.round(_overlap_s(true, spans[relevant]), _DECIMALS)
    is_found = found_s >= np.round(scenario.ground_truth * (true[:, 1] - true[:, 0]), _DECIMALS)
    crossing = ~relevant & (
        overlaps_s[1:] >= np.round(scenario.cross_trigger * lengths_s, _DECIMALS)
    )
    n_false = np.count_nonzero(~relevant)
    return np.array([np.count_nonzero(is_found), n_false, *crossing.sum(axis=1)], np.float64)


def _spans(truth: Sequence[TrueEvent], label: str) -> _Floats:
    return spans_s([event for event in truth if event.label == label])


def _covered_s(spans: _Floats, times_s: _Floats) -> _Floats:
    """How long all spans together last until each of the times, ascending, in seconds."""
    onsets_s, offsets_s = np.sort(spans[:, 0]), np.sort(spans[:, 1])
    return _elapsed_s(onsets_s, times_s) - _elapsed_s(offsets_s, times_s)


def _elapsed_s(starts_s: _Floats, times_s: _Floats) -> _Floats:
    """Sum of the time since each start that is past, at each of the times, in seconds."""
    sums = np.concatenate(([0.0], np.cumsum(starts_s)))
    n_begun = np.searchsorted(starts_s, times_s, side="right")
    elapsed: _Floats = n_begun * times_s - sums[n_begun]
    return elapsed


def _overlap_s(spans: _Floats, events: _Floats) -> _Floats:
    """How long disjoint events overlap each of the spans, in seconds."""
    return _covered_s(events, spans[:, 1]) - _covered_s(events, spans[:, 0])
