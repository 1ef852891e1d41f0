"""Totals per class: duration, number of events and first onset."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from models.events.event import Event

Ranking = Literal["time", "mean", "max"]
"""Order of classes: by duration of their events and peak score, or by mean or highest score."""


@dataclass(frozen=True)
class Rank:
    """Criteria for the order of a class.

    Parameters
    ----------
    label : str
        The class.
    share : float
        Duration of its events as a share of the clip, in [0, 1].
    peak, mean : float
        Highest and mean score in the clip, in [0, 1].
    """

    label: str
    share: float
    peak: float
    mean: float


@dataclass(frozen=True)
class ClassTotal:
    """Totals of the events of one class.

    Parameters
    ----------
    label : str
        The class.
    total_s : float
        Duration of the union of its events, in seconds.
    first_s : float
        Onset of the first, in seconds.
    n_events : int
        Number of events.
    peak : float
        Highest peak score of the events, in [0, 1].
    """

    label: str
    total_s: float
    first_s: float
    n_events: int
    peak: float


def class_totals(events: Iterable[Event]) -> list[ClassTotal]:
    """Compute the totals of the events of each class.

    Parameters
    ----------
    events : iterable of Event
        Of any classes, in any order.

    Returns
    -------
    list of ClassTotal
        In descending order of total duration.

    Examples
    --------
    >>> from models import Event
    >>> from models.events.totals import class_totals
    >>> barks = [Event(3.0, 3.5, "Bark", 0.7, 0.6), Event(1.0, 1.5, "Bark", 0.9, 0.8)]
    >>> class_totals(barks)
    [ClassTotal(label='Bark', total_s=1.0, first_s=1.0, n_events=2, peak=0.9)]
    """
    by_label: dict[str, list[Event]] = {}
    for event in sorted(events):
        by_label.setdefault(event.label, []).append(event)
    totals = [
        ClassTotal(
            label,
            total_s=covered_s((event.onset_s, event.offset_s) for event in some),
            first_s=some[0].onset_s,
            n_events=len(some),
            peak=max(event.peak for event in some),
        )
        for label, some in by_label.items()
    ]
    return sorted(totals, key=lambda one: (-one.total_s, one.label))


def covered_s(spans: Iterable[tuple[float, float]]) -> float:
    """Compute the duration of the union of spans.

    Parameters
    ----------
    spans : iterable of (float, float)
        Onset and offset of each, in seconds, in any order.

    Returns
    -------
    float
        In seconds.
    """
    total_s, until_s = 0.0, 0.0
    for onset_s, offset_s in sorted(spans):
        total_s += max(0.0, offset_s - max(onset_s, until_s))
        until_s = max(until_s, offset_s)
    return total_s
