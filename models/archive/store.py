"""Storage of an archive: LanceDB tables that change together.

Conventions
-----------
A LanceDB table keeps its versions, but a change of several tables is not atomic. Therefore a small
table, the *head*, names the version of each table that belongs to the last commit, and the model.
Readers read these versions. A writer holds a lock, restores them where an interrupted writer left
more, changes the tables, and replaces the head in one atomic step. So an interrupted change has no
effect, and neither loses nor repeats anything.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock

from models.archive.tables import NAMES, schemas
from models.errors import EarmarkError, SettingError
from models.registry.catalog import cache_folder

FORMAT = 1
"""Version of the layout of tables and head."""

_HEAD = "head"
_KEPT_VERSIONS = timedelta(days=1)
"""Age of the versions that are deleted at the end of an `add`; readers may use younger ones."""

_FOREVER = timedelta(days=36_500)


class ArchiveError(EarmarkError):
    """An archive that cannot be read or written."""


@dataclass(frozen=True)
class ArchivedModel:
    """The model whose features an archive has.

    Parameters
    ----------
    name : str
        Catalog name or path, as given to `Archive.add`.
    sha256 : str
        Digest of its file.
    labels : tuple of str
        Labels, one per class.
    sample_rate : int
        In Hz.
    window_samples, hop_samples : int
        Length of a window and hop, in samples.
    embedding_size : int
        Number of values of an embedding.
    """

    name: str
    sha256: str
    labels: tuple[str, ...]
    sample_rate: int
    window_samples: int
    hop_samples: int
    embedding_size: int

    @property
    def hop_s(self) -> float:
        """Hop, in seconds."""
        return self.hop_samples / self.sample_rate

    @property
    def window_s(self) -> float:
        """Length of a window, in seconds."""
        return self.window_samples / self.sample_rate


@dataclass(frozen=True)
class Head:
    """State of an archive after a commit.

    Parameters
    ----------
    sequence : int
        Number of the commit, from 0.
    next_recording : int
        Number of the next recording.
    versions : mapping of str to int
        Version of each table.
    model : ArchivedModel
        The model.
    """

    sequence: int
    next_recording: int
    versions: Mapping[str, int]
    model: ArchivedModel

    def to_json(self) -> str:
        """Format as JSON."""
        return json.dumps({"format": FORMAT, **asdict(self)})

    @classmethod
    def from_json(cls, text: str) -> "Head":
        """Parse the result of `to_json`.

        Raises
        ------
        ArchiveError
            If another version of Earmark wrote it.
        """
        fields = json.loads(text)
        if fields.pop("format") != FORMAT:
            raise ArchiveError(
                "The archive was written by another version of Earmark.",
                allowed=f"This one reads format {FORMAT}.",
                remedy="Update Earmark, or add the recordings to a new archive.",
            )
        model = fields.pop("model")
        model["labels"] = tuple(model["labels"])
        return cls(model=ArchivedModel(**model), **fields)


class ArchiveSnapshot:
    """The tables of one commit, for reading.

    Attributes
    ----------
    head : Head
        The commit.
    recordings, events, windows : lancedb.table.Table
        Checked out at the versions of the commit.
    """

    def __init__(self, head: Head, tables: Mapping[str, Any]) -> None:
        self.head = head
        self.recordings, self.events, self.windows = (tables[name] for name in NAMES)


class Transaction:
    """Tables that are being changed. Created by `Store.writing`.

    Attributes
    ----------
    head : Head
        The last commit; `next_recording` and `model` of the next one can be replaced in it.
    tables : dict of str to lancedb.table.Table
        The tables, at their last committed state.
    """

    def __init__(self, head: Head, tables: dict[str, Any]) -> None:
        self.head = head
        self.tables = tables

    def take_number(self) -> int:
        """Return a number for another recording."""
        number = self.head.next_recording
        self.head = replace(self.head, next_recording=number + 1)
        return number


class Store:
    """The tables of an archive.

    Parameters
    ----------
    address : str
        A folder, or the URL of object storage, as LanceDB takes it.
    storage_options : mapping of str to str, optional
        Credentials and settings of object storage, as LanceDB takes them.
    """

    def __init__(self, address: str, storage_options: Mapping[str, str] | None = None) -> None:
        self.address = address
        self.folder = None if "://" in address else Path(address).absolute()
        self._options = dict(storage_options or {})
        self._database: Any = None
        self._snapshot: ArchiveSnapshot | None = None
        with storage_errors(self.address, "read"):
            self._check_folder()

    def snapshot(self) -> ArchiveSnapshot | None:
        """Return the tables of the last commit; None if there is none yet.

        Raises
        ------
        ArchiveError
            If the archive cannot be read.
        """
        with storage_errors(self.address, "read"):
            head = self._read_head()
            if head is None:
                return None
            if self._snapshot is None or self._snapshot.head != head:
                tables = self._open_tables()
                for name, version in head.versions.items():
                    tables[name].checkout(version)
                self._snapshot = ArchiveSnapshot(head, tables)
            return self._snapshot

    @contextmanager
    def writing(self, model: ArchivedModel) -> Iterator[Transaction]:
        """Change the tables, and commit at the end unless an exception is raised.

        Waits for other writers. On object storage the lock excludes only those of this machine.

        Parameters
        ----------
        model : ArchivedModel
            The model of a new archive.

        Yields
        ------
        Transaction
            The tables at their last committed state.

        Raises
        ------
        ArchiveError
            If the archive cannot be read or written, such as on a full disk.
        """
        with storage_errors(self.address, "written"), FileLock(self._lock_path()):
            head = self._read_head()
            if head is None:
                head = Head(-1, 0, {}, model)
                tables = self._create_tables(model)
            else:
                tables = self._open_tables()
                _restore(tables, head)
            transaction = Transaction(head, tables)
            yield transaction
            self._commit(transaction)

    def tidy(self) -> None:
        """Join small files and extend the indices, commit, and delete old versions.

        Raises
        ------
        ArchiveError
            If the archive cannot be read or written.
        """
        snapshot = self.snapshot()
        if snapshot is None:
            return
        # The versions that are deleted are older than the commit of the first transaction.
        for kept in (_FOREVER, _KEPT_VERSIONS):
            with self.writing(snapshot.head.model) as transaction:
                for table in transaction.tables.values():
                    table.optimize(cleanup_older_than=kept)
        with storage_errors(self.address, "written"), FileLock(self._lock_path()):
            self._connect().open_table(_HEAD).optimize(cleanup_older_than=_KEPT_VERSIONS)

    def _commit(self, transaction: Transaction) -> None:
        versions = {name: table.version for name, table in transaction.tables.items()}
        head = replace(transaction.head, sequence=transaction.head.sequence + 1, versions=versions)
        rows = [{"json": head.to_json()}]
        if _HEAD in self._names():
            self._connect().open_table(_HEAD).add(rows, mode="overwrite")
        else:
            self._connect().create_table(_HEAD, rows)

    def _read_head(self) -> Head | None:
        if self.folder is not None and not self.folder.is_dir():
            return None
        if _HEAD not in self._names():
            return None
        (row,) = self._connect().open_table(_HEAD).to_arrow().to_pylist()
        return Head.from_json(row["json"])

    def _create_tables(self, model: ArchivedModel) -> dict[str, Any]:
        """Create the tables, in place of those of a writer that was interrupted before it ended."""
        wanted = schemas(model.embedding_size)
        for name in set(NAMES).intersection(self._names()):
            self._connect().drop_table(name)
        return {name: self._connect().create_table(name, schema=wanted[name]) for name in NAMES}

    def _open_tables(self) -> dict[str, Any]:
        return {name: self._connect().open_table(name) for name in NAMES}

    def _names(self) -> list[str]:
        return list(self._connect().list_tables().tables)

    def _connect(self) -> Any:  # noqa: ANN401 - lancedb.DBConnection, which is imported late
        if self._database is None:
            lancedb = _import_lancedb()
            address = self.address if self.folder is None else str(self.folder)
            self._database = lancedb.connect(address, storage_options=self._options or None)
        return self._database

    def _lock_path(self) -> Path:
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            return self.folder / "writing.lock"
        folder = cache_folder() / "archives"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{hashlib.sha256(self.address.encode()).hexdigest()[:32]}.lock"

    def _check_folder(self) -> None:
        """Refuse a folder of other things, such as that of the recordings."""
        folder = self.folder
        if folder is None or not folder.exists():
            return
        is_archive = folder.is_dir() and (
            not any(folder.iterdir()) or any(folder.glob("*.lance")) or _has_lock(folder)
        )
        if not is_archive:
            raise SettingError(
                f"{folder} is no archive.",
                allowed="An archive is a folder of its own, which is created if it is absent.",
                remedy="Choose another folder for it; the recordings stay where they are.",
            )


@contextmanager
def storage_errors(address: str, what: str) -> Iterator[None]:
    """Convert the errors of LanceDB and of the system to `ArchiveError`.

    Parameters
    ----------
    address : str
        The archive, or a table.
    what : str
        What could not be done: "read" or "written".
    """
    try:
        yield
    except EarmarkError:
        raise
    except (OSError, RuntimeError, ValueError) as error:
        raise ArchiveError(
            f"The archive {address} could not be {what}: {_without_source(error)}.",
            allowed="What was committed before is kept.",
            remedy="Check that the place exists, is accessible and has free space; then repeat.",
        ) from error


def _without_source(error: Exception) -> str:
    """Return the message of an error, without the places in LanceDB's source."""
    return str(error).partition(", /rustc")[0]


def _has_lock(folder: Path) -> bool:
    return [path.name for path in folder.iterdir()] == ["writing.lock"]


def _restore(tables: Mapping[str, Any], head: Head) -> None:
    for name, version in head.versions.items():
        if tables[name].version != version:
            tables[name].checkout(version)
            tables[name].restore()


def _import_lancedb() -> Any:  # noqa: ANN401 - a module
    try:
        import lancedb
    except ImportError as error:
        raise ArchiveError(
            f"LanceDB cannot be imported: {error}.",
            allowed="Archives need the package lancedb.",
            remedy="Install it: pip install -r requirements.txt.",
        ) from error
    return lancedb
