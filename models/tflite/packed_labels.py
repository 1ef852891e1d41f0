"""Label lists packed into a model's file.

Conventions
-----------
TFLite metadata (https://www.tensorflow.org/lite/models/convert/metadata): associated files are
appended to the model as a zip archive. Some are UTF-8 text files with one label per line, in the
order of the scores.

The archive is untrusted: only members of bounded size are read, and only if they are stored or
deflated, as metadata writers do; Python cannot limit the output of the other methods.
"""

import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from models.errors import ModelError
from models.tflite.label_lists import LIST_LIMIT_BYTES, LabelList, parse_list
from models.untrusted.archives import DAMAGED_ARCHIVE, is_readable, open_archive

_MAX_INDEX_BYTES = 1 << 18
"""Longest index of an archive in a model's file, in bytes: two thousand members; usual are a
few."""


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
    if not is_readable(member):
        raise _refused(
            f"The label list in {path.name} is encrypted, or neither stored nor deflated."
        )


def _refused(arrived: str) -> ModelError:
    return ModelError(
        arrived,
        allowed="Label lists are packed into a .tflite file as TFLite metadata does: one .txt for"
        " each output, in UTF-8, with one different label in each line.",
        remedy="Use the published file of the model.",
    )
