"""How far two models agree about one clip: moment by moment, class by class, event by event.

Conventions
-----------
The two are called *a* and *b*, and neither is the truth: swapping them swaps what belongs to each,
and changes nothing else. They may know different classes and look through different windows:

- only *shared* classes are compared, those whose label both have, letter by letter;
- they are compared at *moments*, the centres of the frames of the coarser time grid; the finer one
  is asked with `Timeline.frames_at` what it has to say of each;
- what belongs to one model alone (its peaks, its means, its events) is taken from all its frames.

A figure without anything to count is None; nothing here is ever NaN.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.events import EventRules
from models.events.evaluation import Agreement, Counts, segment_based
from models.events.timeline import Timeline

SAME_CLIP_S = 0.05
"""Clips whose lengths differ by more are not the same one. Decoded at two rates, one recording
differs by a few samples, and below 8 kHz, the least that a model takes, a few are a millisecond."""


@dataclass(frozen=True, eq=False)
class Aligned:
    """Two timelines on one time grid, for the classes that both know. It copies no scores.

    Parameters
    ----------
    a, b : Timeline
        As the models gave them.
    labels : tuple of str
        The shared classes, in alphabetical order.
    times_s : ndarray of float64, shape (n_moments,)
        The moments, in seconds from the clip's beginning.
    edges_s : ndarray of float64, shape (n_moments + 1,)
        Where the time that each moment stands for begins and ends, in seconds.
    frames_a, frames_b : ndarray of int, shape (n_moments,)
        Frame of each timeline that stands for a moment.
    """

    a: Timeline
    b: Timeline
    labels: tuple[str, ...]
    times_s: NDArray[np.float64]
    edges_s: NDArray[np.float64]
    frames_a: NDArray[np.intp]
    frames_b: NDArray[np.intp]

    @property
    def n_moments(self) -> int:
        """Number of moments, at least 1."""
        return len(self.times_s)

    def scores(
        self, labels: Sequence[str] | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Pick the scores of both at all moments.

        Parameters
        ----------
        labels : sequence of str, optional
            Shared classes; all of them by default.

        Returns
        -------
        tuple of ndarray of float32, each of shape (n_moments, n_labels)
            Scores of *a* and of *b* in [0, 1], a column for each label.
        """
        chosen = self.labels if labels is None else labels
        return _picked(self.a, self.frames_a, chosen), _picked(self.b, self.frames_b, chosen)


@dataclass(frozen=True)
class Difference:
    """Where two scores of one class differ.

    Parameters
    ----------
    label : str
        The class.
    at_s : float
        The moment, in seconds from the clip's beginning.
    a, b : float
        The two scores, in [0, 1].
    """

    label: str
    at_s: float
    a: float
    b: float

    @property
    def size(self) -> float:
        """How far apart the scores are, in [0, 1]."""
        return abs(self.a - self.b)


@dataclass(frozen=True)
class ClassConcordance:
    """How far two models agree about one class.

    Parameters
    ----------
    label : str
        The class.
    mean_a, mean_b, peak_a, peak_b : float
        Mean and highest score that each gave, over all its own frames, in [0, 1].
    mean_difference : float
        Mean of the absolute differences of the scores, over all moments, in [0, 1].
    largest : Difference
        The moment at which they are furthest apart, the first where there are several.
    correlation : float or None
        Pearson's, over all moments, in [-1, 1]; None where either score stays the same throughout.
    seconds : Counts
        Seconds in which both heard the class (``tp``), only *a* (``fp``), or only *b* (``fn``);
        their F1 is the same seen from either side.
    """

    label: str
    mean_a: float
    mean_b: float
    peak_a: float
    peak_b: float
    mean_difference: float
    largest: Difference
    correlation: float | None
    seconds: Counts

    @property
    def interest(self) -> float:
        """Highest score that either gave, in [0, 1]."""
        return max(self.peak_a, self.peak_b)


@dataclass(frozen=True, eq=False)
class Concordance:
    """How far two models agree about one clip.

    Parameters
    ----------
    aligned : Aligned
        The scores that were compared.
    only_a, only_b : tuple of str
        Classes that one knows and the other does not, in alphabetical order.
    same_best : float or None
        Share of the moments at which both have the same best class among the shared ones, in
        [0, 1]. None with fewer than two of them, among which there is no best one to disagree on.
    n_clear : int
        Moments at which either has a score that reaches the threshold of the events.
    same_best_when_clear : float or None
        As `same_best`, among the clear moments alone; None also where none is clear.
    mean_difference : float or None
        Mean of the absolute differences of all scores, in [0, 1]; None without shared classes.
    largest : Difference or None
        Where two scores are furthest apart; None without shared classes.
    classes : tuple of ClassConcordance
        One for each shared class, those first that got the highest score from either.
    seconds : Counts
        As those of the classes, all together.
    """

    aligned: Aligned
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    same_best: float | None
    n_clear: int
    same_best_when_clear: float | None
    mean_difference: float | None
    largest: Difference | None
    classes: tuple[ClassConcordance, ...]
    seconds: Counts


def concordance(a: Timeline, b: Timeline, rules: EventRules) -> Concordance:
    """Find out how far two models agree about one clip.

    Parameters
    ----------
    a, b : Timeline
        What each heard in it. Where a label stands for several columns, the first one counts.
    rules : EventRules
        What counts as an event. Its onset threshold also says which moments are clear, so that
        they are those at which something was heard.

    Returns
    -------
    Concordance
        All that can be counted.

    Raises
    ------
    ValueError
        If the timelines are not of the same clip.
    """
    aligned = align(a, b)
    scores = aligned.scores()
    same, clear = _same_best(scores), _clear(scores, rules.threshold)
    choosing = len(aligned.labels) > 1
    events = _agreeing_seconds(a, b, aligned.labels, rules)
    classes = _classes(aligned, scores, events)
    differences = [each.mean_difference for each in classes]
    return Concordance(
        aligned=aligned,
        only_a=tuple(sorted(set(a.labels) - set(b.labels))),
        only_b=tuple(sorted(set(b.labels) - set(a.labels))),
        same_best=_share(same) if choosing else None,
        n_clear=int(np.count_nonzero(clear)),
        same_best_when_clear=_share(same[clear]) if choosing else None,
        mean_difference=float(np.mean(differences)) if differences else None,
        largest=_furthest(classes),
        classes=classes,
        seconds=events.overall,
    )


def align(a: Timeline, b: Timeline) -> Aligned:
    """Put the scores of two timelines on the coarser one's time grid, shared classes only.

    Parameters
    ----------
    a, b : Timeline
        Of the same clip.

    Raises
    ------
    ValueError
        If they are not of the same clip.
    """
    if abs(a.duration_s - b.duration_s) > SAME_CLIP_S:
        raise ValueError(
            f"clips of {a.duration_s:g} s and of {b.duration_s:g} s: are these two recordings?"
        )
    coarser = max(a, b, key=_coarseness)
    centres_s = np.minimum(coarser.onsets_s + coarser.window_s / 2, coarser.duration_s)
    labels = tuple(sorted(set(a.labels) & set(b.labels)))
    frames = (
        np.arange(timeline.n_frames) if timeline is coarser else timeline.frames_at(centres_s)
        for timeline in (a, b)
    )
    return Aligned(a, b, labels, centres_s, coarser.edges_s, *frames)


def _picked(
    timeline: Timeline, frames: NDArray[np.intp], labels: Sequence[str]
) -> NDArray[np.float32]:
    columns = np.array([timeline.labels.index(label) for label in labels], np.intp)
    picked: NDArray[np.float32] = timeline.scores[np.ix_(frames, columns)]
    return picked


def _coarseness(timeline: Timeline) -> tuple[float, ...]:
    """Larger for the coarser grid; the same only for grids that are the same."""
    return (timeline.hop_s, timeline.window_s, -timeline.n_frames, timeline.duration_s)


_Scores = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Of *a* and of *b*, as `Aligned.scores` gives them."""


def _same_best(scores: _Scores) -> NDArray[np.bool_]:
    """At which moments a class is the best in both; where several share the best score, any is."""
    best = [each == each.max(axis=1, keepdims=True, initial=0) for each in scores]
    same: NDArray[np.bool_] = np.logical_and(*best).any(axis=1)
    return same


def _clear(scores: _Scores, threshold: float) -> NDArray[np.bool_]:
    """At which moments either has a score that reaches the threshold."""
    best = np.maximum(*(each.max(axis=1, initial=0) for each in scores))
    clear: NDArray[np.bool_] = best >= np.float32(threshold)
    return clear


def _share(marks: NDArray[np.bool_]) -> float | None:
    return float(marks.mean()) if len(marks) else None


def _agreeing_seconds(
    a: Timeline, b: Timeline, labels: tuple[str, ...], rules: EventRules
) -> Agreement:
    # Which of the two takes the truth's place only decides which of the errors has which name.
    heard = rules.among(labels)
    return segment_based(heard.find(b, labels=labels), heard.find(a, labels=labels), labels)


def _classes(aligned: Aligned, scores: _Scores, events: Agreement) -> tuple[ClassConcordance, ...]:
    own = [_means_and_peaks(timeline) for timeline in (aligned.a, aligned.b)]
    found = []
    for index, label in enumerate(aligned.labels):
        (mean_a, peak_a), (mean_b, peak_b) = (figures[label] for figures in own)
        # In double precision, and each column together: a matrix keeps them apart.
        scores_a, scores_b = (each[:, index].astype(np.float64) for each in scores)
        apart = np.abs(scores_a - scores_b)
        at = int(apart.argmax())
        found.append(
            ClassConcordance(
                label,
                *(mean_a, mean_b, peak_a, peak_b),
                mean_difference=float(apart.mean()),
                largest=Difference(
                    label, float(aligned.times_s[at]), float(scores_a[at]), float(scores_b[at])
                ),
                correlation=_correlation(scores_a, scores_b),
                seconds=events.by_label[label],
            )
        )
    return tuple(sorted(found, key=lambda each: (-each.interest, each.label)))


def _means_and_peaks(timeline: Timeline) -> dict[str, tuple[float, float]]:
    means, peaks = (timeline.aggregate(by).tolist() for by in ("mean", "max"))
    figures: dict[str, tuple[float, float]] = {}
    for label, mean, peak in zip(timeline.labels, means, peaks, strict=True):
        figures.setdefault(label, (mean, peak))
    return figures


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float | None:
    """Pearson's correlation; None where either stays the same throughout."""
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    a, b = a - a.mean(), b - b.mean()
    # Each to length 1 by itself: the product of two tiny lengths would be nothing.
    correlation = float(a / np.linalg.norm(a) @ (b / np.linalg.norm(b)))
    return min(1.0, max(-1.0, correlation))


def _furthest(classes: tuple[ClassConcordance, ...]) -> Difference | None:
    """Find the largest difference: the earliest of several, in the alphabet's first class."""
    largest = [each.largest for each in classes]
    return min(largest, key=lambda each: (-each.size, each.at_s, each.label), default=None)
