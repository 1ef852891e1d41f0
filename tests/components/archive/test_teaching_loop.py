"""Examples of a class from reviews of hits."""

from datetime import datetime

from components.archive.teaching_loop import new_examples, title_of, without_corrected
from components.workspace.archive_reviews import ArchiveReviews
from models.archive import Hit
from models.teaching import lesson as lessons
from models.teaching.lesson import BACKGROUND, Lesson, Piece


def hit(onset_s: float, offset_s: float | None = None) -> Hit:
    end_s = onset_s + 1 if offset_s is None else offset_s
    return Hit("/forest/r.wav", onset_s, end_s, 0.5, "", datetime(2026, 5, 1), 1)


def lesson_of(*examples: tuple[str, Hit], parts: int = 1) -> Lesson:
    """Return a lesson in which hits are examples, each cut into some parts."""
    names = [f", {number}" for number in range(1, parts + 1)] if parts > 1 else [""]
    pieces = tuple(
        Piece(label, title_of(each) + name, each.path, None)
        for label, each in examples
        for name in names
    )
    return Lesson(("Frog", "Owl"), pieces)


def test_each_review_becomes_an_example_once() -> None:
    first, second, third = hit(0), hit(10), hit(20)
    reviews = {first: True, second: False, third: True}
    new = new_examples(lesson_of(), {}, reviews, "Frog")
    assert new == {"Frog": [first, third], BACKGROUND: [second]}
    lesson = lesson_of(("Frog", first), (BACKGROUND, second), parts=2)
    handed = {first: "Frog", second: BACKGROUND}
    assert new_examples(lesson, handed, reviews, "Frog") == {"Frog": [third], BACKGROUND: []}


def test_the_same_sound_with_other_edges_is_no_new_example() -> None:
    handed = {hit(0, 2): "Frog"}
    lesson = lesson_of(("Frog", hit(0, 2)))
    new = new_examples(lesson, handed, {hit(0.1, 2.2): True}, "Frog")
    assert new == {"Frog": [], BACKGROUND: []}


def test_another_class_gets_examples_of_its_own() -> None:
    handed = {hit(0): "Frog"}
    new = new_examples(lesson_of(("Frog", hit(0))), handed, {hit(0): True}, "Owl")
    assert new == {"Owl": [hit(0)], BACKGROUND: []}


def test_examples_that_were_removed_come_again() -> None:
    new = new_examples(lesson_of(), {hit(0): "Frog"}, {hit(0): True}, "Frog")
    assert new == {"Frog": [hit(0)], BACKGROUND: []}


def test_a_corrected_review_takes_its_example_out() -> None:
    first, second = hit(0), hit(10)
    lesson = lesson_of(("Frog", first), (BACKGROUND, second), ("Owl", first), parts=2)
    lesson = lessons.add(lesson, [Piece("Frog", "mine, 1", "another", None)])
    handed = {first: "Frog", second: BACKGROUND}
    reviews = {hit(0.1): False, second: False}  # the first was accepted before
    left = without_corrected(lesson, handed, reviews, "Frog")
    assert [piece.name for piece in left.of("Frog")] == ["mine, 1"]
    assert len(left.of("Owl")) == len(left.of(BACKGROUND)) == 2
    new = new_examples(left, handed, reviews, "Frog")
    assert new == {"Frog": [], BACKGROUND: [hit(0.1)]}


def test_a_review_that_was_taken_back_leaves_its_example() -> None:
    lesson = lesson_of(("Frog", hit(0)))
    assert without_corrected(lesson, {hit(0): "Frog"}, {}, "Frog") is lesson


def test_what_was_handed_over_is_noted_by_archive() -> None:
    kept = ArchiveReviews()
    kept.hand("A", [hit(0)], "Frog")
    kept.hand("A", [hit(0), hit(10)], "Owl")
    assert kept.handed("A") == {hit(0): "Owl", hit(10): "Owl"}
    assert kept.handed("B") == {}
    assert kept.n_bytes > 0
