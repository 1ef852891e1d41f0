"""Edges of a stream's events, moved to where their sound begins and ends.

Conventions
-----------
As in `models.events.boundaries`, whose edges these equal once the sound after an event has come,
with one exception: an event keeps its number, so it is neither divided nor joined with another.

The onset of an event that is still open is estimated from the sound so far. What is shown of it
(`SteadyOnsets`) follows an estimate only if it is clearly another one and the next one confirms it,
and stays once `SETTLED_AFTER_S` of sound has come after it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from models.audio import timing
from models.audio.resampling import Float32
from models.events import Event
from models.events.band_levels import BandLevels, LevelMeter
from models.events.boundaries import REACH_AFTER_S, REACH_BEFORE_S, refine_each
from models.live.event_log import HeardEvent
from models.live.ring_buffer import Ring

SETTLED_AFTER_S = REACH_AFTER_S
"""Sound after an event that its offset depends on, in seconds."""

MOVED_S, CONFIRMED_S = 0.1, 0.05
"""The onset of an open event that is shown moves by more than the one, in seconds, and only if two
estimates in a row lie within the other."""

_ALIGNED_STEPS = 100  # excerpts begin at whole seconds, so that their averages are those of a clip


class Edges:
    """Measures the levels of a stream as its audio arrives, and refines events by them.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    capacity_s : float
        Length of the levels that are kept, in seconds.
    """

    def __init__(self, sample_rate: int, capacity_s: float) -> None:
        self._meter = LevelMeter(sample_rate)
        self._step_s = self._meter.step_s
        capacity = timing.samples_from_seconds(capacity_s, round(1 / self._step_s))
        self._levels = Ring(max(1, capacity), dtype=np.uint8, row_shape=(self._meter.n_bands,))

    @property
    def n_bytes(self) -> int:
        """Size in memory, in bytes."""
        return self._levels.n_bytes

    @property
    def max_bytes(self) -> int:
        """Size in memory of a full buffer, in bytes."""
        return self._levels.max_bytes

    def append(self, samples: Float32) -> None:
        """Measure the next samples: float32, shape (n_samples,)."""
        self._levels.append(self._meter.measure(samples))

    def free(self) -> None:
        """Drop all levels."""
        self._levels.free()

    def refined(self, events: Sequence[HeardEvent], merge_gap_s: float) -> list[HeardEvent]:
        """Move the edges of events, as far as their sound has come.

        Parameters
        ----------
        events : sequence of HeardEvent
            As found in the scores.
        merge_gap_s : float
            Longest pause that does not end an event, in seconds.

        Returns
        -------
        list of HeardEvent
            In the same order. Events that are older than the levels are unchanged.
        """
        start = self._levels.start
        known_from_s = (start * self._step_s + REACH_BEFORE_S) if start else 0.0
        known = [one for one in events if one.onset_s >= known_from_s]
        moved = dict(
            zip((one.number for one in known), self._moved(known, merge_gap_s), strict=True)
        )
        return [moved.get(one.number, one) for one in events]

    def _moved(self, events: Sequence[HeardEvent], merge_gap_s: float) -> list[HeardEvent]:
        if not events:
            return []
        first_s = min(one.onset_s for one in events) - REACH_BEFORE_S
        first = max(0, int(first_s / self._step_s)) // _ALIGNED_STEPS * _ALIGNED_STEPS
        last_s = max(one.offset_s for one in events) + REACH_AFTER_S
        first = max(first, self._levels.start)
        levels = self._levels.between(first, int(last_s / self._step_s) + 1)
        start_s = first * self._step_s
        coarse = [
            Event(one.onset_s - start_s, one.offset_s - start_s, one.label, one.peak, one.mean)
            for one in events
        ]
        found = refine_each(coarse, BandLevels(levels, self._step_s), merge_gap_s=merge_gap_s)
        return [
            _with_edges(one, edges.onset_s + start_s, edges.offset_s + start_s)
            if edges != given
            else one
            for one, given, edges in zip(events, coarse, found, strict=True)
        ]


def _with_edges(event: HeardEvent, onset_s: float, offset_s: float) -> HeardEvent:
    heard_at = event.heard_at + onset_s - event.onset_s
    return replace(event, onset_s=onset_s, offset_s=offset_s, heard_at=heard_at, is_refined=True)


class SteadyOnsets:
    """Onsets of open events as shown, which do not follow every estimate."""

    def __init__(self) -> None:
        self._estimates_s: dict[int, float] = {}  # the last of each event, by number
        self._shown_s: dict[int, float] = {}

    def undecided(self, events: Iterable[HeardEvent], heard_s: float) -> list[HeardEvent]:
        """List the open events whose onsets may still move, and forget those that have ended.

        Parameters
        ----------
        events : iterable of HeardEvent
            All open events, as found in the scores.
        heard_s : float
            Length of the sound so far, in seconds.
        """
        events = list(events)
        numbers = {one.number for one in events}
        for known in (self._estimates_s, self._shown_s):
            for number in known.keys() - numbers:
                del known[number]
        return [one for one in events if heard_s - one.onset_s <= SETTLED_AFTER_S]

    def follow(self, refined: Iterable[HeardEvent]) -> dict[int, float]:
        """Take the next estimates.

        Parameters
        ----------
        refined : iterable of HeardEvent
            Events of `undecided` with their edges so far; those that are not refined say nothing.

        Returns
        -------
        dict of int to float
            Onsets to show, in seconds, by the numbers of the events.
        """
        for one in refined:
            if one.is_refined:
                self._take(one.number, one.onset_s)
        return dict(self._shown_s)

    def _take(self, number: int, estimate_s: float) -> None:
        last_s = self._estimates_s.get(number, estimate_s)
        self._estimates_s[number] = estimate_s
        shown_s = self._shown_s.setdefault(number, estimate_s)
        is_other = abs(estimate_s - shown_s) > MOVED_S
        if is_other and abs(estimate_s - last_s) <= CONFIRMED_S:
            self._shown_s[number] = estimate_s
