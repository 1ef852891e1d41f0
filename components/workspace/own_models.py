"""The models of a workspace: those that its visitor brought or taught."""

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from uuid import uuid4

from components.workspace.room import Reserve
from models.errors import ModelError
from models.registry.catalog import CATALOG, CatalogEntry
from models.registry.local_models import (
    SUFFIX,
    TAUGHT_SUFFIX,
    ModelFile,
    entry_of,
    find_brought,
    passing_folder,
    store_model,
    with_different_titles,
)

MAX_BROUGHT = 8
"""Models that one visitor can bring, beside those that were taught."""

MAX_TAUGHT = 3
"""Taught classifiers that stay: the latest, and two to compare it with."""

MAX_REMOVED = 2
"""Files kept of removed models, for classifiers that still use them."""


class OwnModels:
    """Model files of one visitor, in a folder of their own. Safe to use from any thread.

    Parameters
    ----------
    reserve : callable
        Reserves the bytes of another file, as `Room.reserving` does.
    """

    def __init__(self, reserve: Reserve) -> None:
        self._lock = threading.Lock()
        self._reserve = reserve
        self._files: dict[str, ModelFile] = {}
        self._taught: dict[str, int] = {}  # the number of each, by digest
        self._removed: list[ModelFile] = []
        self._folder: TemporaryDirectory[str] | None = None

    @property
    def n_bytes(self) -> int:
        """Size of all files together, in bytes, those of removed models included."""
        return sum(file.size_bytes for file in [*self._files.values(), *self._removed])

    def add(
        self, data: bytes, title: str, label_lists: Mapping[str, bytes], suffix: str = SUFFIX
    ) -> CatalogEntry | ModelFile:
        """Store a model: in this workspace, or for good where the catalog knows it.

        Parameters
        ----------
        data : bytes
            The file.
        title : str
            What to call it on the page.
        label_lists : mapping of str to bytes
            Lists of labels that came with it, by their file names' suffix.
        suffix : str
            How its name ends: one of `models.registry.local_models.MODEL_SUFFIXES`.

        Raises
        ------
        EarmarkError
            If it cannot be stored, is one too many, or there is no room for it.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        entry = entry_of(sha256)
        if entry is not None:
            store_model(data, entry.file_name)
            return entry
        with self._reserve(len(data)), self._lock:
            brought = self._files.keys() - self._taught.keys() - {sha256}
            if sha256 not in self._taught and len(brought) >= MAX_BROUGHT:
                raise _too_many(title)
            file = self._store(data, sha256, title, label_lists, suffix)
            self._files[sha256] = file
        return file

    def add_taught(self, data: bytes, title: str) -> ModelFile:
        """Store a taught classifier, once; the oldest make room for it.

        Parameters
        ----------
        data : bytes
            Its ``.earmark`` file.
        title : str
            What to call it; a number tells those of one name apart.

        Raises
        ------
        EarmarkError
            If it cannot be stored, or there is no room for it.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        with self._reserve(0 if sha256 in self._files else len(data)), self._lock:
            if sha256 not in self._taught:
                self._taught[sha256] = max(self._taught.values(), default=0) + 1
                for oldest in list(self._taught)[:-MAX_TAUGHT]:
                    self._remove(oldest)
                    del self._taught[oldest]
            if sha256 not in self._files:  # new, or removed on the page Models meanwhile
                self._files[sha256] = self._store(data, sha256, title, {}, TAUGHT_SUFFIX)
            number = self._taught[sha256]
            numbered = title if number == 1 else f"{title} {number}"
            self._files[sha256] = replace(self._files[sha256], title=numbered)
            return self._files[sha256]

    def is_taught(self, sha256: str) -> bool:
        """Whether a model, known by its digest, was taught in this workspace."""
        return sha256 in self._taught

    def remove(self, sha256: str) -> None:
        """Remove a model. Its file goes a little later, for classifiers that still use it."""
        with self._lock:
            self._remove(sha256)

    def evict_removed(self) -> bool:
        """Delete the file of the model that was removed first; returns whether there was one."""
        with self._lock:
            return self._evict_removed()

    def all(self) -> tuple[ModelFile, ...]:
        """List the models beside the catalog's: these, and those in the model folders."""
        own = dict(self._files)
        found = [file for file in find_brought() if file.sha256 not in own]
        return with_different_titles([*own.values(), *found])

    def known(self, model: str) -> CatalogEntry | ModelFile:
        """Find what is known of a model by catalog name or digest, also when its file is gone."""
        if model in CATALOG:
            return CATALOG[model]
        gone = ModelFile(f"Model {model[:8]}", Path(f"{model[:8]}{SUFFIX}"), 0, model)
        return next((file for file in self.all() if file.sha256 == model), gone)

    def clear(self) -> None:
        """Remove all models with their files."""
        with self._lock:
            self._files, self._taught, self._removed = {}, {}, []
            folder, self._folder = self._folder, None
        if folder is not None:
            folder.cleanup()

    def _store(
        self, data: bytes, sha256: str, title: str, label_lists: Mapping[str, bytes], suffix: str
    ) -> ModelFile:
        if self._folder is None:
            self._folder = passing_folder()
        # A folder of its own each time: what is open under the old path stays as it was.
        folder = Path(self._folder.name) / uuid4().hex
        path = store_model(data, f"model{suffix}", folder)  # a name that messages can be read with
        for ending, content in label_lists.items():
            store_model(content, f"model{ending}", folder)
        return ModelFile(title, path, len(data), sha256, uploaded=True)

    def _remove(self, sha256: str) -> None:
        file = self._files.pop(sha256, None)
        if file is not None:
            self._removed.append(file)
        while len(self._removed) > MAX_REMOVED:
            self._evict_removed()

    def _evict_removed(self) -> bool:
        if not self._removed:
            return False
        rmtree(self._removed.pop(0).path.parent, ignore_errors=True)
        return True


def _too_many(title: str) -> ModelError:
    return ModelError(
        f"{title[:80]!r} is one model more than a workspace can hold.",
        allowed=f"At most {MAX_BROUGHT} can be brought.",
        remedy="Remove one on the page Models, and add this one again.",
    )
