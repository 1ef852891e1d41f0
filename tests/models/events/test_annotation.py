"""Editing of true events, review of detected ones, and undo."""

import random

import pytest

from models.errors import TruthError
from models.events import Event
from models.events import annotation as annotations
from models.events.annotation import (
    MAX_CHANGES,
    Annotation,
    AnnotationHistory,
    NumberedEvent,
    ReviewedEvent,
    count_reviews,
    overlap,
    reviews_of,
)
from models.events.truth import MAX_TRUE_EVENTS, TrueEvent

DOG = Event(1.0, 3.0, "Dog", 0.9, 0.7)
CAT = Event(5.0, 6.0, "Cat", 0.8, 0.6)


def spans(annotation: Annotation) -> list[tuple[float, float, str]]:
    return [(event.onset_s, event.offset_s, event.label) for event in annotation.events]


def test_a_list_from_outside_is_numbered_and_edited() -> None:
    listed = [TrueEvent(4.0, 5.0, "Cat"), TrueEvent(1.0, 2.0, "Dog")]
    annotation = Annotation.of(listed).move(2, 0.5, 2.25).rename(1, "  Wild   cat ")
    assert spans(annotation) == [(0.5, 2.25, "Dog"), (4.0, 5.0, "Wild cat")]
    assert [event.number for event in annotation.events] == [2, 1]
    assert annotation.draw(3.0, 3.5, "Dog").events[1].number == 3


def test_an_event_that_is_moved_keeps_the_order() -> None:
    annotation = Annotation().draw(1, 2, "Dog").draw(3, 4, "Cat").move(1, 5, 6)
    assert spans(annotation) == [(3, 4, "Cat"), (5, 6, "Dog")]


def test_split_and_merge_are_each_others_opposite() -> None:
    whole = Annotation().draw(1, 3, "Dog")
    parts = whole.split(1, 1.75)
    assert spans(parts) == [(1, 1.75, "Dog"), (1.75, 3, "Dog")]
    assert parts.merge(1, 2).events == whole.events


@pytest.mark.parametrize("at_s", [0.5, 1.0, 3.0, float("nan")])
def test_an_event_is_split_within_it_only(at_s: float) -> None:
    with pytest.raises(TruthError, match="split at a time within it"):
        Annotation().draw(1, 3, "Dog").split(1, at_s)


def test_only_two_events_of_one_name_are_merged() -> None:
    annotation = Annotation().draw(1, 2, "Dog").draw(3, 4, "Cat")
    for other in (1, 2):
        with pytest.raises(TruthError, match="same name"):
            annotation.merge(1, other)


@pytest.mark.parametrize(
    ("onset_s", "offset_s"),
    [(2, 1), (1, 1), (-0.5, 1), (1, float("inf")), (float("nan"), 1), (0, 1e9)],
)
def test_impossible_times_are_refused(onset_s: float, offset_s: float) -> None:
    annotation = Annotation().draw(1, 2, "Dog")
    with pytest.raises(TruthError, match="begins at 0 s or later"):
        annotation.draw(onset_s, offset_s, "Dog")
    with pytest.raises(TruthError, match="begins at 0 s or later"):
        annotation.move(1, onset_s, offset_s)


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\x00b", "a\u202eb"])
def test_impossible_names_are_refused(name: str) -> None:
    with pytest.raises(TruthError, match="1 to 100 printable"):
        Annotation().draw(1, 2, name)


def test_an_event_that_is_gone_is_told() -> None:
    gone = Annotation().draw(1, 2, "Dog").delete(1)
    for change in (
        lambda: gone.move(1, 1, 2),
        lambda: gone.rename(1, "Cat"),
        lambda: gone.split(1, 1.5),
        lambda: gone.merge(1, 1),
        lambda: gone.delete(1),
    ):
        with pytest.raises(TruthError, match="no longer in the list"):
            change()


def test_an_accepted_event_is_true_and_reviewed() -> None:
    annotation = Annotation().accept(DOG)
    assert spans(annotation) == [(1, 3, "Dog")]
    assert reviews_of(annotation, [DOG, CAT]) == ("true", "")
    assert annotation.accept(DOG) is annotation


def test_accepting_an_event_that_is_listed_adds_no_other() -> None:
    annotation = Annotation.of([TrueEvent(1.2, 3.0, "Dog")]).accept(DOG)
    assert spans(annotation) == [(1.2, 3.0, "Dog")]
    assert reviews_of(annotation, [DOG]) == ("true",)


def test_a_false_event_is_not_in_the_list() -> None:
    annotation = Annotation().reject(CAT)
    assert spans(annotation) == []
    assert reviews_of(annotation, [DOG, CAT]) == ("", "false")
    assert annotation.labels == {"Cat"}
    assert annotation.reject(CAT) is annotation


def test_a_review_can_be_reversed() -> None:
    accepted = Annotation().accept(DOG)
    rejected = accepted.reject(DOG)
    assert rejected.events == ()
    assert reviews_of(rejected, [DOG]) == ("false",)
    again = rejected.accept(DOG)
    assert spans(again) == [(1, 3, "Dog")]
    assert reviews_of(again, [DOG]) == ("true",)
    assert len(again.reviewed) == 1


def test_a_review_follows_its_true_event() -> None:
    accepted = Annotation().accept(DOG)
    moved = accepted.move(1, 0.0, 9.0)
    assert reviews_of(moved, [DOG]) == ("true",)
    assert reviews_of(moved.delete(1), [DOG]) == ("",)
    assert reviews_of(moved.rename(1, "Bark"), [DOG]) == ("false",)
    parted = moved.split(1, 4.0)
    assert reviews_of(parted, [DOG]) == ("true",)
    assert reviews_of(parted.merge(2, 1), [DOG]) == ("true",)
    assert reviews_of(parted.merge(2, 1).delete(2), [DOG]) == ("",)


@pytest.mark.parametrize(
    ("changed", "review"),
    [
        (Event(1.3, 3.2, "Dog", 0.9, 0.7), "true"),
        (Event(0.0, 8.0, "Dog", 0.9, 0.7), ""),
        (Event(2.5, 4.5, "Dog", 0.9, 0.7), ""),
        (Event(1.0, 3.0, "Bark", 0.9, 0.7), ""),
    ],
)
def test_a_review_outlives_a_change_of_thresholds(changed: Event, review: str) -> None:
    assert reviews_of(Annotation().accept(DOG), [changed]) == (review,)


def test_reviews_are_those_of_a_search_through_all_of_them() -> None:
    chance = random.Random(4)  # noqa: S311
    for _ in range(200):
        annotation = Annotation()
        found = []
        for _ in range(30):
            onset_s = round(chance.uniform(0, 20), 2)
            length_s = round(2 ** chance.uniform(-6, 4), 2)
            event = Event(onset_s, onset_s + length_s, chance.choice(["Dog", "Cat"]), 1, 1)
            found.append(event)
            if chance.random() < 0.6:
                annotation = chance.choice([annotation.accept, annotation.reject])(event)
        searched = [annotation.find_reviewed(event) for event in found]
        for event, review, reviewed in zip(
            found, reviews_of(annotation, found), searched, strict=True
        ):
            equal = {
                one.review
                for one in annotation.reviewed
                if reviewed is not None
                and one.label == event.label
                and overlap(one, event) == overlap(reviewed, event)
            }
            assert (review == "") == (reviewed is None)
            assert review == "" or review in equal


def test_the_precision_is_that_of_what_was_reviewed() -> None:
    counts = count_reviews(["true", "true", "", "false", ""])
    assert (counts.n_reviewed, counts.n_unreviewed) == (3, 2)
    assert counts.precision == pytest.approx(2 / 3)
    assert count_reviews(["", ""]).precision is None


def test_numbers_of_events_are_bounded() -> None:
    events = [TrueEvent(n, n + 1, "Dog") for n in range(MAX_TRUE_EVENTS)]
    full = Annotation.of(events)
    for change in (
        lambda: full.draw(1, 2, "Dog"),
        lambda: full.split(1, 0.5),
        lambda: full.accept(CAT),
    ):
        with pytest.raises(TruthError, match="up to 10,000 true events"):
            change()
    reviewed = tuple(ReviewedEvent(n, n + 1, "Dog", None) for n in range(MAX_TRUE_EVENTS))
    with pytest.raises(TruthError, match="as many reviewed"):
        Annotation(reviewed=reviewed).reject(CAT)


def test_every_change_can_be_undone_and_repeated() -> None:
    first, second = Annotation().draw(1, 2, "Dog"), Annotation().draw(1, 2, "Cat")
    history = AnnotationHistory().then("drew Dog", first).then("renamed it", second)
    assert (history.last_change, history.next_change) == ("renamed it", None)
    undone = history.undone()
    assert (undone.present, undone.next_change) == (first, "renamed it")
    assert undone.redone() == history
    assert undone.undone().present is None
    assert undone.undone().undone() == undone.undone()
    assert history.redone() == history
    assert undone.then("drew Bird", second).next_change is None


def test_a_history_is_bounded_in_steps_and_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    history = AnnotationHistory()
    for n in range(MAX_CHANGES + 20):
        history = history.then(str(n), Annotation().draw(n, n + 1, "Dog"))
    assert len(history.past) == MAX_CHANGES
    monkeypatch.setattr(annotations, "MAX_HELD", 50)
    large = Annotation.of([TrueEvent(n, n + 1, "Dog") for n in range(20)])
    for n in range(5):
        history = history.then(str(n), large.move(1, n, n + 0.5))
    assert sum(state.n_entries for _, state in history.past if state) + 20 <= 50
    assert history.last_change == "4"


def test_shared_events_count_once() -> None:
    large = Annotation.of([TrueEvent(n, n + 1, "Dog") for n in range(1_000)])
    one = AnnotationHistory().then("read", large)
    two = one.then("moved", large.move(1, 0.25, 0.5))
    assert 0 < two.n_bytes - one.n_bytes < one.n_bytes / 10


def test_a_numbered_event_is_a_true_event() -> None:
    event = NumberedEvent(1, 2, "Dog", 7)
    assert isinstance(event, TrueEvent)
    assert sorted([NumberedEvent(2, 3, "A", 1), event])[0] is event
