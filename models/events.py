"""From scores to events: when each class begins and ends.

Conventions
-----------
A class sounds in a frame whose score reaches the threshold. An event lasts over all the time
that its frames stand for (`Timeline.edges_s`); its peak and mean are taken over the same
frames, those of bridged gaps included.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import SettingError
from models.timeline import Timeline


@dataclass(frozen=True, order=True)
class Event:
    """A label with the time it was heard; ordered by onset.

    Parameters
    ----------
    onset_s, offset_s : float
        Beginning and end, in seconds from the clip's beginning.
    label : str
        What was heard.
    peak, mean : float
        Highest and mean score, in [0, 1].
    """

    onset_s: float
    offset_s: float
    label: str
    peak: float
    mean: float


def _check(threshold: float, **durations_s: float) -> None:
    if not 0 <= threshold <= 1:
        guess = " Is it in percent?" if 1 < threshold <= 100 else ""
        raise SettingError(
            f"The score threshold is {threshold:g}.{guess}",
            allowed="Scores, and so thresholds, lie in [0, 1].",
            remedy="Choose a threshold in that range; 0.3 is usual.",
        )
    for name, value in durations_s.items():
        if not value >= 0:
            raise SettingError(
                f"{name} is {value:g}.",
                allowed="It is a duration in seconds, 0 or more.",
                remedy="Choose 0 to switch it off.",
            )


def _check_labels(labels: Collection[str], timeline: Timeline) -> None:
    unknown = sorted(set(labels) - set(timeline.labels))
    if unknown:
        raise SettingError(
            f"Events were asked for unknown labels: {', '.join(unknown)}.",
            allowed=f"The model has {len(timeline.labels)} labels, such as {timeline.labels[0]}.",
            remedy="Use the labels as the model spells them.",
        )


def find_events(
    timeline: Timeline,
    threshold: float = 0.3,
    *,
    merge_gap_s: float = 0.0,
    min_duration_s: float = 0.0,
    labels: Collection[str] | None = None,
) -> list[Event]:
    """Find when each class sounds.

    Parameters
    ----------
    timeline : Timeline
        Scores and their time grid.
    threshold : float
        Lowest score at which a class counts as heard, in [0, 1].
    merge_gap_s : float
        Events of one class with a gap of up to this many seconds between them become one.
    min_duration_s : float
        Events shorter than this, after merging, are dropped. Seconds.
    labels : collection of str, optional
        Only these classes; all of them by default.

    Returns
    -------
    list of Event
        Ordered by onset.

    Raises
    ------
    SettingError
        If a value lies outside its range or a label is unknown.
    """
    _check(threshold, merge_gap_s=merge_gap_s, min_duration_s=min_duration_s)
    heard = timeline.scores.max(axis=0) >= threshold
    if labels is not None:
        _check_labels(labels, timeline)
        wanted = set(labels)
        heard &= np.array([label in wanted for label in timeline.labels])
    edges_s = timeline.edges_s
    events: list[Event] = []
    for index in np.flatnonzero(heard):
        scores = timeline.scores[:, index]
        starts, stops = _runs(scores >= threshold)
        starts, stops = _bridge(starts, stops, edges_s, merge_gap_s)
        # Times are sums of binary fractions: a nanosecond of slack keeps 0.48 at 0.48.
        lasting = edges_s[stops] - edges_s[starts] >= min_duration_s - 1e-9
        spans = zip(starts[lasting], stops[lasting], strict=True)
        events.extend(_events(timeline.labels[index], scores, edges_s, spans))
    return sorted(events)


def _runs(active: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First and one-past-last frame of each unbroken run."""
    steps = np.diff(active.astype(np.int8), prepend=0, append=0)
    return np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)


def _bridge(
    starts: NDArray[np.intp],
    stops: NDArray[np.intp],
    edges_s: NDArray[np.float64],
    merge_gap_s: float,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    apart = edges_s[starts[1:]] - edges_s[stops[:-1]] > merge_gap_s + 1e-9
    return starts[np.concatenate(([True], apart))], stops[np.concatenate((apart, [True]))]


def _events(
    label: str,
    scores: NDArray[np.float32],
    edges_s: NDArray[np.float64],
    spans: Iterator[tuple[np.intp, np.intp]],
) -> Iterator[Event]:
    for start, stop in spans:
        frames = scores[start:stop]
        yield Event(
            onset_s=float(edges_s[start]),
            offset_s=float(edges_s[stop]),
            label=label,
            peak=float(frames.max()),
            mean=float(frames.mean(dtype=np.float64)),
        )
