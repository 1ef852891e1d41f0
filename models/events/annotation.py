"""Annotation of one clip: true events that are edited, review of detected ones, undo and redo.

Conventions
-----------
An annotation is immutable, and each operation returns a new one, or raises a `TruthError` that says
why it is impossible. A true event keeps its number when it is moved, renamed, split or merged. A
detected event is reviewed as true or false, and its times are kept: the review holds for each
detected event of that label whose intersection over union with it is `MIN_OVERLAP` or more, and so
outlives a change of thresholds. A detected event that was accepted is one of the true events; its
review ends when that true event is deleted, and turns to false when it is given another label.
"""

import itertools
import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Literal, Protocol

from models.errors import TruthError
from models.events.event import Event
from models.events.truth import MAX_INSTANT_S, MAX_TRUE_EVENTS, TrueEvent

MIN_EVENT_S = 0.001
"""Shortest event that can be drawn, in seconds: one millisecond, the resolution of subtitles."""

MAX_NAME_CHARACTERS = 100
"""Longest name of an event; AudioSet's longest label has 40 characters."""

MIN_OVERLAP = 0.5
"""Least intersection over union of a reviewed event and a detected one that it stands for."""

MAX_CHANGES = 100
"""Most changes that can be undone."""

MAX_HELD = 200_000
"""Most true and reviewed events of all states of a history together; beyond it the oldest changes
are evicted. States share their events, so that each takes 8 bytes: 1.6 MB."""

TIME_DECIMALS = 6
"""Decimals of times in seconds, as exports write them."""

_ENTRY_BYTES, _OBJECT_BYTES = 8, 300
"""Approximate memory of an entry of a tuple, and of an event with its label, in bytes."""

_NEW_OBJECTS = 3
"""Events that a change replaces, as a rule: a true one, and those that were accepted as it."""

Review = Literal["true", "false", ""]
"""Result of the review of a detected event; empty if it was not reviewed."""


@dataclass(frozen=True, order=True)
class NumberedEvent(TrueEvent):
    """A true event of an annotation; ordered by onset.

    Parameters
    ----------
    onset_s, offset_s, label
        As for `TrueEvent`.
    number : int
        Identifies the event within its annotation, from 1.
    """

    number: int = 0


@dataclass(frozen=True)
class ReviewedEvent:
    """Whether a detected event is true.

    Parameters
    ----------
    onset_s, offset_s : float
        Start and end of the detected event, in seconds.
    label : str
        Its label.
    number : int or None
        Number of the true event that it was accepted as; None if it is false.
    """

    onset_s: float
    offset_s: float
    label: str
    number: int | None

    @property
    def review(self) -> Review:
        """The result in a word."""
        return "false" if self.number is None else "true"


@dataclass(frozen=True)
class Annotation:
    """True events of a clip, and the review of its detected events.

    Parameters
    ----------
    events : tuple of NumberedEvent
        True events, ordered by onset.
    reviewed : tuple of ReviewedEvent
        Reviewed events, the latest last.
    next_number : int
        Number of the next event.
    listed : frozenset of str
        Labels that the list names from which the annotation began, in any recording.

    Examples
    --------
    >>> annotation = Annotation().draw(1.0, 2.0, "Dog").split(1, 1.5)
    >>> [(event.onset_s, event.offset_s) for event in annotation.events]
    [(1.0, 1.5), (1.5, 2.0)]
    """

    events: tuple[NumberedEvent, ...] = ()
    reviewed: tuple[ReviewedEvent, ...] = ()
    next_number: int = 1
    listed: frozenset[str] = frozenset()

    @classmethod
    def of(cls, events: Iterable[TrueEvent], listed: Iterable[str] = ()) -> "Annotation":
        """Begin with a list of true events, numbered from 1 in their order.

        Parameters
        ----------
        events : iterable of TrueEvent
            The events.
        listed : iterable of str
            Labels that the list names in any recording.
        """
        numbered = [
            NumberedEvent(event.onset_s, event.offset_s, event.label, number)
            for number, event in enumerate(events, start=1)
        ]
        return cls(tuple(sorted(numbered)), (), len(numbered) + 1, frozenset(listed))

    @cached_property
    def labels(self) -> frozenset[str]:
        """Labels that were annotated: listed, and those of true and reviewed events."""
        return self.listed | {e.label for e in self.events} | {v.label for v in self.reviewed}

    @property
    def n_entries(self) -> int:
        """Number of true and reviewed events."""
        return len(self.events) + len(self.reviewed)

    def find(self, number: int) -> NumberedEvent:
        """Return the event with a number.

        Raises
        ------
        TruthError
            If there is none.
        """
        found = next((event for event in self.events if event.number == number), None)
        if found is None:
            raise TruthError(
                "This true event is no longer in the list.",
                allowed="An event can be changed until it is deleted, or merged with another one.",
                remedy="Select another event, or undo its deletion.",
            )
        return found

    def draw(self, onset_s: float, offset_s: float, label: str) -> "Annotation":
        """Add a true event.

        Parameters
        ----------
        onset_s, offset_s : float
            Start and end, in seconds.
        label : str
            Name: a label of the model, or any other text.

        Raises
        ------
        TruthError
            If the times or the name are not possible, or there are too many events.
        """
        self._check_room()
        new = _checked(onset_s, offset_s, checked_name(label), self.next_number)
        return replace(self, events=_inserted(self.events, new), next_number=self.next_number + 1)

    def move(self, number: int, onset_s: float, offset_s: float) -> "Annotation":
        """Move the edges of an event.

        Raises
        ------
        TruthError
            If there is no such event, or the times are not possible.
        """
        old = self.find(number)
        return self._with(old, _checked(onset_s, offset_s, old.label, number))

    def rename(self, number: int, label: str) -> "Annotation":
        """Give an event another name; the detected event that it was accepted from is then false.

        Raises
        ------
        TruthError
            If there is no such event, or the name is not possible.
        """
        old, name = self.find(number), checked_name(label)
        if name == old.label:
            return self
        renamed = self._with(old, replace(old, label=name))
        return replace(renamed, reviewed=_relinked(self.reviewed, {number: None}))

    def split(self, number: int, at_s: float) -> "Annotation":
        """Split an event in two; the first part keeps its number.

        Raises
        ------
        TruthError
            If there is no such event, the time is not within it, or there are too many events.
        """
        old = self.find(number)
        self._check_room()
        at_s = _rounded(at_s)
        if not old.onset_s + MIN_EVENT_S <= at_s <= old.offset_s - MIN_EVENT_S:
            raise TruthError(
                f"“{old.label}” lasts from {old.onset_s:.2f} s to {old.offset_s:.2f} s, and is to "
                f"be split at {at_s:.2f} s.",
                allowed="An event is split at a time within it.",
                remedy="Move the playhead into the event.",
            )
        first, last = replace(old, offset_s=at_s), replace(old, onset_s=at_s)
        parted = self._with(old, first)
        last = replace(last, number=self.next_number)
        return replace(
            parted, events=_inserted(parted.events, last), next_number=self.next_number + 1
        )

    def merge(self, number: int, other: int) -> "Annotation":
        """Merge two events of the same name; the result has the first one's number.

        Raises
        ------
        TruthError
            If one of the events does not exist, both are the same, or their names differ.
        """
        one, two = self.find(number), self.find(other)
        if number == other or one.label != two.label:
            raise TruthError(
                f"“{one.label}” is to be merged with "
                + ("itself." if number == other else f"“{two.label}”."),
                allowed="Two events of the same name can be merged.",
                remedy="Give both the same name first.",
            )
        whole = replace(
            one, onset_s=min(one.onset_s, two.onset_s), offset_s=max(one.offset_s, two.offset_s)
        )
        merged = self._with(one, whole)
        return replace(
            merged,
            events=tuple(event for event in merged.events if event.number != other),
            reviewed=_relinked(self.reviewed, {other: number}),
        )

    def delete(self, number: int) -> "Annotation":
        """Delete an event; the detected event that it was accepted from is then not reviewed.

        Raises
        ------
        TruthError
            If there is no such event.
        """
        old = self.find(number)
        return replace(
            self,
            events=tuple(event for event in self.events if event is not old),
            reviewed=tuple(one for one in self.reviewed if one.number != number),
        )

    def accept(self, found: Event) -> "Annotation":
        """Accept a detected event as true.

        A true event of the same label and about the same times is taken for it; otherwise the
        detected event is added to the true ones.

        Parameters
        ----------
        found : Event
            The detected event.

        Raises
        ------
        TruthError
            If there are too many events.
        """
        old = self.find_reviewed(found)
        if old is not None and old.number is not None:
            return self
        number = _best_match(found, self.events)
        base = self
        if number is None:
            base = self.draw(found.onset_s, found.offset_s, found.label)
            number = self.next_number
        reviewed = ReviewedEvent(found.onset_s, found.offset_s, found.label, number)
        return base._with_reviewed(old, reviewed)

    def reject(self, found: Event) -> "Annotation":
        """Mark a detected event as false; if it was accepted, its true event is deleted."""
        old = self.find_reviewed(found)
        if old is not None and old.number is None:
            return self
        base = self
        if old is not None and old.number is not None:
            base, old = self.delete(old.number), None
        reviewed = ReviewedEvent(found.onset_s, found.offset_s, found.label, None)
        return base._with_reviewed(old, reviewed)

    def find_reviewed(self, found: Event) -> ReviewedEvent | None:
        """Return the reviewed event that a detected one is; None if it was not reviewed."""
        alike = [one for one in self.reviewed if one.label == found.label]
        best = max(alike, key=lambda one: overlap(one, found), default=None)
        return best if best is not None and overlap(best, found) >= MIN_OVERLAP else None

    def _with(self, old: NumberedEvent, new: NumberedEvent) -> "Annotation":
        others = tuple(event for event in self.events if event is not old)
        return replace(self, events=_inserted(others, new))

    def _with_reviewed(self, old: ReviewedEvent | None, new: ReviewedEvent) -> "Annotation":
        others = tuple(one for one in self.reviewed if one is not old)
        if len(others) >= MAX_TRUE_EVENTS:
            raise _full(f"{len(others):,} detected events are reviewed.")
        return replace(self, reviewed=(*others, new))

    def _check_room(self) -> None:
        if len(self.events) >= MAX_TRUE_EVENTS:
            raise _full(f"The list has {len(self.events):,} events.")


@dataclass(frozen=True)
class ReviewCounts:
    """How many detected events were reviewed, and with which result.

    Parameters
    ----------
    n_true, n_false, n_unreviewed : int
        Number of detected events that are true, false, and not reviewed.
    """

    n_true: int
    n_false: int
    n_unreviewed: int

    @property
    def n_reviewed(self) -> int:
        """Number of detected events that were reviewed."""
        return self.n_true + self.n_false

    @property
    def precision(self) -> float | None:
        """Share of the reviewed events that are true, in [0, 1]; None if none was reviewed."""
        return self.n_true / self.n_reviewed if self.n_reviewed else None


def count_reviews(reviews: Sequence[Review]) -> ReviewCounts:
    """Count the results of a review.

    Examples
    --------
    >>> count_reviews(["true", "", "true", "false"]).precision
    0.6666666666666666
    """
    return ReviewCounts(reviews.count("true"), reviews.count("false"), reviews.count(""))


def reviews_of(annotation: Annotation, found: Sequence[Event]) -> tuple[Review, ...]:
    """Return the review of each detected event.

    Parameters
    ----------
    annotation : Annotation
        The annotation.
    found : sequence of Event
        Detected events.
    """
    index: dict[tuple[str, int], list[ReviewedEvent]] = {}
    for reviewed in sorted(annotation.reviewed, key=_onset_s):
        index.setdefault((reviewed.label, _level(reviewed)), []).append(reviewed)
    return tuple(_review_of(event, index) for event in found)


def _review_of(event: Event, index: Mapping[tuple[str, int], Sequence[ReviewedEvent]]) -> Review:
    """Look up a detected event among the reviewed ones of a similar onset and duration."""
    length_s, best = event.offset_s - event.onset_s, None
    share = MIN_OVERLAP
    # With at least half in common, durations differ by a factor of two at most, and the
    # reviewed event begins up to one duration earlier, or half of one later.
    for level in range(_level(event) - 1, _level(event) + 2):
        alike = index.get((event.label, level), ())
        first = bisect_left(alike, event.onset_s - length_s, key=_onset_s)
        last = bisect_right(alike, event.onset_s + length_s / 2, key=_onset_s)
        for reviewed in alike[first:last]:
            if overlap(reviewed, event) >= share:
                best, share = reviewed, overlap(reviewed, event)
    return "" if best is None else best.review


class _Stretch(Protocol):
    @property
    def onset_s(self) -> float: ...
    @property
    def offset_s(self) -> float: ...


def overlap(one: _Stretch, other: _Stretch) -> float:
    """Return the intersection over union of two stretches, in [0, 1]; of equal instants 1."""
    common = min(one.offset_s, other.offset_s) - max(one.onset_s, other.onset_s)
    union = max(one.offset_s, other.offset_s) - min(one.onset_s, other.onset_s)
    return max(0.0, common) / union if union > 0 else 1.0


def _onset_s(stretch: _Stretch) -> float:
    return stretch.onset_s


def _level(stretch: _Stretch) -> int:
    """Return the duration's power of two."""
    return math.frexp(stretch.offset_s - stretch.onset_s)[1]


def checked_name(label: str) -> str:
    """Return a name with single blanks between its words.

    Raises
    ------
    TruthError
        If it is empty, too long, or has characters that cannot be printed.
    """
    name = " ".join(label.split())
    if not 1 <= len(name) <= MAX_NAME_CHARACTERS or not name.isprintable():
        told = f"{len(name):,} characters" if name.isprintable() else "control characters"
        raise TruthError(
            f"The name has {told}." if name else "The name is empty.",
            allowed=f"A name is a line of 1 to {MAX_NAME_CHARACTERS} printable characters.",
            remedy="Choose a class, or type a short name, such as Doorbell.",
        )
    return name


@dataclass(frozen=True)
class AnnotationHistory:
    """An annotation with the states before and after it.

    Parameters
    ----------
    present : Annotation or None
        The current state; None while nothing was annotated.
    past : tuple of (str, Annotation or None)
        Description of each change and the state before it; the latest last.
    future : tuple of (str, Annotation or None)
        Description of each change that was undone and the state after it; the next one last.
    """

    present: Annotation | None = None
    past: tuple[tuple[str, Annotation | None], ...] = ()
    future: tuple[tuple[str, Annotation | None], ...] = ()

    def then(self, words: str, annotation: Annotation | None) -> "AnnotationHistory":
        """Append a state; `words` describes the change, such as ``drew Dog``."""
        past = (*self.past, (words, self.present))[-MAX_CHANGES:]
        held = sum(map(_n_entries, (annotation, *(state for _, state in past))))
        while past and held > MAX_HELD:
            held -= _n_entries(past[0][1])
            past = past[1:]
        return AnnotationHistory(annotation, past)

    def undone(self) -> "AnnotationHistory":
        """Undo the latest change; unchanged if there is none."""
        if not self.past:
            return self
        words, before = self.past[-1]
        return AnnotationHistory(before, self.past[:-1], (*self.future, (words, self.present)))

    def redone(self) -> "AnnotationHistory":
        """Repeat the change that was undone last; unchanged if there is none."""
        if not self.future:
            return self
        words, after = self.future[-1]
        return AnnotationHistory(after, (*self.past, (words, self.present)), self.future[:-1])

    @property
    def last_change(self) -> str | None:
        """Description of the change that `undone` undoes; None if there is none."""
        return self.past[-1][0] if self.past else None

    @property
    def next_change(self) -> str | None:
        """Description of the change that `redone` repeats; None if there is none."""
        return self.future[-1][0] if self.future else None

    @cached_property
    def n_bytes(self) -> int:
        """Approximate size of all states in bytes; shared events count once."""
        after = (state for _, state in reversed(self.future))
        n_entries = [_n_entries(one) for one in (*(s for _, s in self.past), self.present, *after)]
        # What a change adds to the list is new, and up to `_NEW_OBJECTS` others that it replaces.
        grown = sum(max(0, n - before) for before, n in itertools.pairwise((0, *n_entries)))
        n_objects = grown + _NEW_OBJECTS * len(n_entries)
        return _ENTRY_BYTES * sum(n_entries) + _OBJECT_BYTES * n_objects


def _n_entries(state: Annotation | None) -> int:
    return 0 if state is None else state.n_entries


def _checked(onset_s: float, offset_s: float, label: str, number: int) -> NumberedEvent:
    onset_s, offset_s = _rounded(onset_s), _rounded(offset_s)
    if not 0 <= onset_s <= offset_s - MIN_EVENT_S + 1e-9 or offset_s > MAX_INSTANT_S:
        raise TruthError(
            f"“{label}” would last from {onset_s:.3f} s to {offset_s:.3f} s.",
            allowed=f"An event begins at 0 s or later, and lasts {MIN_EVENT_S:g} s or longer.",
            remedy="Choose a longer stretch.",
        )
    return NumberedEvent(onset_s, offset_s, label, number)


def _rounded(time_s: float) -> float:
    # Adding zero makes minus zero zero. NaN and infinity fail every comparison of `_checked`.
    return round(time_s, TIME_DECIMALS) + 0.0 if math.isfinite(time_s) else math.nan


def _inserted(events: tuple[NumberedEvent, ...], new: NumberedEvent) -> tuple[NumberedEvent, ...]:
    ordered = list(events)
    insort(ordered, new)
    return tuple(ordered)


def _relinked(
    reviewed: tuple[ReviewedEvent, ...], numbers: Mapping[int, int | None]
) -> tuple[ReviewedEvent, ...]:
    """Return reviewed events with other numbers of their true events."""
    return tuple(
        replace(one, number=numbers[one.number])
        if one.number is not None and one.number in numbers
        else one
        for one in reviewed
    )


def _best_match(found: Event, events: Iterable[NumberedEvent]) -> int | None:
    """Return the number of the true event that a detected one is; None if there is none."""
    alike = [event for event in events if event.label == found.label]
    best = max(alike, key=partial(overlap, found), default=None)
    return best.number if best is not None and overlap(best, found) >= MIN_OVERLAP else None


def _full(arrived: str) -> TruthError:
    return TruthError(
        arrived,
        allowed=f"An annotation has up to {MAX_TRUE_EVENTS:,} true events and as many reviewed "
        "ones.",
        remedy="Delete events that you do not need.",
    )
