"""From sound of any origin to examples of a class."""

import hashlib
import time
from collections.abc import Callable, Iterable
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.style import text
from components.ui import notices
from components.workspace.current import current, waiting
from models.audio import Clip, load_clip
from models.errors import Cancelled, EarmarkError, RecordingError
from models.jobs.job import Job
from models.teaching import lesson as lessons
from models.teaching.cutting import cut, divide
from models.teaching.delivery import Change, Delivery, Parcel
from models.teaching.lesson import BACKGROUND, Piece

MAX_UPLOAD_S = 600.0
"""Longest recording that examples are taken from, in seconds; of a longer one, drag a selection
over from the inspector."""


def take_files(label: str, files: Iterable[tuple[str, bytes]]) -> None:
    """Add recordings to a class; what is wrong with one is told later and stops no other.

    Parameters
    ----------
    label : str
        The class.
    files : iterable of (str, bytes)
        Name and contents of each.
    """
    parcels = [
        Parcel(name, partial(_from_file, label, name, data), len(data)) for name, data in files
    ]
    deliver(Delivery(label, parcels, label))


def _from_file(label: str, name: str, data: bytes, progress: Callable[[float], None]) -> Change:
    clip = load_clip(data, max_duration_s=MAX_UPLOAD_S, progress=progress)
    return adding(label, clip, name, recording=hashlib.sha256(data).hexdigest())


def deliver(delivery: Delivery) -> None:
    """Begin to take something in; what is short is there at once, without a bar that flickers."""
    try:
        current().teaching.add_delivery(delivery)
    except EarmarkError as error:
        name = ", ".join(parcel.name for parcel in delivery.parcels)
        current().messages.add_failure(delivery.about, text.shorten(name), error)
        return
    deadline = time.monotonic() + notices.PATIENCE_S
    while delivery.parcels:
        if not _start(delivery).wait(max(0.0, deadline - time.monotonic())):
            return
        current().teaching.take_parcel(delivery)


def places(*about: str) -> list[tuple[Delivery, DeltaGenerator]]:
    """Draw a place for what is on its way, with a button that cancels the rest of it.

    Parameters
    ----------
    *about : str
        What of; see `Delivery`.
    """
    return [
        (
            delivery,
            notices.beside_cancel(partial(_cancel, delivery), key=f"cancel-{delivery.number}"),
        )
        for delivery in current().teaching.deliveries
        if delivery.about in about
    ]


def wait(under_way: Iterable[tuple[Delivery, DeltaGenerator]]) -> None:
    """Show how far each is until it is taken in; then the page is drawn anew."""
    waited = False
    for delivery, place in under_way:
        with place:
            try:
                _wait_for(delivery)
            except Cancelled:
                return  # the tab is closed: whoever comes back begins anew
        waited = True
    if waited:
        st.rerun()


def _wait_for(delivery: Delivery) -> None:
    while delivery.parcels:
        name = text.escape_markdown(text.shorten(delivery.parcels[0].name))
        others = len(delivery.parcels) - 1
        more = f" · {others} more to come" if others else ""
        notices.watch(_start(delivery), f"Taking in **{name}**{more}")
        current().teaching.take_parcel(delivery)


def _start(delivery: Delivery) -> Job[Change]:
    """Begin to wait for the first parcel of a delivery; it goes on whatever page is shown."""
    return waiting().find_beside(delivery.job)


def _cancel(delivery: Delivery) -> None:
    job = delivery.job() if delivery.parcels else None
    current().teaching.cancel_delivery(delivery)
    if job is not None:
        waiting().leave_job(job)


def show_failures(about: str) -> None:
    """Show what could not be taken in; nothing yet while more may come."""
    if current().teaching.is_awaited(about):
        return
    for name, error in current().messages.show_failures(about):
        notices.show_error(error, about=name)


def adding(label: str, clip: Clip, name: str, *, recording: str) -> Change:
    """Cut a clip to what sounds in it, and give the change that adds that to a class.

    Parameters
    ----------
    label : str
        The class. What is background is not cut: there the room's silence is the sound.
    clip : Clip
        At the rate of the model that will hear it.
    name : str
        Where it is from: text to show.
    recording : str
        What it was cut from.

    Raises
    ------
    RecordingError
        If nothing sounds in it.
    """
    parts = divide(clip) if label == BACKGROUND else cut(clip)
    if not parts:
        raise RecordingError(
            "Nothing sounds in it.",
            allowed="An example has to stand out from silence.",
            remedy="Record it closer to the microphone, or make sure that it is not muted.",
        )
    pieces = [
        Piece(label, name if len(parts) == 1 else f"{name}, {number}", recording, part)
        for number, part in enumerate(parts, start=1)
    ]
    return partial(lessons.add, pieces=pieces)


def next_name(label: str) -> str:
    """Name the next recording of a class."""
    own = {piece.recording for piece in current().teaching.lesson.of(label)}
    return f"Recording {len(own) + 1}"
