"""Edges of events, moved to where the sound itself begins and ends.

Conventions
-----------
A window of 0.975 s tells *what* sounds; the level of the sound tells *when*. For each event:

1. The *background* of each band (`models.events.band_levels`) is what it seldom falls below, from
   `CONTEXT_S` before the event to as long after it.
2. The event's *own bands* are those in which it stands out from the background. Their sum, in
   decibels above the background, is its *course*. Where no band stands out, nothing tells where
   the edges are, and the event stays as it is.
3. The event sounds where its course lies at most `RANGE_DB` below its height, and clearly above
   the background. Pauses shorter than the merge gap do not count; longer ones divide the event.
4. Each edge moves to where the sound that the event lies on begins or ends, but never further than
   the windows that were scored can explain.

A brief event beside its sound moves onto it, as far as its windows reach. Silence is the opposite
of sound: it is where that course, of all bands, lies low. Events of one label that turn out to lie
on one sound become one. Edges that nearly coincide, as those of Animal, Dog and
Bark do, are made the same.

That a change detector beats a threshold on the scores is what Ebbers et al. found, too ("Sound
Event Bounding Boxes", Interspeech 2024); theirs looks at scores, this one at the sound.
Thresholds were chosen on folds 1 and 2 of ESC-50, mixed by `benchmarks.edges`.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.audio.clip import Clip
from models.events.band_levels import FLOOR_DBFS, STEP_DB, BandLevels, band_levels
from models.events.event import SLACK_S, Event

MERGE_GAP_S = 0.5
"""Longest pause that does not divide an event, in seconds: the page's own default."""

CONTEXT_S = 2.0
"""How much of the sound before and after an event counts for its background, in seconds."""

BACKGROUND_QUANTILE, SMOOTHED_S = 0.2, 0.25
"""What a band falls below for a fifth of the time is its background, where its level is averaged
over this long, in seconds: a single step of 10 ms of noise varies by 6 dB."""

FLOOR_SHARE, FLOOR_DB = 0.5, 4.0
"""If less than this share of the sound around an event lies outside it, its quiet moments may be
its own: the background is then at most so much above the quietest of them, in decibels."""

OWN_QUANTILE, OWN_DB = 0.9, 6.0
"""A band is an event's own if its averaged level lies more than this above the background for a
tenth of the event, in decibels: that of noise alone varies by less."""

RANGE_DB = 25.0
"""How far below its height an event still sounds, in decibels. The benchmark's truth has the same
figure (`benchmarks/edges.py`)."""

CLEAR_SHARE, CLEAR_DB = 0.25, 6.0
"""How far above the background it has to lie: this share of its height, and this many decibels."""

HEIGHT_QUANTILE = 0.99
"""What of an event's course is its height: not a single step, which may be a click."""

SHORTEST_S = 0.05
"""Shortest sound that an edge may be that of, in seconds: anything shorter is a click."""

BEFORE_S, AFTER_S = 1.5, 2.5
"""How much earlier an onset and how much later an offset may be than its window says, in seconds.
A sound often goes on longer than a model recognises it."""

OUTSIDE_GAP_S = 0.15
"""Longest pause across which a sound is followed beyond the event, in seconds: behind a longer one
another sound may begin."""

INWARD_S = 3.0
"""How much later an onset and how much earlier an offset may be, in seconds. Further in, several
windows in a row that do not reach the sound have yet recognised something."""

UNHEARD_S = 1.2
"""Longest time without sound within an event, in seconds, where the background lies within
`RANGE_DB` of its height: a little more than a window. If there is more, windows without any sound
would have recognised one, and what stands out is not what they recognised."""

BRIEF_S, REACH_S = 1.0, 0.25
"""An event shorter than a window may lie beside its sound, which its windows yet reach: so far
beyond its edges, in seconds."""

LONGEST_PAUSE_S = 2.0
"""Longest pause that divides an event, in seconds; in a longer one the model itself still
recognised it."""

ALIGNED_S = 0.1
"""Edges closer together than this, in seconds, are those of one sound."""

MASKED_S = 2.0
"""Longest time for which a louder sound may hide one that goes on, in seconds: events of one label
before and after it become one."""

SILENCE = "Silence"
"""AudioSet's label for the absence of sound."""

REACH_BEFORE_S = CONTEXT_S + SMOOTHED_S + REACH_S
REACH_AFTER_S = AFTER_S + REACH_S + 0.3
"""How much of the sound before an event and after it its edges depend on, in seconds."""

_LEVELS_DBFS = np.arange(256, dtype=np.float32) * np.float32(STEP_DB) + np.float32(FLOOR_DBFS)
_POWERS = (10 ** (_LEVELS_DBFS / 10)).astype(np.float32)
_MARGIN_S = 0.2  # beyond where edges may lie, so that it shows whether a sound goes on
_STRIDE = 4  # steps of the smoothed levels that the background looks at

_Spans = list[tuple[int, int]]
"""First step and one past the last step of each stretch of sound."""


def refine_events(
    events: Iterable[Event], sound: Clip | BandLevels, *, merge_gap_s: float = MERGE_GAP_S
) -> list[Event]:
    """Move the edges of events to where their sound begins and ends.

    Parameters
    ----------
    events : iterable of Event
        What was found in the clip's scores, by `find_events`.
    sound : Clip or BandLevels
        The clip itself, or its levels where they are known already.
    merge_gap_s : float
        Longest pause that does not divide an event, in seconds.

    Returns
    -------
    list of Event
        Ordered by onset. An event may have become several, with the peak and the mean of the
        whole; several of one label on one sound have become one, with the highest peak. Where the
        sound shows no clear change, edges are as they were.

    Examples
    --------
    Half a second of a tone, in a window that begins earlier and ends later:

    >>> import numpy as np
    >>> from models import Clip, Event, refine_events
    >>> samples = np.zeros(48_000, np.float32)
    >>> samples[16_000:24_000] = np.sin(np.arange(8_000) * 0.4)
    >>> clip = Clip.from_samples(samples, sample_rate=16_000)
    >>> (event,) = refine_events([Event(0.73, 1.69, "Beep, bleep", 0.8, 0.6)], clip)
    >>> round(event.onset_s, 1), round(event.offset_s, 1), event.label
    (1.0, 1.5, 'Beep, bleep')
    """
    levels = (
        sound if isinstance(sound, BandLevels) else band_levels(sound.samples, sound.sample_rate)
    )
    return EdgeRefiner(levels, merge_gap_s).refine(events)


def refine_each(
    events: Iterable[Event], levels: BandLevels, *, merge_gap_s: float = MERGE_GAP_S
) -> list[Event]:
    """Move the edges of events as `refine_events` does, but neither divide nor join them.

    Parameters
    ----------
    events : iterable of Event
        In any order.
    levels : BandLevels
        Levels of the sound.
    merge_gap_s : float
        Longest pause that does not divide an event, in seconds.

    Returns
    -------
    list of Event
        In the same order. An event that would be divided lasts from its first onset to its last
        offset.
    """
    given = list(events)
    if not given or not len(levels.levels):
        return given
    refiner = EdgeRefiner(levels, merge_gap_s)
    parts = [refiner.divide(event) for event in given]
    return _aligned(
        [
            replace(event, onset_s=some[0].onset_s, offset_s=some[-1].offset_s)
            for event, some in zip(given, parts, strict=True)
        ]
    )


class EdgeRefiner:
    """Refines the edges of a clip's events; those in the same time of the clip sound alike.

    Parameters
    ----------
    levels : BandLevels
        Levels of the clip.
    merge_gap_s : float
        Longest pause that does not divide an event, in seconds.
    """

    def __init__(self, levels: BandLevels, merge_gap_s: float = MERGE_GAP_S) -> None:
        self._levels = levels.levels
        self._step_s = levels.step_s
        self._gap_s = merge_gap_s
        self._spans: dict[tuple[int, int, bool], _Spans] = {}

    def refine(self, events: Iterable[Event]) -> list[Event]:
        """Move the edges of events, as `refine_events` does."""
        given = sorted(events)
        if not given or not len(self._levels):
            return given
        whole = self._continued(given)
        moved = _joined((one for event in whole for one in self.divide(event)), self._gap_s)
        return sorted(_joined(_aligned(moved), self._gap_s))  # aligned edges may have come to touch

    @cached_property
    def _smoothed(self) -> NDArray[np.uint8]:
        return _smoothed(self._levels, self._steps(SMOOTHED_S))

    def divide(self, event: Event) -> list[Event]:
        """Events that one becomes."""
        parts = self._parts(event)
        if not parts and event.offset_s - event.onset_s <= BRIEF_S and event.label != SILENCE:
            onset_s, offset_s = max(0.0, event.onset_s - REACH_S), event.offset_s + REACH_S
            parts = self._parts(replace(event, onset_s=onset_s, offset_s=offset_s))
        return parts or [event]

    def _continued(self, events: Sequence[Event]) -> list[Event]:
        """Join events of one label whose sound goes on from one to the next."""
        by_label: dict[str, list[Event]] = {}
        for event in events:
            joined = by_label.setdefault(event.label, [])
            if joined and self._goes_on(joined[-1], event):
                joined[-1] = _union(joined[-1], event)
            else:
                joined.append(event)
        return [one for joined in by_label.values() for one in joined]

    def _goes_on(self, one: Event, other: Event) -> bool:
        """Whether the sound of an event goes on until the next of its label."""
        if not 0 < other.onset_s - one.offset_s <= MASKED_S or one.label == SILENCE:
            return False
        begin, _ = self._range(one)
        _, end = self._range(other)
        spans, _ = self._active(begin, end)
        return any(
            on * self._step_s <= one.offset_s and off * self._step_s >= other.onset_s
            for on, off in _closed(spans, self._steps(OUTSIDE_GAP_S))
        )

    def _parts(self, event: Event) -> list[Event]:
        """Events that one becomes; none where the sound shows no clear change."""
        count = len(self._levels)
        begin, end = self._range(event)
        spans = self._found(begin, end, is_silence=event.label == SILENCE)
        if not spans:
            return []
        edges_s = [(first * self._step_s, last * self._step_s) for first, last in spans]
        if not self._is_near(spans[0][0], begin, BEFORE_S, INWARD_S):
            edges_s[0] = (event.onset_s, edges_s[0][1])
        if not self._is_near(spans[-1][1], end, INWARD_S, AFTER_S):
            edges_s[-1] = (edges_s[-1][0], event.offset_s)
        elif spans[-1][1] == count:  # the last step is padded beyond the clip's end
            edges_s[-1] = (edges_s[-1][0], max(event.offset_s, (count - 1) * self._step_s))
        return [
            replace(event, onset_s=onset_s, offset_s=offset_s)
            for onset_s, offset_s in edges_s
            if offset_s > onset_s
        ]

    def _range(self, event: Event) -> tuple[int, int]:
        """First step of an event, and one past its last step."""
        count = len(self._levels)
        begin = min(max(self._steps(event.onset_s), 0), count - 1)
        return begin, min(max(self._steps(event.offset_s), begin + 1), count)

    def _found(self, begin: int, end: int, *, is_silence: bool) -> _Spans:
        """Stretches that an event from `begin` to `end` lies on."""
        key = begin, end, is_silence
        if key not in self._spans:
            find = self._silent if is_silence else self._sounding
            self._spans[key] = find(begin, end)
        return self._spans[key]

    def _sounding(self, begin: int, end: int) -> _Spans:
        """Stretches of sound that an event from `begin` to `end` lies on."""
        spans, height_db = self._active(begin, end)
        spans = _touching(self._bridged(spans, begin, end), begin, end)
        if height_db < RANGE_DB and _longest_pause(spans, begin, end) > self._steps(UNHEARD_S):
            return []
        return spans

    def _active(self, begin: int, end: int) -> tuple[_Spans, float]:
        """Stretches of sound around an event, and its height above the background in decibels."""
        inside = slice(begin // _STRIDE, -(-end // _STRIDE))
        background = _LEVELS_DBFS[self._background(begin, end)]
        height = _LEVELS_DBFS[_quantile(self._smoothed[inside], OWN_QUANTILE)]
        own = np.flatnonzero(height - background > OWN_DB)
        if not len(own):
            return [], 0.0
        near = self._near(begin, end)
        powers = _POWERS[self._levels[near][:, own]].sum(axis=1)
        measured = powers[begin - near.start : end - near.start]
        least, height_db = _least(measured, background[own])
        return _runs(powers >= least, near.start, self._steps(SHORTEST_S)), height_db

    def _silent(self, begin: int, end: int) -> _Spans:
        """Stretches without sound in which an event from `begin` to `end` lies."""
        near = self._near(begin, end)
        powers = _POWERS[self._levels[near]].sum(axis=1)
        least, _ = _least(powers, _LEVELS_DBFS[self._background(begin, end)])
        active = powers >= least
        if active.all() or not active.any():
            return []
        return _touching(_runs(~active, near.start, self._steps(self._gap_s)), begin, end)

    def _background(self, begin: int, end: int) -> NDArray[np.uint8]:
        around = self._steps(CONTEXT_S)
        first, last = max(0, begin - around) // _STRIDE, (end + around) // _STRIDE + 1
        levels = self._smoothed[first:last]
        background = _quantile(levels, BACKGROUND_QUANTILE)
        if end - begin < (1 - FLOOR_SHARE) * _STRIDE * len(levels):
            return background
        floor = levels.min(axis=0) + np.uint8(FLOOR_DB / STEP_DB)
        lowest: NDArray[np.uint8] = np.minimum(background, floor)
        return lowest

    def _near(self, begin: int, end: int) -> slice:
        """Time in which the edges of an event may lie, and a little more."""
        first = max(0, begin - self._steps(BEFORE_S + _MARGIN_S))
        return slice(first, min(len(self._levels), end + self._steps(AFTER_S + _MARGIN_S)))

    def _bridged(self, spans: _Spans, begin: int, end: int) -> _Spans:
        """Join what no pause divides that could divide an event from `begin` to `end`."""
        joined: _Spans = []
        inside, outside = self._steps(self._gap_s), self._steps(OUTSIDE_GAP_S)
        longest = self._steps(LONGEST_PAUSE_S)
        for on, off in spans:
            last = joined[-1][1] if joined else -1
            is_outside = last > end or on < begin
            too_long = last >= begin and on <= end and on - last > longest
            if joined and (on - last <= (outside if is_outside else inside) or too_long):
                joined[-1] = (joined[-1][0], off)
            else:
                joined.append((on, off))
        return joined

    def _is_near(self, edge: int, coarse: int, before_s: float, after_s: float) -> bool:
        """Whether an edge lies at most so much before or after another."""
        return -self._steps(before_s) <= edge - coarse <= self._steps(after_s)

    def _steps(self, seconds: float) -> int:
        return round(seconds / self._step_s)


def _least(
    powers: NDArray[np.float32], background_dbfs: NDArray[np.float32]
) -> tuple[float, float]:
    """Power from which a course is one of sound, and its height above the background, in dB."""
    background = float((10 ** (background_dbfs / 10)).sum())
    height_db = 10 * math.log10(max(float(_quantile(powers, HEIGHT_QUANTILE)) / background, 1))
    above_db = max(height_db - RANGE_DB, CLEAR_SHARE * height_db, CLEAR_DB)
    return background * 10 ** (above_db / 10), height_db


def _smoothed(levels: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """Mean level around every `_STRIDE`-th step."""
    reach = width // 2
    padded = np.pad(levels, ((reach + 1, reach), (0, 0)), mode="edge")
    sums = np.cumsum(padded, axis=0, dtype=np.int32)
    centred = np.arange(0, len(levels), _STRIDE)
    means = (sums[centred + 2 * reach + 1] - sums[centred]) // (2 * reach + 1)
    smoothed: NDArray[np.uint8] = means.astype(np.uint8)
    return smoothed


def _quantile(values: NDArray[Any], share: float) -> NDArray[Any]:
    """Quantile of each column, one of its values."""
    at = min(len(values) - 1, int(share * len(values)))
    quantile: NDArray[Any] = np.partition(values, at, axis=0)[at]
    return quantile


def _runs(active: NDArray[np.bool_], start: int, shortest: int) -> _Spans:
    """Find runs of `shortest` steps or more, where the first step has the number `start`."""
    padded = np.zeros(len(active) + 2, np.bool_)
    padded[1:-1] = active
    changes = np.flatnonzero(padded[1:] != padded[:-1]).reshape(-1, 2)
    long = changes[changes[:, 1] - changes[:, 0] >= shortest] + start
    return [(on, off) for on, off in long.tolist()]


def _touching(spans: _Spans, begin: int, end: int) -> _Spans:
    return [(on, off) for on, off in spans if off > begin and on < end]


def _closed(spans: _Spans, gap: int) -> _Spans:
    """Join stretches with pauses of at most `gap` steps between them."""
    joined: _Spans = []
    for on, off in spans:
        if joined and on - joined[-1][1] <= gap:
            joined[-1] = (joined[-1][0], off)
        else:
            joined.append((on, off))
    return joined


def _longest_pause(spans: _Spans, begin: int, end: int) -> int:
    """Longest time without sound from `begin` to `end`, in steps."""
    begins, ends = [on for on, _ in spans], [off for _, off in spans]
    return max(on - off for on, off in zip([*begins, end], [begin, *ends], strict=True))


def _joined(events: Iterable[Event], merge_gap_s: float) -> list[Event]:
    """Join events of one label that overlap, or have no pause between them that divides."""
    by_label: dict[str, list[Event]] = {}
    for event in sorted(events):
        joined = by_label.setdefault(event.label, [])
        if joined and event.onset_s - joined[-1].offset_s <= merge_gap_s - SLACK_S:
            joined[-1] = _union(joined[-1], event)
        else:
            joined.append(event)
    return [one for joined in by_label.values() for one in joined]


def _union(one: Event, other: Event) -> Event:
    if (one.onset_s, one.offset_s) == (other.onset_s, other.offset_s):
        return one if one.peak >= other.peak else other
    lengths_s = (one.offset_s - one.onset_s, other.offset_s - other.onset_s)
    mean = (one.mean * lengths_s[0] + other.mean * lengths_s[1]) / sum(lengths_s)
    offset_s, peak = max(one.offset_s, other.offset_s), max(one.peak, other.peak)
    return replace(one, offset_s=offset_s, peak=peak, mean=mean)


def _aligned(events: Sequence[Event]) -> list[Event]:
    """Give edges that nearly coincide the time of the event among them with the highest peak."""
    onsets_s = _common([(event.onset_s, event.peak) for event in events])
    offsets_s = _common([(event.offset_s, event.peak) for event in events])
    return [
        replace(event, onset_s=onset_s, offset_s=offset_s) if onset_s < offset_s else event
        for event, onset_s, offset_s in zip(events, onsets_s, offsets_s, strict=True)
    ]


def _common(edges: Sequence[tuple[float, float]]) -> list[float]:
    """Of edges as (seconds, peak), the time of the highest within `ALIGNED_S` of each."""
    common = [time_s for time_s, _ in edges]
    leaders: dict[int, float] = {}  # by the stretch of `ALIGNED_S` that each lies in
    for index in sorted(range(len(edges)), key=lambda index: -edges[index][1]):
        time_s = common[index]
        place = int(time_s / ALIGNED_S)
        around = (leaders.get(place + by, math.inf) for by in (-1, 0, 1))
        nearest = min(around, key=lambda other: abs(other - time_s))
        if abs(nearest - time_s) <= ALIGNED_S:
            common[index] = nearest
        else:
            leaders[place] = time_s
    return common
