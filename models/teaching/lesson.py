"""What somebody teaches: classes and their examples, and the way back from every change.

Conventions
-----------
A lesson is frozen, and each change makes another one: so undoing is looking at the one before, and
what was learnt knows which lesson it was learnt from. An example has a number, which it keeps under
whatever label.
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
"""Classes that are there to begin with."""

MAX_CLASSES = 50
"""Classes of a lesson: each is a card on the page."""

MAX_PIECES = 2_000
"""Examples of a lesson: each is a row on the page. Where a class has hundreds, more hardly help."""

MAX_TAUGHT_S = 3_600.0
"""Sound of a lesson, in seconds: 230 MB, and as much as a file takes along."""

MAX_STEPS = 50
"""Changes that can be undone; lessons share their sound, so one costs next to nothing."""

MAX_HELD_S = 2 * MAX_TAUGHT_S
"""Sound that a history holds on to, in seconds, with what was removed; the oldest changes go."""

OUTLINE = 64
"""Stretches of an example's tiny waveform."""

BACKGROUND = background.LABEL
"""The class that is always there, beside those of a lesson."""

_numbers = count(1)


@dataclass(frozen=True, eq=False)
class Piece:
    """An example of a class, heard or not yet.

    Parameters
    ----------
    label : str
        What it is.
    name : str
        Where it is from: text to show.
    recording : str
        What it was cut from; the same for all that was recorded in one go.
    clip : Clip or None
        The sound, at the rate of the model that hears it; None where it was left out of the file
        that it came from.
    heard : Example or None
        What the model made of it, where that is known already.
    number : int
        Which one it is; counted up by itself.
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
        """The sound as a WAV file; None where it is not there."""
        return None if self.clip is None else wav_file(self.clip)

    @property
    def n_bytes(self) -> int:
        """Size of its sound and its embeddings, in bytes; its WAV file counts from the first on."""
        samples = 0 if self.clip is None else self.clip.samples.nbytes
        embeddings = 0 if self.heard is None else self.heard.embeddings.nbytes
        return samples + samples // 2 + embeddings  # WAV files have 16 bits

    @cached_property
    def outline(self) -> list[int]:
        """Magnitudes of up to `OUTLINE` stretches, in percent of the largest of them."""
        if self.clip is None:
            return []
        shape = min_max_envelope(self.clip.samples, self.clip.sample_rate, max_stretches=OUTLINE)
        peaks = np.abs(shape.extremes.astype(np.int32)).max(axis=1)
        return [int(peak) for peak in np.rint(100 * peaks / max(1, peaks.max()))]

    @property
    def peak_dbfs(self) -> float | None:
        """Largest magnitude of the sound, in dBFS; None where it is not there."""
        return None if self.clip is None else measure_levels(self.clip.samples).peak_dbfs

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        if self.clip is not None:
            return self.clip.duration_s
        return 0.0 if self.heard is None else self.heard.duration_s


@dataclass(frozen=True, eq=False)
class Lesson:
    """Classes and their examples.

    Parameters
    ----------
    labels : tuple of str
        The classes, in the order of the page. `BACKGROUND` is always there beside them.
    pieces : tuple of Piece
        The examples, of these or of the background, in the order in which they came.
    """

    labels: tuple[str, ...] = BEGINNING
    pieces: tuple[Piece, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        """All classes that take examples, the background last."""
        return (*self.labels, BACKGROUND)

    @property
    def duration_s(self) -> float:
        """Sound of all examples together, in seconds."""
        return sum(piece.duration_s for piece in self.pieces)

    def of(self, label: str) -> list[Piece]:
        """List a class's examples."""
        return [piece for piece in self.pieces if piece.label == label]

    def piece(self, number: int) -> Piece | None:
        """Find an example by its number."""
        return next((piece for piece in self.pieces if piece.number == number), None)


def add(lesson: Lesson, pieces: Sequence[Piece]) -> Lesson:
    """Add examples, whose classes are there.

    Raises
    ------
    SettingError
        If that is more than a lesson may have.
    """
    more = replace(lesson, pieces=(*lesson.pieces, *pieces))
    _check_size(more)
    return more


def remove(lesson: Lesson, number: int) -> Lesson:
    """Remove an example."""
    return replace(lesson, pieces=tuple(one for one in lesson.pieces if one.number != number))


def relabel(lesson: Lesson, number: int, label: str) -> Lesson:
    """Say that an example is of another class."""
    return _change(lesson, lambda piece: piece.number == number, label)


def add_class(lesson: Lesson, label: object) -> Lesson:
    """Add a class.

    Raises
    ------
    SettingError
        If it has no proper name, another has the same, or there are too many.
    """
    more = replace(lesson, labels=(*lesson.labels, _new_label(lesson.classes, label)))
    _check_size(more)
    return more


def rename_class(lesson: Lesson, old: str, label: object) -> Lesson:
    """Give a class another name.

    Raises
    ------
    SettingError
        If it is no proper name, or another class has it.
    """
    new = _new_label([one for one in lesson.classes if one != old], label)
    renamed = _change(lesson, lambda piece: piece.label == old, new)
    return replace(renamed, labels=tuple(new if one == old else one for one in lesson.labels))


def remove_class(lesson: Lesson, label: str) -> Lesson:
    """Remove a class with its examples."""
    return Lesson(
        tuple(one for one in lesson.labels if one != label),
        tuple(piece for piece in lesson.pieces if piece.label != label),
    )


def in_order(lesson: Lesson) -> Lesson:
    """Put the examples in the order of their classes, which what is learnt then has, too."""
    order = {label: place for place, label in enumerate(lesson.classes)}
    return replace(lesson, pieces=tuple(sorted(lesson.pieces, key=lambda p: order[p.label])))


def of_examples(labels: Iterable[str], examples: Iterable[Example], name: str) -> Lesson:
    """Make a lesson of what a classifier was taught with; what Earmark synthesised it does anew.

    A class whose name is the background's but for its letters' case becomes part of that.

    Parameters
    ----------
    labels : iterable of str
        The classifier's classes.
    examples : iterable of Example
        Heard already, with their sound or without.
    name : str
        What to call them.

    Raises
    ------
    SettingError
        If that is more than a lesson may have.
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
            f"{most:.0f} minutes altogether; a few for each class do.",
            remedy="Take a shorter stretch, remove some examples, or teach in code: models.teach.",
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
    """A lesson, and those before it.

    Parameters
    ----------
    present : Lesson
        As it is now.
    past : tuple of (str, Lesson)
        What was changed, in words, and what it was before; the latest last.
    """

    present: Lesson = Lesson()
    past: tuple[tuple[str, Lesson], ...] = ()

    def then(self, words: str, lesson: Lesson) -> "LessonHistory":
        """Go on with another lesson; `words` say what changed, such as ``Removed a clip``."""
        past = (*self.past, (words, self.present))[-MAX_STEPS:]
        while past and _held_s(lesson, *(earlier for _, earlier in past)) > MAX_HELD_S:
            past = past[1:]
        return LessonHistory(lesson, past)

    def undone(self) -> "LessonHistory":
        """Go back by one change; the same where there was none."""
        return LessonHistory(self.past[-1][1], self.past[:-1]) if self.past else self

    @property
    def n_bytes(self) -> int:
        """Size of all lessons together, in bytes: what they share counts once."""
        lessons = (self.present, *(earlier for _, earlier in self.past))
        pieces = {piece.number: piece for lesson in lessons for piece in lesson.pieces}
        return sum(piece.n_bytes for piece in pieces.values())

    def without_oldest(self) -> "LessonHistory":
        """Forget the oldest change, which then cannot be undone; the same where there is none."""
        return self.within(len(self.past) - 1)

    def within(self, n_changes: int) -> "LessonHistory":
        """Forget all changes but the latest `n_changes`."""
        return replace(self, past=self.past[max(0, len(self.past) - max(0, n_changes)) :])

    @property
    def last_change(self) -> str | None:
        """What was changed last, in words; None where there is nothing to undo."""
        return self.past[-1][0] if self.past else None


def _held_s(*held: Lesson) -> float:
    """Sum up the sound of lessons, that which they share once."""
    pieces = {piece.number: piece for lesson in held for piece in lesson.pieces}
    return sum(piece.duration_s for piece in pieces.values())
