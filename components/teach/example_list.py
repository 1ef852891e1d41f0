"""List component of examples, with playback, outline, removal and optional relabelling."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from components.frontend import bundle
from components.player.media import serve
from components.style import text
from components.ui import widgets
from components.workspace.current import current
from models.teaching import lesson as lessons
from models.teaching.lesson import MAX_PIECES, Piece


def show(
    pieces: Sequence[Piece],
    *,
    key: str,
    classes: Sequence[str] = (),
    notes: Mapping[int, str] | None = None,
) -> None:
    """Draw the list.

    Parameters
    ----------
    pieces : sequence of Piece
        The examples, in the order of the list.
    key : str
        Key of the component.
    classes : sequence of str
        Classes offered for relabelling; relabelling is not offered if empty.
    notes : mapping of int to str, optional
        Text shown for an example, by its number, in place of its duration and level.
    """
    told = notes or {}
    bundle.component("example_list", Path(__file__).parent)(
        key=key,
        data={
            "rows": [_row(piece, told.get(piece.number)) for piece in pieces],
            "classes": list(classes),
        },
        on_remove_change=lambda: remove(widgets.reply(key, "remove")),
        on_relabel_change=lambda: relabel(**widgets.reply(key, "relabel")),
    )


def remove(number: object) -> None:
    """Remove an example, if it still exists."""
    teaching = current().teaching
    with teaching.changing() as lesson:
        piece = lesson.piece(number) if isinstance(number, int) else None
        if piece is not None:
            teaching.change(f"removed {piece.name}", lessons.remove(lesson, piece.number))


def relabel(number: object, label: object) -> None:
    """Move an example to another class, if both still exist."""
    teaching = current().teaching
    with teaching.changing() as lesson:
        piece = lesson.piece(number) if isinstance(number, int) else None
        if piece is not None and isinstance(label, str) and label in lesson.classes:
            changed = lessons.relabel(lesson, piece.number, label)
            teaching.change(f"made {piece.name} an example of {label}", changed)


def _row(piece: Piece, note: str | None) -> dict[str, Any]:
    words = text.duration(piece.duration_s)
    if piece.peak_dbfs is not None:
        words += f", {text.level(piece.peak_dbfs)}"
    return {
        "number": piece.number,
        "name": piece.name,
        "label": piece.label,
        "words": words if note is None else note,
        "outline": piece.outline,
        "sound": None if piece.sound is None else _address(piece, piece.sound),
    }


def _address(piece: Piece, sound: bytes) -> str | None:
    # Twice as many as a lesson has, because Undo restores removed ones.
    digest = f"example-{piece.number}"
    return serve(sound, "audio/wav", digest=digest, group="examples", at_most=2 * MAX_PIECES)
