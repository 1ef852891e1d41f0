"""Download of model files.

Conventions
-----------
A download is written to ``<file name>.part`` beside its final name and renamed only after its
SHA-256 was verified: a file under the final name is complete. The partial file of an interrupted
download is kept, and the next attempt, from any address, requests the missing range. If the digest
of the completed file is wrong, the file is requested once more from its beginning.

A gzipped tar is unpacked while it is received, and only the one file is stored. The archive is
untrusted: names, links and sizes in it are compared and never acted on, and it is read no further
than the file can extend.

One process downloads at a time, and the others wait for its file (a lock file beside it, which the
operating system releases even if its owner is killed).
"""

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
    PARTIAL_SUFFIX,
    Archived,
    CatalogEntry,
    cache_folder,
    find_model,
    model_folders,
    sha256_of,
    weights_folder,
)

if TYPE_CHECKING:
    from requests import Response

_BLOCK_BYTES = 1 << 16  # 63 progress steps for YAMNet; a socket seldom returns more at once
_BESIDE_BYTES = 1 << 20  # of an archive besides the file: headers, a note, gzip's overhead
_LOCK_POLL_S = 0.1  # interval at which waiting processes report progress and can be cancelled


@dataclass(frozen=True)
class DownloadLimits:
    """Timeouts of a download.

    Parameters
    ----------
    connect_s : float
        Timeout of a connection, in seconds. The default allows three retransmissions of a lost
        first packet (after 1, 3 and 7 s, RFC 6298).
    read_s : float
        Timeout of a read, in seconds: the longest delay of a cancellation.
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
    def target(self) -> Path:
        return self.folder / self.entry.file_name

    @property
    def part(self) -> Path:
        return self.folder / (self.entry.file_name + PARTIAL_SUFFIX)

    @property
    def searched(self) -> tuple[Path, ...]:
        return tuple(dict.fromkeys((*model_folders(), self.folder)))

    def kept_bytes(self) -> int:
        try:
            return self.part.stat().st_size
        except FileNotFoundError:
            return 0

    def report(self, n_bytes: int) -> None:
        self.progress(min(1.0, n_bytes / self.entry.size_bytes))


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
        Called with the fraction of the file that is stored, in [0, 1], also while another process
        downloads it. The fraction drops if a download restarts. An exception that it raises cancels
        the download; the partial file is kept.
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
            download.report(download.kept_bytes())
    try:
        yield
    finally:
        lock.release()


def _download(download: _Download) -> Path:
    attempts: list[Attempt] = []
    sources: tuple[str | Archived, ...] = (*download.entry.addresses, *download.entry.archives)
    for source in sources:
        try:
            _complete_part(download, source)
        except _AddressFailed as failure:
            address = source.address if isinstance(source, Archived) else source
            attempts.append(Attempt(address, str(failure)))
        else:
            with _storing(download):
                return download.part.replace(download.target)
    raise _unavailable(download, attempts)


def _complete_part(download: _Download, source: str | Archived) -> None:
    """Complete the partial file; restart from its beginning if its digest is wrong."""
    while True:
        offset = download.kept_bytes()
        if offset < download.entry.size_bytes:
            if isinstance(source, Archived):
                offset = _unpack(download, source)
            else:
                offset = _receive(download, source)
        with _storing(download):
            digest = sha256_of(download.part)
            if digest == download.entry.sha256:
                return
            download.part.unlink()
        if offset == 0:
            raise _AddressFailed(f"wrong content (SHA-256 {digest})")
        # The error may be in the bytes of an earlier attempt instead of this address. The next
        # iteration starts at 0, so the loop ends.


def _receive(download: _Download, address: str) -> int:
    """Append the bytes of an address to the partial file; returns the offset where they begin."""
    response, offset = _open(download, address)
    with response:
        _append(
            download, offset, _blocks(response, download.entry.size_bytes - offset, download.limits)
        )
    return offset


def _unpack(download: _Download, archived: Archived) -> int:
    """Append an archive member's missing bytes to the partial file; returns their offset."""
    offset = download.kept_bytes()
    response = _ask(archived.address, 0, download.limits)
    with response:
        if response.status_code != 200:
            raise _AddressFailed(f"HTTP {response.status_code} {response.reason}".rstrip())
        most_bytes = download.entry.size_bytes + _BESIDE_BYTES
        archive = _Archive(_arriving(response, most_bytes, download.limits), most_bytes)
        archive.go_to(archived.member, download.entry.size_bytes)
        archive.skip(offset)
        _append(download, offset, archive.blocks(download.entry.size_bytes - offset))
    return offset


def _append(download: _Download, offset: int, blocks: Iterator[bytes]) -> None:
    """Write blocks after the first `offset` bytes of the partial file."""
    if offset == 0:
        with _storing(download):
            download.part.write_bytes(b"")
    n_bytes = offset
    download.report(n_bytes)
    for block in blocks:
        # Opened for each block, so that a failing write is not deferred to `close`.
        with _storing(download), download.part.open("ab") as file:
            file.write(block)
        n_bytes += len(block)
        download.report(n_bytes)


class _Archive:
    """A gzipped tar that is unpacked while it is received.

    Only the headers of 512 bytes are interpreted; extended headers are skipped like any member, so
    they cannot redirect anything.
    """

    def __init__(self, packed: Iterator[bytes], most_bytes: int) -> None:
        self._packed = packed
        self._gzip = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)  # 16: gzip format
        self._left_bytes = most_bytes  # that may still be unpacked

    def go_to(self, member: str, size_bytes: int) -> None:
        """Skip to the content of a member."""
        while True:
            header = b"".join(self.blocks(tarfile.BLOCKSIZE))
            if not header.strip(b"\0"):
                raise _AddressFailed(f"the archive holds no {member}")
            try:
                info = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
            except (tarfile.HeaderError, ValueError) as error:
                raise _AddressFailed(f"no archive, or a damaged one ({error})") from error
            if info.name.removeprefix("./") == member:
                break
            # A negative size would seek backwards; links and folders have no content.
            self.skip(-(-max(0, info.size) // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE)
        if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
            raise _AddressFailed(f"{member} in the archive is no ordinary file")
        if info.size != size_bytes:
            raise _AddressFailed(
                f"{member} in the archive has {info.size} bytes instead of {size_bytes}"
            )

    def skip(self, n_bytes: int) -> None:
        """Skip `n_bytes` bytes."""
        for _ in self.blocks(n_bytes):
            pass

    def blocks(self, n_bytes: int) -> Iterator[bytes]:
        """Yield the next `n_bytes` bytes, in blocks of bounded size."""
        missing_bytes = n_bytes
        while missing_bytes:
            if missing_bytes > self._left_bytes:
                raise _AddressFailed("the archive is larger than it may be")
            block = self._some(min(missing_bytes, _BLOCK_BYTES))
            missing_bytes -= len(block)
            self._left_bytes -= len(block)
            yield block

    def _some(self, most_bytes: int) -> bytes:
        while not self._gzip.eof:
            packed = self._gzip.unconsumed_tail or next(self._packed, b"")
            try:
                block = self._gzip.decompress(packed, most_bytes)
            except zlib.error as error:
                raise _AddressFailed(f"no gzipped archive, or a damaged one ({error})") from error
            if block:
                return block
            if not packed:
                break
        raise _AddressFailed("the archive broke off")


def _open(download: _Download, address: str) -> tuple["Response", int]:
    """Request the missing range; returns the response and the offset where it begins."""
    size_bytes, offset = download.entry.size_bytes, download.kept_bytes()
    response = _ask(address, offset, download.limits)
    continued = f"bytes {offset}-{size_bytes - 1}/{size_bytes}"
    if offset and response.headers.get("Content-Range") != continued:
        offset = 0
        if response.status_code in (206, 416):  # another range, or none: request the whole
            response.close()
            response = _ask(address, offset, download.limits)
    try:
        _check_answer(response, offset, size_bytes)
    except _AddressFailed:
        response.close()
        raise
    return response, offset


def _ask(address: str, offset: int, limits: DownloadLimits) -> "Response":
    import requests

    headers = {"Accept-Encoding": "identity"}  # lengths and ranges refer to the uncompressed file
    if offset:
        headers["Range"] = f"bytes={offset}-"
    with _network(limits):
        return requests.get(
            address, headers=headers, stream=True, timeout=(limits.connect_s, limits.read_s)
        )


def _check_answer(response: "Response", offset: int, size_bytes: int) -> None:
    """Reject a response that cannot be the file, before any of it is stored."""
    if response.status_code != (206 if offset else 200):
        raise _AddressFailed(f"HTTP {response.status_code} {response.reason}".rstrip())
    announced = response.headers.get("Content-Length")
    if announced is not None and announced != str(size_bytes - offset):
        raise _AddressFailed(f"announced {announced} bytes instead of {size_bytes - offset}")


def _blocks(response: "Response", n_bytes: int, limits: DownloadLimits) -> Iterator[bytes]:
    """Yield the next `n_bytes` bytes as they arrive, and no more."""
    missing_bytes = n_bytes
    for block in _arriving(response, n_bytes, limits):
        missing_bytes -= len(block)
        yield block
    if missing_bytes:
        raise _AddressFailed(f"broke off, {missing_bytes} bytes were missing")


def _arriving(response: "Response", most_bytes: int, limits: DownloadLimits) -> Iterator[bytes]:
    """Yield blocks as they arrive, up to the end of the response or `most_bytes`."""
    began_s, recent_bytes = time.monotonic(), 0
    while most_bytes:
        block = _read_some(response, min(_BLOCK_BYTES, most_bytes), limits)
        if not block:
            return
        most_bytes -= len(block)
        recent_bytes += len(block)
        yield block
        if time.monotonic() - began_s > limits.stall_s:
            if recent_bytes < limits.stall_bytes:
                raise _AddressFailed(f"too slow, {recent_bytes} bytes in {limits.stall_s:g} s")
            began_s, recent_bytes = time.monotonic(), 0


def _read_some(response: "Response", n_bytes: int, limits: DownloadLimits) -> bytes:
    """Read the available bytes, at most `n_bytes`; empty at the end, even a premature one."""
    from urllib3.exceptions import ProtocolError

    with _network(limits):
        try:
            # Unlike `iter_content`, `read1` does not wait for all of the bytes.
            block: bytes = response.raw.read1(n_bytes)
        except ProtocolError:  # a premature end of a response with Content-Length
            return b""
    return block


@contextmanager
def _network(limits: DownloadLimits) -> Iterator[None]:
    """Convert network errors to `_AddressFailed` with a short reason."""
    import requests
    import urllib3

    try:
        yield
    except requests.ConnectTimeout as error:
        raise _AddressFailed(f"no connection within {limits.connect_s:g} s") from error
    except (requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError) as error:
        raise _AddressFailed(f"timed out, nothing came for {limits.read_s:g} s") from error
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise _AddressFailed(_innermost_reason(error)) from error


def _innermost_reason(error: BaseException) -> str:
    """Find the operating system's message in a chain of library exceptions."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, OSError) and inner.strerror:
            return inner.strerror
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
        f"{entry.title} lies in none of these folders: {folders};"
        f" and no address gave it: {tried or 'none is known'}.",
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
