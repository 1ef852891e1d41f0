"""Fetching a model's file when it is not here.

Conventions
-----------
A download grows in ``<file name>.part`` beside its final name and is renamed only after its
SHA-256 was checked: whatever lies under the final name is whole. What a broken download left is
kept, and the next try, from whichever address, asks for the rest of it alone. The digest decides
in the end whether the pieces belong together; if they do not, the file is asked for once more
from its beginning.

Where a file comes inside a gzipped tar, the tar is unpacked as it arrives, and nothing of it is
stored but the one file. Such an archive may be anything: what it says of names, links and sizes is
compared and never acted on, and it is read no further than the file can be.

One process downloads at a time, the others wait for its file (a lock file beside it, which the
operating system releases even when its owner is killed).
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

_BLOCK_BYTES = 1 << 16  # 63 steps of progress for YAMNet; a socket seldom gives more at once
_BESIDE_BYTES = 1 << 20  # of an archive that are not the file: headers, a note, gzip's own overhead
_LOCK_POLL_S = 0.1  # how often those who wait report progress, and so can be cancelled


@dataclass(frozen=True)
class DownloadLimits:
    """How long a download waits.

    Parameters
    ----------
    connect_s : float
        For a connection, in seconds. The default lets a lost first packet be sent again three
        times (after 1, 3 and 7 s, RFC 6298).
    read_s : float
        For the next bytes, in seconds. A cancellation is noticed this late at worst.
    stall_s, stall_bytes : float, int
        In each `stall_s` seconds at least `stall_bytes` must arrive, or else a server that sends
        a byte now and then would hold everybody up for ever. At the default, 2.2 kB/s, YAMNet's
        file takes half an hour, which is as long as anybody could want to wait.
    """

    connect_s: float = 10.0
    read_s: float = 15.0
    stall_s: float = 30.0
    stall_bytes: int = 1 << 16


@dataclass(frozen=True)
class Attempt:
    """One address that was tried, and what failed there.

    Parameters
    ----------
    address : str
        The address.
    failure : str
        What failed, in a few words without a full stop.
    """

    address: str
    failure: str


class ModelUnavailable(ModelError):  # noqa: N818 - a state of affairs, like its siblings
    """A model that lies in no folder and came from no address.

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
        """Pickle with the attempts, which the base class does not know."""
        rebuild = partial(
            type(self), allowed=self.allowed, remedy=self.remedy, attempts=self.attempts
        )
        return rebuild, (self.arrived,)


class _AddressFailed(Exception):  # noqa: N818 - never leaves this module
    """An address did not give the file; its message becomes `Attempt.failure`."""


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
    """Find a model's file, or else fetch it.

    Parameters, returned value and errors are those of `fetch_model`. A file that is found costs
    no access to the network, and nothing is written.
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
    """Download a model's file, unless it is found once nobody else is downloading it.

    Parameters
    ----------
    entry : CatalogEntry
        The model.
    progress : callable, optional
        Called with the share of the file that is here, in [0, 1], also while another process
        downloads it. The share falls when a download has to begin anew. What the callable raises
        ends the download; what had arrived by then is kept for the next one.
    folder : Path, optional
        Where to store the file. Default: the user's cache. A file of the entry's name there
        is replaced.
    limits : DownloadLimits, optional
        How long to wait.

    Returns
    -------
    Path
        The file, its size and SHA-256 as the entry says.

    Raises
    ------
    ModelUnavailable
        If no address gave the file.
    ModelError
        If it cannot be stored: the folder is not writable, the disk is full.
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
    """Wait until nobody else downloads into the same folder, and keep others waiting."""
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
    """Fill the partial file up to what it should be, if need be from its beginning."""
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
        # What was kept from an earlier try may have been wrong, not this address: once more, and
        # from the beginning, so that this loop ends.


def _receive(download: _Download, address: str) -> int:
    """Append to the partial file what an address gives; return at which byte that began."""
    response, offset = _open(download, address)
    with response:
        _append(
            download, offset, _blocks(response, download.entry.size_bytes - offset, download.limits)
        )
    return offset


def _unpack(download: _Download, archived: Archived) -> int:
    """Append to the partial file what an archive holds of it beyond; return where that began."""
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
    """Write blocks behind the first `offset` bytes of the partial file."""
    if offset == 0:
        with _storing(download):
            download.part.write_bytes(b"")
    n_bytes = offset
    download.report(n_bytes)
    for block in blocks:
        # Opened for each block, so that no failing write is left to a later close.
        with _storing(download), download.part.open("ab") as file:
            file.write(block)
        n_bytes += len(block)
        download.report(n_bytes)


class _Archive:
    """A gzipped tar, unpacked as it arrives.

    Only the headers' own 512 bytes are looked at, one after another; extensions to them are
    passed over like any member, so there is nothing to be led astray by.
    """

    def __init__(self, packed: Iterator[bytes], most_bytes: int) -> None:
        self._packed = packed
        self._gzip = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)  # 16: in gzip's wrapping
        self._left_bytes = most_bytes  # that may still be unpacked

    def go_to(self, member: str, size_bytes: int) -> None:
        """Pass over everything up to a member's content."""
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
            # A size below zero would lead backwards; links and folders have no content.
            self.skip(-(-max(0, info.size) // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE)
        if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
            raise _AddressFailed(f"{member} in the archive is no ordinary file")
        if info.size != size_bytes:
            raise _AddressFailed(
                f"{member} in the archive has {info.size} bytes instead of {size_bytes}"
            )

    def skip(self, n_bytes: int) -> None:
        """Pass over `n_bytes` bytes."""
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
    """Ask for what is missing; return the answer and the byte at which it begins."""
    size_bytes, offset = download.entry.size_bytes, download.kept_bytes()
    response = _ask(address, offset, download.limits)
    continued = f"bytes {offset}-{size_bytes - 1}/{size_bytes}"
    if offset and response.headers.get("Content-Range") != continued:
        offset = 0
        if response.status_code in (206, 416):  # another range, or none such: the whole, then
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

    headers = {"Accept-Encoding": "identity"}  # so that lengths and ranges are those of the file
    if offset:
        headers["Range"] = f"bytes={offset}-"
    with _network(limits):
        return requests.get(
            address, headers=headers, stream=True, timeout=(limits.connect_s, limits.read_s)
        )


def _check_answer(response: "Response", offset: int, size_bytes: int) -> None:
    """Refuse an answer that cannot be the file before any of it is stored."""
    if response.status_code != (206 if offset else 200):
        raise _AddressFailed(f"HTTP {response.status_code} {response.reason}".rstrip())
    announced = response.headers.get("Content-Length")
    if announced is not None and announced != str(size_bytes - offset):
        raise _AddressFailed(f"announced {announced} bytes instead of {size_bytes - offset}")


def _blocks(response: "Response", n_bytes: int, limits: DownloadLimits) -> Iterator[bytes]:
    """Yield `n_bytes` bytes as they arrive, and none that may follow."""
    missing_bytes = n_bytes
    for block in _arriving(response, n_bytes, limits):
        missing_bytes -= len(block)
        yield block
    if missing_bytes:
        raise _AddressFailed(f"broke off, {missing_bytes} bytes were missing")


def _arriving(response: "Response", most_bytes: int, limits: DownloadLimits) -> Iterator[bytes]:
    """Yield what arrives up to its end, be it early or not, and at most `most_bytes`."""
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
    """Read what is there, at most `n_bytes`; nothing at the end, be it early or not."""
    from urllib3.exceptions import ProtocolError

    with _network(limits):
        try:
            # Unlike `iter_content`, `read1` does not wait until all the bytes are there.
            block: bytes = response.raw.read1(n_bytes)
        except ProtocolError:  # how an early end shows itself where a length was announced
            return b""
    return block


@contextmanager
def _network(limits: DownloadLimits) -> Iterator[None]:
    """Say in a few words what failed on the way to an address."""
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
    """Find the operating system's words for an error, around which libraries wrap their own."""
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
