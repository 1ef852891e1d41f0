"""Annotation: requests of a player, and the page that follows from them."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from components.clip.annotation import MAX_REQUESTS, Subject, perform, read_message, summary
from components.workspace.choices import TruthList
from components.workspace.workspace import Workspace
from models.demonstration import demonstration_events
from models.events import Event
from models.events.annotation import Annotation, AnnotationHistory, ReviewCounts
from models.events.truth import TrueEvent
from tests.components.pages import open_app, press, workspace_of
from tests.components.workspace.making import recording, workspace

LABELS = ("Speech", "Dog", "Cat")
DOG, CAT = Event(1.0, 3.0, "Dog", 0.9, 0.7), Event(5.0, 6.0, "Cat", 0.8, 0.6)
SUBJECT = Subject(recording("a.wav"), 10.0, (DOG, CAT), LABELS, LABELS)
DIGEST = SUBJECT.recording.digest
ACCEPT_DOG = {"kind": "accept", "onset_s": 1.0, "offset_s": 3.0, "index": 1}


def send(held: Workspace, *requests: dict[str, Any], player: str = "p1", first: int = 1) -> None:
    numbered = [{**one, "request": first + place} for place, one in enumerate(requests)]
    perform(held, SUBJECT, json.loads(json.dumps({"player": player, "requests": numbered})))


def draw(onset_s: float, offset_s: float, label: str) -> dict[str, Any]:
    return {"kind": "draw", "onset_s": onset_s, "offset_s": offset_s, "label": label}


def listed(held: Workspace) -> list[tuple[float, float, str]]:
    truth = held.view.truth_of(DIGEST, "a.wav")
    return [] if truth is None else [(e.onset_s, e.offset_s, e.label) for e in truth.events]


def said(held: Workspace, player: str = "p1") -> str:
    (answer,) = (one for one in held.view.annotations.answers(DIGEST) if one.player == player)
    return answer.words


def test_all_operations_change_the_list_and_are_told() -> None:
    held = workspace()
    steps: Sequence[tuple[dict[str, Any], str, list[tuple[float, float, str]]]] = [
        (draw(1, 2, "dog"), "Added Dog, 1.00 s to 2.00 s.", [(1, 2, "Dog")]),
        (
            {"kind": "move", "number": 1, "onset_s": 0.5, "offset_s": 99},
            "Moved Dog, 0.50 s to 10.00 s.",
            [(0.5, 10, "Dog")],
        ),
        (
            {"kind": "split", "number": 1, "at_s": 4},
            "Split Dog at 4.00 s.",
            [(0.5, 4, "Dog"), (4, 10, "Dog")],
        ),
        (
            {"kind": "merge", "number": 2, "other": 1},
            "Merged to Dog, 0.50 s to 10.00 s.",
            [(0.5, 10, "Dog")],
        ),
        (
            {"kind": "rename", "number": 2, "label": "My doorbell"},
            "Renamed Dog to My doorbell.",
            [(0.5, 10, "My doorbell")],
        ),
        ({"kind": "undo"}, "Undone: renamed Dog to My doorbell.", [(0.5, 10, "Dog")]),
        ({"kind": "redo"}, "Redone: renamed Dog to My doorbell.", [(0.5, 10, "My doorbell")]),
        ({"kind": "redo"}, "Nothing to redo.", [(0.5, 10, "My doorbell")]),
        ({"kind": "delete", "number": 2}, "Deleted My doorbell, 0.50 s to 10.00 s.", []),
        (ACCEPT_DOG, "Accepted Dog, 1.00 s to 3.00 s.", [(1, 3, "Dog")]),
        (
            {**ACCEPT_DOG, "kind": "reject"},
            "Marked as false: Dog, 1.00 s to 3.00 s.",
            [],
        ),
    ]
    for number, (request, words, events) in enumerate(steps, start=1):
        send(held, request, first=number)
        assert said(held) == words
        assert listed(held) == events


def test_a_request_is_performed_once_however_often_it_is_sent() -> None:
    held = workspace()
    send(held, draw(1, 2, "Dog"))
    send(held, draw(1, 2, "Dog"), draw(3, 4, "Cat"))
    send(held, draw(1, 2, "Dog"), draw(3, 4, "Cat"))
    assert listed(held) == [(1, 2, "Dog"), (3, 4, "Cat")]
    send(held, draw(5, 6, "Cat"), player="p2")
    assert len(listed(held)) == 3
    assert said(held) == "Added Cat, 3.00 s to 4.00 s."


def test_a_list_from_outside_is_edited_and_restored_by_undo() -> None:
    held = workspace()
    own = TruthList("own.txt", (TrueEvent(1, 2, "Dog"), TrueEvent(3, 4, "Cat")))
    held.view.truth[DIGEST] = own
    send(held, {"kind": "move", "number": 2, "onset_s": 3.5, "offset_s": 4})
    assert listed(held) == [(1, 2, "Dog"), (3.5, 4, "Cat")]
    send(held, {"kind": "undo"}, first=2)
    assert held.view.truth_of(DIGEST, "a.wav") is own


def test_labels_of_the_whole_list_stay_under_evaluation() -> None:
    held = workspace()
    held.view.truth[DIGEST] = TruthList(
        "all.txt", (TrueEvent(1, 2, "Dog"),), annotated=frozenset({"Dog", "Cat"})
    )
    send(held, {"kind": "delete", "number": 1})
    truth = held.view.truth_of(DIGEST, "a.wav")
    assert truth is not None
    assert (truth.events, truth.labels) == ((), {"Dog", "Cat"})


def test_another_list_takes_the_place_of_an_annotation_until_undo() -> None:
    held = workspace()
    send(held, draw(1, 2, "Dog"))
    held.view.truth[DIGEST] = TruthList("new.txt", (TrueEvent(5, 6, "Cat"),))
    held.view.note_list(DIGEST, "new.txt")
    assert listed(held) == [(5, 6, "Cat")]
    held.view.remove_truth(DIGEST)
    assert listed(held) == []
    send(held, {"kind": "undo"}, first=2)
    assert said(held) == "Undone: read new.txt."
    assert listed(held) == [(1, 2, "Dog")]
    held.view.remove_truth(DIGEST)
    assert listed(held) == []


def test_names_of_classes_are_recently_used_ones_in_every_picker() -> None:
    held = workspace()
    send(held, draw(1, 2, "dog"), draw(3, 4, "My doorbell"), draw(9, 9, "Speech"))
    assert held.recent_classes.labels == ("Dog",)
    send(held, {"kind": "rename", "number": 2, "label": "Cat"}, first=4)
    assert held.recent_classes.labels == ("Cat", "Dog")


def test_a_list_is_the_same_until_the_annotation_changes() -> None:
    held = workspace()
    send(held, draw(1, 2, "Dog"))
    first = held.view.truth_of(DIGEST, "a.wav")
    assert held.view.truth_of(DIGEST, "a.wav") is first
    send(held, draw(3, 4, "Dog"), first=2)
    assert held.view.truth_of(DIGEST, "a.wav") is not first


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (draw(2, 1, "Dog"), "An event begins at 0 s or later"),
        (draw(1, 2, "  "), "The name is empty"),
        (draw(1, 2, "x" * 150), "1 to 100 printable"),
        ({"kind": "delete", "number": 7}, "no longer in the list"),
        ({**ACCEPT_DOG, "onset_s": 1.1}, "not among the found ones any more"),
        ({**ACCEPT_DOG, "index": 0}, "not among the found ones any more"),
        ({**ACCEPT_DOG, "index": -2}, "not among the found ones any more"),
        ({**ACCEPT_DOG, "index": 999}, "not among the found ones any more"),
    ],
)
def test_what_is_impossible_is_refused_with_a_reason(request_: dict[str, Any], words: str) -> None:
    held = workspace()
    send(held, request_)
    (answer,) = held.view.annotations.answers(DIGEST)
    assert answer.is_refusal
    assert words in answer.words
    assert held.view.annotations.history(DIGEST) == AnnotationHistory()


@pytest.mark.parametrize(
    "message",
    [
        *(None, 5, "draw", [], {}, {"player": "p1"}, {"player": "p1", "requests": {}}),
        {"player": "", "requests": [{**draw(1, 2, "Dog"), "request": 1}]},
        {"player": "a b", "requests": [{**draw(1, 2, "Dog"), "request": 1}]},
        {"player": 7, "requests": [{**draw(1, 2, "Dog"), "request": 1}]},
        *(
            {"player": "p1", "requests": [broken]}
            for broken in (
                *(None, 1, [], {}, {"kind": "draw", "request": 1}),
                {**draw(1, 2, "Dog")},
                {**draw(1, 2, "Dog"), "request": "1"},
                {**draw(1, 2, "Dog"), "request": True},
                {**draw(1, 2, "Dog"), "request": 1.5},
                {**draw(1, 2, "Dog"), "request": 10**20},
                {**draw(1, 2, "Dog"), "request": 1, "kind": "__class__"},
                {**draw(1, 2, "Dog"), "request": 1, "kind": ["draw"]},
                {**draw(float("nan"), 2, "Dog"), "request": 1},
                {**draw(1, float("inf"), "Dog"), "request": 1},
                {**draw(1, 2, "Dog"), "request": 1, "onset_s": "1"},
                {**draw(1, 2, "Dog"), "request": 1, "onset_s": True},
                {**draw(1, 2, "Dog"), "request": 1, "label": 5},
                {**draw(1, 2, "x" * 201), "request": 1},
                {"kind": "delete", "request": 1, "number": 1.0},
                {"kind": "delete", "request": 1, "number": [1]},
            )
        ),
    ],
)
def test_what_no_player_sends_is_ignored(message: object) -> None:
    held = workspace()
    assert not read_message(message)[1]
    perform(held, SUBJECT, message)
    assert not held.view.annotations.answers(DIGEST)
    assert held.view.n_bytes == 0


def test_a_message_has_a_bounded_number_of_requests() -> None:
    requests = [{**draw(1, 2, "Dog"), "request": n} for n in range(1, MAX_REQUESTS + 20)]
    assert len(read_message({"player": "p1", "requests": requests})[1]) == MAX_REQUESTS


def test_annotations_count_in_the_workspace_and_are_refused_beyond_it() -> None:
    held = workspace(max_workspace_mb=1)
    before = held.n_bytes
    send(held, draw(1, 2, "Dog"))
    assert held.n_bytes > before
    held.view.truth["other"] = TruthList("", (TrueEvent(0, 1, "Dog"),) * 4_000)
    send(held, draw(3, 4, "Dog"), first=2)
    (answer,) = held.view.annotations.answers(DIGEST)
    assert answer.is_refusal
    assert "A visitor may have 1 MB" in answer.words
    assert listed(held) == [(1, 2, "Dog")]


def test_an_annotation_is_forgotten_with_its_recording() -> None:
    held = workspace()
    send(held, draw(1, 2, "Dog"))
    held.view.forget(DIGEST)
    assert listed(held) == []
    assert held.view.n_bytes == 0
    assert not held.view.annotations.answers(DIGEST)


def test_the_summary_has_the_precision_of_what_was_reviewed() -> None:
    assert summary(ReviewCounts(0, 0, 0)) == "No events were found to review."
    assert summary(ReviewCounts(0, 0, 3)) == "Reviewed 0 of 3 found events."
    told = "Reviewed 4 of 9 found events: 3 true, 1 false, precision 75%."
    assert summary(ReviewCounts(3, 1, 5)) == told


def annotated(page: AppTest, make: Any) -> AppTest:  # noqa: ANN401
    held = workspace_of(page)
    (clip,) = held.recordings.all
    held.view.annotations.change(
        clip.digest, lambda history: history.then("changed", make()), held.room.reserving
    )
    page.run()
    assert not page.exception
    return page


def test_the_page_evaluates_what_was_annotated() -> None:
    page = open_app(clip="demonstration")
    assert not any("You corrected events" in each.value for each in page.caption)
    table = next(frame.value for frame in page.dataframe if "onset_s" in frame.value)
    first = table.iloc[0]
    found = Event(first["onset_s"], first["offset_s"], first["label"], 1.0, 1.0)

    def reviewed() -> Annotation:
        return Annotation().accept(found).draw(1.0, 2.0, "My doorbell")

    annotated(page, reviewed)
    assert any("Annotated here" in each.value for each in page.caption)
    assert any(
        "the ZIP and single formats have all events as found" in c.value for c in page.caption
    )
    assert any("1 true, 0 false, precision 100%" in each.value for each in page.markdown)
    assert any("My doorbell" in each.value.replace("\\", "") for each in page.warning)
    table = next(frame.value for frame in page.dataframe if "onset_s" in frame.value)
    assert (table["review"].iloc[0], table["truth"].iloc[0]) == ("true", "correct")
    assert not any(table["truth"].iloc[1:]), "no false alarm before its review"
    labels = {button.label.replace("\\", "") for button in page.button}
    assert {f"{found.label} (1)", "My doorbell (1)", "Praat TextGrid", "SRT subtitles"} <= labels
    page = press(page, "Remove the list")
    assert not any("Annotated here" in each.value for each in page.caption)


def test_the_selected_row_is_reviewed_beside_the_table() -> None:
    page = open_app(clip="demonstration")
    held, (digest,) = workspace_of(page), (one.digest for one in workspace_of(page).recordings.all)

    def pressed(key: str) -> Annotation | None:
        page.button(key=key).click().run()
        assert not page.exception
        return held.view.annotations.present(digest)

    assert page.button(key="accept-event").disabled
    assert pressed("next-unreviewed") is None
    first = held.view.wish
    accepted = pressed("accept-event")
    assert first is not None
    assert accepted is not None
    (event,) = accepted.events
    assert event.onset_s == pytest.approx(first.onset_s)
    pressed("next-unreviewed")
    second = held.view.wish
    rejected = pressed("reject-event")
    assert second is not None
    assert rejected is not None
    assert [one.review for one in rejected.reviewed] == ["true", "false"]
    assert rejected.reviewed[1].onset_s == pytest.approx(second.onset_s)
    assert len({(one.onset_s, one.label) for one in rejected.reviewed}) == 2
    table = next(frame.value for frame in page.dataframe if "onset_s" in frame.value)
    assert list(table["review"][:3]) == ["true", "false", ""]


def test_what_was_reviewed_can_be_reviewed_otherwise() -> None:
    page = open_app(clip="demonstration")
    page.session_state["events-table"] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    page.run()
    table = next(frame.value for frame in page.dataframe if "onset_s" in frame.value)
    label = table["label"].iloc[1]
    assert any(f"**{label}**" in each.value for each in page.markdown)
    press(page, "Mark as false")
    (clip,) = workspace_of(page).recordings.all
    annotation = workspace_of(page).view.annotations.present(clip.digest)
    assert annotation is not None
    (reviewed,) = annotation.reviewed
    assert (reviewed.label, reviewed.review) == (label, "false")
    assert page.button(key="reject-event").disabled
    press(page, "Accept")
    table = next(frame.value for frame in page.dataframe if "onset_s" in frame.value)
    assert list(table["review"].iloc[:2]) == ["", "true"]


def test_an_annotation_takes_the_place_of_the_demonstrations_truth() -> None:
    page = open_app(clip="demonstration")
    page.toggle(key="demonstration-truth").set_value(True).run()
    annotated(page, lambda: Annotation.of(demonstration_events()).delete(1))
    told = f"{len(demonstration_events()) - 1} true events"
    assert any(told in each.value for each in page.caption)


def test_true_events_become_examples_of_their_classes() -> None:
    page = open_app(clip="demonstration")
    annotated(page, lambda: Annotation().draw(1.0, 2.5, "My bird").draw(22.0, 23.5, "My bird"))
    press(page, "My bird (2)")
    lesson = workspace_of(page).teaching.lesson
    assert "My bird" in lesson.classes
    assert len(lesson.of("My bird")) >= 2
    assert any("Added 2 events to My bird" in each.value for each in page.success)
