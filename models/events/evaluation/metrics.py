"""Counts of what was rightly heard, wrongly heard and not heard, and the figures they make."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.errors import SettingError

TIME_RESOLUTION_S = 1.0
"""Length of a segment, in seconds: sed_eval's default, and that of DCASE's tasks."""

_MIN_RESOLUTION_S = 0.01  # a hundredth of a second; four hours have 1.4 million of them


class Spanned(Protocol):
    """What a true and an estimated event have in common."""

    @property
    def onset_s(self) -> float:
        """Beginning, in seconds."""

    @property
    def offset_s(self) -> float:
        """End, in seconds."""

    @property
    def label(self) -> str:
        """What sounds."""


@dataclass(frozen=True)
class Counts:
    """How often was rightly heard, wrongly heard, and not heard.

    Parameters
    ----------
    tp, fp, fn : int
        True positives, false positives and false negatives: segments or events.
    """

    tp: int
    fp: int
    fn: int

    @property
    def precision(self) -> float | None:
        """Share of what was heard that is true, in [0, 1]; None if nothing was heard."""
        heard = self.tp + self.fp
        return self.tp / heard if heard else None

    @property
    def recall(self) -> float | None:
        """Share of what is true that was heard, in [0, 1]; None if nothing is true."""
        true = self.tp + self.fn
        return self.tp / true if true else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall, ``2 tp / (2 tp + fp + fn)``, in [0, 1].

        0 where nothing was heard of what is true, or nothing is true of what was heard (sed_eval
        has NaN there, unless told to score silence with zero); None if there is neither.
        """
        either = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / either if either else None


@dataclass(frozen=True)
class Agreement:
    """Figures of one kind.

    Parameters
    ----------
    overall : Counts
        All labels' counts together.
    by_label : mapping of str to Counts
        Counts of each label under evaluation, in their order.
    """

    overall: Counts
    by_label: Mapping[str, Counts]


def segment_based(
    truth: Iterable[Spanned],
    estimated: Iterable[Spanned],
    labels: Iterable[str],
    *,
    time_resolution_s: float = TIME_RESOLUTION_S,
    related_to: Callable[[str], Collection[str]] = lambda _label: (),
) -> Agreement:
    """Count in how many segments each label was rightly heard, wrongly heard and not heard.

    Parameters
    ----------
    truth, estimated : iterable of events
        What truly sounds, and what was heard.
    labels : iterable of str
        Labels under evaluation.
    time_resolution_s : float
        Length of a segment, in seconds, at least 0.01.
    related_to : callable, optional
        Gives the labels that count as right beside a label's own. In a segment with a true event of
        the label, an estimated event of one of them makes it correct; in one with a true event of
        one of them, the label is no false alarm.

    Returns
    -------
    Agreement
        Counts of segments.

    Raises
    ------
    SettingError
        If the segments are shorter than that.
    """
    check_resolution(time_resolution_s)
    true, heard = by_label(truth), by_label(estimated)
    counts = {}
    for label in labels:
        names = {label, *related_to(label)}
        sounds, found = (
            active_segments(events.get(label, ()), time_resolution_s) for events in (true, heard)
        )
        if len(names) > 1:
            wide_true, wide_found = (
                active_segments(
                    [event for name in names & events.keys() for event in events[name]],
                    time_resolution_s,
                )
                for events in (true, heard)
            )
            found = _either(_both(found, sounds), _except(found, wide_true))
            found = _either(found, _both(sounds, wide_found))
        counts[label] = compare_segments(sounds, found)
    return together(counts)


def _both(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> NDArray[np.bool_]:
    common = min(len(one), len(other))
    return one[:common] & other[:common]


def _either(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> NDArray[np.bool_]:
    longest = max(len(one), len(other))
    first, second = (np.pad(each, (0, longest - len(each))) for each in (one, other))
    return first | second


def _except(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> NDArray[np.bool_]:
    left = one.copy()
    common = min(len(one), len(other))
    left[:common] &= ~other[:common]
    return left


def active_segments(events: Sequence[Spanned], time_resolution_s: float) -> NDArray[np.bool_]:
    """Mark the segments that any of the events touches.

    Parameters
    ----------
    events : sequence of events
        Of one label.
    time_resolution_s : float
        Length of a segment, in seconds.

    Returns
    -------
    ndarray of bool, shape (n_segments,)
        As many segments as the latest offset needs.
    """
    spans = spans_s(events)
    starts = np.floor(spans[:, 0] / time_resolution_s).astype(np.intp)
    stops = np.ceil(spans[:, 1] / time_resolution_s).astype(np.intp)
    n_segments = int(stops.max(initial=0))
    begun = np.bincount(starts, minlength=n_segments + 1)
    ended = np.bincount(stops, minlength=n_segments + 1)
    active: NDArray[np.bool_] = np.cumsum(begun - ended)[:n_segments] > 0
    return active


def compare_segments(sounds: NDArray[np.bool_], heard: NDArray[np.bool_]) -> Counts:
    """Count the segments of one label; beyond the end of either array it is silent."""
    common = min(len(sounds), len(heard))
    tp = np.count_nonzero(sounds[:common] & heard[:common])
    return Counts(tp, np.count_nonzero(heard) - tp, np.count_nonzero(sounds) - tp)


def together(by_label: dict[str, Counts]) -> Agreement:
    """Add up all labels' counts."""
    counts = by_label.values()
    overall = Counts(
        sum(each.tp for each in counts),
        sum(each.fp for each in counts),
        sum(each.fn for each in counts),
    )
    return Agreement(overall, by_label)


def by_label(events: Iterable[Spanned]) -> dict[str, list[Spanned]]:
    """Sort events into lists, one for each label."""
    groups: dict[str, list[Spanned]] = {}
    for event in events:
        groups.setdefault(event.label, []).append(event)
    return groups


def spans_s(events: Sequence[Spanned]) -> NDArray[np.float64]:
    """Onsets and offsets, float64 of shape (n_events, 2), in seconds."""
    spans = [(event.onset_s, event.offset_s) for event in events]
    return np.array(spans, np.float64).reshape(-1, 2)


def check_resolution(time_resolution_s: float) -> None:
    """Raise a `SettingError` if segments of this length, in seconds, are too short."""
    if not _MIN_RESOLUTION_S <= time_resolution_s < math.inf:
        raise SettingError(
            f"The segments are {time_resolution_s:g} s long.",
            allowed=f"Segments are at least {_MIN_RESOLUTION_S:g} s long.",
            remedy=f"Choose a longer time resolution; {TIME_RESOLUTION_S:g} s is usual.",
        )
