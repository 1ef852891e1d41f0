"""Which models are here beside those of the catalog: files that somebody brought.

Conventions
-----------
A file in a model folder that ends in ``.tflite`` or ``.earmark`` and that the catalog does not know
by its digest is a brought model. Nothing is opened here, and nothing is believed of it but its name
and its bytes: `models.inference.describe_model` finds out what it is, in a process of its own.
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
"""How the name of a brought model ends, in whatever case."""

TAUGHT_SUFFIX = ".earmark"
"""How the name of a taught classifier ends."""

MODEL_SUFFIXES = (SUFFIX, TAUGHT_SUFFIX)

LIST_SUFFIXES = (".txt", ".csv")
"""How the name of a list of labels ends that lies beside a model."""

MAX_MODEL_BYTES = 256 << 20
"""Largest brought model: holds the 82 million weights of PANNs' CNN14, the largest in common use
for sound events, in 16 bits (164 MB)."""

MAX_BROUGHT = 32
"""Most brought models that are listed: a folder named by mistake may hold thousands of files."""


@dataclass(frozen=True)
class ModelFile:
    """A model that the catalog does not know.

    Parameters
    ----------
    title : str
        The words for it on a page: text from whoever named the file.
    path : Path
        Where it lies.
    size_bytes : int
        Size of the file.
    sha256 : str
        Digest of the file, 64 hexadecimal digits in lower case.
    uploaded : bool
        Whether it came over the page, and is gone with the session.
    folder_mtime_ns : int
        When something last came into its folder or left it: maybe its list of labels.
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
        Where to look instead of in `models.registry.catalog.model_folders`.

    Returns
    -------
    tuple of ModelFile
        At most `MAX_BROUGHT`, each digest once, in the order of the folders and names. Unreadable
        files and those above `MAX_MODEL_BYTES` are passed over.
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
    """Tell files of one name, or of a catalog model's, apart by the first digits of their digest.

    Parameters
    ----------
    files : sequence of ModelFile
        With different digests.
    """
    titles = [entry.title for entry in CATALOG.values()] + [file.title for file in files]
    return tuple(
        replace(file, title=f"{file.title} ({file.sha256[:8]})")
        if titles.count(file.title) > 1
        else file
        for file in files
    )


def entry_of(sha256: str) -> CatalogEntry | None:
    """Find the catalog's entry for a digest; None where it is nobody's."""
    return next((entry for entry in CATALOG.values() if entry.sha256 == sha256), None)


def store_model(data: bytes, file_name: str, folder: Path | None = None) -> Path:
    """Write a model's file as a whole or not at all.

    Parameters
    ----------
    data : bytes
        The file.
    file_name : str
        What to call it: a name that the project chose, never one that came with the file.
    folder : Path, optional
        Where to store it. Default: the user's cache.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ModelError
        If it is above `MAX_MODEL_BYTES`, or cannot be stored: the folder is not writable, the disk
        is full.
    """
    if len(data) > MAX_MODEL_BYTES:
        raise ModelError(
            f"The model has {len(data) / (1 << 20):,.0f} MiB.",
            allowed=f"At most {MAX_MODEL_BYTES >> 20} MiB are allowed.",
            remedy="Bring a smaller one: YAMNet itself has 4 MiB.",
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
    """Make a folder for models that goes when nobody holds it any more.

    Raises
    ------
    ModelError
        If it cannot be made: no place for such files is writable, the disk is full.
    """
    try:
        return tempfile.TemporaryDirectory(prefix="earmark-", ignore_cleanup_errors=True)
    except OSError as error:
        raise _not_stored("the place for passing files", error) from error


def _not_stored(where: Path | str, error: OSError) -> ModelError:
    return ModelError(
        f"The model could not be stored in {where}: {error.strerror or error}.",
        allowed="The folder has to be writable, with room for the file.",
        remedy="Whoever runs this server can make room, or put the file into a model folder.",
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
