"""What the page's settings make of an analysis: its shown scores, their picture, and its events.

`shape_scores` is slow and independent of the thresholds; `find` finds the events in its scores.
"""

import hashlib
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from components.view.picture import picture_file
from components.view.settings import ViewSettings
from models.analysis import Analysis
from models.events import Event, EventRules, taxonomy
from models.events.boundaries import SILENCE, EdgeRefiner
from models.events.evaluation import Case
from models.events.highlights import highlights
from models.events.summary import summarise
from models.events.timeline import Aggregation, Timeline
from models.events.totals import Rank, Ranking, class_totals

NEAR = 0.75
"""Fraction of its threshold that the peak of a class has to reach to get a lane."""

AGGREGATIONS: tuple[Aggregation, Aggregation] = ("max", "mean")


@dataclass(frozen=True, eq=False)
class ShownScores:
    """Scores and picture of a clip, independent of the settings of events.

    Parameters
    ----------
    timeline : Timeline
        Shown scores.
    picture : bytes
        Contents of the player's picture file.
    digest : str
        SHA-256 of `picture`, in hexadecimal.
    """

    timeline: Timeline
    picture: bytes
    digest: str

    @property
    def n_bytes(self) -> int:
        """Size in memory, in bytes, including scores that an analysis may share."""
        return self.timeline.scores.nbytes + len(self.picture)


@dataclass(frozen=True, eq=False)
class Findings:
    """Scores and events under the page's settings.

    Parameters
    ----------
    timeline : Timeline
        Scores, smoothed and rolled up according to the settings.
    labels : tuple of str
        Labels that may be shown.
    rules : EventRules
        Thresholds and rules of events.
    audible : ndarray of bool, shape (n_frames,), or None
        False where the level of a frame is below the gate; None if the gate is off.
    found : tuple of Event
        All detected events, ordered by onset.
    events : tuple of Event
        Shown events: only the most specific ones, if the settings require that.
    by : {'time', 'mean', 'max'}
        Criterion by which classes are ranked.
    """

    timeline: Timeline
    labels: tuple[str, ...]
    rules: EventRules
    audible: NDArray[np.bool_] | None
    found: tuple[Event, ...]
    events: tuple[Event, ...]
    by: Ranking

    @property
    def summary(self) -> str:
        """Summary of the clip in one sentence, as plain text."""
        allowed = set(self.labels)
        ranked = self.timeline.top(len(self.timeline.labels), by="max")
        guesses = (one for one in ranked if one[0] in allowed and one[0] != SILENCE)
        return summarise(self.events, self.timeline.duration_s, guess=next(guesses, None))

    def ranking(self, count: int) -> list[Rank]:
        """Rank the classes that may be shown, the best first.

        Parameters
        ----------
        count : int
            Maximum number of classes.
        """
        totals = {one.label: one for one in class_totals(self.events)}
        peaks, means = (self.timeline.aggregate(by) for by in AGGREGATIONS)
        duration_s = max(self.timeline.duration_s, 1e-9)
        places = {label: place for place, label in enumerate(self.timeline.labels)}
        ranks = [
            Rank(
                label,
                share=totals[label].total_s / duration_s if label in totals else 0.0,
                peak=float(peaks[places[label]]),
                mean=float(means[places[label]]),
            )
            for label in self.labels
        ]
        keys = {
            "time": lambda one: (-one.share * one.peak, -one.peak),
            "mean": lambda one: -one.mean,
            "max": lambda one: -one.peak,
        }
        return sorted(ranks, key=keys[self.by])[:count]

    def lanes(self, count: int) -> list[str]:
        """Choose the classes to draw, in the order of their first event.

        Parameters
        ----------
        count : int
            Maximum number of lanes. Classes whose peak is below `NEAR` times their threshold are
            left out, and so are classes whose events are all covered by more specific ones; the
            best class is always included.
        """
        first_s: dict[str, float] = {}
        for event in self.events:
            first_s.setdefault(event.label, event.onset_s)
        told = {event.label for event in self.events}
        covered = {event.label for event in self.found} - told
        peaks = dict(
            zip(self.timeline.labels, self.timeline.aggregate("max").tolist(), strict=True)
        )
        near = [
            label
            for label in self.labels
            if label in told
            or (label not in covered and peaks[label] >= NEAR * self.rules.onset_for(label))
        ]
        chosen = highlights(self.timeline, near or self.labels, count if near else 1)
        return sorted(chosen, key=lambda label: first_s.get(label, math.inf))


def shaped(timeline: Timeline, view: ViewSettings) -> Timeline:
    """Smooth scores and roll classes up; the result is slow to compute and cached.

    Parameters
    ----------
    timeline : Timeline
        Scores of the model.
    view : ViewSettings
        Settings of the view, of which `ViewSettings.shape` is used.
    """
    smoothed = timeline.smoothed(view.smooth) if view.smooth > 1 else timeline
    if view.roll_up != "broad":
        return smoothed
    # A class that may not be shown does not contribute to its broader class.
    return taxonomy.roll_up(_only(smoothed, view.labels(smoothed)), "broad")


def shape_scores(analysis: Analysis, view: ViewSettings) -> ShownScores:
    """Shape a clip's scores and create its picture file."""
    timeline = shaped(analysis.timeline, view)
    labels = view.labels(timeline) if view.roll_up != "broad" else timeline.labels
    picture = picture_file(analysis.envelope, analysis.spectrogram, timeline, labels)
    return ShownScores(timeline, picture, hashlib.sha256(picture).hexdigest())


def find(
    timeline: Timeline, analysis: Analysis, view: ViewSettings, own: dict[str, float]
) -> Findings:
    """Find the events of a clip.

    Parameters
    ----------
    timeline : Timeline
        Scores returned by `shaped`.
    analysis : Analysis
        Analysis of the same clip.
    view : ViewSettings
        Settings of the view.
    own : dict of str to float
        Thresholds in [0, 1] by label; labels that the timeline lacks are ignored.
    """
    rules = view.rules(own).among(timeline.labels)
    labels, audible = _allowed(timeline, view), _audible(analysis, view)
    levels = analysis.band_levels if view.refine else None
    refiner = None if levels is None else EdgeRefiner(levels, view.merge_gap_s)
    events = rules.find(timeline, labels=labels, audible=audible, refiner=refiner)
    shown = taxonomy.most_specific(events) if view.roll_up == "specific" else events
    return Findings(timeline, labels, rules, audible, tuple(events), tuple(shown), view.by)


def case_of(timeline: Timeline, analysis: Analysis, view: ViewSettings) -> Case:
    """Gather what the events of a clip depend on beside their thresholds, for an evaluation.

    Parameters
    ----------
    timeline : Timeline
        Scores returned by `shaped`.
    analysis : Analysis
        Analysis of the same clip.
    view : ViewSettings
        Settings of the view.

    Returns
    -------
    Case
        Without true events.
    """
    return Case(
        timeline,
        truth=(),
        labels=(),
        allowed=_allowed(timeline, view),
        audible=_audible(analysis, view),
        levels=analysis.band_levels if view.refine else None,
        merge_gap_s=view.merge_gap_s,
    )


def _allowed(timeline: Timeline, view: ViewSettings) -> tuple[str, ...]:
    """Return the labels that events may have."""
    return tuple(view.labels(timeline) if view.roll_up != "broad" else timeline.labels)


def _audible(analysis: Analysis, view: ViewSettings) -> NDArray[np.bool_] | None:
    """Return which windows reach the level gate; None without a gate."""
    return None if view.gate_dbfs is None else analysis.window_levels_dbfs >= view.gate_dbfs


def name_for(label: str, labels: Collection[str]) -> str:
    """Return the label under which a label is shown: itself, or the broadest one on its path.

    Parameters
    ----------
    label : str
        A label of the model, or any other.
    labels : collection of str
        Labels of the timeline that is shown.
    """
    if label in labels:
        return label
    return next((one for one in taxonomy.path(label) if one in labels), label)


def _only(timeline: Timeline, labels: Sequence[str]) -> Timeline:
    wanted = set(labels)
    columns = [index for index, label in enumerate(timeline.labels) if label in wanted]
    if len(columns) in (0, len(timeline.labels)):
        return timeline
    kept = tuple(timeline.labels[index] for index in columns)
    return replace(timeline, scores=timeline.scores[:, columns], labels=kept)
