"""Files as sequences of chunks, which bounds the memory of an export."""

from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, NamedTuple

from models.errors import ExportError
from models.export.values import utf8

MAX_EXPORT_BYTES = 1 << 30
"""Largest exported file, and largest member of an archive: 1 GiB. Four hours of YAMNet's scores at
a hop of 0.1 s, the longest clip and the shortest hop, take 0.4 GB as CSV and 0.6 GB as MediaPipe's
JSON."""

_PIECE_CHARACTERS = 1 << 16


class Chunk(NamedTuple):
    """A part of a file.

    Parameters
    ----------
    done : float
        Fraction of the file's rows written including this chunk, in [0, 1].
    content : bytes
        Bytes to append to the file.
    """

    done: float
    content: bytes


class Drain:
    """A writable file object that buffers its content until `take` removes it."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._written = 0

    def write(self, content: bytes) -> int:
        """Append bytes; return their number."""
        self._parts.append(bytes(content))
        self._written += len(content)
        return len(content)

    def tell(self) -> int:
        """Return the number of bytes written so far."""
        return self._written

    def flush(self) -> None:
        """Do nothing: there is no buffer to flush to a disk."""

    def close(self) -> None:
        """Do nothing: what is not taken yet can still be taken."""

    def take(self) -> bytes:
        """Return the bytes written since the last call, and remove them."""
        taken, self._parts = b"".join(self._parts), []
        return taken


def of_text(lines: Iterable[str], n_rows: int) -> Iterator[Chunk]:
    """Join lines to chunks of at least 65,536 characters (the last may be shorter), in UTF-8.

    Parameters
    ----------
    lines : iterable of str
        About one for each row.
    n_rows : int
        Number of rows, for the progress of the chunks.
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


SHORTER = "Export as Parquet, the shortest format, or analyse with a longer hop."
"""Advice for a file of scores that is too large."""


def bounded(
    pieces: Iterable[Chunk], max_bytes: int, title: str, remedy: str = SHORTER
) -> Iterator[Chunk]:
    """Yield the chunks as long as their total size is within `max_bytes`.

    Raises
    ------
    ExportError
        In place of the chunk that exceeds the limit.
    """
    n_bytes = 0
    for piece in pieces:
        n_bytes += len(piece.content)
        if n_bytes > max_bytes:
            raise ExportError(
                f"“{title}” would have more than {max_bytes / (1 << 20):,.0f} MiB; "
                f"{piece.done:.0%} of its rows are written.",
                allowed=f"A file that is exported has up to {max_bytes / (1 << 20):,.0f} MiB.",
                remedy=remedy,
            )
        yield piece


def write_chunks(
    file: BinaryIO,
    pieces: Iterable[Chunk],
    title: str,
    *,
    progress: Callable[[float], None] | None = None,
    max_bytes: int = MAX_EXPORT_BYTES,
    remedy: str = SHORTER,
) -> int:
    """Write chunks to a file, and return the number of bytes.

    Parameters
    ----------
    file : binary file
        Open for writing; written from its current position, need not be seekable.
    pieces : iterable of Chunk
        The file's content.
    title : str
        Name of its format, for an error.
    progress : callable, optional
        Called with the written fraction, in [0, 1], after each chunk. Its exceptions end the
        writing and propagate unchanged.
    max_bytes : int
        Largest size of the file, in bytes.
    remedy : str
        What to do where it would exceed that: a sentence.

    Raises
    ------
    ExportError
        If the file would exceed `max_bytes`. It then holds what was written before.
    """
    n_bytes = 0
    for piece in bounded(pieces, max_bytes, title, remedy):
        file.write(piece.content)
        n_bytes += len(piece.content)
        if progress is not None:
            progress(piece.done)
    return n_bytes
