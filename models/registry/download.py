"""Download of model files.

Conventions
-----------
A file is received in memory; pooch verifies its SHA-256 and only then gives it its name: a file
under the final name is complete. A broken download starts again from its beginning.

pooch bounds neither the size nor the duration of a download, and waits for whole blocks, so
`_receive` takes its place. Its unpacking trusts an archive; `_unpack` compares the names, links and
sizes in it, and never acts on them.

One process downloads at a time, and the others wait for its file (a lock file beside it, which the
operating system releases even if its owner is killed).
"""

import hashlib
import http.client
import io
import tarfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import ModelError
from models.registry.catalog import (
    FOLDERS_VARIABLE,
    Archived,
    CatalogEntry,
    cache_folder,
    find_model,
    model_folders,
    weights_folder,
)

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer
    from requests import Response

_READ_BYTES = 1 << 16  # at most, of one read
_REPORT_BYTES = 1 << 12  # between two reports of progress: 2 s at the slowest speed
_BESIDE_BYTES = 1 << 20  # of an archive besides the file: headers, a note, gzip's overhead
_LOCK_POLL_S = 0.1  # interval at which waiting processes can be cancelled


@dataclass(frozen=True)
class DownloadLimits:
    """Timeouts of a download.

    Parameters
    ----------
    connect_s : float
        Timeout of a connection, in seconds. The default allows three retransmissions of a lost
        first packet (after 1, 3 and 7 s, RFC 6298).
    read_s : float
        Timeout of a read, in seconds.
    stall_s, stall_bytes : float, int
        At least `stall_bytes` have to arrive in each `stall_s` seconds, which rejects a server that
        sends single bytes. At the default, 2.2 kB/s, YAMNet's file takes half an hour, the longest
        acceptable time.
    """

    connect_s: float = 10.0
    read_s: float = 15.0
    stall_s: float = 30.0
    stall_bytes: int = 1 << 16


@dataclass(frozen=True)
class Attempt:
    """An address that was tried, and the reason of its failure.

    Parameters
    ----------
    address : str
        URL.
    failure : str
        Reason, in a few words without a full stop.
    """

    address: str
    failure: str


class ModelUnavailable(ModelError):  # noqa: N818 - a state of affairs, like its siblings
    """A model that is in no folder and could not be downloaded.

    Parameters
    ----------
    arrived, allowed, remedy : str
        See `models.errors.EarmarkError`.
    attempts : tuple of Attempt
        The addresses that were tried, in order.
    """

    def __init__(
        self, arrived: str, *, allowed: str, remedy: str, attempts: tuple[Attempt, ...]
    ) -> None:
        super().__init__(arrived, allowed=allowed, remedy=remedy)
        self.attempts = attempts

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle with the attempts, which the base class does not store."""
        rebuild = partial(
            type(self), allowed=self.allowed, remedy=self.remedy, attempts=self.attempts
        )
        return rebuild, (self.arrived,)


class _AddressFailed(Exception):  # noqa: N818 - never leaves this module
    """An address did not provide the file; the message becomes `Attempt.failure`."""


@dataclass(frozen=True)
class _Download:
    entry: CatalogEntry
    folder: Path
    limits: DownloadLimits
    progress: Callable[[float], None]

    @property
    def searched(self) -> tuple[Path, ...]:
        return tuple(dict.fromkeys((*model_folders(), self.folder)))


def obtain_model(
    entry: CatalogEntry,
    *,
    progress: Callable[[float], None] | None = None,
    folder: Path | None = None,
    limits: DownloadLimits | None = None,
) -> Path:
    """Find a model's file, or else download it.

    Parameters, returned value and errors are those of `fetch_model`. If the file is found, the
    network is not accessed and nothing is written.
    """
    found = find_model(entry)
    if found is not None:
        return found
    return fetch_model(entry, progress=progress, folder=folder, limits=limits)


def fetch_model(
    entry: CatalogEntry,
    *,
    progress: Callable[[float], None] | None = None,
    folder: Path | None = None,
    limits: DownloadLimits | None = None,
) -> Path:
    """Download a model's file, unless another process has downloaded it meanwhile.

    Parameters
    ----------
    entry : CatalogEntry
        The model.
    progress : callable, optional
        Called with the fraction of the file that has arrived, in [0, 1], and with 0 while another
        process downloads it. The fraction drops if another address is tried. An exception that it
        raises cancels the download.
    folder : Path, optional
        Folder for the file; the user's cache by default. An existing file of the entry's name is
        replaced.
    limits : DownloadLimits, optional
        Timeouts.

    Returns
    -------
    Path
        The file, with the size and SHA-256 of the entry.

    Raises
    ------
    ModelUnavailable
        If no address provided the file.
    ModelError
        If the file cannot be stored: the folder is not writable, or the disk is full.
    """
    download = _Download(
        entry,
        folder=cache_folder() if folder is None else folder,
        limits=DownloadLimits() if limits is None else limits,
        progress=(lambda _fraction: None) if progress is None else progress,
    )
    with _alone(download):
        path = find_model(entry, folders=download.searched)
        if path is None:
            path = _download(download)
    download.progress(1.0)
    return path


@contextmanager
def _alone(download: _Download) -> Iterator[None]:
    """Hold the lock of this download; wait while another process has it."""
    from filelock import FileLock, Timeout

    lock = FileLock(download.folder / (download.entry.file_name + ".lock"))
    with _storing(download):
        download.folder.mkdir(parents=True, exist_ok=True)
    while not lock.is_locked:
        with _storing(download), suppress(Timeout):
            lock.acquire(timeout=_LOCK_POLL_S)
        if not lock.is_locked:
            download.progress(0.0)
    try:
        yield
    finally:
        lock.release()


def _download(download: _Download) -> Path:
    attempts: list[Attempt] = []
    sources: tuple[str | Archived, ...] = (*download.entry.addresses, *download.entry.archives)
    for source in sources:
        address = source.address if isinstance(source, Archived) else source
        try:
            return _store(download, address, _content(download, source))
        except _AddressFailed as failure:
            attempts.append(Attempt(address, str(failure)))
    raise _unavailable(download, attempts)


def _content(download: _Download, source: str | Archived) -> bytes:
    """Receive the content of a model's file: the bytes of an address, or a member of an archive."""
    size_bytes = download.entry.size_bytes
    if isinstance(source, Archived):
        packed = _receive(download, source.address, size_bytes + _BESIDE_BYTES)
        return _unpack(packed, source.member, size_bytes)
    content = _receive(download, source, size_bytes, announced_bytes=size_bytes)
    if len(content) < size_bytes:
        raise _AddressFailed(_broke_off(size_bytes - len(content)))
    return content


def _store(download: _Download, address: str, content: bytes) -> Path:
    """Verify the content, and write it under the model's name."""
    import pooch

    def write(_address: str, path: str, _pooch: object) -> None:
        Path(path).write_bytes(content)

    pooch.get_logger().setLevel("WARNING")  # it prints each download
    known_hash = f"sha256:{download.entry.sha256}"
    with _storing(download):
        try:
            return Path(
                pooch.retrieve(
                    address, known_hash, download.entry.file_name, download.folder, downloader=write
                )
            )
        except ValueError as error:
            digest = hashlib.sha256(content).hexdigest()
            raise _AddressFailed(f"wrong content (SHA-256 {digest})") from error


class _Receiver(io.BytesIO):
    """Content of a response, bounded in size and duration."""

    def __init__(self, download: _Download, most_bytes: int) -> None:
        super().__init__()
        self._download = download
        self._most_bytes = most_bytes
        self._reported_bytes = 0
        self._began_s, self._began_bytes = time.monotonic(), 0
        download.progress(0.0)

    def write(self, block: "ReadableBuffer") -> int:
        """Append what has come.

        Raises
        ------
        _AddressFailed
            If it is more than there should be, or too little has come lately.
        """
        n_written = super().write(block)
        n_bytes, limits = self.tell(), self._download.limits
        if n_bytes > self._most_bytes:
            raise _AddressFailed(f"sent more than {self._most_bytes} bytes")
        if n_bytes - self._reported_bytes >= _REPORT_BYTES:
            self._reported_bytes = n_bytes
            self._download.progress(min(1.0, n_bytes / self._download.entry.size_bytes))
        elapsed_s = time.monotonic() - self._began_s
        if elapsed_s > limits.stall_s:
            recent_bytes = n_bytes - self._began_bytes
            if recent_bytes < limits.stall_bytes:
                raise _AddressFailed(f"too slow, {recent_bytes} bytes in {elapsed_s:.0f} s")
            self._began_s, self._began_bytes = time.monotonic(), n_bytes
        return n_written


def _receive(
    download: _Download, address: str, most_bytes: int, announced_bytes: int | None = None
) -> bytes:
    """Receive a file in memory: no model of the catalog has more than 16 MB.

    It reads what has come, however little, so that a server that sends single bytes is found to be
    slow in time.
    """
    import requests
    from urllib3.exceptions import HTTPError

    def check(response: "Response", **_options: object) -> None:
        announced = response.headers.get("Content-Length")
        if not response.ok or response.is_redirect or announced is None:
            return
        if not (announced.isascii() and announced.isdigit()):
            response.close()
            raise _AddressFailed(f"announced a length of {announced[:40]!r}")
        if announced_bytes is not None and announced != str(announced_bytes):
            response.close()
            raise _AddressFailed(f"announced {announced} bytes instead of {announced_bytes}")

    limits, receiver = download.limits, _Receiver(download, most_bytes)
    try:
        with requests.get(
            address,
            timeout=(limits.connect_s, limits.read_s),
            headers={"Accept-Encoding": "identity"},  # lengths are those of the uncompressed file
            hooks={"response": check},
            stream=True,
        ) as response:
            response.raise_for_status()
            while block := response.raw.read1(_READ_BYTES):
                receiver.write(block)
    except (requests.RequestException, HTTPError) as error:  # of the request, and of a read
        raise _AddressFailed(_reason(error, limits)) from error
    return receiver.getvalue()


def _unpack(packed: bytes, member: str, size_bytes: int) -> bytes:
    """Return the content of a file in a gzipped tar.

    Only the headers of 512 bytes are interpreted; extended headers are skipped like any member, so
    they cannot redirect anything. `tarfile.open` follows them, recursively.
    """
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)  # 16: gzip format
    try:
        unpacked = unpacker.decompress(packed, size_bytes + _BESIDE_BYTES)
    except zlib.error as error:
        raise _AddressFailed(f"no gzipped archive, or a damaged one ({error})") from error
    start = 0
    while True:
        info = _member_header(unpacked[start : start + tarfile.BLOCKSIZE], member)
        start += tarfile.BLOCKSIZE
        if info.name.removeprefix("./") == member:
            break
        # A negative size would seek backwards; links and folders have no content.
        start += -(-max(0, info.size) // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
        if start + tarfile.BLOCKSIZE > size_bytes + _BESIDE_BYTES:
            raise _AddressFailed("the archive is larger than it may be")
    if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
        raise _AddressFailed(f"{member} in the archive is no ordinary file")
    if info.size != size_bytes:
        raise _AddressFailed(
            f"{member} in the archive has {info.size} bytes instead of {size_bytes}"
        )
    content = unpacked[start : start + size_bytes]
    if len(content) < size_bytes:
        raise _AddressFailed("the archive broke off")
    return content


def _member_header(header: bytes, member: str) -> tarfile.TarInfo:
    if len(header) < tarfile.BLOCKSIZE:
        raise _AddressFailed("the archive broke off")
    if not header.strip(b"\0"):
        raise _AddressFailed(f"the archive holds no {member}")
    try:
        return tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError) as error:
        raise _AddressFailed(f"no archive, or a damaged one ({error})") from error


def _broke_off(missing_bytes: int) -> str:
    return f"broke off, {missing_bytes} bytes were missing"


def _reason(error: Exception, limits: DownloadLimits) -> str:
    """Return why a request failed, from the whole chain of the libraries' exceptions."""
    import requests

    if isinstance(error, requests.ConnectTimeout):
        return f"no connection within {limits.connect_s:g} s"
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"HTTP {error.response.status_code} {error.response.reason}".rstrip()
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, http.client.IncompleteRead) and inner.expected is not None:
            return _broke_off(inner.expected)
        if isinstance(inner, OSError) and inner.strerror:
            return inner.strerror
        if isinstance(inner, TimeoutError):
            return f"timed out, nothing came for {limits.read_s:g} s"
        inner = inner.__cause__ or inner.__context__
    return str(error).rstrip(".")


@contextmanager
def _storing(download: _Download) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ModelError(
            f"{download.entry.title} cannot be stored in {download.folder}:"
            f" {error.strerror or error}.",
            allowed=f"A folder that can be written to, with {download.entry.size_bytes:,} bytes"
            " free, is needed.",
            remedy=f"Make room there or allow writing, then retry; or {_by_hand(download.entry)}.",
        ) from error


def _unavailable(download: _Download, attempts: Sequence[Attempt]) -> ModelUnavailable:
    entry = download.entry
    folders = ", ".join(str(folder) for folder in download.searched)
    tried = "; ".join(f"{attempt.address} ({attempt.failure})" for attempt in attempts)
    return ModelUnavailable(
        f"{entry.title} is in none of these folders: {folders};"
        f" and it could not be downloaded: {tried or 'no address is known'}.",
        allowed=f"A file of {entry.size_bytes:,} bytes with the SHA-256 {entry.sha256} is needed,"
        " under any name.",
        remedy=f"Retry when the network is back, or {_by_hand(entry)}, then retry.",
        attempts=tuple(attempts),
    )


def _by_hand(entry: CatalogEntry) -> str:
    source = f" from {entry.addresses[0]}" if entry.addresses else ""
    return (
        f"download the file by hand{source} and put it into {weights_folder()}"
        f" or into a folder named in {FOLDERS_VARIABLE}"
    )
