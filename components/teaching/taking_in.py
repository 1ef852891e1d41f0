"""From sound of any origin to examples of a class."""

import hashlib
import time
from collections.abc import Callable, Iterable
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import notices, state, text
from components.teaching import lessons
from components.teaching.delivery import Change, Delivery, Parcel
from components.teaching.lessons import BACKGROUND, Piece
from models.audio import Clip, load_clip
from models.errors import Cancelled, RecordingError
from models.teaching.cutting import cut, divide

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
    parcels = [Parcel(name, partial(_from_file, label, name, data)) for name, data in files]
    deliver(Delivery(label, parcels, label))


def _from_file(label: str, name: str, data: bytes, progress: Callable[[float], None]) -> Change:
    clip = load_clip(data, max_duration_s=MAX_UPLOAD_S, progress=progress)
    return adding(label, clip, name, recording=hashlib.sha256(data).hexdigest())


def deliver(delivery: Delivery) -> None:
    """Begin to take something in; what is short is there at once, without a bar that flickers."""
    state.deliveries().append(delivery)
    deadline = time.monotonic() + notices.PATIENCE_S
    while delivery.parcels:
        if not state.start_unpacking(delivery).wait(max(0.0, deadline - time.monotonic())):
            return
        state.take_parcel(delivery)


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
            notices.beside_cancel(
                partial(state.cancel_delivery, delivery), key=f"cancel-{delivery.number}"
            ),
        )
        for delivery in state.deliveries()
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
        notices.watch(state.start_unpacking(delivery), f"Taking in **{name}**{more}")
        state.take_parcel(delivery)


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
    own = {piece.recording for piece in state.lesson().present.of(label)}
    return f"Recording {len(own) + 1}"
