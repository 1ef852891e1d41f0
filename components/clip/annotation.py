"""Annotation on the player: requests of the browser, their answers, and what the player shows."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from components.clip import true_clips
from components.player.shown_clip import ShownClip
from components.style import text
from components.ui import class_picker, widgets
from components.workspace.annotations import Answer
from components.workspace.choices import TruthList
from components.workspace.current import current
from components.workspace.recordings import Recording
from components.workspace.workspace import Workspace
from models.errors import EarmarkError, TruthError
from models.events import Event
from models.events.annotation import (
    MAX_NAME_CHARACTERS,
    Annotation,
    AnnotationHistory,
    Review,
    ReviewCounts,
    count_reviews,
    reviews_of,
)

MAX_REQUESTS = 50
"""Maximum number of requests in one message: those that a player has made since the last answer."""

MAX_NAMES = 200
"""Maximum number of names of the list that the player offers, beside the model's classes."""

_PLAYER = re.compile(r"[\w-]{1,40}", re.ASCII)
_MAX_NUMBER = 1 << 53  # largest whole number that JavaScript has exactly

Values = dict[str, Any]
"""Checked values of a request, by name."""


@dataclass(frozen=True)
class Request:
    """A change that a player asks for.

    Parameters
    ----------
    number : int
        Its number among those of the player, from 1.
    kind : str
        A key of `FIELDS`.
    values : dict
        Its values, of the types in `FIELDS`.
    """

    number: int
    kind: str
    values: Values


_FOUND = {"onset_s": float, "offset_s": float, "index": int}

FIELDS: dict[str, dict[str, type]] = {
    "draw": {"onset_s": float, "offset_s": float, "label": str},
    "move": {"number": int, "onset_s": float, "offset_s": float},
    "rename": {"number": int, "label": str},
    "split": {"number": int, "at_s": float},
    "merge": {"number": int, "other": int},
    "delete": {"number": int},
    "accept": _FOUND,
    "reject": _FOUND,
    "undo": {},
    "redo": {},
}
"""Kinds of requests, and the types of their values. A detected event is named by its times and the
index of its class."""


@dataclass(frozen=True, eq=False)
class Subject:
    """What requests are about.

    Parameters
    ----------
    recording : Recording
        The recording.
    duration_s : float
        Its duration, in seconds.
    found : sequence of Event
        Detected events under the settings of the page.
    labels : tuple of str
        Their labels, by index.
    classes : tuple of str
        Labels of the model.
    """

    recording: Recording
    duration_s: float
    found: Sequence[Event]
    labels: tuple[str, ...]
    classes: tuple[str, ...]

    @classmethod
    def of(cls, shown: ShownClip) -> "Subject":
        """Return what the player of a shown clip makes requests about."""
        timeline = shown.findings.timeline
        classes = shown.analysis.timeline.labels
        found = shown.findings.events
        return cls(shown.recording, timeline.duration_s, found, timeline.labels, classes)


def take(subject: Subject, key: str) -> None:
    """Perform the requests that the player with a key has sent."""
    perform(current(), subject, widgets.reply(key, "annotate"))


def perform(workspace: Workspace, subject: Subject, message: object) -> None:
    """Perform the requests of a player's message that are not answered yet, and answer them.

    Parameters
    ----------
    workspace : Workspace
        The visitor's workspace.
    subject : Subject
        What the requests are about.
    message : object
        What the browser has sent; see `read_message`.
    """
    player, requests = read_message(message)
    annotations, digest = workspace.view.annotations, subject.recording.digest
    for request in requests:
        if request.number > annotations.answered(digest, player):
            annotations.answer(digest, _answer(workspace, subject, player, request))


def review_event(subject: Subject, event: Event, kind: Literal["accept", "reject"]) -> None:
    """Accept a detected event as true, or mark it as false, and say what was done."""
    index = subject.labels.index(event.label)
    values: Values = {"onset_s": event.onset_s, "offset_s": event.offset_s, "index": index}
    answer = _answer(current(), subject, "", Request(0, kind, values))
    icon = ":material/error:" if answer.is_refusal else None
    st.toast(text.escape_markdown(answer.words), icon=icon)


def read_message(message: object) -> tuple[str, list[Request]]:
    """Read what a player has sent; whatever has another form is ignored.

    Returns
    -------
    str
        Identifier of the player.
    list of Request
        Its requests, in their order.
    """
    if not isinstance(message, dict):
        return "", []
    player, sent = message.get("player"), message.get("requests")
    if not isinstance(player, str) or not _PLAYER.fullmatch(player) or not isinstance(sent, list):
        return "", []
    read = map(_read_request, sent[:MAX_REQUESTS])
    return player, [request for request in read if request is not None]


def _read_request(sent: object) -> Request | None:
    if not isinstance(sent, dict):
        return None
    kind, number = sent.get("kind"), sent.get("request")
    fields = FIELDS.get(kind) if isinstance(kind, str) else None
    if fields is None or not isinstance(kind, str):
        return None
    if not isinstance(number, int) or not _is_a(number, int):
        return None
    if not all(_is_a(sent.get(name), wanted) for name, wanted in fields.items()):
        return None
    return Request(number, kind, {name: sent[name] for name in fields})


def _is_a(value: object, wanted: type) -> bool:
    """Whether a value of JSON is of a type, and within its bounds."""
    if wanted is str:
        return isinstance(value, str) and len(value) <= 2 * MAX_NAME_CHARACTERS
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if abs(value) >= _MAX_NUMBER or not math.isfinite(value):
        return False
    return wanted is float or isinstance(value, int)


def _answer(workspace: Workspace, subject: Subject, player: str, request: Request) -> Answer:
    said = ""

    def make(history: AnnotationHistory) -> AnnotationHistory:
        nonlocal said
        if request.kind in _STEPS:
            said, after = _STEPS[request.kind](history)
            return after
        before = history.present
        if before is None:
            before = _begun(workspace, subject.recording)
        words, after_it = _changed(before, request, subject)
        said = f"{words[0].upper()}{words[1:]}."
        return history if after_it is before else history.then(words, after_it)

    try:
        reserve = workspace.room.reserving
        workspace.view.annotations.change(subject.recording.digest, make, reserve)
    except EarmarkError as error:
        return Answer(player, request.number, str(error), is_refusal=True)
    workspace.view.forget_evaluations_of(subject.recording.digest)
    if request.kind in ("draw", "rename"):
        name = _class_of(request.values["label"], subject)
        workspace.recent_classes.note([name] if name in subject.classes else [])
    return Answer(player, request.number, said)


def _undo(history: AnnotationHistory) -> tuple[str, AnnotationHistory]:
    change = history.last_change
    return "Nothing to undo." if change is None else f"Undone: {change}.", history.undone()


def _redo(history: AnnotationHistory) -> tuple[str, AnnotationHistory]:
    change = history.next_change
    return "Nothing to redo." if change is None else f"Redone: {change}.", history.redone()


_STEPS: dict[str, Callable[[AnnotationHistory], tuple[str, AnnotationHistory]]] = {
    "undo": _undo,
    "redo": _redo,
}


def _begun(workspace: Workspace, recording: Recording) -> Annotation:
    """Return the annotation that begins with the clip's list of true events, if it has one."""
    given = true_clips.truth_of(workspace, recording)
    return Annotation() if given is None else Annotation.of(given.events, given.labels)


def _changed(before: Annotation, request: Request, subject: Subject) -> tuple[str, Annotation]:
    """Change an annotation; the words say what was done, as in "drew Dog"."""
    if request.kind in ("accept", "reject"):
        return _reviewed(before, request, subject)
    clip_s, asked = subject.duration_s, request.values
    if request.kind == "draw":
        times = _within(asked, clip_s)
        after = before.draw(*times, _class_of(asked["label"], subject))
        return _told("added", after.find(before.next_number), clip_s), after
    number = asked["number"]
    old = before.find(number)
    if request.kind == "delete":
        return _told("deleted", old, clip_s), before.delete(number)
    if request.kind == "rename":
        after = before.rename(number, _class_of(asked["label"], subject))
        return f"renamed {old.label} to {after.find(number).label}", after
    if request.kind == "split":
        at = text.instant(asked["at_s"], clip_s)
        return f"split {old.label} at {at}", before.split(number, asked["at_s"])
    if request.kind == "merge":
        after = before.merge(number, asked["other"])
        return _told("merged to", after.find(number), clip_s), after
    after = before.move(number, *_within(asked, clip_s))
    return _told("moved", after.find(number), clip_s), after


def _reviewed(before: Annotation, request: Request, subject: Subject) -> tuple[str, Annotation]:
    found, clip_s = _found(request, subject), subject.duration_s
    if request.kind == "accept":
        return _told("accepted", found, clip_s), before.accept(found)
    return _told("marked as false:", found, clip_s), before.reject(found)


def _found(request: Request, subject: Subject) -> Event:
    """Return the detected event that a request names.

    Raises
    ------
    TruthError
        If there is none under the settings of the page.
    """
    asked, labels = request.values, subject.labels
    label = labels[asked["index"]] if 0 <= asked["index"] < len(labels) else None
    for event in subject.found:
        if event.label == label and (event.onset_s, event.offset_s) == (
            asked["onset_s"],
            asked["offset_s"],
        ):
            return event
    raise TruthError(
        "This event is not among the found ones any more.",
        allowed="An event that is found under the present settings can be reviewed.",
        remedy="Choose it again, or go to the next event that is not reviewed.",
    )


def _within(asked: Values, clip_s: float) -> tuple[float, float]:
    return max(0.0, asked["onset_s"]), min(clip_s, asked["offset_s"])


def _class_of(name: str, subject: Subject) -> str:
    """Return the label of the model that a name is, whatever its case; else the name."""
    if name in subject.classes:
        return name
    wanted = " ".join(name.split()).casefold()
    return next((label for label in subject.classes if label.casefold() == wanted), name)


def _told(what: str, event: Any, clip_s: float) -> str:  # noqa: ANN401  # true or detected
    times = f"{text.instant(event.onset_s, clip_s)} to {text.instant(event.offset_s, clip_s)}"
    return f"{what} {event.label}, {times}"


def stretches(given: TruthList) -> dict[str, list[tuple[float, float]]]:
    """Return start and end of each true event, in seconds, by label."""
    by_label: dict[str, list[tuple[float, float]]] = {}
    for event in given.events:
        by_label.setdefault(event.label, []).append((event.onset_s, event.offset_s))
    return by_label


def review(shown: ShownClip) -> tuple[Review, ...]:
    """Return the review of each detected event: "true", "false", or empty."""
    annotation = current().view.annotations.present(shown.recording.digest)
    if annotation is None:
        return tuple("" for _ in shown.findings.events)
    return reviews_of(annotation, shown.findings.events)


def is_from_scratch(shown: ShownClip) -> bool:
    """Whether the clip is annotated, and no list of true events was there before."""
    annotation = current().view.annotations.present(shown.recording.digest)
    return annotation is not None and not annotation.listed


def data(shown: ShownClip) -> dict[str, Any]:
    """Return what the player shows of the annotation."""
    annotations, digest = current().view.annotations, shown.recording.digest
    history, reviews = annotations.history(digest), review(shown)
    present = history.present
    return {
        "answers": [vars(answer) for answer in annotations.answers(digest)],
        "undo": history.last_change,
        "redo": history.next_change,
        "reviews": list(reviews),
        "summary": summary(count_reviews(reviews)),
        "offer": _offer(shown, () if present is None else sorted(present.labels)[:MAX_NAMES]),
    }


def _offer(shown: ShownClip, own: Sequence[str]) -> dict[str, Any]:
    """Return the names that the player offers: `own`, and those that a class picker would."""
    best_first = sorted(shown.findings.events, key=lambda event: -event.peak)
    present = list(dict.fromkeys(event.label for event in best_first))
    first = {
        "In the list": own,
        "In this clip": present[: class_picker.MAX_PRESENT],
    }
    labels = dict.fromkeys((*shown.analysis.timeline.labels, *own))
    return current().recent_classes.offer(tuple(labels), first)


def summary(counts: ReviewCounts) -> str:
    """Say how many of the found events were reviewed, and the precision of those."""
    n_found = counts.n_reviewed + counts.n_unreviewed
    if not n_found:
        return "No events were found to review."
    told = f"Reviewed {counts.n_reviewed:,} of {n_found:,} found events"
    if counts.precision is None:
        return f"{told}."
    return (
        f"{told}: {counts.n_true:,} true, {counts.n_false:,} false, "
        f"precision {counts.precision:.0%}."
    )
