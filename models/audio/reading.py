"""Bytes of a recording, whatever they come from, and never its name.

FFmpeg decides by a file's name what it takes the file for, and resolves against it whatever a
playlist refers to. What stands here therefore opens the file itself and hands on an object that
reads, seeks and has no name.
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

# From what cannot seek, at a time and in all: such streams may be endless, and disks are not.
_COPIED_BYTES = 2**20
_MAX_COPIED_BYTES = 2**30

_TAG_HEADER_BYTES = 10  # of ID3v2, whose size counts 7 bits a byte (id3.org, ID3v2.4, section 3.1)

READABLE = (
    "Earmark reads WAV, AIFF, CAF, AU, W64, FLAC, WavPack, APE, TTA, TAK, Ogg, Opus, MP3, MP2, "
    "AAC, AC-3, E-AC-3, DTS, Musepack, DSF, AMR, SPHERE, M4A, MP4, MOV, 3GP, MKV, WebM, AVI, MPEG "
    "(TS, MTS, VOB, MPG), MXF, FLV and WMA, among others."
)


class ByteSource:
    """The bytes of one recording, without a name and without the tags before it.

    Nothing here needs to know artists and covers, and FFmpeg unpacks compressed tags without an
    end: 0.3 MB took it 20 s and 0.7 GB. So ID3 tags at a file's beginning are passed over.

    Parameters
    ----------
    file : binary file
        Needs ``read``, ``seek`` and ``tell``. Read from its beginning, wherever it stands, and
        never closed here.
    label : str
        How errors call the recording, at the beginning of a sentence.

    Attributes
    ----------
    n_bytes : int
        Its size, from behind the tags.
    is_empty : bool
        Whether there is nothing at all, not even a tag.
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
        """Give a stretch of it as a recording of its own, which reads the same file.

        Parameters
        ----------
        start, end : int
            Where it begins and ends, in bytes.
        """
        part = copy(self)
        part._cut_to(self._start + start, min(self._end, self._start + end))
        return part

    def _cut_to(self, start: int, end: int) -> None:
        self._start, self._end = start, end
        self.n_bytes = max(0, end - start)
        self.seek(0)

    def readable(self) -> bool:
        """Say that it can be read, as PyAV asks."""
        return True

    def seekable(self) -> bool:
        """Say that it can go back, as PyAV asks."""
        return True

    def read(self, n_bytes: int) -> bytes:
        """Read up to ``n_bytes``; nothing at the end."""
        with _reading(self.label):
            return _read(self._file, max(0, min(n_bytes, self._end - self._file.tell())))

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a position, in bytes, and return it."""
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
        """Read up to ``n_bytes`` at ``offset`` and return to where it stood; nothing beyond."""
        if not 0 <= offset <= self._end - self._start:  # stated by a file, it may be any number
            return b""
        position = self.tell()
        self.seek(offset)
        try:
            return self.read(n_bytes)
        finally:
            self.seek(position)


def _tag_bytes(head: bytes) -> int:
    """Length of an ID3v2 tag that begins here, 0 if none does."""
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
        A str is a path. A file that was given stays open; one that was opened here is closed. One
        that cannot seek is copied to a temporary file first, from where it stands to its end, but
        no more than 1 GiB.

    Yields
    ------
    ByteSource
        At its beginning.

    Raises
    ------
    RecordingError
        If there is no such file, it may not be read, is no regular file or is empty.
    TypeError
        If ``source`` is nothing of the kind.
    """
    with _opened(source) as (file, label):
        yield byte_source(file, label)


@contextmanager
def hand_over(source: Source) -> Iterator[tuple[BinaryIO, str]]:
    """Give a file to hand over to another process, and what errors call the recording.

    Parameters
    ----------
    source : str, os.PathLike, bytes, bytearray, memoryview or binary file
        As for `open_source`. A path is opened anew; all else is copied into memory, or a temporary
        file where the system has no files in memory.

    Raises
    ------
    RecordingError, TypeError
        As `open_source`, but for what is empty.
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
    """Open what a recording may be, as a file that can seek; with what errors call it."""
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
    """Make a file for a ``with`` statement, in memory where the system can."""
    if os.name == "nt":  # where another process opens it by its name
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
    except (AttributeError, OSError):  # neither macOS nor some sandboxes have it
        return cast(BinaryIO, tempfile.TemporaryFile())


@contextmanager
def _seekable(file: Any) -> Iterator[Any]:  # noqa: ANN401
    can_seek = hasattr(file, "seek") and hasattr(file, "tell")
    if can_seek and (not hasattr(file, "seekable") or file.seekable()):
        yield file
        return
    # FFmpeg reads some containers wrongly, and others not at all, if it cannot go back.
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
    if data is None:  # what a raw file says when nothing has arrived yet
        return b""
    if not isinstance(data, bytes | bytearray | memoryview) or len(data) > n_bytes:
        # PyAV copies the answer into a buffer of n_bytes without looking at its length.
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
    """Give the bytes of a file that can seek.

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
        # A pipe or a device would be waited for, or read without end.
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
