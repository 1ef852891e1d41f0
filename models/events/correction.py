"""Corrected events: detected events after the review of an annotation."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from models.events.annotation import Annotation, NumberedEvent, ReviewedEvent, reviews_of
from models.events.event import Event
from models.events.timeline import Timeline
from models.events.truth import TrueEvent


def correct(
    annotation: Annotation,
    found: Sequence[Event],
    timeline: Timeline,
    *,
    takes: Callable[[str], bool] = lambda _label: True,
) -> list[Event]:
    """Apply an annotation to detected events.

    Detected events that were marked as false are left out. True events of the annotation take the
    place of those that they were accepted as, or that they match. Detected events that were not
    reviewed remain.

    Parameters
    ----------
    annotation : Annotation
        True events, and the review of detected ones.
    found : sequence of Event
        Detected events.
    timeline : Timeline
        Scores of the clip.
    takes : callable, optional
        Whether true events of a label are included; all are by default.

    Returns
    -------
    list of Event
        Ordered by onset. Peak and mean of a true event are those of its label's scores between its
        edges; 0 where the timeline lacks the label.

    Examples
    --------
    >>> import numpy as np
    >>> from models.events import Event
    >>> from models.events.annotation import Annotation
    >>> scores = np.full((4, 1), 0.5, np.float32)
    >>> timeline = Timeline(scores, np.arange(4.0), 1.0, 1.0, ("Dog",), 4.0)
    >>> found = [Event(0.0, 1.0, "Dog", 0.5, 0.5), Event(2.0, 3.0, "Dog", 0.5, 0.5)]
    >>> annotation = Annotation().reject(found[0]).accept(found[1]).move(1, 2.0, 3.5)
    >>> [(event.onset_s, event.offset_s) for event in correct(annotation, found, timeline)]
    [(2.0, 3.5)]
    """
    true = [event for event in annotation.events if takes(event.label)]
    reviews = reviews_of(annotation, found)
    open_ones = [event for event, review in zip(found, reviews, strict=True) if not review]
    matched = set(_matched(open_ones, annotation.events))
    kept = [event for event in open_ones if event not in matched]
    return sorted([*kept, *(_scored(event, timeline) for event in true)])


def _matched(found: Sequence[Event], true: Sequence[NumberedEvent]) -> list[Event]:
    """Return the detected events that have about the times of a true one of their label."""
    alike = [ReviewedEvent(one.onset_s, one.offset_s, one.label, one.number) for one in true]
    matches = reviews_of(Annotation(reviewed=tuple(alike)), found)
    return [event for event, match in zip(found, matches, strict=True) if match]


def _scored(event: TrueEvent, timeline: Timeline) -> Event:
    unscored = Event(event.onset_s, event.offset_s, event.label, peak=0.0, mean=0.0)
    if event.label not in timeline.labels:
        return unscored
    frames = timeline.frames_between(event.onset_s, event.offset_s)
    scores = timeline.scores[frames, timeline.labels.index(event.label)]
    return replace(unscored, peak=float(scores.max()), mean=float(scores.mean()))
