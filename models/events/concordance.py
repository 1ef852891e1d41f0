"""Concordance of two models on one clip, by moment, class and event.

Conventions
-----------
The two models are *a* and *b*, and neither is the reference: swapping them swaps their figures and
changes nothing else. They may have different classes and different windows:

- only *shared* classes are compared, those whose labels are equal strings;
- scores are compared at *moments*, the centres of the frames of the coarser time grid; on the finer
  grid, `Timeline.frames_at` gives the frame of each moment;
- figures of one model alone (its peaks, means and events) are taken from all its frames.

A figure that is undefined is None, never NaN.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.events import EventRules
from models.events.evaluation import Agreement, Counts, segment_based
from models.events.timeline import Timeline

SAME_CLIP_S = 0.05
"""Largest difference in length of two timelines of the same clip. Decoded at two rates, one
recording differs by a few samples, which are about a millisecond at 8 kHz, the lowest rate of a
model."""

MIN_DIFFERENCE = 0.1
"""Smallest difference of two scores that `Concordance.differences` lists."""

MAX_DIFFERENCES = 100
"""Most differences that it lists, and most classes among them."""


@dataclass(frozen=True, eq=False)
class Aligned:
    """Two timelines on one time grid, for the shared classes. No scores are copied.

    Parameters
    ----------
    a, b : Timeline
        The timelines of the two models.
    labels : tuple of str
        The shared classes, in alphabetical order.
    times_s : ndarray of float64, shape (n_moments,)
        The moments, in seconds from the start of the clip.
    edges_s : ndarray of float64, shape (n_moments + 1,)
        Borders of the time that each moment stands for, in seconds.
    frames_a, frames_b : ndarray of int, shape (n_moments,)
        Frame of each timeline at each moment.
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
        """Return the scores of both models at all moments.

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
    """The scores of one class at one moment.

    Parameters
    ----------
    label : str
        The class.
    at_s : float
        The moment, in seconds from the start of the clip.
    a, b : float
        The two scores, in [0, 1].
    """

    label: str
    at_s: float
    a: float
    b: float

    @property
    def size(self) -> float:
        """Absolute difference of the scores, in [0, 1]."""
        return abs(self.a - self.b)


@dataclass(frozen=True)
class ClassConcordance:
    """Concordance of two models on one class.

    Parameters
    ----------
    label : str
        The class.
    mean_a, mean_b, peak_a, peak_b : float
        Mean and highest score of each model, over all its own frames, in [0, 1].
    mean_difference : float
        Mean of the absolute differences of the scores, over all moments, in [0, 1].
    largest : Difference
        The moment with the largest difference, the first of several.
    correlation : float or None
        Pearson's, over all moments, in [-1, 1]; None if either score is constant.
    seconds : Counts
        Number of seconds with an event of both models (``tp``), of *a* only (``fp``), and of *b*
        only (``fn``); their F1 is symmetric.
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
        """Highest score of either model, in [0, 1]."""
        return max(self.peak_a, self.peak_b)


@dataclass(frozen=True, eq=False)
class Concordance:
    """Concordance of two models on one clip.

    Parameters
    ----------
    aligned : Aligned
        The compared scores.
    only_a, only_b : tuple of str
        Classes of one model that the other does not have, in alphabetical order.
    same_best : float or None
        Share of the moments at which both models have the same best class among the shared ones,
        in [0, 1]. None with fewer than two shared classes.
    n_clear : int
        Number of moments at which either model has a score of at least the onset threshold.
    same_best_when_clear : float or None
        As `same_best`, among the clear moments only; None if there are none.
    mean_difference : float or None
        Mean of the absolute differences of all scores, in [0, 1]; None without shared classes.
    largest : Difference or None
        The largest difference of two scores; None without shared classes.
    classes : tuple of ClassConcordance
        One for each shared class, in descending order of the highest score of either model.
    seconds : Counts
        As those of the classes, summed over all shared classes.
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

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        """Largest differences of two scores, the largest first.

        They are local maxima of at least `MIN_DIFFERENCE`. Those of one class are at least a window
        apart. There are `MAX_DIFFERENCES` at most.
        """
        return _differences(self)


def concordance(a: Timeline, b: Timeline, rules: EventRules) -> Concordance:
    """Measure the concordance of two models on one clip.

    Parameters
    ----------
    a, b : Timeline
        Their scores. Of several columns with the same label, the first counts.
    rules : EventRules
        Rules of the events. The onset threshold also selects the clear moments.

    Returns
    -------
    Concordance
        All figures.

    Raises
    ------
    ValueError
        If the timelines are not of the same clip.

    Examples
    --------
    >>> import numpy as np
    >>> from models import EventRules, Timeline
    >>> from models.events.concordance import concordance
    >>> one, other = (
    ...     Timeline(
    ...         np.array(scores, np.float32), onsets_s=np.array([0.0, 0.5]), labels=("Dog", "Bell"),
    ...         window_s=1.0, hop_s=0.5, duration_s=1.5,
    ...     )
    ...     for scores in ([[0.9, 0.1], [0.8, 0.2]], [[0.7, 0.1], [0.3, 0.6]])
    ... )
    >>> concordance(one, other, EventRules()).same_best
    0.5
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
    """Map two timelines to the coarser of their time grids, for the shared classes.

    Parameters
    ----------
    a, b : Timeline
        Of the same clip.

    Raises
    ------
    ValueError
        If their lengths differ by more than `SAME_CLIP_S`.
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
    """Sort key, larger for the coarser grid; equal only for equal grids."""
    return (timeline.hop_s, timeline.window_s, -timeline.n_frames, timeline.duration_s)


_Scores = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Scores of *a* and of *b*, as `Aligned.scores` returns them."""


def _same_best(scores: _Scores) -> NDArray[np.bool_]:
    """Mark the moments at which the models share a best class; of tied classes, any counts."""
    best = [each == each.max(axis=1, keepdims=True, initial=0) for each in scores]
    same: NDArray[np.bool_] = np.logical_and(*best).any(axis=1)
    return same


def _clear(scores: _Scores, threshold: float) -> NDArray[np.bool_]:
    """Mark the moments at which either model has a score of at least the threshold."""
    best = np.maximum(*(each.max(axis=1, initial=0) for each in scores))
    clear: NDArray[np.bool_] = best >= np.float32(threshold)
    return clear


def _share(marks: NDArray[np.bool_]) -> float | None:
    return float(marks.mean()) if len(marks) else None


def _agreeing_seconds(
    a: Timeline, b: Timeline, labels: tuple[str, ...], rules: EventRules
) -> Agreement:
    # The choice of the reference only swaps false positives and false negatives.
    heard = rules.among(labels)
    return segment_based(heard.find(b, labels=labels), heard.find(a, labels=labels), labels)


def _classes(aligned: Aligned, scores: _Scores, events: Agreement) -> tuple[ClassConcordance, ...]:
    own = [_means_and_peaks(timeline) for timeline in (aligned.a, aligned.b)]
    found = []
    for index, label in enumerate(aligned.labels):
        (mean_a, peak_a), (mean_b, peak_b) = (figures[label] for figures in own)
        # In double precision and contiguous: the columns of a matrix are strided.
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
    """Compute Pearson's correlation; None if either input is constant."""
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    a, b = a - a.mean(), b - b.mean()
    # Each is normalised separately: the product of two tiny norms would underflow.
    correlation = float(a / np.linalg.norm(a) @ (b / np.linalg.norm(b)))
    return min(1.0, max(-1.0, correlation))


def _differences(found: Concordance) -> tuple[Difference, ...]:
    classes = [each for each in found.classes if each.largest.size >= MIN_DIFFERENCE]
    classes = sorted(classes, key=lambda each: _rank(each.largest))[:MAX_DIFFERENCES]
    aligned = found.aligned
    apart_s = max(aligned.a.window_s, aligned.b.window_s)
    scores = zip(*(each.T for each in aligned.scores([one.label for one in classes])), strict=True)
    differences = [
        Difference(each.label, float(aligned.times_s[at]), float(a[at]), float(b[at]))
        for each, (a, b) in zip(classes, scores, strict=True)
        for at in _peaks(np.abs(a - b), aligned.times_s, apart_s)
    ]
    return tuple(sorted(differences, key=_rank)[:MAX_DIFFERENCES])


def _peaks(
    sizes: NDArray[np.float32], times_s: NDArray[np.float64], apart_s: float
) -> Iterator[int]:
    """Yield the places of the highest local maxima, the highest first, at least `apart_s` apart."""
    padded = np.concatenate(([-1], sizes, [-1]))
    is_peak = (sizes >= MIN_DIFFERENCE) & (sizes > padded[:-2]) & (sizes >= padded[2:])
    places = np.flatnonzero(is_peak)
    left = places[np.argsort(-sizes[places], kind="stable")]
    for _ in range(MAX_DIFFERENCES):
        if not len(left):
            return
        highest = left[0]
        yield int(highest)
        left = left[np.abs(times_s[left] - times_s[highest]) >= apart_s]


def _rank(difference: Difference) -> tuple[float, float, str]:
    """Sort key: the largest first, of several the earliest, then the first by label."""
    return -difference.size, difference.at_s, difference.label


def _furthest(classes: tuple[ClassConcordance, ...]) -> Difference | None:
    """Find the largest difference."""
    return min((each.largest for each in classes), key=_rank, default=None)
