"""From sound of any origin to examples of a class."""

import hashlib
from collections.abc import Iterable

from components import state, text
from components.teaching import lessons
from components.teaching.lessons import BACKGROUND, Lesson, Piece
from models.audio import Clip, load_clip
from models.errors import EarmarkError, RecordingError
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
    changed, added = state.lesson().present, []
    for name, data in files:
        more = _with_file(changed, label, name, data)
        if more is not None:
            changed = more
            added.append(name)
    if added:  # in one change, so that it is undone in one step
        what = text.shorten(added[0], 30) if len(added) == 1 else f"{len(added)} recordings"
        state.change_lesson(f"added {what} to {label}", changed)


def _with_file(lesson: Lesson, label: str, name: str, data: bytes) -> Lesson | None:
    try:
        clip = load_clip(data, max_duration_s=MAX_UPLOAD_S)
        recording = hashlib.sha256(data).hexdigest()
        return lessons.add(lesson, _pieces(label, clip, name, recording))
    except EarmarkError as error:
        state.note_trouble(label, name, error)
        return None


def take(label: str, clip: Clip, name: str, *, recording: str) -> int:
    """Add a clip to a class, cut to what sounds in it; returns how many examples it made.

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
    SettingError
        If that is more sound than a lesson may have.
    """
    history, pieces = state.lesson(), _pieces(label, clip, name, recording)
    state.change_lesson(
        f"added {text.shorten(name, 30)} to {label}", lessons.add(history.present, pieces)
    )
    return len(pieces)


def _pieces(label: str, clip: Clip, name: str, recording: str) -> list[Piece]:
    parts = divide(clip) if label == BACKGROUND else cut(clip)
    if not parts:
        raise RecordingError(
            "Nothing sounds in it.",
            allowed="An example has to stand out from silence.",
            remedy="Record it closer to the microphone, or make sure that it is not muted.",
        )
    return [
        Piece(label, name if len(parts) == 1 else f"{name}, {number}", recording, part)
        for number, part in enumerate(parts, start=1)
    ]


def next_name(label: str) -> str:
    """Name the next recording of a class."""
    own = {piece.recording for piece in state.lesson().present.of(label)}
    return f"Recording {len(own) + 1}"
