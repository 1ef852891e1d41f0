"""Label lists packed into a model's file.

Conventions
-----------
TFLite metadata (https://www.tensorflow.org/lite/models/convert/metadata): associated files are
appended to the model as a zip archive. Some are UTF-8 text files with one label per line, in the
order of the scores.

The archive is untrusted: only members of bounded size are read, and only if they are stored or
deflated, as metadata writers do; Python cannot limit the output of the other methods.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from models.errors import ModelError
from models.tflite.label_lists import LIST_LIMIT_BYTES, LabelList, parse_list


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

_MAX_INDEX_BYTES = 1 << 18
"""Longest index of an archive in a model's file, in bytes: two thousand members; usual are a
few."""

_ENCRYPTED = 0x1  # general purpose bit 0 (PKWARE, APPNOTE.TXT, 4.4.4)


def read_labels(path: Path, names: Sequence[str] = ()) -> LabelList | None:
    """Read a label list packed into a model's file.

    Parameters
    ----------
    path : Path
        A ``.tflite`` file, with or without an archive.
    names : sequence of str
        Names of the list in the metadata; the first that exists is read. Without one, the list is
        the only text file, or the only one with ``label`` in its name.

    Returns
    -------
    LabelList or None
        None if no list is packed.

    Raises
    ------
    ModelError
        If the file cannot be read, if its archive is damaged or holds several lists of which none
        is named, or if the list is too long, not UTF-8, empty, or has empty or repeated labels.
    """
    try:
        with path.open("rb") as file:
            if not zipfile.is_zipfile(file):
                return None
            with open_archive(file, _MAX_INDEX_BYTES) as archive:
                member = _list_member(path, archive.infolist(), names)
                if member is None:
                    return None
                _check_member(path, member)
                with archive.open(member) as packed:
                    # The size in the archive's index is untrusted: read no more than the limit.
                    content = packed.read(LIST_LIMIT_BYTES)
    except OSError as error:
        raise _refused(f"{path.name} cannot be read: {error.strerror or error}.") from error
    except DAMAGED_ARCHIVE as error:
        raise _refused(f"The archive packed into {path.name} is damaged ({error}).") from error
    found = parse_list(content, f"{member.filename} in {path.name}", "packed")
    return replace(found, file_name=member.filename)


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


def _list_member(
    path: Path, members: list[zipfile.ZipInfo], names: Sequence[str]
) -> zipfile.ZipInfo | None:
    for name in names:
        for member in members:
            if member.filename == name:
                return member
    texts = [member for member in members if member.filename.lower().endswith(".txt")]
    if len(texts) > 1:
        texts = [member for member in texts if "label" in member.filename.lower()] or texts
    if len(texts) > 1:
        found = ", ".join(repr(member.filename) for member in texts[:5])
        raise _refused(f"Several lists are packed into {path.name}: {found}.")
    return texts[0] if texts else None


def _check_member(path: Path, member: zipfile.ZipInfo) -> None:
    if member.file_size > LIST_LIMIT_BYTES:
        raise _refused(
            f"The label list in {path.name} has {member.file_size:,} bytes;"
            f" {LIST_LIMIT_BYTES:,} is the most that is read."
        )
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _refused(f"The label list in {path.name} is neither stored nor deflated.")
    if member.flag_bits & _ENCRYPTED:
        raise _refused(f"The label list in {path.name} is encrypted.")


def _refused(arrived: str) -> ModelError:
    return ModelError(
        arrived,
        allowed="Label lists are packed into a .tflite file as TFLite metadata does: one .txt for"
        " each output, in UTF-8, with one different label in each line.",
        remedy="Use the published file of the model.",
    )
