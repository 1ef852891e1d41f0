"""Catalog of known models, and the search for their files.

Conventions
-----------
A model file is identified by its content, by size and SHA-256, not by its name. Files that were
downloaded manually, renamed or linked are therefore found, and damaged files or others of the same
name are not. (A single flipped bit leaves most models running, with other scores.)

This module does not access the network; `models.registry.download` does.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import platformdirs

FOLDERS_VARIABLE = "EARMARK_MODELS"
"""Environment variable with further model folders, separated like those of ``PATH``."""

PARTIAL_SUFFIX = ".part"
"""Suffix of unfinished files, here and of downloads in some browsers."""

_PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Archived:
    """A model file inside an archive.

    Parameters
    ----------
    address : str
        URL of a gzipped tar.
    member : str
        Name of the file in it.
    """

    address: str
    member: str


@dataclass(frozen=True)
class CatalogEntry:
    """A known model: names, digest, sources and format.

    Parameters
    ----------
    name : str
        Identifier in code and settings, lower case.
    title : str
        Name on a page.
    file_name : str
        File name of a download; unique in the catalog.
    size_bytes : int
        Size of the file.
    sha256 : str
        Digest of the file, 64 hexadecimal digits in lower case.
    licence : str
        SPDX identifier of the model's licence.
    addresses : tuple of str
        URLs of the identical file, in the order in which to try them.
    window_samples : int
        Length of a window, in samples.
    sample_rate : int
        Sample rate of the input, in Hz.
    n_classes : int
        Number of scores in a frame.
    archives : tuple of Archived
        Archives with the identical file, tried after `addresses`.
    embedding_size : int
        Size of the embedding of a window; 0 if the model has none.
    hop_s : float, optional
        Hop that the model itself fixes, in seconds; None if any hop is possible.
    """

    name: str
    title: str
    file_name: str
    size_bytes: int
    sha256: str
    licence: str
    addresses: tuple[str, ...]
    window_samples: int
    sample_rate: int
    n_classes: int
    archives: tuple[Archived, ...] = ()
    embedding_size: int = 0
    hop_s: float | None = None


# Size and digest are those of the published file; the format (one input of 15600 samples at 16 kHz,
# one output of 521 scores) is that of the model's metadata. All three URLs serve identical bytes.
_YAMNET = CatalogEntry(
    name="yamnet",
    title="YAMNet",
    file_name="yamnet_classification.tflite",
    size_bytes=4_126_810,
    sha256="10c95ea3eb9a7bb4cb8bddf6feb023250381008177ac162ce169694d05c317de",
    licence="Apache-2.0",
    addresses=(
        "https://storage.googleapis.com/mediapipe-models/audio_classifier/yamnet/float32/1/yamnet.tflite",
        "https://storage.googleapis.com/mediapipe-assets/yamnet_audio_classifier_with_metadata.tflite",
        "https://tfhub.dev/google/lite-model/yamnet/classification/tflite/1?lite-format=tflite",
    ),
    window_samples=15600,
    sample_rate=16000,
    n_classes=521,
    embedding_size=1024,
)

# The original model, which cuts its windows itself, 0.48 s apart (``patch_hop_seconds`` in YAMNet's
# ``params.py``). Size and digest are those of the file that tfhub.dev published.
_YAMNET_DYNAMIC = CatalogEntry(
    name="yamnet-dynamic",
    title="Original YAMNet",
    file_name="yamnet_dynamic.tflite",
    size_bytes=16_096_668,
    sha256="141fba1cdaae842c816f28edc4937e8b4f0af4c8df21862ccc6b52dc567993c3",
    licence="Apache-2.0",
    addresses=("https://tfhub.dev/google/lite-model/yamnet/tflite/1?lite-format=tflite",),
    window_samples=15600,
    sample_rate=16000,
    n_classes=521,
    archives=(
        Archived(
            "https://www.kaggle.com/api/v1/models/google/yamnet/tfLite/tflite/1/download",
            member="1.tflite",
        ),
    ),
    embedding_size=1024,
    hop_s=0.48,
)

BUILTIN = "builtin"
"""Name of the model whose file is part of the project."""

# Trained by this project (training); its file is in the repository, so it has no URL.
_BUILTIN = CatalogEntry(
    name=BUILTIN,
    title="Built-in",
    file_name="builtin.tflite",
    size_bytes=1_517_420,
    sha256="77d77870b9283937fca22dbc5904019a53dee28aaf4731996f79b8387a37951a",
    licence="Apache-2.0",
    addresses=(),
    window_samples=15600,
    sample_rate=16000,
    n_classes=521,
    embedding_size=1024,
)

CATALOG: Mapping[str, CatalogEntry] = MappingProxyType(
    {entry.name: entry for entry in (_YAMNET, _YAMNET_DYNAMIC, _BUILTIN)}
)
"""All known models, by name."""


def cache_folder() -> Path:
    """Return the user's folder for downloaded models; it may not exist."""
    return platformdirs.user_cache_path("earmark", appauthor=False) / "models"


def weights_folder() -> Path:
    """Return the project's folder for manually added model files."""
    return _PROJECT / "models" / "weights"


def model_folders() -> tuple[Path, ...]:
    """List the folders that are searched for model files, in order.

    Returns
    -------
    tuple of Path
        The folders in the environment variable ``EARMARK_MODELS`` (separated by ``os.pathsep``),
        the project's ``models/weights``, ``shared/models`` beside the project (which several
        checkouts can share), the user's cache, and the project's ``models/builtin``. Any of them
        may not exist.
    """
    named = os.environ.get(FOLDERS_VARIABLE, "").split(os.pathsep)
    return (
        *(Path(name).expanduser().absolute() for name in named if name.strip()),
        weights_folder(),
        _PROJECT.parent / "shared" / "models",
        cache_folder(),
        _PROJECT / "models" / BUILTIN,
    )


def find_model(entry: CatalogEntry, *, folders: Iterable[Path] | None = None) -> Path | None:
    """Find a model's file by its content.

    The folders are not searched recursively, because one may contain a large tree of recordings.
    Only files of the right size are read, and once while they do not change. Unreadable files and
    folders are skipped.

    Parameters
    ----------
    entry : CatalogEntry
        The model.
    folders : iterable of Path, optional
        Folders to search; `model_folders` by default.

    Returns
    -------
    Path or None
        The first file with the size and SHA-256 of the entry.
    """
    for folder in model_folders() if folders is None else folders:
        for path in files_in(folder):
            if _is_model(path, entry):
                return path
    return None


def files_in(folder: Path) -> list[Path]:
    """List the entries of a model folder, sorted by path; none if it is unreadable.

    Unfinished files are omitted even if complete: another process is about to rename them.
    """
    try:
        return sorted(path for path in folder.iterdir() if not _is_unfinished(path))
    except OSError:
        return []


def remembered_sha256(path: Path) -> str:
    """Compute the SHA-256 of a file, cached by its path, size and modification time.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    status = path.stat()
    return _remembered_sha256(path, status.st_size, status.st_mtime_ns)


def sha256_of(path: Path) -> str:
    """Compute the SHA-256 of a file, as 64 hexadecimal digits in lower case.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _is_unfinished(path: Path) -> bool:
    """Return whether a name is that of a partial file, or of a temporary one, as pooch writes."""
    is_temporary = path.name.startswith(tempfile.gettempprefix()) and not path.suffix
    return is_temporary or path.suffix == PARTIAL_SUFFIX


def _is_model(path: Path, entry: CatalogEntry) -> bool:
    try:
        size_bytes = path.stat().st_size
        return size_bytes == entry.size_bytes and remembered_sha256(path) == entry.sha256
    except OSError:
        return False


@lru_cache(maxsize=256)
def _remembered_sha256(path: Path, _size_bytes: int, _mtime_ns: int) -> str:
    return sha256_of(path)
