"""How long, how often and from when on each class sounds."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from models.events.events import Event

Ranking = Literal["time", "mean", "max"]
"""By the time that a class's events last and its peak score, or by its mean or highest score."""


@dataclass(frozen=True)
class Rank:
    """What a class is ranked by.

    Parameters
    ----------
    label : str
        The class.
    share : float
        Share of the clip that its events last, in [0, 1].
    peak, mean : float
        Highest and mean score in the clip, in [0, 1].
    """

    label: str
    share: float
    peak: float
    mean: float


@dataclass(frozen=True)
class ClassTotal:
    """What the events of one class come to.

    Parameters
    ----------
    label : str
        The class.
    total_s : float
        Time that its events cover together, in seconds.
    first_s : float
        Onset of the first, in seconds.
    n_events : int
        How many there are.
    peak : float
        Highest score among them, in [0, 1].
    """

    label: str
    total_s: float
    first_s: float
    n_events: int
    peak: float


def class_totals(events: Iterable[Event]) -> list[ClassTotal]:
    """Add up the events of each class.

    Parameters
    ----------
    events : iterable of Event
        Of any classes, in any order.

    Returns
    -------
    list of ClassTotal
        The class that lasts longest first.

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
            total_s=_covered_s(some),
            first_s=some[0].onset_s,
            n_events=len(some),
            peak=max(event.peak for event in some),
        )
        for label, some in by_label.items()
    ]
    return sorted(totals, key=lambda one: (-one.total_s, one.label))


def _covered_s(events: Iterable[Event]) -> float:
    """Length of the union of events that are ordered by onset."""
    total_s, until_s = 0.0, 0.0
    for event in events:
        total_s += max(0.0, event.offset_s - max(event.onset_s, until_s))
        until_s = max(until_s, event.offset_s)
    return total_s
