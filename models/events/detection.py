"""Event detection: onsets and offsets of each class from scores.

Conventions
-----------
Detection uses two levels (hysteresis). A class is active in a frame whose score reaches the offset
threshold, unless the frame is below the level gate. Consecutive active frames, and pauses of up to
the merge gap, form a run; a run is an event if at least one of its active frames reaches the onset
threshold. Without an offset threshold both levels are equal. An event lasts for the time that its
frames stand for (`Timeline.edges_s`); its peak is that of the active frames, its mean that of all
frames, including bridged pauses. `models.live.event_log` detects the same events in a stream.

Scores are compared in float32, their own precision: a score of 0.7 reaches a threshold of 0.7.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import SettingError
from models.events.boundaries import EdgeRefiner
from models.events.event import SLACK_S, Event, written_score
from models.events.timeline import Timeline

DEFAULT_THRESHOLD = 0.3
"""Onset threshold where no other is chosen, on the page and in code, in [0, 1]."""

_BLOCK_SCORES = 1_000_000
"""Scores processed together: they fit a processor's cache, and the Python loop stays short."""


@dataclass(frozen=True)
class EventRules:
    """The rules that define an event.

    Parameters
    ----------
    threshold : float
        Onset threshold: a score that an event has to reach at least once, in [0, 1].
    offset_threshold : float or None
        An event continues while its score reaches this, in [0, `threshold`]. None means the onset
        threshold of each class: no hysteresis.
    merge_gap_s : float
        Longest pause that does not end an event, in seconds.
    min_duration_s : float
        Events shorter than this, after merging, are dropped. Seconds.
    thresholds : tuple of (str, float)
        Labels with an onset threshold of their own, in [0, 1]. Their offset threshold is the
        common one, or their own onset threshold if that is lower.

    Raises
    ------
    SettingError
        If a value is out of range, or a label has two thresholds.
    """

    threshold: float = DEFAULT_THRESHOLD
    offset_threshold: float | None = None
    merge_gap_s: float = 0.0
    min_duration_s: float = 0.0
    thresholds: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        _check_score("score threshold", self.threshold)
        if self.offset_threshold is not None:
            _check_score("offset threshold", self.offset_threshold)
            _check_order(self.offset_threshold, self.threshold)
        _check_duration("merge_gap_s", self.merge_gap_s)
        _check_duration("min_duration_s", self.min_duration_s)
        _check_thresholds(self.thresholds)

    def onset_for(self, label: str) -> float:
        """Onset threshold of a label: reached at least once in each event, in [0, 1]."""
        return dict(self.thresholds).get(label, self.threshold)

    def offset_for(self, label: str) -> float:
        """Offset threshold of a label: the score at which an event continues, in [0, 1]."""
        onset = self.onset_for(label)
        return onset if self.offset_threshold is None else min(self.offset_threshold, onset)

    def is_long_enough(self, event: Event) -> bool:
        """Whether an event lasts at least the minimum duration."""
        return event.offset_s - event.onset_s >= self.min_duration_s - SLACK_S

    def among(self, labels: Collection[str]) -> "EventRules":
        """Drop the thresholds of labels that are not in `labels`.

        For a timeline with other labels than those of the rules, such as another model's or
        rolled-up ones.
        """
        present = frozenset(labels)
        kept = tuple(pair for pair in self.thresholds if pair[0] in present)
        return replace(self, thresholds=kept)

    def find(
        self,
        timeline: Timeline,
        *,
        labels: Collection[str] | None = None,
        audible: NDArray[np.bool_] | None = None,
        refiner: EdgeRefiner | None = None,
    ) -> list[Event]:
        """Detect events by these rules.

        Parameters
        ----------
        timeline : Timeline
            Scores and their time grid.
        labels : collection of str, optional
            The classes; all of them by default.
        audible : ndarray of bool, shape (n_frames,), optional
            False where a frame is below the level gate; all are audible by default.
        refiner : EdgeRefiner, optional
            Moves the edges of events to those of their sound; by default they stay on the grid of
            the windows.

        Returns
        -------
        list of Event
            Ordered by onset, none shorter than the minimum duration.

        Raises
        ------
        SettingError
            If a label is unknown.
        ValueError
            If `audible` does not fit the timeline.
        """
        _check_labels([label for label, _ in self.thresholds], timeline)
        check_audible(audible, timeline)
        onsets, offsets = self._levels(timeline.labels)
        columns = _reaching(timeline, onsets, _columns(timeline, labels))
        edges_s = timeline.edges_s
        rows: list[_Row] = []
        step = max(1, _BLOCK_SCORES // timeline.n_frames)
        for block in (columns[first : first + step] for first in range(0, len(columns), step)):
            scores = timeline.scores[:, block].T
            # -1 is below every threshold, so gated frames are inactive and no peaks.
            heard = scores if audible is None else np.where(audible, scores, np.float32(-1))
            runs = _Runs.of(heard >= offsets[block, None]).bridged(edges_s, self.merge_gap_s)
            peaks = runs.reduced(np.maximum, heard)
            lasting = edges_s[runs.stops] - edges_s[runs.starts] >= self.min_duration_s - SLACK_S
            chosen = lasting & (peaks >= onsets[block][runs.classes])
            names = [timeline.labels[column] for column in block]
            rows.extend(_rows(runs.where(chosen), peaks[chosen], scores, edges_s, names))
        events = [Event(*row) for row in sorted(rows)]
        if refiner is None:
            return events
        return [event for event in refiner.refine(events) if self.is_long_enough(event)]

    def _levels(self, labels: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the onset and offset threshold of each label."""
        own = dict(self.thresholds)
        onsets = np.array([own.get(label, self.threshold) for label in labels], np.float32)
        if self.offset_threshold is None:
            return onsets, onsets
        return onsets, np.minimum(onsets, np.float32(self.offset_threshold))


def find_events(
    timeline: Timeline,
    threshold: float = DEFAULT_THRESHOLD,
    *,
    offset_threshold: float | None = None,
    merge_gap_s: float = 0.0,
    min_duration_s: float = 0.0,
    thresholds: Mapping[str, float] | None = None,
    labels: Collection[str] | None = None,
    audible: NDArray[np.bool_] | None = None,
) -> list[Event]:
    """Detect the events of each class.

    Parameters
    ----------
    timeline : Timeline
        Scores and their time grid.
    threshold : float
        Onset threshold: a score that an event has to reach at least once, in [0, 1].
    offset_threshold : float, optional
        An event continues while its score reaches this, in [0, `threshold`]; by default the onset
        threshold: no hysteresis.
    merge_gap_s : float
        Events of one class with a gap of up to this many seconds between them are merged.
    min_duration_s : float
        Events shorter than this, after merging, are dropped. Seconds.
    thresholds : mapping of str to float, optional
        Labels with an onset threshold of their own, in [0, 1]; see `EventRules`.
    labels : collection of str, optional
        The classes; all of them by default.
    audible : ndarray of bool, shape (n_frames,), optional
        False where a frame is below the level gate; no class is active in it.

    Returns
    -------
    list of Event
        Ordered by onset.

    Raises
    ------
    SettingError
        If a value is out of range or a label is unknown.
    ValueError
        If `audible` does not fit the timeline.

    Examples
    --------
    >>> import numpy as np
    >>> from models import Timeline, find_events
    >>> timeline = Timeline(
    ...     np.array([[0.0], [0.5], [0.75], [0.25]], np.float32),
    ...     onsets_s=np.array([0.0, 0.5, 1.0, 1.5]), labels=("Dog",),
    ...     window_s=1.0, hop_s=0.5, duration_s=2.5,
    ... )
    >>> (event,) = find_events(timeline, threshold=0.3)
    >>> event.label, event.onset_s, event.offset_s, event.peak, event.mean
    ('Dog', 0.75, 1.75, 0.75, 0.625)
    """
    own = tuple(sorted(thresholds.items())) if thresholds is not None else ()
    rules = EventRules(threshold, offset_threshold, merge_gap_s, min_duration_s, own)
    return rules.find(timeline, labels=labels, audible=audible)


def check_audible(audible: NDArray[np.bool_] | None, timeline: Timeline) -> None:
    """Raise a ValueError if a mask of audible frames does not fit a timeline."""
    if audible is not None and audible.shape != (timeline.n_frames,):
        raise ValueError(f"audible has shape {audible.shape}, frames ({timeline.n_frames},)")


def _check_score(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        guess = " Is it in percent?" if 1 < value <= 100 else ""
        raise SettingError(
            f"The {name} is {written_score(value)}.{guess}",
            allowed="Scores, and so thresholds, lie in [0, 1].",
            remedy="Choose a threshold in that range; "
            f"{written_score(DEFAULT_THRESHOLD)} is usual.",
        )


def _check_order(offset_threshold: float, threshold: float) -> None:
    if offset_threshold > threshold:
        raise SettingError(
            f"The offset threshold is {written_score(offset_threshold)}, above the score "
            f"threshold of {written_score(threshold)}. Are the two swapped?",
            allowed="An event ends at or below the level at which it begins.",
            remedy=f"Choose an offset threshold of {written_score(threshold)} or less, or none.",
        )


def _check_duration(name: str, value_s: float) -> None:
    if not value_s >= 0:
        raise SettingError(
            f"{name} is {value_s:g}.",
            allowed="It is a duration in seconds, 0 or more.",
            remedy="Choose 0 to switch it off.",
        )


def _check_thresholds(thresholds: Sequence[tuple[str, float]]) -> None:
    for label, value in thresholds:
        _check_score(f"score threshold of {label}", value)
    counts = Counter(label for label, _ in thresholds)
    twice = sorted(label for label, count in counts.items() if count > 1)
    if twice:
        raise SettingError(
            f"Several thresholds are given for {', '.join(twice)}.",
            allowed="A label has at most one onset threshold of its own.",
            remedy="Keep one of them.",
        )


def _check_labels(labels: Collection[str], timeline: Timeline) -> None:
    unknown = sorted(set(labels) - set(timeline.labels))
    if unknown:
        raise SettingError(
            f"These labels are unknown: {', '.join(unknown)}.",
            allowed=f"The model has {len(timeline.labels)} labels, such as {timeline.labels[0]}.",
            remedy="Use the labels as the model spells them.",
        )


def _columns(timeline: Timeline, labels: Collection[str] | None) -> NDArray[np.intp]:
    """Return the columns of the given labels, ascending."""
    if labels is None:
        return np.arange(len(timeline.labels))
    _check_labels(labels, timeline)
    wanted = set(labels)
    return np.flatnonzero([label in wanted for label in timeline.labels])


def _reaching(
    timeline: Timeline, onsets: NDArray[np.float32], columns: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Return the columns that reach their onset threshold in any frame."""
    # Selecting columns makes a copy, which pays off only for a few.
    if len(columns) * 4 < len(timeline.labels):
        peaks = timeline.scores[:, columns].max(axis=0)
    else:
        peaks = timeline.scores.max(axis=0)[columns]
    reaching: NDArray[np.intp] = columns[peaks >= onsets[columns]]
    return reaching


_Row = tuple[float, float, str, float, float]
"""Fields of an event, in order: plain tuples sort several times as fast."""


def _rows(
    runs: "_Runs",
    peaks: NDArray[np.float32],
    scores: NDArray[np.float32],
    edges_s: NDArray[np.float64],
    names: Sequence[str],
) -> Iterator[_Row]:
    means = runs.reduced(np.add, scores.astype(np.float64)) / (runs.stops - runs.starts)
    return zip(
        edges_s[runs.starts].tolist(),
        edges_s[runs.stops].tolist(),
        [names[index] for index in runs.classes],
        peaks.tolist(),
        means.tolist(),
        strict=True,
    )


@dataclass(frozen=True, eq=False)
class _Runs:
    """Runs of frames in the rows of a matrix of shape (n_classes, n_frames).

    Parameters
    ----------
    classes, starts, stops : ndarray of int, shape (n_runs,)
        Row, first frame and one past the last frame of each run, in the order of the matrix.
    """

    classes: NDArray[np.intp]
    starts: NDArray[np.intp]
    stops: NDArray[np.intp]

    @classmethod
    def of(cls, active: NDArray[np.bool_]) -> "_Runs":
        """Find the runs of True in a matrix."""
        n_classes, n_frames = active.shape
        # Rows are concatenated with False before each and after the last, so every run ends.
        length = n_frames + 1
        flat = np.zeros(n_classes * length + 1, np.bool_)
        flat[:-1].reshape(n_classes, length)[:, 1:] = active
        changes = np.flatnonzero(flat[1:] != flat[:-1])
        classes, starts = np.divmod(changes[::2], length)
        return cls(classes, starts, changes[1::2] % length)

    def bridged(self, edges_s: NDArray[np.float64], merge_gap_s: float) -> "_Runs":
        """Merge runs of one class with a gap of at most `merge_gap_s`."""
        pauses_s = edges_s[self.starts[1:]] - edges_s[self.stops[:-1]]
        apart = (np.diff(self.classes) != 0) | (pauses_s > merge_gap_s + SLACK_S)
        first, last = np.ones((2, len(self.starts)), np.bool_)
        first[1:], last[:-1] = apart, apart
        return _Runs(self.classes[first], self.starts[first], self.stops[last])

    def where(self, chosen: NDArray[np.bool_]) -> "_Runs":
        """Select runs by a boolean mask."""
        return _Runs(self.classes[chosen], self.starts[chosen], self.stops[chosen])

    def reduced(self, ufunc: np.ufunc, values: NDArray[Any]) -> NDArray[Any]:
        """Reduce the values of each run's frames by `ufunc`; one value per run."""
        offsets = self.classes * values.shape[1]
        bounds = np.stack((self.starts + offsets, self.stops + offsets), axis=1).ravel()
        # The end of the matrix is not a valid index; reduceat runs to the end without it.
        bounds = bounds[bounds < values.size]
        reduced: NDArray[Any] = ufunc.reduceat(values.ravel(), bounds)[::2]
        return reduced
