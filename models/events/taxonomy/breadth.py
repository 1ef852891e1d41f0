"""Roll-up of overlapping labels: broader classes, or only the most specific events.

Conventions
-----------
AudioSet's classes overlap: a bark is also a dog, a pet and an animal, and the model scores all
four. Two opposite views remove this redundancy. `roll_up` keeps the broadest class of each kind and
operates on scores; `most_specific` keeps the narrowest and operates on events.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.errors import SettingError
from models.events import SLACK_S, Event
from models.events.taxonomy.classes import descendants, path
from models.events.timeline import Timeline

RollUp = Literal["none", "broad"]

COVERED = 0.5
"""Share of an event's time that more specific events must cover for it to be dropped, in [0, 1].
Below it, the event probably includes another sound."""


def roll_up(timeline: Timeline, to: RollUp) -> Timeline:
    """Collapse each class into the broadest of its ancestors.

    Parameters
    ----------
    timeline : Timeline
        Scores and labels.
    to : {'none', 'broad'}
        'none' changes nothing. 'broad' joins each class with the first label on its path
        (`models.events.taxonomy.path`) that the timeline has.

    Returns
    -------
    Timeline
        On the same grid, with labels in their previous order. A group's score is the highest in
        the group. Labels that are not in AudioSet are unchanged.

    Raises
    ------
    SettingError
        If `to` is neither.
    """
    if to == "none":
        return timeline
    if to != "broad":
        raise SettingError(
            f"Labels cannot be rolled up to {to!r}.",
            allowed="The levels are 'broad' and 'none'.",
            remedy="Choose one of the two.",
        )
    present = frozenset(timeline.labels)
    groups: dict[str, list[int]] = {}
    for index, label in enumerate(timeline.labels):
        groups.setdefault(_broadest(label, present), []).append(index)
    labels = tuple(label for label in dict.fromkeys(timeline.labels) if label in groups)
    scores = np.empty((timeline.n_frames, len(labels)), np.float32)
    for column, label in enumerate(labels):
        scores[:, column] = timeline.scores[:, groups[label]].max(axis=1)
    return replace(timeline, scores=scores, labels=labels)


def _broadest(label: str, present: Collection[str]) -> str:
    return next(one for one in path(label) if one in present)


def most_specific(events: Iterable[Event]) -> list[Event]:
    """Drop events that are covered by more specific ones.

    An event is dropped if the remaining events of its descendant classes cover at least `COVERED`
    of its time. So of simultaneous events Animal, Dog and Bark only Bark remains, and every dropped
    event is covered by remaining ones.

    Parameters
    ----------
    events : iterable of Event
        Of any classes.

    Returns
    -------
    list of Event
        The remaining events, in their original order.
    """
    given = list(events)
    by_label: dict[str, list[Event]] = {}
    for event in given:
        by_label.setdefault(event.label, []).append(event)
    kept: dict[str, list[Event]] = {}
    # A class has fewer descendants than any of its ancestors, so specific classes come first.
    for label in sorted(by_label, key=lambda one: len(descendants(one))):
        below = [event for one in descendants(label) for event in kept.get(one, ())]
        kept[label] = _not_covered(by_label[label], below)
    staying = {event for events_of_one in kept.values() for event in events_of_one}
    return [event for event in given if event in staying]


def including_subclasses(events: Iterable[Event], labels: Collection[str]) -> list[Event]:
    """Select the events of classes, and those of their descendant classes that stand for them.

    An event of a descendant stands for a class where no event of the asked classes covers it: Bark
    counts as Dog where Dog itself was not found. Of descendants at the same time the most specific
    ones stand for it, so that one sound counts once.

    Parameters
    ----------
    events : iterable of Event
        Of any classes.
    labels : collection of str
        Labels of the asked classes.

    Returns
    -------
    list of Event
        In their original order.
    """
    given = list(events)
    asked = [event for event in given if event.label in labels]
    below = {one for label in labels for one in descendants(label)}.difference(labels)
    others = most_specific(_not_covered([e for e in given if e.label in below], asked))
    staying = {*asked, *others}
    return [event for event in given if event in staying]


def _not_covered(events: Sequence[Event], below: Sequence[Event]) -> list[Event]:
    if not below:
        return list(events)
    onsets_s = np.array([event.onset_s for event in events])
    offsets_s = np.array([event.offset_s for event in events])
    edges_s, covered_s = _coverage(below)
    told_s = np.interp(offsets_s, edges_s, covered_s) - np.interp(onsets_s, edges_s, covered_s)
    # Events of zero duration are never covered. Times are sums of binary fractions.
    enough = told_s >= COVERED * (offsets_s - onsets_s) - SLACK_S
    dropped = enough & (told_s > 0)
    return [event for event, drop in zip(events, dropped, strict=True) if not drop]


def _coverage(events: Sequence[Event]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return times, and the seconds before each that are covered by at least one event."""
    ordered = sorted(events)
    onsets_s = np.array([event.onset_s for event in ordered])
    # After an earlier event that lasts longer, a later one adds only the part beyond it.
    ends_s = np.maximum.accumulate([event.offset_s for event in ordered])
    begins_s = np.maximum(onsets_s, np.concatenate((onsets_s[:1], ends_s[:-1])))
    until_s = np.cumsum(ends_s - begins_s)
    before_s = np.concatenate(([0.0], until_s[:-1]))
    edges_s = np.stack((begins_s, ends_s), axis=1).ravel()
    covered_s = np.stack((before_s, until_s), axis=1).ravel()
    return edges_s, covered_s
