"""The labels that are packed into a model's file.

Conventions
-----------
TFLite metadata (https://www.tensorflow.org/lite/models/convert/metadata): files that belong to a
model are appended to it as a zip archive. One of them is a text file with one label in each line,
UTF-8, in the order of the scores.

A model's file may come from anywhere, so its archive is read with care: only a member of bounded
size, and only if it is stored or deflated, as metadata writers do; Python cannot bound what the
other methods unpack.
"""

import zipfile
import zlib
from pathlib import Path

from models.errors import ModelError

LIST_LIMIT_BYTES = 1 << 20
"""Longest label list that is read. YAMNet's has 6230 bytes for 521 labels; at that length this
holds 87,000 labels, four times as many as the largest set in common use (ImageNet-21k)."""

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError)
_ENCRYPTED = 0x1  # general purpose bit 0 (PKWARE, APPNOTE.TXT, 4.4.4)
_ALLOWED = "A .tflite file with its label list packed into it (TFLite metadata) is needed:"
_ONE_LIST = f"{_ALLOWED} a .txt member in UTF-8 with one different label in each line."
_REMEDY = "Use the published file of the model, the variant with metadata."


def read_labels(path: Path) -> tuple[str, ...]:
    """Read the labels packed into a model's file.

    Parameters
    ----------
    path : Path
        A ``.tflite`` file with metadata.

    Returns
    -------
    tuple of str
        One label for each score, in the order of the scores; all different, none empty.

    Raises
    ------
    ModelError
        If the file cannot be read, has no archive or no single label list in it, or if that list
        is too long, damaged, not UTF-8, empty, or has empty or repeated labels.
    """
    return _labels_of(path, _decode(path, _read_list(path)))


def has_archive(path: Path) -> bool:
    """Whether anything is packed into a model's file, labels or not; False if it is unreadable."""
    return zipfile.is_zipfile(path)


def _read_list(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            if not zipfile.is_zipfile(file):
                raise _refused(f"No archive with a label list is packed into {path}.")
            with zipfile.ZipFile(file) as archive:
                member = _list_member(path, archive.infolist())
                _check_member(path, member)
                with archive.open(member) as packed:
                    # The size in the archive's index may be a lie: never more than the limit.
                    return packed.read(LIST_LIMIT_BYTES)
    except OSError as error:
        raise _refused(f"{path} cannot be read: {error.strerror or error}.") from error
    except _DAMAGED as error:
        raise _refused(f"The archive packed into {path} is damaged ({error}).") from error


def _list_member(path: Path, members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    """Choose the only text file, or the only one with ``label`` in its name."""
    texts = [member for member in members if member.filename.lower().endswith(".txt")]
    if len(texts) > 1:
        texts = [member for member in texts if "label" in member.filename.lower()]
    if len(texts) == 1:
        return texts[0]
    names = ", ".join(repr(member.filename) for member in members[:5]) or "nothing"
    raise _refused(f"No single label list is packed into {path}; its archive holds {names}.")


def _check_member(path: Path, member: zipfile.ZipInfo) -> None:
    if member.file_size > LIST_LIMIT_BYTES:
        raise _refused(
            f"The label list in {path} has {member.file_size:,} bytes;"
            f" {LIST_LIMIT_BYTES:,} is the most that is read."
        )
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _refused(f"The label list in {path} is neither stored nor deflated.")
    if member.flag_bits & _ENCRYPTED:
        raise _refused(f"The label list in {path} is encrypted.")


def _decode(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(f"The label list in {path} is not UTF-8 ({error}).") from error


def _labels_of(path: Path, text: str) -> tuple[str, ...]:
    # Not `splitlines`, which would also break at rarer characters that a label may hold.
    labels = tuple(line.strip() for line in text.rstrip().split("\n"))
    if labels == ("",):
        raise _refused(f"The label list in {path} is empty.")
    seen: dict[str, int] = {}
    for number, label in enumerate(labels, start=1):
        if not label:
            raise _refused(f"Line {number} of the label list in {path} is empty.")
        if label in seen:
            raise _refused(
                f"Lines {seen[label]} and {number} of the label list in {path} are both {label!r}."
            )
        seen[label] = number
    return labels


def _refused(arrived: str) -> ModelError:
    return ModelError(arrived, allowed=_ONE_LIST, remedy=_REMEDY)
