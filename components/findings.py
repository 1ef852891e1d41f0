"""What the settings of the page make of an analysis: scores as they are shown, and events."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from components.workspace.settings import ViewSettings
from models import taxonomy
from models.analysis import Analysis
from models.events import Event, EventRules, refine_events
from models.highlights import highlights
from models.timeline import Timeline


@dataclass(frozen=True, eq=False)
class Findings:
    """Scores and events under the page's settings.

    Parameters
    ----------
    timeline : Timeline
        Smoothed and rolled up, as the settings ask.
    labels : tuple of str
        Those that may be shown.
    rules : EventRules
        What counts as an event.
    audible : ndarray of bool, shape (n_frames,), or None
        False where a frame lies under the level gate; None where the gate is off.
    events : tuple of Event
        What was found, ordered by onset.
    """

    timeline: Timeline
    labels: tuple[str, ...]
    rules: EventRules
    audible: NDArray[np.bool_] | None
    events: tuple[Event, ...]

    def name_for(self, label: str) -> str:
        """Name what a label is shown as: the broadest on its path, where classes are rolled up.

        Parameters
        ----------
        label : str
            The model's, or anybody's.
        """
        if label in self.timeline.labels:
            return label
        broader = (one for one in taxonomy.path(label) if one in self.timeline.labels)
        return next(broader, label)

    def lanes(self, count: int) -> list[str]:
        """Choose classes to be drawn, in the order in which they are first heard.

        Parameters
        ----------
        count : int
            How many at most; those that are never heard come last.
        """
        first_s: dict[str, float] = {}
        for event in self.events:
            first_s.setdefault(event.label, event.onset_s)
        chosen = highlights(self.timeline, self.labels, count)
        return sorted(chosen, key=lambda label: first_s.get(label, math.inf))


def shaped(timeline: Timeline, view: ViewSettings) -> Timeline:
    """Smooth scores and roll classes up; what is slow enough to be kept.

    Parameters
    ----------
    timeline : Timeline
        As the model gave it.
    view : ViewSettings
        Of which only `ViewSettings.shape` matters here.
    """
    smoothed = timeline.smoothed(view.smooth) if view.smooth > 1 else timeline
    if view.roll_up != "broad":
        return smoothed
    # What may not be shown lends its score to nothing.
    return taxonomy.roll_up(_only(smoothed, view.labels(smoothed)), "broad")


def find(
    timeline: Timeline, analysis: Analysis, view: ViewSettings, own: dict[str, float]
) -> Findings:
    """Find what is in a clip.

    Parameters
    ----------
    timeline : Timeline
        From `shaped`.
    analysis : Analysis
        Of the same clip.
    view : ViewSettings
        Of the page.
    own : dict of str to float
        Thresholds of single classes, in [0, 1]; those of labels that this timeline has not are
        passed over.
    """
    rules = view.rules(own).among(timeline.labels)
    labels = view.labels(timeline) if view.roll_up != "broad" else timeline.labels
    audible = None
    if view.gate_dbfs is not None:
        audible = analysis.window_levels_dbfs >= view.gate_dbfs
    events: Sequence[Event] = rules.find(timeline, labels=labels, audible=audible)
    if view.refine:
        refined = refine_events(events, analysis.band_levels, merge_gap_s=view.merge_gap_s)
        events = [event for event in refined if rules.is_long_enough(event)]
    if view.roll_up == "specific":
        events = taxonomy.most_specific(events)
    return Findings(timeline, tuple(labels), rules, audible, tuple(events))


def _only(timeline: Timeline, labels: Sequence[str]) -> Timeline:
    wanted = set(labels)
    columns = [index for index, label in enumerate(timeline.labels) if label in wanted]
    if len(columns) in (0, len(timeline.labels)):
        return timeline
    kept = tuple(timeline.labels[index] for index in columns)
    return replace(timeline, scores=timeline.scores[:, columns], labels=kept)
