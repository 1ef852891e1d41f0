"""Files of an archive: search by patterns, identity, and what is known before decoding."""

import glob
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from models.archive.parts import Part, divide
from models.archive.start_time import StartTime, read_start_time
from models.archive.store import ArchivedModel
from models.errors import RecordingError, SettingError
from models.registry.catalog import sha256_of

Patterns = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

SUFFIXES = frozenset(
    (
        *(".3gp", ".aac", ".ac3", ".aif", ".aiff", ".amr", ".ape", ".au", ".avi", ".caf", ".dsf"),
        *(".dts", ".flac", ".flv", ".m4a", ".m4b", ".mka", ".mkv", ".mov", ".mp2", ".mp3", ".mp4"),
        *(".mpc", ".mpg", ".mts", ".mxf", ".oga", ".ogg", ".opus", ".snd", ".sph", ".tak", ".ts"),
        *(".tta", ".vob", ".w64", ".wav", ".wave", ".webm", ".wma", ".wv"),
    )
)
"""Suffixes of the files that are taken from a folder; a pattern takes what it matches."""


@dataclass(frozen=True, slots=True)
class FileState:
    """Size and modification time of a file: if they are equal, it is taken as unchanged.

    Parameters
    ----------
    n_bytes : int
        Size, in bytes.
    modified_ns : int
        Modification time, in nanoseconds since 1970.
    """

    n_bytes: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path) -> "FileState":
        """Read the state of a file.

        Raises
        ------
        OSError
            If there is none.
        """
        status = path.stat()
        return cls(status.st_size, status.st_mtime_ns)


@dataclass(frozen=True)
class Examined:
    """What is known of a file before it is decoded.

    Parameters
    ----------
    path : Path
        The file.
    state : FileState
        Before it was read.
    digest : str
        SHA-256 of its content.
    start : StartTime
        When the recording began.
    parts : tuple of Part
        Its parts; empty if it is analysed in one pass.
    """

    path: Path
    state: FileState
    digest: str
    start: StartTime
    parts: tuple[Part, ...]


def find_files(patterns: Patterns) -> list[Path]:
    """Find files.

    Parameters
    ----------
    patterns : str, path, or iterable of them
        Files, folders, which are searched for recordings of all kinds, and patterns with ``*``,
        ``?``, ``[]`` and ``**``.

    Returns
    -------
    list of Path
        Absolute, sorted, each once. Links are not resolved.

    Raises
    ------
    SettingError
        If a pattern matches no file.
    """
    each = [patterns] if isinstance(patterns, str | os.PathLike) else list(patterns)
    found: dict[Path, None] = {}
    for pattern in each:
        matching = _matching(os.fspath(pattern))
        if not matching:
            raise SettingError(
                f"There is no recording at {os.fspath(pattern)!r}.",
                allowed="Files, folders and patterns such as 'recordings/**/*.wav' are allowed.",
                remedy="Check the path; it is relative to the current folder.",
            )
        found.update(dict.fromkeys(matching))
    return sorted(found)


def _matching(pattern: str) -> list[Path]:
    path = Path(pattern).absolute()
    if path.is_file():
        return [path]
    if path.is_dir():
        inside = path.rglob("*")
        return [one for one in inside if one.suffix.lower() in SUFFIXES and one.is_file()]
    matches = glob.glob(str(path), recursive=True)  # noqa: PTH207 - an absolute pattern
    return [Path(one) for one in matches if Path(one).is_file()]


def examine(path: Path, model: ArchivedModel) -> Examined:
    """Read digest, start time and parts of a file.

    Raises
    ------
    RecordingError
        If it cannot be read.
    """
    try:
        return Examined(
            path=path,
            state=FileState.of(path),
            digest=sha256_of(path),
            start=read_start_time(path),
            parts=tuple(divide(path, model)),
        )
    except OSError as error:
        raise unreadable(path, error) from error


def check_unchanged(examined: Examined) -> None:
    """Check that a file is as it was when it was examined.

    Raises
    ------
    RecordingError
        If it was changed or removed.
    """
    try:
        state = FileState.of(examined.path)
    except OSError as error:
        raise unreadable(examined.path, error) from error
    if state != examined.state:
        raise RecordingError(
            f"{examined.path.name} changed while it was read.",
            allowed="A recording is added once it is complete.",
            remedy="Add it again when nothing writes to it any more.",
        )


def unreadable(path: Path, error: OSError) -> RecordingError:
    """Return the error for a file that cannot be read."""
    return RecordingError(
        f"{path.name} cannot be read: {error.strerror or error}.",
        allowed="A file of this machine is expected there, with the right to read it.",
        remedy="Check the path and its permissions.",
    )
