"""Thresholds that fit clips whose truth is known.

Conventions
-----------
The best threshold of a label is that with the highest event-based F1 over all clips; where several
have the same, the one with the highest segment-based F1. Counts are those of `evaluate`, with the
same collar and the same choice about related labels. Each label is tried by itself, with all others
at their thresholds in force; edges that nearly coincide with those of other labels are aligned only
for the figures that are given back. Where related labels count, F1 is that of the label and those
related to it, since one's events may be hits of another.

Figures of clips that a threshold was fitted to flatter it. For the *held-out* figures each clip in
turn is evaluated with the thresholds that fit the others best (leave-one-out cross-validation).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.events import Event, EventRules
from models.events.evaluation.case import Case
from models.events.evaluation.evaluation import Evaluation, evaluate
from models.events.evaluation.matching import (
    COLLAR_S,
    check_leeway,
    compare,
    event_based,
    related_labels,
)
from models.events.evaluation.metrics import Agreement, Counts, segment_based
from models.events.evaluation.pooling import add
from models.events.truth import TrueEvent

MAX_CANDIDATES = 99
"""Thresholds tried for one label: the hundredths from 0.01 to 0.99, as the page has them."""

MIN_CANDIDATES, MAX_TRIED_FRAMES = 10, 50_000_000
"""With many labels and long clips fewer thresholds are tried, so that their number times that of
all frames stays below this, but at least ten: minutes of computing."""

_Counts = NDArray[np.int64]
"""Hits, false alarms and misses by events, then by segments: shape (6, n_clips, n_thresholds)."""


@dataclass(frozen=True)
class Suggestion:
    """A threshold that fits a label.

    Parameters
    ----------
    threshold_before, threshold : float
        Score thresholds in force and suggested, in [0, 1]; the same where none is better.
    before, after : Agreed
        Counts of the label over all clips, with all thresholds in force and all suggested ones.
    held_out : Counts or None
        Event-based counts over all clips, each with thresholds fitted to the others; None for a
        single clip.
    """

    threshold_before: float
    threshold: float
    before: "Agreed"
    after: "Agreed"
    held_out: Counts | None


@dataclass(frozen=True)
class Agreed:
    """Counts of both kinds.

    Parameters
    ----------
    events, segments : Counts
        Event-based and segment-based counts.
    """

    events: Counts
    segments: Counts


@dataclass(frozen=True)
class Suggestions:
    """Thresholds that fit several clips.

    Parameters
    ----------
    by_label : mapping of str to Suggestion
        Each label under evaluation that has a true event, in alphabetical order.
    before, after : Agreed
        Counts of all labels under evaluation, with the thresholds in force and the suggested ones.
    held_out : Counts or None
        Event-based counts of all labels, each clip with thresholds fitted to the others; None for
        a single clip.
    """

    by_label: Mapping[str, Suggestion]
    before: Agreed
    after: Agreed
    held_out: Counts | None

    @property
    def better(self) -> dict[str, float]:
        """Thresholds of the labels for which another than that in force is suggested."""
        return {
            label: one.threshold
            for label, one in self.by_label.items()
            if one.threshold != one.threshold_before
        }


def suggest_thresholds(
    cases: Sequence[Case],
    rules: EventRules,
    *,
    collar_s: float = COLLAR_S,
    related: bool = False,
    progress: Callable[[float], None] | None = None,
) -> Suggestions:
    """Find the threshold of each true label that fits the clips best.

    Parameters
    ----------
    cases : sequence of Case
        The clips, one or more. A label counts in those where it is under evaluation.
    rules : EventRules
        Rules in force; thresholds of labels that no clip has are passed over.
    collar_s : float
        Leeway of onsets, and the least of offsets, in seconds.
    related : bool
        Whether broader and narrower labels count as right, too.
    progress : callable, optional
        Called with the fraction that is done, in [0, 1]. What it raises ends the search and comes
        out unchanged.

    Returns
    -------
    Suggestions
        Of the thresholds tried, the best. That in force stays where none is better. Where a range
        of thresholds does equally well it is the one nearest to the middle of that range; where
        several ranges do, of the range nearest to the threshold in force.

    Raises
    ------
    SettingError
        If the collar is out of range.
    """
    check_leeway(collar_s)
    told = progress or (lambda _done: None)
    search = _Search(cases, rules, collar_s, related)
    labels = sorted(
        {event.label for case in cases for event in case.truth if event.label in case.labels}
    )
    fitted: dict[str, float] = {}
    folds: list[dict[str, float]] = [{} for _ in cases]
    for done, label in enumerate(labels):
        n_steps = len(labels) + 1  # the last one is that of the figures
        fitted[label], without = search.best(label, _part(told, done / n_steps, 1 / n_steps))
        for fold, threshold in zip(folds, without, strict=True):
            fold[label] = threshold
    before = search.figures([{}] * len(cases))
    after = search.figures([fitted] * len(cases))
    held_out = search.figures(folds)[0] if len(cases) > 1 else None
    told(1.0)
    return Suggestions(
        {
            label: Suggestion(
                threshold_before=rules.onset_for(label),
                threshold=fitted[label],
                before=_of_label(label, *before),
                after=_of_label(label, *after),
                held_out=held_out.by_label[label] if held_out else None,
            )
            for label in labels
        },
        before=_overall(*before),
        after=_overall(*after),
        held_out=held_out.overall if held_out else None,
    )


def _part(told: Callable[[float], None], begin: float, length: float) -> Callable[[float], None]:
    """Tell the progress of a part as that of the whole."""
    return lambda fraction: told(begin + length * fraction)


def _overall(events: Agreement, segments: Agreement) -> Agreed:
    return Agreed(events.overall, segments.overall)


def _of_label(label: str, events: Agreement, segments: Agreement) -> Agreed:
    return Agreed(events.by_label[label], segments.by_label[label])


class _Search:
    """Thresholds tried on several clips."""

    def __init__(
        self, cases: Sequence[Case], rules: EventRules, collar_s: float, related: bool
    ) -> None:
        self._cases, self._rules = cases, rules
        self._collar_s, self._related = collar_s, related
        self._related_to = related_labels if related else _itself
        self._found = [self._events(case, {}) for case in cases]
        n_tried = sum(case.timeline.n_frames * len(case.labels) for case in cases)
        limit = MAX_TRIED_FRAMES // max(n_tried, 1)
        self._n_candidates = min(max(limit, MIN_CANDIDATES), MAX_CANDIDATES)

    def figures(self, thresholds: Sequence[Mapping[str, float]]) -> tuple[Agreement, Agreement]:
        """Event-based and segment-based counts, each clip with thresholds of its own."""
        evaluations = [
            self._evaluate(case, self._events(case, own))
            for case, own in zip(self._cases, thresholds, strict=True)
        ]
        return add([one.events for one in evaluations]), add([one.segments for one in evaluations])

    def best(self, label: str, told: Callable[[float], None]) -> tuple[float, list[float]]:
        """Best threshold of a label for all clips, and for all clips but each."""
        in_force = self._rules.onset_for(label)
        places = [n for n, case in enumerate(self._cases) if label in case.labels]
        scores = [self._cases[n].scores(label) for n in places]
        candidates = _candidates(self._n_candidates)
        tried = np.array([in_force, *candidates])
        counts = np.zeros((6, len(self._cases), len(tried)), np.int64)
        for done, (n, own) in enumerate(zip(places, scores, strict=True)):
            counts[:, n] = self._counts(n, label, own, tried)
            told((done + 1) / len(places))
        total = counts.sum(axis=1)
        without = [
            _best(candidates, total - counts[:, n], in_force) for n in range(counts.shape[1])
        ]
        return _best(candidates, total, in_force), without

    def _counts(
        self, n: int, label: str, scores: NDArray[np.float32], tried: NDArray[np.float64]
    ) -> _Counts:
        """Count one clip's events and segments at each threshold of a label."""
        case, group = self._cases[n], self._related_to(label)
        names = tuple(name for name in case.labels if name in group)
        truth = [event for event in case.truth if event.label in names]
        others = [event for event in self._found[n] if event.label in group - {label}]
        # Thresholds between two scores give the same events.
        levels = np.searchsorted(np.unique(scores), tried.astype(np.float32), side="left")
        _, first, which = np.unique(levels, return_index=True, return_inverse=True)
        counts = np.empty((6, len(first)), np.int64)
        for column, place in enumerate(first):
            found = self._events(case, {label: float(tried[place])}, (label,))
            counts[:, column] = self._compare(truth, [*others, *found], names)
        return counts[:, which]

    def _compare(
        self, truth: Sequence[TrueEvent], found: Sequence[Event], labels: Collection[str]
    ) -> tuple[int, ...]:
        comparison = compare(
            truth, found, labels=labels, related=self._related, collar_s=self._collar_s
        )
        events = event_based(truth, found, labels, comparison).overall
        segments = segment_based(truth, found, labels, related_to=self._related_to).overall
        return events.tp, events.fp, events.fn, segments.tp, segments.fp, segments.fn

    def _evaluate(self, case: Case, events: Sequence[Event]) -> Evaluation:
        return evaluate(
            case.truth,
            events,
            case.timeline.labels,
            labels=case.labels,
            collar_s=self._collar_s,
            related=self._related,
        )

    def _events(
        self, case: Case, own: Mapping[str, float], labels: Collection[str] | None = None
    ) -> list[Event]:
        """Events of a clip, with other thresholds for some labels than those in force."""
        thresholds = {**dict(self._rules.thresholds), **own}
        rules = replace(self._rules, thresholds=tuple(sorted(thresholds.items())))
        return case.events(rules.among(case.timeline.labels), labels)


def _itself(label: str) -> frozenset[str]:
    return frozenset({label})


def _candidates(count: int) -> NDArray[np.float64]:
    """Return evenly spaced hundredths, ascending; 0 would find everything."""
    hundredths: NDArray[np.float64] = np.linspace(1, MAX_CANDIDATES, count).round() / 100
    return hundredths


def _best(candidates: NDArray[np.float64], counts: _Counts, in_force: float) -> float:
    """Choose among thresholds; `counts` has a column for that in force, then one for each."""
    hits, alarms, misses = counts.reshape(2, 3, -1).swapaxes(0, 1)
    either = 2 * hits + alarms + misses
    by_events, by_segments = np.divide(
        2 * hits, either, out=np.zeros(either.shape), where=either > 0
    )
    figures = list(zip(by_events.tolist(), by_segments.tolist(), strict=True))
    if max(figures) == figures[0]:
        return in_force
    winners = np.flatnonzero([one == max(figures) for one in figures[1:]])
    ranges = np.split(candidates[winners], np.flatnonzero(np.diff(winners) > 1) + 1)
    nearest = min(ranges, key=lambda scores: max(scores[0] - in_force, in_force - scores[-1], 0.0))
    middle = (nearest[0] + nearest[-1]) / 2
    return float(nearest[np.abs(nearest - middle).argmin()])
