"""Conversion of audio of any origin to examples of a class."""

import hashlib
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import partial

import streamlit as st

from components.style import text
from components.ui import notices
from components.workspace.current import current, waiting
from components.workspace.workspace import Workspace
from models.audio import Clip, load_clip
from models.errors import Cancelled, EarmarkError, RecordingError
from models.jobs.job import Job
from models.teaching import lesson as lessons
from models.teaching.cutting import cut, divide
from models.teaching.delivery import Change, Delivery, Parcel
from models.teaching.lesson import BACKGROUND, Piece

MAX_UPLOAD_S = 600.0
"""Maximum duration of a recording that examples are cut from, in seconds. Parts of longer ones are
added as a selection in the inspector."""


def take_files(label: str, files: Iterable[tuple[str, bytes]], workspace: Workspace) -> None:
    """Add recordings to a class; a failure of one is shown later and does not affect the others.

    Parameters
    ----------
    label : str
        Label of the class.
    files : iterable of (str, bytes)
        Name and contents of each.
    workspace : Workspace
        The visitor's workspace.
    """
    parcels = [
        Parcel(name, partial(_from_file, label, name, data), len(data)) for name, data in files
    ]
    deliver(Delivery(label, parcels, label), workspace)


def _from_file(label: str, name: str, data: bytes, progress: Callable[[float], None]) -> Change:
    clip = load_clip(data, max_duration_s=MAX_UPLOAD_S, progress=progress)
    return adding(label, clip, name, recording=hashlib.sha256(data).hexdigest())


def deliver(delivery: Delivery, workspace: Workspace) -> None:
    """Start a delivery, and wait shortly, so that short recordings show no progress bar.

    It does not access the session state: see `components.ui.widgets.uploader`.
    """
    try:
        workspace.teaching.add_delivery(delivery)
    except EarmarkError as error:
        name = ", ".join(parcel.name for parcel in delivery.parcels)
        workspace.messages.add_failure(delivery.about, text.shorten(name), error)
        return
    deadline = time.monotonic() + notices.PATIENCE_S
    while delivery.parcels:
        if not _start(delivery).wait(max(0.0, deadline - time.monotonic())):
            return
        workspace.teaching.take_parcel(delivery)


def places(*about: str) -> list[tuple[Delivery, AbstractContextManager[None]]]:
    """Draw a place for the progress of each pending delivery, with a Cancel button.

    Parameters
    ----------
    *about : str
        Places of the deliveries; see `Delivery`.
    """
    return [
        (
            delivery,
            notices.beside_cancel(partial(_cancel, delivery), key=f"cancel-{delivery.number}"),
        )
        for delivery in current().teaching.deliveries
        if delivery.about in about
    ]


def wait(under_way: Iterable[tuple[Delivery, AbstractContextManager[None]]]) -> None:
    """Show the progress of each delivery until it is complete, then rerun the page."""
    waited = False
    for delivery, place in under_way:
        with place:
            try:
                _wait_for(delivery)
            except Cancelled:
                return  # the tab is closed; a new one starts again
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
    """Start the job of a delivery's first parcel, which continues on every page."""
    return waiting().find_beside(delivery.job)


def _cancel(delivery: Delivery) -> None:
    job = delivery.job() if delivery.parcels else None
    current().teaching.cancel_delivery(delivery)
    if job is not None:
        waiting().leave_job(job)


def show_failures(about: str) -> None:
    """Show the failures of a place, once no delivery is pending there."""
    if current().teaching.is_awaited(about):
        return
    for name, error in current().messages.show_failures(about):
        notices.show_error(error, about=name)


def adding(label: str, clip: Clip, name: str, *, recording: str) -> Change:
    """Cut a clip into its audible parts, and return the change that adds these to a class.

    Parameters
    ----------
    label : str
        Label of the class. A background clip is divided without removing silence, because the
        room's silence is its content.
    clip : Clip
        The audio, at the sample rate of the base model.
    name : str
        Origin of the audio: text to show.
    recording : str
        Identifier of the recording that it is cut from.

    Raises
    ------
    RecordingError
        If it has no audible part.
    """
    parts = divide(clip) if label == BACKGROUND else cut(clip)
    if not parts:
        raise RecordingError(
            "The recording is silent.",
            allowed="An example has to stand out from silence.",
            remedy="Record it closer to the microphone, or make sure that it is not muted.",
        )
    pieces = [
        Piece(label, name if len(parts) == 1 else f"{name}, {number}", recording, part)
        for number, part in enumerate(parts, start=1)
    ]
    return partial(lessons.add, pieces=pieces)


def next_name(label: str, workspace: Workspace) -> str:
    """Return the name of the next recording of a class."""
    own = {piece.recording for piece in workspace.teaching.lesson.of(label)}
    return f"Recording {len(own) + 1}"
