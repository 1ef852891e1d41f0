"""Members of untrusted zip archives.

Conventions
-----------
Nothing is unpacked to disk, so a member's name is never a path. What an archive states of its sizes
is not believed: every read has a limit. Members are read only if they are stored or deflated, since
Python cannot limit the output of the other methods.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from models.untrusted.fields import Refusal


class LongIndexError(zipfile.BadZipFile):
    """An archive with a longer index than is read."""


DAMAGED_ARCHIVE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OverflowError,
    NotImplementedError,  # raised by zipfile for an unknown compression
    RuntimeError,  # raised by zipfile for an encrypted member
    ValueError,
)
"""Exceptions that reading a damaged archive may raise."""

_ENCRYPTED = 0x1  # general purpose bit 0 (PKWARE, APPNOTE.TXT, 4.4.4)


@contextmanager
def open_archive(file: BinaryIO, max_index_bytes: int) -> Iterator[zipfile.ZipFile]:
    """Open an untrusted zip archive.

    zipfile reads an archive's whole index at once and creates an object per entry, whatever length
    the archive states in its end record, or in that of ZIP64 (PKWARE, APPNOTE.TXT, 4.3.14 to
    4.3.16). Therefore reads are limited during that time.

    Parameters
    ----------
    file : binary file
        The archive, or a file that ends in one.
    max_index_bytes : int
        Longest index that is read.

    Yields
    ------
    zipfile.ZipFile
        The archive.

    Raises
    ------
    LongIndexError
        If the index is longer.
    zipfile.BadZipFile
        If the archive is damaged; other exceptions of `DAMAGED_ARCHIVE` are possible, too.
    """
    bounded = _BoundedReads(file, max(max_index_bytes, _END_BYTES))
    with zipfile.ZipFile(bounded) as archive:
        bounded.limit = None
        yield archive


_END_BYTES = (1 << 16) + 22  # the part of the file in which zipfile searches the end record


class _BoundedReads:
    """A binary file whose single reads are limited to `limit` bytes.

    Parameters
    ----------
    file : binary file
        The underlying file.
    limit : int or None
        Largest number of bytes of a read; None for no limit.
    """

    def __init__(self, file: BinaryIO, limit: int | None) -> None:
        self._file = file
        self.limit = limit

    def read(self, size: int = -1) -> bytes:
        if self.limit is None:
            return self._file.read(size)
        if size > self.limit:
            raise LongIndexError(f"its index has {size:,} bytes, more than {self.limit:,}")
        content = self._file.read(self.limit + 1 if size < 0 else size)
        if len(content) > self.limit:
            raise zipfile.BadZipFile(f"its end has more than {self.limit:,} bytes")
        return content

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True


def is_readable(member: zipfile.ZipInfo) -> bool:
    """Whether a member is stored or deflated, and not encrypted."""
    method = member.compress_type
    return method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) and not (
        member.flag_bits & _ENCRYPTED
    )


class Members:
    """The members of an archive, read up to a size limit.

    Parameters
    ----------
    archive : zipfile.ZipFile
        The archive.

    Raises
    ------
    Refusal
        If two members have the same name.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._infos = {info.filename: info for info in archive.infolist()}
        if len(self._infos) != len(archive.infolist()):
            raise Refusal("two of its members have the same name")

    def names(self) -> set[str]:
        """Return the names of all members."""
        return set(self._infos)

    def info(self, name: str) -> zipfile.ZipInfo:
        """Return what the archive's index says of a member.

        Raises
        ------
        Refusal
            If there is no such member, or none that is read.
        """
        info = self._infos.get(name)
        if info is None:
            raise Refusal(f"it has no {name}")
        if not is_readable(info):
            raise Refusal(f"its {name} is packed in a way that is not read")
        return info

    def read(self, name: str, limit: int) -> bytes:
        """Read a member of at most `limit` bytes.

        Raises
        ------
        Refusal
            If there is no such member, or it is longer.
        """
        with self._archive.open(self.info(name)) as packed:
            content = packed.read(limit + 1)  # the size in the archive's index is not trusted
        if len(content) > limit:
            raise Refusal(f"its {name} is larger than it says")
        return content

    def pieces(self, name: str, n_bytes: int) -> Iterator[bytes]:
        """Yield the content of a member in pieces of up to `n_bytes` bytes."""
        with self._archive.open(self.info(name)) as packed:
            while piece := packed.read(n_bytes):
                yield piece

    def check_no_others(self, known: set[str]) -> None:
        """Raise a `Refusal` if there are other members than the known ones."""
        if strange := self.names() - known:
            raise Refusal(f"it also holds {min(strange)[:60]!r}, which does not belong there")
