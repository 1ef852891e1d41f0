"""Detected events after their review."""

import numpy as np
import pytest

from models.events import Event
from models.events.annotation import Annotation
from models.events.correction import correct
from models.events.timeline import Timeline

DOG, LATER_DOG = Event(1.0, 3.0, "Dog", 0.5, 0.5), Event(6.0, 8.0, "Dog", 0.7, 0.6)
CAT = Event(4.0, 5.0, "Cat", 0.8, 0.8)
FOUND = [DOG, CAT, LATER_DOG]
SCORES = np.stack([np.linspace(0, 0.9, 10), np.full(10, 0.25)], axis=1).astype(np.float32)
TIMELINE = Timeline(SCORES, np.arange(10.0), 1.0, 1.0, ("Dog", "Cat"), 10.0)


def spans(annotation: Annotation) -> list[tuple[float, float, str]]:
    return [
        (event.onset_s, event.offset_s, event.label)
        for event in correct(annotation, FOUND, TIMELINE)
    ]


def test_what_was_not_reviewed_remains() -> None:
    assert correct(Annotation(), FOUND, TIMELINE) == FOUND


def test_false_events_are_left_out_and_true_ones_have_their_own_edges_and_names() -> None:
    annotation = Annotation().reject(CAT).accept(DOG).move(1, 1.25, 2.5).accept(LATER_DOG)
    assert spans(annotation) == [(1.25, 2.5, "Dog"), (6.0, 8.0, "Dog")]
    assert spans(annotation.rename(2, "Wolf"))[1] == (6.0, 8.0, "Wolf")
    assert spans(annotation.split(1, 2.0))[:2] == [(1.25, 2.0, "Dog"), (2.0, 2.5, "Dog")]
    assert spans(annotation.delete(2))[-1] == (6.0, 8.0, "Dog"), "it is not reviewed any more"


def test_a_true_event_takes_the_place_of_a_found_one_of_about_its_times() -> None:
    annotation = Annotation().draw(1.1, 3.2, "Dog").draw(4.9, 6.5, "Cat")
    assert spans(annotation) == [
        *((1.1, 3.2, "Dog"), (4.0, 5.0, "Cat")),
        *((4.9, 6.5, "Cat"), (6.0, 8.0, "Dog")),
    ]


def test_labels_are_chosen() -> None:
    annotation = Annotation().draw(0.0, 0.5, "Dog").draw(9.0, 9.5, "Doorbell")
    assert (9.0, 9.5, "Doorbell") in spans(annotation)
    taken = correct(annotation, FOUND, TIMELINE, takes=lambda label: label == "Dog")
    assert [event.label for event in taken] == ["Dog", "Dog", "Cat", "Dog"]


def test_scores_of_a_true_event_are_those_between_its_edges() -> None:
    annotation = Annotation().draw(2.0, 4.5, "Dog").draw(9.0, 9.5, "Doorbell")
    found = {event.label: event for event in correct(annotation, [], TIMELINE)}
    assert (found["Dog"].peak, found["Dog"].mean) == pytest.approx((0.4, 0.3))
    assert (found["Doorbell"].peak, found["Doorbell"].mean) == (0.0, 0.0)
