"""Explanation of why a class is, or is not, an event at an instant.

Conventions
-----------
A verdict follows the steps of `models.events` in order: the score, the level gate, the onset, the
minimum duration, whether the class is shown, and finally whether more specific events cover it. Its
reason is the first step that keeps a class from being an event.
"""

import enum
import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.errors import SettingError
from models.events import Event, EventRules
from models.events.timeline import Timeline


class Reason(enum.Enum):
    """The step that decided about a class at an instant."""

    HEARD = "heard"
    """Its score reaches the threshold, and it is part of an event."""

    MERGED = "merged"
    """It pauses, but the merge gap bridges the pause: part of an event."""

    BELOW_THRESHOLD = "below threshold"
    """Its score is below the offset threshold."""

    GATED = "under the level gate"
    """Its score reaches the offset threshold, but the frame is below the level gate."""

    NO_ONSET = "no onset"
    """Its score reaches the offset threshold, but nowhere in this run the onset threshold."""

    TOO_SHORT = "too short"
    """It would be an event, but is shorter than the minimum duration."""

    HIDDEN = "hidden"
    """It would be an event, but its class is not among those to be shown."""

    SOUNDS_ON = "sounds on"
    """No frame here is part of an event, but a refined edge extends an event to this instant."""

    OFF_EDGES = "off the edges"
    """Its frames here are part of an event, but the refined edges exclude this instant."""

    COVERED = "covered"
    """It is an event, but more specific events cover it (`taxonomy.most_specific`)."""

    SHORTENED = "shortened"
    """Its frames here are long enough, but with refined edges it is shorter than the minimum
    duration."""


@dataclass(frozen=True)
class Verdict:
    """The decision about one class at an instant, and its reason.

    Parameters
    ----------
    label : str
        The class.
    score : float
        At the instant, in [0, 1].
    reason : Reason
        The step that decided.
    run : Event or None
        The event that covers the instant, or what would be one if it were longer, not hidden, or
        not covered.
    is_audible : bool
        Whether the frame is above the level gate.
    rules : EventRules
        The rules that were applied.
    """

    label: str
    score: float
    reason: Reason
    run: Event | None
    is_audible: bool
    rules: EventRules

    @property
    def is_heard(self) -> bool:
        """Whether the class is part of an event at the instant."""
        return self.reason in (Reason.HEARD, Reason.MERGED, Reason.SOUNDS_ON)

    @property
    def event(self) -> Event | None:
        """The event that the class is part of, if any."""
        return self.run if self.is_heard else None

    @property
    def threshold(self) -> float:
        """Onset threshold of the class, in [0, 1]."""
        return self.rules.onset_for(self.label)

    @property
    def offset_threshold(self) -> float:
        """Offset threshold of the class, in [0, 1]."""
        return self.rules.offset_for(self.label)

    @property
    def missing(self) -> float:
        """Difference from the score up to the onset threshold, in [0, 1]; 0 if it is reached."""
        return max(0.0, self.threshold - self.score)


@dataclass(frozen=True)
class Explanation:
    """All decisions about one instant.

    Parameters
    ----------
    at_s : float
        The instant, in seconds from the start of the clip.
    frame : int
        Index of the frame that stands for it, from 0.
    begin_s, end_s : float
        The time that the frame stands for, in seconds.
    window_begin_s, window_end_s : float
        Start and end of the frame's window, in seconds, at most the end of the clip.
    level_dbfs : float or None
        RMS level of that window, if levels were given.
    is_audible : bool
        Whether the frame is above the level gate.
    verdicts : tuple of Verdict
        In descending order of score at the instant.
    """

    at_s: float
    frame: int
    begin_s: float
    end_s: float
    window_begin_s: float
    window_end_s: float
    level_dbfs: float | None
    is_audible: bool
    verdicts: tuple[Verdict, ...]


def explain(
    timeline: Timeline,
    at_s: float,
    rules: EventRules,
    *,
    labels: Collection[str] | None = None,
    audible: NDArray[np.bool_] | None = None,
    levels_dbfs: NDArray[np.float64] | None = None,
    k: int = 10,
    also: Iterable[str] = (),
    events: Iterable[Event] | None = None,
    found: Iterable[Event] | None = None,
) -> Explanation:
    """Explain why classes are, or are not, events at an instant.

    Parameters
    ----------
    timeline : Timeline
        Scores and their time grid.
    at_s : float
        The instant, in seconds; clipped to the duration of the clip.
    rules : EventRules
        Rules of the events.
    labels : collection of str, optional
        Classes that are shown; all of them by default.
    audible : ndarray of bool, shape (n_frames,), optional
        False where a frame is below the level gate; all are audible by default.
    levels_dbfs : ndarray of float64, shape (n_frames,), optional
        RMS level of each window, for `Explanation.level_dbfs`.
    k : int
        Number of classes with the highest scores at the instant.
    also : iterable of str
        Additional classes, regardless of score, such as those with an event there.
    events : iterable of Event, optional
        The events that are shown, if they differ from those of the rules: only the most specific,
        or with edges moved by `models.refine_events`.
    found : iterable of Event, optional
        These, and those that more specific ones cover. Without it, an event of the rules that is
        missing from `events` is taken for covered.

    Returns
    -------
    Explanation
        With verdicts that agree with `EventRules.find`, and with `events` if given.

    Raises
    ------
    SettingError
        If the instant is not finite, or a label of `also` or with its own threshold is unknown.
    """
    _check_instant(at_s)
    frame = timeline.frame_at(at_s)
    is_audible = audible is None or bool(audible[frame])
    columns = _best(timeline, frame, k, also)
    judged = [timeline.labels[column] for column in columns]
    begin_s, end_s = timeline.edges_s[frame : frame + 2].tolist()
    # All runs that reach the onset threshold, regardless of duration and of hidden labels.
    runs = replace(rules, min_duration_s=0.0).find(timeline, labels=judged, audible=audible)
    covering = {run.label: run for run in runs if run.onset_s <= begin_s and end_s <= run.offset_s}
    scores = timeline.scores[frame, columns].tolist()
    verdicts = [
        _verdict(label, score, covering.get(label), is_audible=is_audible, rules=rules)
        for label, score in zip(judged, scores, strict=True)
    ]
    window_begin_s = float(timeline.onsets_s[frame])
    return Explanation(
        at_s=at_s,
        frame=frame,
        begin_s=begin_s,
        end_s=end_s,
        window_begin_s=window_begin_s,
        window_end_s=min(window_begin_s + timeline.window_s, timeline.duration_s),
        level_dbfs=None if levels_dbfs is None else float(levels_dbfs[frame]),
        is_audible=is_audible,
        verdicts=tuple(_as_shown(verdicts, at_s, labels, events, found)),
    )


def course(
    timeline: Timeline, label: str, at_s: float, span_s: float
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Return the scores of one class around an instant.

    Parameters
    ----------
    timeline : Timeline
        Scores and their time grid.
    label : str
        The class.
    at_s : float
        The instant, in seconds; clipped to the duration of the clip.
    span_s : float
        Length of the interval centred on the instant, in seconds.

    Returns
    -------
    times_s : ndarray of float64, shape (n,)
        Centre of each window, in seconds; at least that of the instant's own frame.
    scores : ndarray of float32, shape (n,)
        In [0, 1].

    Raises
    ------
    SettingError
        If the instant is not finite, the span negative or the label unknown.
    """
    _check_instant(at_s)
    if not span_s >= 0:
        raise SettingError(
            f"The span around an instant is {span_s:g} s.",
            allowed="It is a duration in seconds, 0 or more.",
            remedy="Choose a few seconds.",
        )
    column = _column(timeline, label)
    frames = timeline.frames_between(at_s - span_s / 2, at_s + span_s / 2)
    times_s = timeline.onsets_s[frames] + timeline.window_s / 2
    return times_s, timeline.scores[frames, column].copy()


def _check_instant(at_s: float) -> None:
    if not math.isfinite(at_s):
        raise SettingError(
            f"The instant to explain is {at_s:g} s.",
            allowed="It is a time in seconds from the clip's beginning.",
            remedy="Choose an instant of the clip.",
        )


def _column(timeline: Timeline, label: str) -> int:
    if label not in timeline.labels:
        raise SettingError(
            f"The label {label} is unknown.",
            allowed=f"The model has {len(timeline.labels)} labels, such as {timeline.labels[0]}.",
            remedy="Use the labels as the model spells them.",
        )
    return timeline.labels.index(label)


def _best(timeline: Timeline, frame: int, k: int, also: Iterable[str]) -> list[int]:
    """Return the columns to explain, by score in a frame; ties in the order of columns."""
    ranked = np.argsort(-timeline.scores[frame], kind="stable").tolist()
    wanted = {*ranked[: max(0, k)], *(_column(timeline, label) for label in also)}
    return [column for column in ranked if column in wanted]


def _verdict(
    label: str, score: float, run: Event | None, *, is_audible: bool, rules: EventRules
) -> Verdict:
    # Compared in float32, as in `EventRules.find`.
    sounds = np.float32(score) >= np.float32(rules.offset_for(label))
    if run is None and not sounds:
        reason = Reason.BELOW_THRESHOLD
    elif run is None:
        reason = Reason.NO_ONSET if is_audible else Reason.GATED
    elif not rules.is_long_enough(run):
        reason = Reason.TOO_SHORT
    else:
        reason = Reason.HEARD if sounds and is_audible else Reason.MERGED
    return Verdict(label, score, reason, run, is_audible, rules)


def _as_shown(
    verdicts: Iterable[Verdict],
    at_s: float,
    labels: Collection[str] | None,
    events: Iterable[Event] | None,
    found: Iterable[Event] | None,
) -> Iterator[Verdict]:
    """Adjust verdicts to the labels and the events that are shown."""
    shown = None if events is None else _by_label(events)
    kept = None if found is None else _by_label(found)
    for verdict in verdicts:
        is_hidden = labels is not None and verdict.label not in labels
        if is_hidden or shown is None:
            hide = is_hidden and verdict.event is not None
            yield replace(verdict, reason=Reason.HIDDEN) if hide else verdict
        else:
            some = None if kept is None else kept.get(verdict.label, ())
            yield _with_edges(verdict, at_s, shown.get(verdict.label, ()), some)


def _by_label(events: Iterable[Event]) -> dict[str, list[Event]]:
    groups: dict[str, list[Event]] = {}
    for event in events:
        groups.setdefault(event.label, []).append(event)
    return groups


def _overlapping(events: Iterable[Event], run: Event) -> list[Event]:
    return [one for one in events if one.onset_s < run.offset_s and one.offset_s > run.onset_s]


def _with_edges(
    verdict: Verdict, at_s: float, shown: Sequence[Event], kept: Sequence[Event] | None
) -> Verdict:
    here = next((event for event in shown if event.onset_s <= at_s <= event.offset_s), None)
    found = verdict.event
    if found is None:
        return verdict if here is None else replace(verdict, run=here, reason=Reason.SOUNDS_ON)
    if here is not None:
        return replace(verdict, run=here)
    beside = _overlapping(shown, found)
    if not beside:
        is_covered = kept is None or bool(_overlapping(kept, found))
        return replace(verdict, reason=Reason.COVERED if is_covered else Reason.SHORTENED)
    nearest = min(beside, key=lambda event: max(event.onset_s - at_s, at_s - event.offset_s))
    return replace(verdict, run=nearest, reason=Reason.OFF_EDGES)
