"""Exported files of a workspace: written by queued background jobs, within a size limit."""

import hashlib
import io
import secrets
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from components.workspace.room import Reservation
from models.errors import Cancelled, SettingError
from models.jobs.fair_queue import FairQueue
from models.jobs.job import Job

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

TOKEN_BYTES = 16
"""Number of random bytes in the address of a file, in addition to those of the workspace."""

MAX_FILES = 3
"""Number of files kept, so that an interrupted download can be resumed after the next one began."""

Progress = Callable[[float], None]
"""Takes a fraction in [0, 1]; raises `Cancelled` if the file is no longer needed."""

Write = Callable[[BinaryIO, Progress], None]
"""Writes the contents to a binary file, in pieces, and reports its progress."""


@dataclass(frozen=True)
class ExportFile:
    """A finished exported file.

    Parameters
    ----------
    path : Path
        Path on the server.
    name : str
        File name for the browser.
    mime_type : str
        Media type, such as ``application/zip``.
    token : str
        Last part of its address.
    size_bytes : int
        Size of the file, in bytes.
    digest : str
        SHA-256 of its contents, in hexadecimal.
    """

    path: Path
    name: str
    mime_type: str
    token: str
    size_bytes: int
    digest: str


class Exports:
    """Exported files of a workspace, and the jobs that write them. Thread-safe.

    Attributes
    ----------
    jobs : dict of str to Job
        The latest job of each place on the pages, from any tab.

    Parameters
    ----------
    fair_queue : FairQueue
        The fair queue of long work.
    max_bytes : int
        Maximum size of a file, and of all finished files together, in bytes.
    reservation : callable
        Returns a context manager with a reservation, which grows with the file being written.
    """

    def __init__(
        self,
        fair_queue: FairQueue,
        max_bytes: int,
        reservation: Callable[[], AbstractContextManager[Reservation]],
    ) -> None:
        self._lock = threading.Lock()
        self._fair_queue, self._max_bytes, self._reservation = fair_queue, max_bytes, reservation
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._files: dict[str, ExportFile] = {}
        self.jobs: dict[str, Job[ExportFile]] = {}
        self._closed = False

    @property
    def n_bytes(self) -> int:
        """Size of all finished files together, in bytes."""
        with self._lock:
            return sum(file.size_bytes for file in self._files.values())

    def start(self, name: str, mime_type: str, write: Write) -> Job[ExportFile]:
        """Return a job that writes a file; it starts when it is first waited for.

        Parameters
        ----------
        name : str
            File name for the browser.
        mime_type : str
            Media type, such as ``application/zip``.
        write : callable
            Writes the contents.
        """
        return Job(
            lambda progress: self._write(name, mime_type, write, progress),
            name="export",
            fair_queue=self._fair_queue,
        )

    def find(self, token: str) -> ExportFile | None:
        """Find a finished file by its token, the last part of its address."""
        with self._lock:
            return self._files.get(token)

    def evict_oldest(self) -> bool:
        """Remove the oldest file; return whether there was one."""
        with self._lock:
            if not self._files:
                return False
            self._files.pop(next(iter(self._files))).path.unlink(missing_ok=True)
            return True

    def close(self) -> None:
        """Remove all files and cancel running and queued jobs; no further file can be written."""
        with self._lock:
            self._closed = True
            self._files, folder, self._folder = {}, self._folder, None
            self.jobs = {}
        if folder is not None:
            folder.cleanup()

    def _write(self, name: str, mime_type: str, write: Write, progress: Progress) -> ExportFile:
        token, folder = secrets.token_hex(TOKEN_BYTES), self._open_folder()
        path = Path(folder.name) / token
        with self._reservation() as reservation, self._removing(path, folder):
            with io.BufferedWriter(_BoundedFile(path, name, self._max_bytes, reservation)) as file:
                write(file, self._checking(progress))
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            written = ExportFile(path, name, mime_type, token, path.stat().st_size, digest)
            with self._lock:
                if self._folder is not folder:
                    raise Cancelled
                self._files[token] = written
                self._evict()
        return written

    @contextmanager
    def _removing(self, path: Path, folder: object) -> Iterator[None]:
        """Remove the file if the context raises."""
        try:
            yield
        except BaseException as error:
            path.unlink(missing_ok=True)
            if isinstance(error, OSError) and self._folder is not folder:
                raise Cancelled from error  # the workspace was emptied meanwhile
            raise

    def _checking(self, progress: Progress) -> Progress:
        """Wrap `progress` so that it raises `Cancelled` once the workspace is closed."""

        def checked(fraction: float) -> None:
            if self._closed:
                raise Cancelled
            progress(fraction)

        return checked

    def _evict(self) -> None:
        """Evict the oldest files until the rest is within the limits; the newest stays."""
        for oldest in list(self._files)[:-1]:
            held = sum(file.size_bytes for file in self._files.values())
            if held <= self._max_bytes and len(self._files) <= MAX_FILES:
                return
            self._files.pop(oldest).path.unlink(missing_ok=True)

    def _open_folder(self) -> "tempfile.TemporaryDirectory[str]":
        with self._lock:
            if self._closed:
                raise Cancelled
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(
                    prefix="earmark-export-", ignore_cleanup_errors=True
                )
            return self._folder


class _BoundedFile(io.FileIO):
    """A new file of limited size that reserves memory as it grows."""

    def __init__(self, path: Path, name: str, max_bytes: int, reservation: Reservation) -> None:
        super().__init__(path, "wb")
        self._name, self._max_bytes, self._reservation = name, max_bytes, reservation
        self._n_bytes = 0

    def write(self, data: "Buffer", /) -> int:
        """Write `data`; raise `SettingError` if the file would exceed the limit."""
        self._n_bytes += memoryview(data).nbytes
        if self._n_bytes > self._max_bytes:
            raise SettingError(
                f"{self._name} becomes larger than a file may be here.",
                allowed="How large an export may be is the operator's setting max_export_mb.",
                remedy="Choose a longer hop, show fewer classes, export a format with events "
                "alone, or save a session without its sounds.",
            )
        self._reservation.grow_in_steps_to(self._n_bytes)
        return super().write(data) or 0
