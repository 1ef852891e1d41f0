"""Models of a workspace: uploaded by the visitor or trained on the page Teach."""

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from uuid import uuid4

from components.workspace.room import Reserve
from models.errors import ModelError
from models.registry.catalog import CATALOG, CatalogEntry, find_model
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
"""Maximum number of uploaded models per workspace, not counting taught classifiers."""

MAX_TAUGHT = 3
"""Number of taught classifiers kept: the latest, and two for comparison."""

MAX_REMOVED = 2
"""Number of files kept of removed models, for classifiers that still use them."""


@dataclass(frozen=True)
class UploadedModel:
    """The model that was uploaded last.

    Parameters
    ----------
    number : int
        Number of the upload in the workspace, from 1.
    model : str
        Catalog name or digest of the model.
    is_new : bool
        Whether it was not there before.
    place : str
        Place on the page where it was uploaded.
    """

    number: int
    model: str
    is_new: bool
    place: str


class OwnModels:
    """Model files of one visitor, in a temporary folder. Thread-safe.

    Parameters
    ----------
    reserve : callable
        Context manager that reserves the bytes of another file, such as `Room.reserving`.

    Attributes
    ----------
    latest : UploadedModel or None
        The latest upload.
    """

    def __init__(self, reserve: Reserve) -> None:
        self._lock = threading.Lock()
        self._reserve = reserve
        self._files: dict[str, ModelFile] = {}
        self._taught: dict[str, int] = {}  # number of each, by digest
        self._removed: list[ModelFile] = []
        self._folder: TemporaryDirectory[str] | None = None
        self.latest: UploadedModel | None = None

    @property
    def n_bytes(self) -> int:
        """Total size of all files, in bytes, including those of removed models."""
        return sum(file.size_bytes for file in [*self._files.values(), *self._removed])

    def add(
        self,
        data: bytes,
        title: str,
        label_lists: Mapping[str, bytes],
        suffix: str = SUFFIX,
        *,
        place: str = "",
    ) -> CatalogEntry | ModelFile:
        """Store a model: in this workspace, or permanently if it is in the catalog.

        Parameters
        ----------
        data : bytes
            Contents of the file.
        title : str
            Title on the page.
        label_lists : mapping of str to bytes
            Contents of the label files that came with it, by the suffix of their names.
        suffix : str
            Suffix of its name: one of `models.registry.local_models.MODEL_SUFFIXES`.
        place : str
            Place on the page where it was uploaded.

        Raises
        ------
        EarmarkError
            If it cannot be stored, exceeds `MAX_BROUGHT`, or there is no room for it.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        entry = entry_of(sha256)
        if entry is not None:
            is_new = find_model(entry) is None
            store_model(data, entry.file_name)
            self._note(entry.name, is_new, place)
            return entry
        with self._reserve(len(data)), self._lock:
            brought = self._files.keys() - self._taught.keys() - {sha256}
            if sha256 not in self._taught and len(brought) >= MAX_BROUGHT:
                raise _too_many(title)
            is_new = all(file.sha256 != sha256 for file in self.all())
            file = self._store(data, sha256, title, label_lists, suffix)
            self._files[sha256] = file
            self._note(sha256, is_new, place)
        return file

    def add_taught(self, data: bytes, title: str) -> ModelFile:
        """Store a taught classifier once, and remove the oldest beyond `MAX_TAUGHT`.

        Parameters
        ----------
        data : bytes
            Contents of its ``.earmark`` file.
        title : str
            Title on the page; a number is appended from the second one on.

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
        """Whether the model with this digest was taught in this workspace."""
        return sha256 in self._taught

    def remove(self, sha256: str) -> None:
        """Remove a model. Its file is deleted later, since classifiers may still use it."""
        with self._lock:
            self._remove(sha256)

    def evict_removed(self) -> bool:
        """Delete the file of the model removed first; return whether there was one."""
        with self._lock:
            return self._evict_removed()

    def all(self) -> tuple[ModelFile, ...]:
        """List the models outside the catalog: those of the workspace and of the model folders."""
        own = dict(self._files)
        found = [file for file in find_brought() if file.sha256 not in own]
        return with_different_titles([*own.values(), *found])

    def known(self, model: str) -> CatalogEntry | ModelFile:
        """Return the description of a model by catalog name or digest, even if its file is gone."""
        if model in CATALOG:
            return CATALOG[model]
        gone = ModelFile(f"Model {model[:8]}", Path(f"{model[:8]}{SUFFIX}"), 0, model)
        return next((file for file in self.all() if file.sha256 == model), gone)

    def clear(self) -> None:
        """Remove all models with their files."""
        with self._lock:
            self._files, self._taught, self._removed = {}, {}, []
            self.latest = None
            folder, self._folder = self._folder, None
        if folder is not None:
            folder.cleanup()

    def _note(self, model: str, is_new: bool, place: str) -> None:
        number = 1 if self.latest is None else self.latest.number + 1
        self.latest = UploadedModel(number, model, is_new, place)

    def _store(
        self, data: bytes, sha256: str, title: str, label_lists: Mapping[str, bytes], suffix: str
    ) -> ModelFile:
        if self._folder is None:
            self._folder = passing_folder()
        # A new folder each time, so that a file that is open under the old path stays unchanged.
        folder = Path(self._folder.name) / uuid4().hex
        path = store_model(data, f"model{suffix}", folder)  # a readable name for error messages
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
