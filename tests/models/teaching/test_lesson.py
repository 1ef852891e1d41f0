"""A lesson's classes and examples, and the way back from every change."""

import numpy as np
import pytest

from models.audio import Clip
from models.errors import SettingError
from models.teaching import lesson as lessons
from models.teaching.examples import Example
from models.teaching.lesson import BACKGROUND, BEGINNING, Lesson, LessonHistory, Piece


def piece(label: str = "Clapping") -> Piece:
    clip = Clip.from_samples(np.full(16_000, 0.25), 16_000)
    return Piece(label, "Recording 1", "one", clip)


def heard(label: str, duration_s: float = 1.5, *, synthesised: bool = False) -> Example:
    embeddings = np.ones((1, 1024), np.float32)
    return Example(
        label=label,
        recording="one",
        digest="0" * 64,
        duration_s=duration_s,
        level_dbfs=-20.0,
        clipped=0.0,
        onsets_s=np.zeros(1),
        embeddings=embeddings,
        synthesised=synthesised,
    )


def test_three_classes_and_the_background_are_there_to_begin_with() -> None:
    assert Lesson().classes == ("Clapping", "Finger snapping", "Typing", BACKGROUND)


def test_examples_are_told_apart_by_a_number_that_they_keep() -> None:
    one, other = piece(), piece()
    lesson = lessons.add(Lesson(), [one, other])
    assert one.number != other.number
    lesson = lessons.relabel(lesson, one.number, "Typing")
    assert [p.number for p in lesson.of("Typing")] == [one.number]
    assert [p.number for p in lesson.of("Clapping")] == [other.number]
    assert lessons.remove(lesson, one.number).pieces == (lesson.piece(other.number),)


def test_what_was_heard_goes_along_under_another_label() -> None:
    taught = Piece("Clapping", "a.wav", "one", None, heard("Clapping"))
    (moved,) = lessons.relabel(Lesson(pieces=(taught,)), taught.number, "Typing").pieces
    assert moved.heard is not None
    assert (moved.label, moved.heard.label) == ("Typing", "Typing")


def test_what_comes_back_as_background_in_another_case_is_background() -> None:
    examples = [heard("background"), heard("Clapping")]
    lesson = lessons.of_examples(("background", "Clapping"), examples, "mine")
    assert lesson.classes == ("Clapping", BACKGROUND)
    assert [(p.label, p.heard and p.heard.label) for p in lesson.of(BACKGROUND)] == [
        (BACKGROUND, BACKGROUND)
    ]


def test_a_class_takes_its_examples_along_when_it_is_renamed_or_removed() -> None:
    lesson = lessons.add(Lesson(), [piece("Clapping"), piece("Typing")])
    renamed = lessons.rename_class(lesson, "Clapping", "  Hand   clap ")
    assert renamed.labels == ("Hand clap", *BEGINNING[1:])
    assert [p.label for p in renamed.pieces] == ["Hand clap", "Typing"]
    removed = lessons.remove_class(renamed, "Hand clap")
    assert removed.labels == BEGINNING[1:]
    assert [p.label for p in removed.pieces] == ["Typing"]


def test_a_class_may_be_written_otherwise() -> None:
    assert lessons.rename_class(Lesson(), "Clapping", "clapping").labels[0] == "clapping"


@pytest.mark.parametrize("name", ["", "  ", "typing", "background", "x" * 81, "a\nb", None])
def test_a_class_needs_a_name_of_its_own(name: object) -> None:
    with pytest.raises(SettingError):
        lessons.add_class(Lesson(), name)
    with pytest.raises(SettingError):
        lessons.rename_class(Lesson(), "Clapping", name)


def test_there_is_an_end_to_classes_and_sound() -> None:
    many = Lesson(tuple(f"Class {number}" for number in range(lessons.MAX_CLASSES)))
    with pytest.raises(SettingError, match="51 classes"):
        lessons.add_class(many, "One more")
    with pytest.raises(SettingError, match="2,001 examples"):
        lessons.of_examples(("Clapping",), [heard("Clapping", 0.5)] * 2_001, "many")
    long = heard("Clapping", lessons.MAX_TAUGHT_S - 0.5)
    full = Lesson(pieces=(Piece("Clapping", "long", "one", None, long),))
    with pytest.raises(SettingError, match="60 minutes"):
        lessons.add(full, [piece()])


def test_every_change_can_be_undone() -> None:
    first = LessonHistory()
    second = first.then("added one", lessons.add(first.present, [piece()]))
    third = second.then("removed Typing", lessons.remove_class(second.present, "Typing"))
    assert third.last_change == "removed Typing"
    assert third.undone().present is second.present
    assert third.undone().undone().present is first.present
    assert third.undone().undone().last_change is None
    assert first.undone() is first


def test_the_oldest_changes_are_forgotten() -> None:
    history = LessonHistory()
    for number in range(lessons.MAX_STEPS + 5):
        history = history.then(f"change {number}", Lesson())
    assert len(history.past) == lessons.MAX_STEPS
    assert history.past[0][0] == "change 5"


def test_what_was_removed_is_not_held_on_to_without_end() -> None:
    history = LessonHistory()
    for number in range(4):
        long = heard("Clapping", 0.6 * lessons.MAX_TAUGHT_S)
        only = Lesson(pieces=(Piece("Clapping", f"{number}", "one", None, long),))
        history = history.then(f"opened {number}", only)
    assert [words for words, _ in history.past] == ["opened 2", "opened 3"]


def test_a_taught_classifier_comes_back_as_a_lesson() -> None:
    examples = [heard("Clapping"), heard(BACKGROUND), heard(BACKGROUND, synthesised=True)]
    lesson = lessons.of_examples(("Clapping", "Bell", BACKGROUND), examples, "mine")
    assert lesson.labels == ("Clapping", "Bell")
    assert [p.label for p in lesson.pieces] == ["Clapping", BACKGROUND]
    assert [p.heard for p in lesson.pieces] == examples[:2]
    assert lesson.duration_s == 3.0


def test_an_outline_shows_where_it_sounds_however_quiet() -> None:
    samples = np.zeros(6_400)
    samples[3_200:3_300] = -0.01
    quiet = Piece("Clapping", "quiet", "one", Clip.from_samples(samples, 16_000))
    assert quiet.outline[len(quiet.outline) // 2] == 100
    assert sum(quiet.outline) == 100
    assert Piece("Clapping", "gone", "one", None, heard("Clapping")).outline == []


def test_classes_keep_the_order_of_the_page_whatever_came_first() -> None:
    lesson = lessons.add(Lesson(), [piece(BACKGROUND), piece("Typing"), piece(), piece("Typing")])
    ordered = lessons.in_order(lesson)
    assert [p.label for p in ordered.pieces] == ["Clapping", "Typing", "Typing", BACKGROUND]
    assert {p.number for p in ordered.pieces} == {p.number for p in lesson.pieces}
