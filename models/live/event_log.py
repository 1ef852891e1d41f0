"""Detection of events in a stream, frame by frame.

Conventions
-----------
As in `models.events`, whose events these equal at a constant interval: a class is active in a frame
whose score reaches the threshold, and an event covers the time intervals of its frames. Hysteresis
with two levels: an event appears once a score reaches ``threshold``. Its onset is the first of the
consecutive frames that reach ``offset_threshold``, pauses up to ``merge_gap_s`` included, and it
ends after the last of them.

Where edges are to be refined by the sound (`models.live.edges`), an open event has the onset that
was shown last (`EventLog.show_onsets`), and one that has ended is *unsettled* until the sound after
it has come.
"""

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from models.live.frames import Frame
from models.live.settings import LiveSettings

CAPACITY_EVENTS = 1_000
"""Number of ended events that are kept: ten minutes of one event every 0.6 s."""

_SLACK_S = 1e-9  # times are sums of binary fractions, as in models.events


@dataclass(frozen=True)
class HeardEvent:
    """An event of a stream, ended or open.

    Parameters
    ----------
    number : int
        Sequence number, from 0, in the order in which events appeared; never changes.
    label : str
        Label of the class.
    onset_s, offset_s : float
        Onset and offset in stream time, in seconds; the offset so far while the event is open.
    heard_at : float
        Time of day of the onset, in seconds since 1970 (UTC).
    peak, mean : float
        Highest and mean score, in [0, 1].
    is_open : bool
        Whether the event may still be extended.
    is_refined : bool
        Whether its onset and offset, or the onset of an open event, were refined by the level of
        the audio.
    """

    number: int
    label: str
    onset_s: float
    offset_s: float
    heard_at: float
    peak: float
    mean: float
    is_open: bool
    is_refined: bool = False


@dataclass
class _Unsettled:
    """An event that has ended, as found in the scores and as shown; new until it is refined."""

    found: HeardEvent
    shown: HeardEvent
    is_new: bool = True

    def is_due(self, until_s: float) -> bool:
        return self.is_new or self.found.offset_s <= until_s


class EventLog:
    """Finds events frame by frame, for all classes at once.

    Parameters
    ----------
    labels : tuple of str
        Labels, one per class.

    Attributes
    ----------
    n_ended : int
        Number of events that have ended and change no more.
    """

    def __init__(self, labels: tuple[str, ...]) -> None:
        self._labels = labels
        self._ended: deque[HeardEvent] = deque(maxlen=CAPACITY_EVENTS)
        self._unsettled: dict[int, _Unsettled] = {}  # by number
        self._n_events = 0
        self.n_ended = 0
        n_classes = len(labels)
        self._counts = np.zeros(n_classes, np.int64)
        # Per class, the run of frames that is, or may become, an event.
        self._running = np.zeros(n_classes, np.bool_)
        self._numbers = np.full(n_classes, -1)  # -1: the threshold has not been reached
        self._onsets_s, self._offsets_s, self._heard_at = np.zeros((3, n_classes))
        self._peaks, self._sums, self._n_frames = np.zeros((3, n_classes))
        # Frames below the lower level count only once the class is active again.
        self._open_sums, self._open_frames = np.zeros((2, n_classes))
        self._refines = False
        self._open_onsets_s: dict[int, float] = {}  # as shown, by number
        self._settled_until_s: dict[str, float] = {}  # offset of each label's last settled event

    def hear(self, frame: Frame, heard_at: float, settings: LiveSettings) -> None:
        """Process the next frame.

        Parameters
        ----------
        frame : Frame
            Not earlier than the previous frame.
        heard_at : float
            Time of day at `frame.begin_s`, in seconds since 1970.
        settings : LiveSettings
            Settings that apply to this frame.
        """
        self._refines = settings.refine
        longest_s = settings.merge_gap_s + _SLACK_S
        self._end(self._running & (frame.begin_s - self._offsets_s > longest_s))
        scores = frame.scores.astype(np.float64)
        heard = (frame.scores >= settings.lower_threshold) & (not frame.gated)
        self._begin(heard & ~self._running, frame, heard_at)
        self._extend(heard, scores, frame.end_s)
        reached = heard & (frame.scores >= settings.threshold) & (self._numbers < 0)
        for index in np.flatnonzero(reached):
            self._numbers[index] = self._n_events
            self._n_events += 1
            self._counts[index] += 1
        self._end(self._running & (frame.end_s - self._offsets_s > longest_s))

    def finish(self) -> None:
        """End all open events, at the end of the stream; their edges may be refined yet."""
        self._end(self._running.copy())

    def open_events(self) -> list[HeardEvent]:
        """List the open events whose onsets are to be refined, as found in the scores."""
        return [self._event(index, is_open=True) for index in self._open()] if self._refines else []

    def show_onsets(self, onsets_s: Mapping[int, float]) -> None:
        """Set the onsets of open events by their numbers, in seconds; others are as found."""
        self._open_onsets_s = dict(onsets_s)

    def to_refine(self, until_s: float) -> list[HeardEvent]:
        """List the ended events whose edges are due to be refined, as found in the scores.

        Parameters
        ----------
        until_s : float
            Stream time in seconds: all unsettled events that ended by then are listed, and later
            ones once, right after their end.
        """
        return [one.found for one in self._unsettled.values() if one.is_due(until_s)]

    def settle(self, refined: Iterable[HeardEvent], until_s: float) -> None:
        """Set the edges of unsettled events.

        Parameters
        ----------
        refined : iterable of HeardEvent
            Events of `to_refine`, with their refined edges. An event is cut off where the event of
            its label before it ends, or the one after it begins.
        until_s : float
            As for `to_refine`: events that ended by then are settled.
        """
        for event in refined:
            one = self._unsettled[event.number]
            one.shown = self._between_neighbours(event, one.found)
            one.is_new = False
            if one.is_due(until_s):
                self._settle(self._unsettled.pop(event.number).shown)

    def events(self, since: int = 0) -> tuple[HeardEvent, ...]:
        """List events, ended and open, in the order in which they appeared.

        Parameters
        ----------
        since : int
            Value of `n_ended` at an earlier call; events that were settled by then are omitted.

        Returns
        -------
        tuple of HeardEvent
            Of the ended events, the newest `CAPACITY_EVENTS` at most.
        """
        n_new = min(len(self._ended), self.n_ended - since)
        ended = islice(reversed(self._ended), n_new)
        unsettled = (one.shown for one in self._unsettled.values())
        events = [*ended, *unsettled, *map(self._shown, self._open())]
        return tuple(sorted(events, key=lambda event: event.number))

    @property
    def n_events(self) -> int:
        """Number of events so far, ended and open."""
        return self._n_events

    def count(self, label: str) -> int:
        """Return the number of events of a label so far."""
        return int(self._counts[self._labels.index(label)])

    def _begin(self, which: NDArray[np.bool_], frame: Frame, heard_at: float) -> None:
        self._running |= which
        self._numbers[which] = -1
        self._onsets_s[which] = frame.begin_s
        self._heard_at[which] = heard_at
        for running in (self._peaks, self._open_sums, self._open_frames):
            running[which] = 0
        for one in self._unsettled.values():
            if which[self._labels.index(one.found.label)]:
                one.shown = self._between_neighbours(one.shown, one.found)

    def _extend(self, heard: NDArray[np.bool_], scores: NDArray[np.float64], end_s: float) -> None:
        self._open_sums += scores
        self._open_frames += 1
        self._offsets_s[heard] = end_s
        self._peaks[heard] = np.maximum(self._peaks, scores)[heard]
        self._sums[heard] = self._open_sums[heard]
        self._n_frames[heard] = self._open_frames[heard]

    def _end(self, which: NDArray[np.bool_]) -> None:
        reached = np.flatnonzero(which & (self._numbers >= 0))
        for index in sorted(reached, key=self._numbers.__getitem__):
            event = self._event(index, is_open=False)
            if self._refines:
                self._unsettled[event.number] = _Unsettled(event, event)
            else:
                self._settle(event)
        self._running &= ~which
        self._numbers[which] = -1

    def _settle(self, event: HeardEvent) -> None:
        self._ended.append(event)
        self._settled_until_s[event.label] = event.offset_s
        self.n_ended += 1

    def _between_neighbours(self, event: HeardEvent, found: HeardEvent) -> HeardEvent:
        """Cut an event off at its label's events before and after it."""
        near = [one for one in self._unsettled.values() if one.found.label == event.label]
        onset_s = max(
            event.onset_s,
            self._settled_until_s.get(event.label, 0.0),
            *(one.shown.offset_s for one in near if one.found.number < event.number),
        )
        later_s = [one.found.onset_s for one in near if one.found.number > event.number]
        index = self._labels.index(event.label)
        if self._running[index]:
            later_s.append(float(self._onsets_s[index]))
        offset_s = min(event.offset_s, *later_s, math.inf)
        if (onset_s, offset_s) == (event.onset_s, event.offset_s):
            return event
        heard_at = found.heard_at + onset_s - found.onset_s
        cut = replace(event, onset_s=onset_s, offset_s=offset_s, heard_at=heard_at)
        return cut if onset_s < offset_s else found

    def _open(self) -> NDArray[np.intp]:
        return np.flatnonzero(self._running & (self._numbers >= 0))

    def _shown(self, index: np.intp) -> HeardEvent:
        """Return an open event with its shown onset, not before the end of its label's last one."""
        found = self._event(index, is_open=True)
        onset_s = self._open_onsets_s.get(found.number)
        if onset_s is None or not self._refines:
            return found
        near = [one.shown for one in self._unsettled.values() if one.found.label == found.label]
        previous_s = (self._settled_until_s.get(found.label, 0.0), *(one.offset_s for one in near))
        onset_s = max(onset_s, *previous_s)
        if onset_s >= found.offset_s:
            return found
        heard_at = found.heard_at + onset_s - found.onset_s
        return replace(found, onset_s=onset_s, heard_at=heard_at, is_refined=True)

    def _event(self, index: np.intp, *, is_open: bool) -> HeardEvent:
        return HeardEvent(
            number=int(self._numbers[index]),
            label=self._labels[index],
            onset_s=float(self._onsets_s[index]),
            offset_s=float(self._offsets_s[index]),
            heard_at=float(self._heard_at[index]),
            peak=float(self._peaks[index]),
            mean=float(self._sums[index] / self._n_frames[index]),
            is_open=is_open,
        )
