"""Local model files that are not in the catalog.

Conventions
-----------
A brought model is a file in a model folder with the suffix ``.tflite`` or ``.earmark`` and a digest
that is not in the catalog. This module does not open such files, and uses only their name and
digest: `models.opening.describe_model` examines them in a child process.
"""

import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from models.errors import ModelError
from models.registry.catalog import (
    CATALOG,
    CatalogEntry,
    cache_folder,
    files_in,
    model_folders,
    remembered_sha256,
)

SUFFIX = ".tflite"
"""Suffix of a brought model, case-insensitive."""

TAUGHT_SUFFIX = ".earmark"
"""Suffix of a taught classifier."""

MODEL_SUFFIXES = (SUFFIX, TAUGHT_SUFFIX)

LIST_SUFFIXES = (".txt", ".csv")
"""Suffixes of a label list beside a model."""

MAX_MODEL_BYTES = 256 << 20
"""Largest brought model: holds the 82 million weights of PANNs' CNN14, the largest in common use
for sound events, in 16 bits (164 MB)."""

MAX_BROUGHT = 32
"""Largest number of brought models that are listed: a folder may contain thousands of files."""


@dataclass(frozen=True)
class ModelFile:
    """A model file that is not in the catalog.

    Parameters
    ----------
    title : str
        Name on a page; untrusted text, taken from the file name.
    path : Path
        Path of the file.
    size_bytes : int
        Size of the file.
    sha256 : str
        Digest of the file, 64 hexadecimal digits in lower case.
    uploaded : bool
        Whether it was uploaded on the page, and is deleted with the session.
    folder_mtime_ns : int
        Modification time of its folder, in nanoseconds; changes if a label list is added or
        removed.
    """

    title: str
    path: Path
    size_bytes: int
    sha256: str
    uploaded: bool = False
    folder_mtime_ns: int = 0


def find_brought(*, folders: Iterable[Path] | None = None) -> tuple[ModelFile, ...]:
    """List the models in the model folders that are not in the catalog.

    Parameters
    ----------
    folders : iterable of Path, optional
        Folders to search; `models.registry.catalog.model_folders` by default.

    Returns
    -------
    tuple of ModelFile
        At most `MAX_BROUGHT`, each digest once, in the order of the folders and paths. Unreadable
        files and those above `MAX_MODEL_BYTES` are skipped.
    """
    known = {entry.sha256 for entry in CATALOG.values()}
    found: dict[str, ModelFile] = {}
    for folder in model_folders() if folders is None else folders:
        for path in files_in(folder):
            if path.suffix.lower() not in MODEL_SUFFIXES or len(found) == MAX_BROUGHT:
                continue
            file = _model_file(path)
            if file is not None and file.sha256 not in known:
                found.setdefault(file.sha256, file)
    return tuple(found.values())


def with_different_titles(files: Sequence[ModelFile]) -> tuple[ModelFile, ...]:
    """Make titles unique: append the first digits of the digest to repeated ones.

    Parameters
    ----------
    files : sequence of ModelFile
        With different digests.

    Returns
    -------
    tuple of ModelFile
        With titles that differ from each other and from those of the catalog.
    """
    titles = [entry.title for entry in CATALOG.values()] + [file.title for file in files]
    return tuple(
        replace(file, title=f"{file.title} ({file.sha256[:8]})")
        if titles.count(file.title) > 1
        else file
        for file in files
    )


def entry_of(sha256: str) -> CatalogEntry | None:
    """Find the catalog entry of a digest; None if there is none."""
    return next((entry for entry in CATALOG.values() if entry.sha256 == sha256), None)


def store_model(data: bytes, file_name: str, folder: Path | None = None) -> Path:
    """Write a model's file atomically.

    Parameters
    ----------
    data : bytes
        Content of the file.
    file_name : str
        Name of the file, chosen by the application and never taken from an upload.
    folder : Path, optional
        Folder for the file; the user's cache by default.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ModelError
        If the data exceeds `MAX_MODEL_BYTES`, or cannot be stored: the folder is not writable, or
        the disk is full.
    """
    if len(data) > MAX_MODEL_BYTES:
        raise ModelError(
            f"The model has {len(data) / (1 << 20):,.0f} MiB.",
            allowed=f"At most {MAX_MODEL_BYTES >> 20} MiB are allowed.",
            remedy="Use a smaller one: YAMNet has 4 MiB.",
        )
    folder = cache_folder() if folder is None else folder
    path = folder / file_name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, partial = tempfile.mkstemp(prefix=file_name, suffix=".part", dir=folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            Path(partial).replace(path)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _not_stored(folder, error) from error
    return path


def passing_folder() -> "tempfile.TemporaryDirectory[str]":
    """Create a temporary folder for models, deleted with the last reference to it.

    Raises
    ------
    ModelError
        If it cannot be created: the location is not writable, or the disk is full.
    """
    try:
        return tempfile.TemporaryDirectory(prefix="earmark-", ignore_cleanup_errors=True)
    except OSError as error:
        raise _not_stored("the place for passing files", error) from error


def _not_stored(where: Path | str, error: OSError) -> ModelError:
    return ModelError(
        f"The model could not be stored in {where}: {error.strerror or error}.",
        allowed="The folder has to be writable, with room for the file.",
        remedy="The operator of this server can make room, or put the file into a model folder.",
    )


def _model_file(path: Path) -> ModelFile | None:
    try:
        size_bytes = path.stat().st_size
        if not path.is_file() or size_bytes > MAX_MODEL_BYTES:
            return None
        return ModelFile(
            path.stem,
            path,
            size_bytes,
            remembered_sha256(path),
            folder_mtime_ns=path.parent.stat().st_mtime_ns,
        )
    except OSError:
        return None
