"""A visitor's lesson (classes and examples) and its undo history.

Conventions
-----------
A lesson is immutable, and each change returns a new one. Undo restores an earlier one, and a
trained classifier refers to the lesson that it was trained on. An example keeps its number when its
label changes.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count

import numpy as np

from models.audio import Clip
from models.audio.envelope import min_max_envelope
from models.audio.levels import measure_levels
from models.audio.playback import wav_file
from models.errors import SettingError
from models.teaching import background
from models.teaching.examples import Example, clean_label

BEGINNING = ("Clapping", "Finger snapping", "Typing")
"""Classes of a new lesson."""

MAX_CLASSES = 50
"""Largest number of classes of a lesson: each is a card on the page."""

MAX_PIECES = 2_000
"""Largest number of examples of a lesson: each is a row on the page. Beyond hundreds of examples
per class, more hardly improve the classifier."""

MAX_TAUGHT_S = 3_600.0
"""Most sound of a lesson, in seconds: 230 MB, and the limit of an ``.earmark`` file."""

MAX_STEPS = 50
"""Largest number of changes that can be undone; lessons share their samples, so each costs little
memory."""

MAX_HELD_S = 2 * MAX_TAUGHT_S
"""Most sound that a history holds, in seconds, including removed examples; beyond it the oldest
changes are evicted."""

OUTLINE = 64
"""Number of segments in an example's miniature waveform."""

BACKGROUND = background.LABEL
"""The class that every lesson has, in addition to its labels."""

_numbers = count(1)


@dataclass(frozen=True, eq=False)
class Piece:
    """An example of a lesson, with or without embeddings.

    Parameters
    ----------
    label : str
        Its class.
    name : str
        Name of its source, for display.
    recording : str
        Identifier of the recording that it was cut from.
    clip : Clip or None
        The samples, at the base model's rate; None if the source file omits them.
    heard : Example or None
        Its embeddings, if they are computed already.
    number : int
        Identifier, assigned from a counter.
    """

    label: str
    name: str
    recording: str
    clip: Clip | None
    heard: Example | None = None
    number: int = -1

    def __post_init__(self) -> None:
        if self.number < 0:
            object.__setattr__(self, "number", next(_numbers))

    @cached_property
    def sound(self) -> bytes | None:
        """The samples as a WAV file; None if there are none."""
        return None if self.clip is None else wav_file(self.clip)

    @property
    def n_bytes(self) -> int:
        """Size of its samples, embeddings and WAV file in bytes; the WAV file always counts."""
        samples = 0 if self.clip is None else self.clip.samples.nbytes
        embeddings = 0 if self.heard is None else self.heard.embeddings.nbytes
        return samples + samples // 2 + embeddings  # WAV files have 16 bits

    @cached_property
    def outline(self) -> list[int]:
        """Magnitudes of up to `OUTLINE` segments, in percent of the largest."""
        if self.clip is None:
            return []
        shape = min_max_envelope(self.clip.samples, self.clip.sample_rate, max_stretches=OUTLINE)
        peaks = np.abs(shape.extremes.astype(np.int32)).max(axis=1)
        return [int(peak) for peak in np.rint(100 * peaks / max(1, peaks.max()))]

    @property
    def peak_dbfs(self) -> float | None:
        """Peak level in dBFS; None if there are no samples."""
        return None if self.clip is None else measure_levels(self.clip.samples).peak_dbfs

    @property
    def duration_s(self) -> float:
        """Length in seconds; 0 if neither samples nor embeddings are known."""
        if self.clip is not None:
            return self.clip.duration_s
        return 0.0 if self.heard is None else self.heard.duration_s


@dataclass(frozen=True, eq=False)
class Lesson:
    """Classes and their examples.

    Parameters
    ----------
    labels : tuple of str
        The classes, in the order of the page. `BACKGROUND` exists in addition to them.
    pieces : tuple of Piece
        The examples of these classes and of the background, in the order of arrival.
    """

    labels: tuple[str, ...] = BEGINNING
    pieces: tuple[Piece, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        """All classes that accept examples, the background last."""
        return (*self.labels, BACKGROUND)

    @property
    def duration_s(self) -> float:
        """Total length of all examples, in seconds."""
        return sum(piece.duration_s for piece in self.pieces)

    def of(self, label: str) -> list[Piece]:
        """List the examples of a class."""
        return [piece for piece in self.pieces if piece.label == label]

    def piece(self, number: int) -> Piece | None:
        """Find an example by its number."""
        return next((piece for piece in self.pieces if piece.number == number), None)


def add(lesson: Lesson, pieces: Sequence[Piece]) -> Lesson:
    """Add examples of existing classes.

    Raises
    ------
    SettingError
        If the lesson would exceed its limits.
    """
    more = replace(lesson, pieces=(*lesson.pieces, *pieces))
    _check_size(more)
    return more


def remove(lesson: Lesson, number: int) -> Lesson:
    """Remove an example."""
    return replace(lesson, pieces=tuple(one for one in lesson.pieces if one.number != number))


def relabel(lesson: Lesson, number: int, label: str) -> Lesson:
    """Assign another class to an example."""
    return _change(lesson, lambda piece: piece.number == number, label)


def add_class(lesson: Lesson, label: object) -> Lesson:
    """Add a class.

    Raises
    ------
    SettingError
        If the label is invalid or in use, or there are too many classes.
    """
    more = replace(lesson, labels=(*lesson.labels, _new_label(lesson.classes, label)))
    _check_size(more)
    return more


def rename_class(lesson: Lesson, old: str, label: object) -> Lesson:
    """Rename a class.

    Raises
    ------
    SettingError
        If the label is invalid or in use.
    """
    new = _new_label([one for one in lesson.classes if one != old], label)
    renamed = _change(lesson, lambda piece: piece.label == old, new)
    return replace(renamed, labels=tuple(new if one == old else one for one in lesson.labels))


def remove_class(lesson: Lesson, label: str) -> Lesson:
    """Remove a class and its examples."""
    return Lesson(
        tuple(one for one in lesson.labels if one != label),
        tuple(piece for piece in lesson.pieces if piece.label != label),
    )


def in_order(lesson: Lesson) -> Lesson:
    """Sort the examples by class, which is also the order of the trained examples."""
    order = {label: place for place, label in enumerate(lesson.classes)}
    return replace(lesson, pieces=tuple(sorted(lesson.pieces, key=lambda p: order[p.label])))


def of_examples(labels: Iterable[str], examples: Iterable[Example], name: str) -> Lesson:
    """Make a lesson from the examples of a classifier, without the synthesised ones.

    A class whose name equals the background's except for case is merged into the background.

    Parameters
    ----------
    labels : iterable of str
        The classifier's classes.
    examples : iterable of Example
        With embeddings, with or without samples.
    name : str
        Display name of the source.

    Raises
    ------
    SettingError
        If the lesson would exceed its limits.
    """
    classes = tuple(labels)
    spelt_otherwise = {one for one in classes if background.is_background(one)} - {BACKGROUND}
    heard = [
        replace(one, label=BACKGROUND) if one.label in spelt_otherwise else one
        for one in examples
        if not one.synthesised
    ]
    pieces = tuple(Piece(one.label, name, one.recording, one.clip, one) for one in heard)
    lesson = Lesson(tuple(one for one in classes if not background.is_background(one)), pieces)
    _check_size(lesson)
    return lesson


def _check_size(lesson: Lesson) -> None:
    classes, pieces = len(lesson.labels), len(lesson.pieces)
    minutes, most = lesson.duration_s / 60, MAX_TAUGHT_S / 60
    if classes > MAX_CLASSES or pieces > MAX_PIECES or minutes > most:
        raise SettingError(
            f"That makes {classes} classes and {pieces:,} examples of {minutes:.0f} minutes.",
            allowed=f"This page takes {MAX_CLASSES} classes and {MAX_PIECES:,} examples of "
            f"{most:.0f} minutes in all; a few for each class suffice.",
            remedy="Choose a shorter section, remove examples, or train in code: models.teach.",
        )


def _change(lesson: Lesson, meant: Callable[[Piece], bool], label: str) -> Lesson:
    pieces = tuple(
        replace(
            piece,
            label=label,
            heard=None if piece.heard is None else replace(piece.heard, label=label),
        )
        if meant(piece)
        else piece
        for piece in lesson.pieces
    )
    return replace(lesson, pieces=pieces)


def _new_label(others: Iterable[str], label: object) -> str:
    name = clean_label(label)
    if name.casefold() in {other.casefold() for other in others}:
        raise SettingError(
            f"There is a class called {name!r} already.",
            allowed="Each class has a name of its own.",
            remedy="Choose another name, or add the examples to that class.",
        )
    return name


@dataclass(frozen=True, eq=False)
class LessonHistory:
    """A lesson and its earlier states.

    Parameters
    ----------
    present : Lesson
        The current state.
    past : tuple of (str, Lesson)
        Description of each change and the state before it; the latest last.
    """

    present: Lesson = Lesson()
    past: tuple[tuple[str, Lesson], ...] = ()

    def then(self, words: str, lesson: Lesson) -> "LessonHistory":
        """Append a state; `words` describes the change, such as ``Removed a clip``."""
        past = (*self.past, (words, self.present))[-MAX_STEPS:]
        while past and _held_s(lesson, *(earlier for _, earlier in past)) > MAX_HELD_S:
            past = past[1:]
        return LessonHistory(lesson, past)

    def undone(self) -> "LessonHistory":
        """Undo the latest change; unchanged if there is none."""
        return LessonHistory(self.past[-1][1], self.past[:-1]) if self.past else self

    @property
    def n_bytes(self) -> int:
        """Size of all states in bytes; shared examples count once."""
        lessons = (self.present, *(earlier for _, earlier in self.past))
        pieces = {piece.number: piece for lesson in lessons for piece in lesson.pieces}
        return sum(piece.n_bytes for piece in pieces.values())

    def without_oldest(self) -> "LessonHistory":
        """Evict the oldest change, which then cannot be undone; unchanged if there is none."""
        return self.within(len(self.past) - 1)

    def within(self, n_changes: int) -> "LessonHistory":
        """Evict all changes except the latest `n_changes`."""
        return replace(self, past=self.past[max(0, len(self.past) - max(0, n_changes)) :])

    @property
    def last_change(self) -> str | None:
        """Description of the latest change; None if there is nothing to undo."""
        return self.past[-1][0] if self.past else None


def _held_s(*held: Lesson) -> float:
    """Sum the length of all examples in seconds; shared ones count once."""
    pieces = {piece.number: piece for lesson in held for piece in lesson.pieces}
    return sum(piece.duration_s for piece in pieces.values())
