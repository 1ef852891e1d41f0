"""Files written in pieces, so that none ever stands in memory as a whole."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from models.errors import ExportError
from models.export.values import utf8

MAX_EXPORT_BYTES = 1 << 30
"""Longest file that is written, and longest member of an archive: 1 GiB. Four hours of YAMNet's
scores at a hop of 0.1 s, the longest clip and the shortest hop, take 0.4 GB as CSV and 0.6 GB as
MediaPipe's JSON."""

_PIECE_CHARACTERS = 1 << 16


class Chunk(NamedTuple):
    """A part of a file.

    Parameters
    ----------
    done : float
        Fraction of the file's rows that are written with it, in [0, 1].
    content : bytes
        What to append to the file.
    """

    done: float
    content: bytes


class Drain:
    """A file, open for writing, whose content is taken out while it is written."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._written = 0

    def write(self, content: bytes) -> int:
        """Append bytes; how many there were."""
        self._parts.append(bytes(content))
        self._written += len(content)
        return len(content)

    def tell(self) -> int:
        """Bytes that were written so far."""
        return self._written

    def flush(self) -> None:
        """Do nothing: all is there."""

    def take(self) -> bytes:
        """Take out what was written since the last time."""
        taken, self._parts = b"".join(self._parts), []
        return taken


def of_text(lines: Iterable[str], n_rows: int) -> Iterator[Chunk]:
    """Join lines to pieces of some length, in UTF-8.

    Parameters
    ----------
    lines : iterable of str
        About one for each row.
    n_rows : int
        How many rows there are.
    """
    waiting: list[str] = []
    n_characters = 0
    for number, line in enumerate(lines, start=1):
        waiting.append(line)
        n_characters += len(line)
        if n_characters >= _PIECE_CHARACTERS:
            yield Chunk(min(1.0, number / max(1, n_rows)), utf8("".join(waiting)))
            waiting, n_characters = [], 0
    yield Chunk(1.0, utf8("".join(waiting)))


def bounded(pieces: Iterable[Chunk], max_bytes: int, title: str) -> Iterator[Chunk]:
    """Pass pieces on as long as they are no longer than a file may be.

    Raises
    ------
    ExportError
        In place of the piece with which they would be.
    """
    n_bytes = 0
    for piece in pieces:
        n_bytes += len(piece.content)
        if n_bytes > max_bytes:
            raise ExportError(
                f"“{title}” would have more than {max_bytes / (1 << 20):,.0f} MiB; "
                f"{piece.done:.0%} of its rows are written.",
                allowed=f"A file that is exported has up to {max_bytes / (1 << 20):,.0f} MiB.",
                remedy="Export as Parquet, the shortest format, or analyse with a longer hop.",
            )
        yield piece
