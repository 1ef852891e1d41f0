"""A list of examples to hear, see, remove and, where classes are given, put elsewhere."""

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
        The list's key.
    classes : sequence of str
        Classes that an example may be put into; none where that is not offered.
    notes : mapping of int to str, optional
        What to say of an example, by its number, in place of its length and level.
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
    """Remove an example; nothing where it is gone already."""
    teaching = current().teaching
    with teaching.changing() as lesson:
        piece = lesson.piece(number) if isinstance(number, int) else None
        if piece is not None:
            teaching.change(f"removed {piece.name}", lessons.remove(lesson, piece.number))


def relabel(number: object, label: object) -> None:
    """Put an example into another class; nothing where it, or the class, is gone already."""
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
    # Twice as many as a lesson has: removed ones come back by Undo.
    digest = f"example-{piece.number}"
    return serve(sound, "audio/wav", digest=digest, group="examples", at_most=2 * MAX_PIECES)
