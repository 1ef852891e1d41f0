"""Recordings on their way into a lesson: good, bad, and endless ones."""

import threading
from collections.abc import Callable
from functools import partial

from models.audio import load_clip
from models.errors import RecordingError
from models.teaching import lesson as lessons
from models.teaching.delivery import Change, Parcel
from models.teaching.lesson import Piece
from tests.models.teaching.sounds import MAKERS, wav

LABEL = "Typing"


def piece(name: str) -> Piece:
    return Piece(LABEL, name, name, load_clip(wav(MAKERS[LABEL](1.0, 0))))


def good(name: str) -> Parcel:
    return Parcel(name, lambda _progress: partial(lessons.add, pieces=[piece(name)]))


def bad(name: str) -> Parcel:
    def unpack(_progress: Callable[[float], None]) -> Change:
        raise RecordingError("It is noise.", allowed="Sound.", remedy="Another one.")

    return Parcel(name, unpack)


def endless(name: str, begun: threading.Event, ended: threading.Event) -> Parcel:
    """One that is unpacked until it is cancelled."""

    def unpack(progress: Callable[[float], None]) -> Change:
        begun.set()
        try:
            while True:
                progress(0.5)
        finally:
            ended.set()

    return Parcel(name, unpack)
