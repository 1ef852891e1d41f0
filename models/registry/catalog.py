"""Which models there are, and where their files lie.

Conventions
-----------
A model is known by what its file contains, not by what it is called: by its size and its
SHA-256. So a file that somebody downloaded by hand, renamed or linked is found all the same, and
a damaged one, or another one of the same name, is not. (A single flipped bit leaves most models
running, with other scores.)

This module only looks. `models.registry.download` fetches what is not here.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import platformdirs

FOLDERS_VARIABLE = "EARMARK_MODELS"
"""Environment variable that names further folders, separated like those of ``PATH``."""

PARTIAL_SUFFIX = ".part"
"""How the name of an unfinished download ends, here and in some browsers."""

_PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Archived:
    """A model's file inside an archive.

    Parameters
    ----------
    address : str
        Where a gzipped tar can be downloaded.
    member : str
        Name of the file in it.
    """

    address: str
    member: str


@dataclass(frozen=True)
class CatalogEntry:
    """One model: what it is called, how its file is recognised, and what it takes and gives.

    Parameters
    ----------
    name : str
        The word for it in code and settings, lower case.
    title : str
        The words for it on a page.
    file_name : str
        What a download is stored as; different for every entry.
    size_bytes : int
        Size of the file.
    sha256 : str
        Digest of the file, 64 hexadecimal digits in lower case.
    licence : str
        SPDX identifier of the model's licence.
    addresses : tuple of str
        Where the very same file can be downloaded, in the order in which to try.
    window_samples : int
        Samples in one window.
    sample_rate : int
        Samples per second that the model was trained on, in Hz.
    n_classes : int
        Scores in one frame.
    archives : tuple of Archived
        Archives that hold the very same file, to try when no address of its own gave it.
    embedding_size : int
        Values in the embedding of one window; 0 where the model has none.
    hop_s : float, optional
        Step between windows that the model itself fixes, in seconds; None where any will do.
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


# Size and digest were taken from the published file; its contract (one input of 15600 samples at
# 16 kHz, one output of 521 scores) is that of the model's own metadata. All three addresses serve
# the same bytes.
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

# The original: it cuts its windows itself, 0.48 s apart (``patch_hop_seconds`` in YAMNet's
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
"""Name of the model that is part of the project, and so is on every machine."""

# Trained by this project (training), which keeps its file: it has no address.
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
"""All models that the project knows, by name."""


def cache_folder() -> Path:
    """Return the user's folder for downloaded models, which need not exist yet."""
    return platformdirs.user_cache_path("earmark", appauthor=False) / "models"


def weights_folder() -> Path:
    """Return the project's own folder for model files that somebody puts there by hand."""
    return _PROJECT / "models" / "weights"


def model_folders() -> tuple[Path, ...]:
    """List the folders in which model files are looked for, the first one first.

    Returns
    -------
    tuple of Path
        The folders named in the environment variable ``EARMARK_MODELS`` (separated by
        ``os.pathsep``), the project's ``models/weights``, ``shared/models`` beside the project
        (which several checkouts can share), the user's cache, and the project's
        ``models/builtin``. None of them need exist.
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
    """Look for a model's file, by content and whatever its name.

    Only the folders themselves are searched, not the folders in them: somebody may name a folder
    that holds a million recordings further down. Nothing is read but files of the right size,
    and those once, as long as they do not change. Unreadable files and folders are passed over.

    Parameters
    ----------
    entry : CatalogEntry
        The model.
    folders : iterable of Path, optional
        Where to look instead of in `model_folders`.

    Returns
    -------
    Path or None
        The first file whose size and SHA-256 are right.
    """
    for folder in model_folders() if folders is None else folders:
        for path in files_in(folder):
            if _is_model(path, entry):
                return path
    return None


def files_in(folder: Path) -> list[Path]:
    """List what lies in a model folder, in the order of the names; nothing of an unreadable one.

    Unfinished downloads are left out even when complete: another process is about to rename them.
    """
    try:
        return sorted(path for path in folder.iterdir() if path.suffix != PARTIAL_SUFFIX)
    except OSError:
        return []


def remembered_sha256(path: Path) -> str:
    """Compute the SHA-256 of a file once for each state of it, as told by its size and time.

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


def _is_model(path: Path, entry: CatalogEntry) -> bool:
    try:
        size_bytes = path.stat().st_size
        return size_bytes == entry.size_bytes and remembered_sha256(path) == entry.sha256
    except OSError:
        return False


@lru_cache(maxsize=256)
def _remembered_sha256(path: Path, _size_bytes: int, _mtime_ns: int) -> str:
    return sha256_of(path)
