"""Byte sources: content of recordings from paths, bytes and files, without their names.

FFmpeg selects a demuxer by a file's name, and resolves references of playlists against it.
Therefore this module opens the file itself and provides an object that reads and seeks and has no
name.
"""

import io
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import Any, BinaryIO, Union, cast

from models.errors import RecordingError

Source = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, BinaryIO]

# Block size and limit for copies of unseekable streams, which may be endless.
_COPIED_BYTES = 2**20
_MAX_COPIED_BYTES = 2**30

_TAG_HEADER_BYTES = 10  # of ID3v2, whose size has 7 bits per byte (id3.org, ID3v2.4, section 3.1)

READABLE = (
    "Earmark reads WAV, AIFF, CAF, AU, W64, FLAC, WavPack, APE, TTA, TAK, Ogg, Opus, MP3, MP2, "
    "AAC, AC-3, E-AC-3, DTS, Musepack, DSF, AMR, SPHERE, M4A, MP4, MOV, 3GP, MKV, WebM, AVI, MPEG "
    "(TS, MTS, VOB, MPG), MXF, FLV and WMA, among others."
)


class ByteSource:
    """Bytes of a recording, without a name and without the ID3 tags before it.

    The tags at the beginning of a file are skipped: they are not needed, and FFmpeg decompresses
    them without a limit (0.3 MB took 20 s and 0.7 GB).

    Parameters
    ----------
    file : binary file
        Needs ``read``, ``seek`` and ``tell``. Read from its beginning, whatever its position, and
        never closed.
    label : str
        Name of the recording in error messages, at the beginning of a sentence.

    Attributes
    ----------
    n_bytes : int
        Size without the tags.
    is_empty : bool
        Whether the file has no bytes at all, not even a tag.
    """

    def __init__(self, file: Any, label: str) -> None:  # noqa: ANN401 - anything with read()
        self._file = file
        self.label = label
        self._start = 0
        with _reading(label):
            file.seek(0, os.SEEK_END)
            self._end = int(file.tell())
        self.is_empty = not self._end
        while tag_bytes := _tag_bytes(self.peek(0, _TAG_HEADER_BYTES)):
            self._start += tag_bytes
        self.n_bytes = max(0, self._end - self._start)
        self.seek(0)

    def part(self, start: int, end: int) -> "ByteSource":
        """Return a part as a recording of its own, which reads the same file.

        Parameters
        ----------
        start, end : int
            Position of its beginning and its end, in bytes.
        """
        part = copy(self)
        part._cut_to(self._start + start, min(self._end, self._start + end))
        return part

    def _cut_to(self, start: int, end: int) -> None:
        self._start, self._end = start, end
        self.n_bytes = max(0, end - start)
        self.seek(0)

    def readable(self) -> bool:
        """Return True; part of the interface that PyAV expects."""
        return True

    def seekable(self) -> bool:
        """Return True; part of the interface that PyAV expects."""
        return True

    def read(self, n_bytes: int) -> bytes:
        """Read up to ``n_bytes``; empty at the end."""
        with _reading(self.label):
            return _read(self._file, max(0, min(n_bytes, self._end - self._file.tell())))

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Set the position, in bytes, and return it."""
        origins = {os.SEEK_SET: self._start, os.SEEK_END: self._end}
        with _reading(self.label):
            if whence in origins:
                self._file.seek(origins[whence] + offset)
            else:
                self._file.seek(offset, whence)
            return self.tell()

    def tell(self) -> int:
        """Return the position, in bytes."""
        return int(self._file.tell()) - self._start

    def peek(self, offset: int, n_bytes: int) -> bytes:
        """Read up to ``n_bytes`` at ``offset``, keeping the position; empty beyond the end."""
        if not 0 <= offset <= self._end - self._start:  # an offset from a file may be any number
            return b""
        position = self.tell()
        self.seek(offset)
        try:
            return self.read(n_bytes)
        finally:
            self.seek(position)


def _tag_bytes(head: bytes) -> int:
    """Return the length of the ID3v2 tag that begins here, or 0."""
    sizes = head[6:_TAG_HEADER_BYTES]
    if len(head) < _TAG_HEADER_BYTES or head[:3] != b"ID3" or max(*head[3:5]) == 0xFF:
        return 0
    if max(sizes) >= 0x80:
        return 0
    n_bytes = sum(each << shift for each, shift in zip(sizes, (21, 14, 7, 0), strict=True))
    has_footer = head[5] & 0x10
    return n_bytes + _TAG_HEADER_BYTES * (2 if has_footer else 1)


@contextmanager
def open_source(source: Source) -> Iterator[ByteSource]:
    """Open a path, bytes or a binary file for reading.

    Parameters
    ----------
    source : str, os.PathLike, bytes, bytearray, memoryview or binary file
        A str is a path. A given file stays open; a file opened here is closed. An unseekable file
        is copied to a temporary file first, from its position to its end, up to 1 GiB.

    Yields
    ------
    ByteSource
        At its beginning.

    Raises
    ------
    RecordingError
        If the file does not exist, is not readable, not a regular file, or empty.
    TypeError
        If ``source`` is none of these types.
    """
    with _opened(source) as (file, label):
        yield byte_source(file, label)


@contextmanager
def hand_over(source: Source) -> Iterator[tuple[BinaryIO, str]]:
    """Open a recording as a file that another process can read, with its name for messages.

    Parameters
    ----------
    source : str, os.PathLike, bytes, bytearray, memoryview or binary file
        As for `open_source`. A path is opened; everything else is copied to memory, or to a
        temporary file if the system has no files in memory.

    Yields
    ------
    file : binary file
        The recording.
    label : str
        Name of the recording in error messages.

    Raises
    ------
    RecordingError, TypeError
        As `open_source`, except for empty files.
    """
    with _opened(source) as (file, label):
        if isinstance(source, str | os.PathLike):
            yield file, label
            return
        with memory_file() as out:
            with _reading(label):
                file.seek(0)
                while data := _read(file, _COPIED_BYTES):
                    out.write(data)
                out.flush()
            yield out, label


@contextmanager
def _opened(source: Source) -> Iterator[tuple[Any, str]]:
    """Open a recording as a seekable file, with its name for messages."""
    file: Any = source
    if isinstance(source, bytes | bytearray | memoryview):
        yield io.BytesIO(source), "The recording"
    elif isinstance(source, str | os.PathLike):
        path = Path(os.fsdecode(source))
        with _open_file(path) as file:
            yield file, f"The recording {path.name!r}"
    elif callable(getattr(file, "read", None)) and not isinstance(file, io.TextIOBase):
        with _seekable(file) as seekable:
            yield seekable, "The recording"
    else:
        raise TypeError(
            "a recording is a path, bytes or a file opened in binary mode, "
            f"not {type(source).__name__}"
        )


@contextmanager
def memory_file() -> Iterator[BinaryIO]:
    """Create a file for a ``with`` statement, in memory if the system supports it."""
    if os.name == "nt":  # another process opens the file by its name
        descriptor, name = tempfile.mkstemp()
        try:
            with os.fdopen(descriptor, "w+b"), Path(name).open("r+b") as file:
                yield cast(BinaryIO, file)
        finally:
            Path(name).unlink()
        return
    with _anonymous_file() as file:
        yield file


def _anonymous_file() -> BinaryIO:
    try:
        return cast(BinaryIO, os.fdopen(os.memfd_create("recording"), "w+b"))
    except (AttributeError, OSError):  # missing in macOS and some sandboxes
        return cast(BinaryIO, tempfile.TemporaryFile())


@contextmanager
def _seekable(file: Any) -> Iterator[Any]:  # noqa: ANN401
    can_seek = hasattr(file, "seek") and hasattr(file, "tell")
    if can_seek and (not hasattr(file, "seekable") or file.seekable()):
        yield file
        return
    # FFmpeg misreads some unseekable containers, and rejects others.
    with tempfile.TemporaryFile() as copied:
        with _reading("The recording"):
            while data := _read(file, _COPIED_BYTES):
                copied.write(data)
                _check_copied(copied.tell())
        yield copied


def _check_copied(n_bytes: int) -> None:
    if n_bytes > _MAX_COPIED_BYTES:
        raise RecordingError(
            f"The recording goes on after {n_bytes} bytes, where reading was stopped.",
            allowed=f"From a pipe or a socket at most {_MAX_COPIED_BYTES} bytes are read.",
            remedy="Save it to a file first.",
        )


def _read(file: Any, n_bytes: int) -> bytes:  # noqa: ANN401
    data = file.read(n_bytes)
    if data is None:  # a raw file without data yet
        return b""
    if not isinstance(data, bytes | bytearray | memoryview) or len(data) > n_bytes:
        # PyAV copies the result into a buffer of n_bytes without checking its length.
        raise TypeError(f"read({n_bytes}) must return at most {n_bytes} bytes")
    return bytes(data)


@contextmanager
def _reading(label: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RecordingError(
            f"{label} could not be read to its end: {error.strerror or error}.",
            allowed="A recording must stay readable while it is decoded.",
            remedy="Copy it to a disk of this computer and try again.",
        ) from error


def byte_source(file: Any, label: str) -> ByteSource:  # noqa: ANN401 - anything with read()
    """Create a `ByteSource` of a seekable file.

    Raises
    ------
    RecordingError
        If it is empty.
    """
    source = ByteSource(file, label)
    if source.is_empty:
        raise RecordingError(
            f"{source.label} is empty: it has 0 bytes.",
            allowed=READABLE,
            remedy="Copy, export or upload it again.",
        )
    return source


def _open_file(path: Path) -> BinaryIO:
    try:
        mode = path.stat().st_mode
        # A pipe or a device would block, or be read without end.
        if not stat.S_ISREG(mode):
            what = "a folder" if stat.S_ISDIR(mode) else "a pipe, a socket or a device"
            raise _no_file(path, f"is {what}, not a file")
        return path.open("rb")
    except FileNotFoundError as error:
        raise _no_file(path, "does not exist") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise _no_file(path, f"cannot be opened: {reason}") from error


def _no_file(path: Path, what: str) -> RecordingError:
    return RecordingError(
        f"{str(path)!r} {what}.",
        allowed="A recording is one file that can be read.",
        remedy="Check the path and the permissions.",
    )
