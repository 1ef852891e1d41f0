"""A clip whose truth is known, as evaluations over several clips take it."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.events import Event, EventRules
from models.events.band_levels import BandLevels
from models.events.boundaries import MERGE_GAP_S, EdgeRefiner
from models.events.timeline import Timeline
from models.events.truth import TrueEvent


@dataclass(frozen=True, eq=False)
class Case:
    """Scores of a clip and what truly sounds in it.

    Parameters
    ----------
    timeline : Timeline
        Scores and their time grid.
    truth : tuple of TrueEvent
        What truly sounds.
    labels : tuple of str
        Labels under evaluation, all of them the timeline's.
    allowed : tuple of str, optional
        Labels that events may have; by default all of the timeline's.
    audible : ndarray of bool, shape (n_frames,), optional
        False where a frame is below the level gate.
    levels : BandLevels, optional
        Levels that refine the edges of events; by default edges stay on the grid of the windows.
    merge_gap_s : float
        Longest pause that does not divide a refined event, in seconds.
    """

    timeline: Timeline
    truth: tuple[TrueEvent, ...]
    labels: tuple[str, ...]
    allowed: tuple[str, ...] | None = None
    audible: NDArray[np.bool_] | None = None
    levels: BandLevels | None = None
    merge_gap_s: float = MERGE_GAP_S

    @classmethod
    def of(cls, timeline: Timeline, truth: Collection[TrueEvent]) -> "Case":
        """Create a case with the labels of the truth that the timeline has, and coarse edges."""
        labels = {event.label for event in truth} & set(timeline.labels)
        return cls(timeline, tuple(truth), tuple(sorted(labels)))

    def events(self, rules: EventRules, labels: Collection[str] | None = None) -> list[Event]:
        """Detect events by rules, of some labels or of all that are allowed."""
        allowed = self.allowed if labels is None else labels
        return rules.find(self.timeline, labels=allowed, audible=self.audible, refiner=self.refiner)

    def scores(self, label: str) -> NDArray[np.float32]:
        """Scores of a label, float32 of shape (n_frames,); -1 below the level gate."""
        scores: NDArray[np.float32] = self.timeline.scores[:, self.timeline.labels.index(label)]
        return scores if self.audible is None else np.where(self.audible, scores, np.float32(-1))

    @cached_property
    def refiner(self) -> EdgeRefiner | None:
        """Refines the edges of events; None if they stay on the grid of the windows."""
        return None if self.levels is None else EdgeRefiner(self.levels, self.merge_gap_s)
