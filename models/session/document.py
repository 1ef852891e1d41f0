"""The ``.earmark-session`` file format.

Conventions
-----------
A file is a zip archive:

- ``session.json``: format, version 1, and all of `Session`; deflated
- ``sounds/0``, ``sounds/1``, ...: the files of the recordings as they came in, by their place in
  the index, for those that have their sound here; stored

Files are untrusted. Nothing is unpacked to disk. ``session.json`` is read up to a limit, and every
value is checked. Sounds are stored, never compressed: together they are no longer than the file,
and each has to have the digest that the index says.
"""

import hashlib
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import BinaryIO

from models.errors import SessionError
from models.session.index import INDEX, MAX_INDEX_BYTES, read_index, write_index
from models.session.session import Session, SessionClip
from models.untrusted.archives import DAMAGED_ARCHIVE, LongIndexError, Members, open_archive
from models.untrusted.fields import Refusal

SUFFIX = ".earmark-session"

PIECE_BYTES = 1 << 20
"""Size of the pieces in which sounds are written and verified, in bytes."""

_SOUND = "sounds/{}"
_MAX_ENTRIES_BYTES = 1 << 20
"""Largest index of the archive, in bytes: ten times that of a thousand recordings."""

_DAMAGED = (*DAMAGED_ARCHIVE, RecursionError, OSError)


def write_session(
    file: BinaryIO,
    session: Session,
    sounds: Mapping[str, bytes],
    *,
    progress: Callable[[float], None] | None = None,
) -> None:
    """Write a session file, in pieces.

    The bytes depend on the session alone, not on the time.

    Parameters
    ----------
    file : binary file
        File to write to.
    session : Session
        The session; `SessionClip.has_sound` is set by `sounds`.
    sounds : mapping of str to bytes
        Contents of the recordings to include, by digest.
    progress : callable, optional
        Called with the fraction of the sounds that is written, in [0, 1]; its exceptions end the
        writing and propagate unchanged.

    Raises
    ------
    SessionError
        If the session has more than is read.
    """
    clips = tuple(replace(clip, has_sound=clip.digest in sounds) for clip in session.clips)
    index = write_index(replace(session, clips=clips))
    total, written = max(1, sum(map(len, sounds.values()))), 0
    with zipfile.ZipFile(file, "w") as archive:
        # ZipInfo's default date is 1980-01-01.
        archive.writestr(zipfile.ZipInfo(INDEX), index, zipfile.ZIP_DEFLATED)
        for place, clip in enumerate(clips):
            if not clip.has_sound:
                continue
            content = memoryview(sounds[clip.digest])
            info = zipfile.ZipInfo(_SOUND.format(place))
            info.file_size = len(content)
            with archive.open(info, "w") as member:
                for start in range(0, len(content), PIECE_BYTES):
                    piece = content[start : start + PIECE_BYTES]
                    member.write(piece)
                    written += len(piece)
                    if progress is not None:
                        progress(written / total)


class SessionFile:
    """An open session file whose index and sounds are verified.

    Parameters
    ----------
    session : Session
        The session.
    members : Members
        The members of the archive.
    """

    def __init__(self, session: Session, members: Members) -> None:
        self.session = session
        self._members = members

    def sound(self, clip: SessionClip) -> bytes:
        """Read the sound of a recording that `has_sound`."""
        place = self.session.clips.index(clip)
        return self._members.read(_SOUND.format(place), clip.size_bytes)


@contextmanager
def open_session(file: BinaryIO, name: str) -> Iterator[SessionFile]:
    """Open a session file, and verify all of it.

    Parameters
    ----------
    file : binary file
        The file, which may come from a stranger.
    name : str
        Its name in messages.

    Yields
    ------
    SessionFile
        The file, whose sounds are read one at a time.

    Raises
    ------
    SessionError
        If the file is damaged, of another format or of a newer version, or fails validation.
    """
    with ExitStack() as opened:
        try:
            members = Members(opened.enter_context(open_archive(file, _MAX_ENTRIES_BYTES)))
            session = read_index(members.read(INDEX, MAX_INDEX_BYTES))
            _verify_sounds(session, members, file.seek(0, 2))
        except Refusal as refusal:
            raise _refused(name, str(refusal)) from refusal
        except LongIndexError as error:
            raise _refused(name, "it has more members than are read") from error
        except _DAMAGED as error:
            raise _refused(name, f"it is damaged, or none ({type(error).__name__})") from error
        yield SessionFile(session, members)


def _verify_sounds(session: Session, members: Members, n_bytes: int) -> None:
    """Check that the file has the sounds that its index names, and nothing else.

    Parameters
    ----------
    session : Session
        The index.
    members : Members
        The members of the archive.
    n_bytes : int
        Length of the file. Entries of an archive may overlap: a file of 1 MB then has a gigabyte.
    """
    present = {_SOUND.format(at): one for at, one in enumerate(session.clips) if one.has_sound}
    members.check_no_others({INDEX, *present})
    if sum(clip.size_bytes for clip in present.values()) > n_bytes:
        raise Refusal("its sounds are longer than the file")
    for member, clip in present.items():
        info = members.info(member)
        sizes = {info.file_size, info.compress_size, clip.size_bytes}
        if info.compress_type != zipfile.ZIP_STORED or len(sizes) > 1:
            raise Refusal(f"its {member} is compressed, or not of the size that it says")
        digest = hashlib.sha256()
        for piece in members.pieces(member, PIECE_BYTES):
            digest.update(piece)
        if digest.hexdigest() != clip.digest:
            raise Refusal(f"its {member} is not the sound that it says")


def _refused(name: str, reason: str) -> SessionError:
    return SessionError(
        f"{name} cannot be opened: {reason}.",
        allowed=f"A session is a complete {SUFFIX} file, as Save session writes it.",
        remedy="Copy or download it again, or save the session anew.",
    )
