"""Figures of one clip for the list of clips: scores by class, events, answer in words."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from components.view.findings import find, shaped
from components.view.settings import ViewSettings
from models.analysis import Analysis
from models.events import Event, taxonomy
from models.events.totals import class_totals

N_NAMED = 3
"""Number of classes of a clip that stand for it among others."""

_EVENT_BYTES = 200


@dataclass(frozen=True)
class Query:
    """Question which clips contain classes.

    Parameters
    ----------
    labels : tuple of str
        The classes, any of which a clip has to contain; none if nothing is asked.
    threshold : float
        Score from which a class counts, in [0, 1].
    """

    labels: tuple[str, ...] = ()
    threshold: float = ViewSettings.threshold

    def view(self, view: ViewSettings) -> ViewSettings:
        """Return settings that find the events of these classes alone, by the same rules."""
        return replace(view, threshold=self.threshold, only=self.labels, hidden=(), roll_up="all")


@dataclass(frozen=True, eq=False)
class Hits:
    """Events of one clip, or of several, summed up.

    Parameters
    ----------
    n_events : int
        Their number.
    best : Event or None
        The one with the highest score; None if there is none.
    duration_s : float
        Their duration together, in seconds.
    labels : tuple of (str, int)
        Their classes with the number of events of each, the most frequent first.
    """

    n_events: int
    best: Event | None
    duration_s: float
    labels: tuple[tuple[str, int], ...] = ()

    @property
    def n_bytes(self) -> int:
        """Approximate size in memory, in bytes."""
        return _EVENT_BYTES


@dataclass(frozen=True, eq=False)
class ClipFigures:
    """Figures of one clip.

    Parameters
    ----------
    labels : tuple of str
        Labels of the model.
    peaks : ndarray of float32, shape (n_classes,)
        Highest score of each class, in [0, 1], smoothed and above the level gate as chosen.
    best_s : ndarray of float64, shape (n_classes, 2)
        Onset and offset of the window with that score, in seconds.
    duration_s : float
        Length of the clip, in seconds.
    hits : Hits
        Its events, summed up.
    summary : str
        What is in it, in words.
    named : tuple of str
        The classes that stand for it, the first most.
    """

    labels: tuple[str, ...]
    peaks: NDArray[np.float32]
    best_s: NDArray[np.float64]
    duration_s: float
    hits: Hits
    summary: str
    named: tuple[str, ...]

    @property
    def n_bytes(self) -> int:
        """Approximate size in memory, in bytes."""
        return self.peaks.nbytes + self.best_s.nbytes + len(self.summary)

    def peak(self, label: str) -> float:
        """Return the highest score of a class, in [0, 1]; 0 for one that the model lacks."""
        return float(self.peaks[self.labels.index(label)]) if label in self.labels else 0.0

    def best(self, label: str) -> tuple[float, float]:
        """Return the window in which a class scores highest: onset and offset, in seconds."""
        onset_s, offset_s = self.best_s[self.labels.index(label)].tolist()
        return onset_s, offset_s


def figures_of(analysis: Analysis, view: ViewSettings, own: Mapping[str, float]) -> ClipFigures:
    """Compute the figures of a clip.

    Parameters
    ----------
    analysis : Analysis
        Its analysis.
    view : ViewSettings
        Settings of the view.
    own : mapping of str to float
        Thresholds in [0, 1] by label.
    """
    findings = find(shaped(analysis.timeline, view), analysis, view, dict(own))
    timeline = shaped(analysis.timeline, replace(view, roll_up="all"))
    scores = timeline.scores
    if findings.audible is not None:
        scores = np.where(findings.audible[:, np.newaxis], scores, np.float32(0))
    frames = scores.argmax(axis=0)
    onsets_s = timeline.onsets_s[frames]
    offsets_s = np.minimum(onsets_s + timeline.window_s, timeline.duration_s)
    totals = class_totals(findings.events)
    named = sorted(totals, key=lambda one: -one.total_s * one.peak)[:N_NAMED]
    guesses = [label for label, _ in timeline.top(1, by="max")]
    return ClipFigures(
        timeline.labels,
        np.take_along_axis(scores, frames[np.newaxis], axis=0)[0],
        np.stack([onsets_s, offsets_s], axis=1),
        timeline.duration_s,
        sum_up(findings.events),
        findings.summary,
        tuple(one.label for one in named) or tuple(guesses),
    )


def events_of(analysis: Analysis, view: ViewSettings, query: Query) -> Sequence[Event]:
    """Find the events of the classes that are asked for, ordered by onset.

    Where a class itself was not found, those of its subclasses count: see
    `taxonomy.including_subclasses`.
    """
    asked = query.view(view)
    known = set(analysis.timeline.labels)
    below = (one for label in query.labels for one in taxonomy.descendants(label))
    labels = tuple(label for label in dict.fromkeys([*query.labels, *below]) if label in known)
    if not labels:
        return ()
    asked = replace(asked, only=labels)
    found = find(shaped(analysis.timeline, asked), analysis, asked, {}).events
    return taxonomy.including_subclasses(found, query.labels)


def sum_up(events: Sequence[Event]) -> Hits:
    """Sum up events."""
    best = max(events, key=lambda one: one.peak, default=None)
    duration_s = sum(one.offset_s - one.onset_s for one in events)
    counts = Counter(one.label for one in events)
    return Hits(len(events), best, duration_s, tuple(counts.most_common()))


def total(hits: Sequence[Hits]) -> Hits:
    """Sum up the events of several clips."""
    best = max(filter(None, (one.best for one in hits)), key=lambda one: one.peak, default=None)
    counts: Counter[str] = Counter()
    for one in hits:
        counts.update(dict(one.labels))
    return Hits(
        sum(one.n_events for one in hits),
        best,
        sum(one.duration_s for one in hits),
        tuple(counts.most_common()),
    )


def asked_columns(query: Query, hits: Sequence[Hits], at_most: int) -> list[str]:
    """Return the classes that are asked for, then those of their subclasses that were found.

    Parameters
    ----------
    query : Query
        What is asked for.
    hits : sequence of Hits
        What was found in each clip.
    at_most : int
        Maximum number of classes.
    """
    found = (label for label, _ in total(hits).labels)
    return list(dict.fromkeys([*query.labels, *found]))[:at_most]


def columns(figures: Sequence[ClipFigures], at_most: int) -> list[str]:
    """Choose the classes that tell clips apart.

    Parameters
    ----------
    figures : sequence of ClipFigures
        Figures of all clips.
    at_most : int
        Maximum number of classes.

    Returns
    -------
    list of str
        Those that stand for the most clips, in alphabetical order.
    """
    votes: dict[str, float] = {}
    for one in figures:
        for place, label in enumerate(one.named):
            votes[label] = votes.get(label, 0.0) + 1 / (1 + place)
    best = sorted(votes, key=lambda label: (-votes[label], label))[:at_most]
    return sorted(best)
