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

Silence is the opposite: it is where that course, of all bands, lies low. Events of one label that
turn out to lie on one sound become one. Edges that nearly coincide, as those of Animal, Dog and
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

LONGEST_PAUSE_S = 2.0
"""Longest pause that divides an event, in seconds; in a longer one the model itself still
recognised it."""

ALIGNED_S = 0.1
"""Edges closer together than this, in seconds, are those of one sound."""

SILENCE = "Silence"
"""AudioSet's label for the absence of sound."""

REACH_BEFORE_S = CONTEXT_S + SMOOTHED_S
REACH_AFTER_S = AFTER_S + 0.3
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
        moved = _joined((one for event in given for one in self.divide(event)), self._gap_s)
        return sorted(_joined(_aligned(moved), self._gap_s))  # aligned edges may have come to touch

    @cached_property
    def _smoothed(self) -> NDArray[np.uint8]:
        return _smoothed(self._levels, self._steps(SMOOTHED_S))

    def divide(self, event: Event) -> list[Event]:
        """Events that one becomes."""
        count = len(self._levels)
        begin = min(max(self._steps(event.onset_s), 0), count - 1)
        end = min(max(self._steps(event.offset_s), begin + 1), count)
        key = begin, end, event.label == SILENCE
        if key not in self._spans:
            self._spans[key] = self._silent(begin, end) if key[2] else self._sounding(begin, end)
        spans = self._spans[key]
        if not spans:
            return [event]
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
        ] or [event]

    def _sounding(self, begin: int, end: int) -> _Spans:
        """Stretches of sound that an event from `begin` to `end` lies on."""
        inside = slice(begin // _STRIDE, -(-end // _STRIDE))
        background = _LEVELS_DBFS[self._background(begin, end)]
        height = _LEVELS_DBFS[_quantile(self._smoothed[inside], OWN_QUANTILE)]
        own = np.flatnonzero(height - background > OWN_DB)
        if not len(own):
            return []
        near = self._near(begin, end)
        powers = _POWERS[self._levels[near][:, own]].sum(axis=1)
        measured = powers[begin - near.start : end - near.start]
        active = powers >= _least(measured, background[own])
        spans = _runs(active, near.start, self._steps(SHORTEST_S))
        return _touching(self._bridged(spans, begin, end), begin, end)

    def _silent(self, begin: int, end: int) -> _Spans:
        """Stretches without sound in which an event from `begin` to `end` lies."""
        near = self._near(begin, end)
        powers = _POWERS[self._levels[near]].sum(axis=1)
        active = powers >= _least(powers, _LEVELS_DBFS[self._background(begin, end)])
        if active.all() or not active.any():
            return []
        return _touching(_runs(~active, near.start, self._steps(self._gap_s)), begin, end)

    def _background(self, begin: int, end: int) -> NDArray[np.uint8]:
        around = self._steps(CONTEXT_S)
        first, last = max(0, begin - around) // _STRIDE, (end + around) // _STRIDE + 1
        return _quantile(self._smoothed[first:last], BACKGROUND_QUANTILE)

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


def _least(powers: NDArray[np.float32], background_dbfs: NDArray[np.float32]) -> float:
    """Power from which a course is one of sound, with bands of a background as given."""
    background = float((10 ** (background_dbfs / 10)).sum())
    height_db = 10 * math.log10(max(float(_quantile(powers, HEIGHT_QUANTILE)) / background, 1))
    above_db = max(height_db - RANGE_DB, CLEAR_SHARE * height_db, CLEAR_DB)
    return background * 10 ** (above_db / 10)


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
