"""Limits on the size of uploads that Streamlit holds or receives: in total and per address.

Streamlit accepts a file from any open tab, under any identifier (`PUT
/_stcore/upload_file/{session}/{file}`), and keeps it in memory until the page removes it, the
browser deletes it or the session ends. Streamlit itself limits only the size of each file.
"""

import asyncio
import contextlib
import logging
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from typing import TYPE_CHECKING

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime

from components.protocol.networks import is_loopback
from components.server.late_imports import LATE_IMPORTS
from components.server.scopes import client_network
from components.server.workspace_lookup import find_limits, find_room

if TYPE_CHECKING:
    from components.workspace.limits import Limits
    from components.workspace.room import Room

MB = 1_000_000

LEAST_BYTES = 100_000
"""Minimum size that an upload counts as, in bytes; it bounds the number of tiny files."""

SHARE = 2
"""Largest ratio of an address's uploads to what stays free, as in `components.workspace.room`."""

GONE_S = 60.0
"""Time after which files of a session that Streamlit has dropped are removed, in seconds."""

STEP_BYTES = 1_000_000
"""Step in which an upload is counted as it comes, in bytes."""

RETRY_AFTER_S = 120
"""Value of ``Retry-After``, in seconds; covers `server.disconnectedSessionTTL`, 45 s, and
`GONE_S`."""

LOGGED_EVERY_S = 60.0
"""Minimum interval between two logged refusals, in seconds."""

_PATH = re.compile(r"/_stcore/upload_file/([^/]+)/([^/]+)\Z")

_log = logging.getLogger(__name__)


class UploadBoundError(Exception):
    """Raised for an upload that exceeds a limit.

    Parameters
    ----------
    status : int
        HTTP status: 413 if the upload alone is too large, 503 if there is no room now.
    reason : str
        Text shown to the visitor.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class Held:
    """Accounting of uploads by network: bytes being received, and files in Streamlit's memory.

    `update` queries Streamlit for the files that still exist, so no notification is needed when a
    file is read or deleted, or when its session ends. Thread-safe.

    Parameters
    ----------
    clock : callable, optional
        Monotonic clock that returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self.n_bytes = 0  # of all networks
        self._bytes: Counter[str] = Counter()  # by network: files and uploads in progress
        self._files: dict[tuple[str, str], tuple[str, int]] = {}  # session, file: network, size
        self._gone: dict[str, float] = {}  # disconnected sessions: since when

    def count(self) -> int:
        """Return `n_bytes`."""
        return self.n_bytes

    def held_by(self, network: Hashable) -> int:
        """Return the bytes of a network."""
        return self._bytes[network] if isinstance(network, str) and network in self._bytes else 0

    def check(self, network: str, whole: int, limits: "Limits") -> None:
        """Raise `UploadBoundError` if an upload of `whole` bytes exceeds a limit on uploads now."""
        try:
            with self._lock:
                self._check(network, whole, whole, limits)
        except UploadBoundError:
            self.update()
            with self._lock:
                self._check(network, whole, whole, limits)

    def reserve(
        self, network: str, more: int, whole: int, limits: "Limits", room: "Room | None" = None
    ) -> None:
        """Reserve `more` bytes of an upload that reaches `whole` bytes with them.

        Parameters
        ----------
        network : str
            Network of the client.
        more, whole : int
            Sizes in bytes.
        limits : Limits
            Limits of the server.
        room : Room, optional
            Memory budget of all visitors, which also has to have room for them.

        Raises
        ------
        UploadBoundError
            If they exceed a limit; then nothing is reserved.
        """
        try:
            self._reserve(network, more, whole, limits, room)
        except UploadBoundError:
            self.update()
            self._reserve(network, more, whole, limits, room)

    def finish(self, network: str, n_bytes: int, session: str, file: str) -> None:
        """Count an upload as no longer in progress, and as a file if Streamlit holds it.

        Parameters
        ----------
        network : str
            Network of the client.
        n_bytes : int
            Bytes reserved for the upload.
        session, file : str
            Identifiers of the Streamlit session and of the file.
        """
        with self._lock:
            self._add(network, -n_bytes)
            self._drop((session, file))  # a file with the same identifier was replaced
            size = _sizes(session, [file]).get(file)
            if size is not None:
                self._files[session, file] = (network, size)
                self._add(network, size)

    def update(self) -> None:
        """Drop files that Streamlit no longer holds, and remove files that it would never free.

        Streamlit never frees an upload that ends after its session (Streamlit 1.67).
        """
        with self._lock:
            self._update()

    def _reserve(
        self, network: str, more: int, whole: int, limits: "Limits", room: "Room | None"
    ) -> None:
        with self._lock:
            self._check(network, more, whole, limits)
        with self._reserving(network, more, room), self._lock:
            self._check(network, more, whole, limits)  # another upload may have come meanwhile
            self._add(network, more)

    @contextlib.contextmanager
    def _reserving(self, network: str, n_bytes: int, room: "Room | None") -> Iterator[None]:
        """Reserve bytes in the memory budget of all visitors within the context."""
        with LATE_IMPORTS:
            from models.errors import EarmarkError  # with all that it brings along

        if room is None:
            yield
            return
        group = None if is_loopback(network) else network
        room.count_also(self.count, self.held_by)
        try:
            room.take(n_bytes, group)
        except EarmarkError as error:
            raise UploadBoundError(503, str(error)) from error
        try:
            yield
        finally:
            room.give_back(n_bytes, group)

    def _update(self) -> None:
        by_session: dict[str, list[str]] = {}
        for session, file in self._files:
            by_session.setdefault(session, []).append(file)
        self._gone = {one: since for one, since in self._gone.items() if one in by_session}
        for session, files in by_session.items():
            if self._is_over(session):
                runtime.get_instance().uploaded_file_mgr.remove_session_files(session)
            for file in set(files) - set(_sizes(session, files)):
                self._drop((session, file))

    def _is_over(self, session: str) -> bool:
        """Whether a session has been disconnected for longer than Streamlit keeps it."""
        if not runtime.exists() or runtime.get_instance().is_active_session(session):
            self._gone.pop(session, None)
            return False
        since = self._gone.setdefault(session, self._clock())
        waits_s = float(st.get_option("server.disconnectedSessionTTL") or 0) + GONE_S
        return self._clock() - since > waits_s

    def _drop(self, key: tuple[str, str]) -> None:
        if key in self._files:
            network, size = self._files.pop(key)
            self._add(network, -size)

    def _add(self, network: str, n_bytes: int) -> None:
        self.n_bytes += n_bytes
        self._bytes[network] += n_bytes
        if not self._bytes[network]:
            del self._bytes[network]

    def _check(self, network: str, more: int, whole: int, limits: "Limits") -> None:
        """Raise an `UploadBoundError` if a limit on uploads is exceeded."""
        least_mb = min(limits.max_uploads_mb, limits.max_uploads_mb_per_address)
        if whole > least_mb * MB:
            raise UploadBoundError(
                413,
                f"This upload is larger than the {least_mb:,} MB that this server allows to the "
                "uploads of one address. Upload a smaller file.",
            )
        if self._bytes[network] + more > limits.max_uploads_mb_per_address * MB:
            raise UploadBoundError(
                503,
                f"With this upload, those of your address take more than the "
                f"{limits.max_uploads_mb_per_address:,} MB that this server allows to one. Upload "
                "fewer files at once, or close other tabs and try again in two minutes.",
            )
        left = limits.max_uploads_mb * MB - self.n_bytes - more
        share = max(LEAST_BYTES, SHARE * left)
        if left >= 0 and not is_loopback(network) and self._bytes[network] + more > share:
            raise UploadBoundError(
                503,
                "With this upload, those of your address take more than its share: twice as much "
                f"as stays free for others, of {limits.max_uploads_mb:,} MB in all. Upload fewer "
                "files at once, or try again in two minutes.",
            )
        if left < 0:
            raise UploadBoundError(
                503,
                f"With this upload, those of all visitors take more than the "
                f"{limits.max_uploads_mb:,} MB that this server allows. Try again in two minutes.",
            )


HELD = Held()
"""Accounting of the uploads of this process."""


class UploadBounds:
    """Middleware that refuses uploads beyond the limits, before the body if it does not fit now.

    Parameters
    ----------
    app : ASGIApp
        The wrapped application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._ending = asyncio.Lock()
        self._logged_at = -LOGGED_EVERY_S

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or connection."""
        is_put = scope["type"] == "http" and scope["method"] == "PUT"
        found = _PATH.search(scope["path"]) if is_put else None
        if found is None:
            await self._app(scope, receive, send)
            return
        upload = _Upload(scope, receive, send, await asyncio.to_thread(find_limits), self._ending)
        try:
            await upload.announce()
            await self._app(scope, upload.receive, upload.send)
        except Exception:
            if upload.refusal is None:
                raise
        finally:
            upload.finish(*found.groups())
        if upload.refusal is not None:
            self._log_refusal()
            await upload.refuse()

    def _log_refusal(self) -> None:
        """Log a refusal, without the address."""
        now = time.monotonic()
        if now - self._logged_at >= LOGGED_EVERY_S:
            self._logged_at = now
            _log.warning("uploads are refused: they exceed max_uploads_mb, in all or of an address")


class _Upload:
    """One upload in progress, counted before it is passed on to Streamlit.

    Streamlit collects an upload in a temporary file, then reads it whole. Both are in memory if
    /tmp is, so the lock `ending` lets one upload at a time do so.
    """

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, limits: "Limits", ending: asyncio.Lock
    ) -> None:
        self.refusal: UploadBoundError | None = None
        self._scope, self._receive, self._send, self._limits = scope, receive, send, limits
        self._network = client_network(scope)
        self._counted = self._received = self._announced = 0
        self._ending, self._is_ending, self._is_answered = ending, False, False

    async def announce(self) -> None:
        """Check the length given by the header ``Content-Length``, and reserve the least size.

        The rest is reserved as it comes: what is announced and not sent takes no room.

        Raises
        ------
        UploadBoundError
            If it exceeds a limit.
        """
        told = Headers(scope=self._scope).get("content-length", "")
        self._announced = int(told) if told.isascii() and told.isdigit() else 0
        n_bytes = max(self._announced, LEAST_BYTES)
        try:
            await asyncio.to_thread(HELD.check, self._network, n_bytes, self._limits)
        except UploadBoundError as refusal:
            self.refusal = refusal
            raise
        await self._count_up_to(LEAST_BYTES)

    async def receive(self) -> Message:
        """Receive the next part of the body; raise `UploadBoundError` if it exceeds a limit."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._received += len(message.get("body", b""))
            if self._received > self._counted:
                step = -(-self._received // STEP_BYTES) * STEP_BYTES
                rest = max(self._announced, LEAST_BYTES, self._received)
                await self._count_up_to(min(step, rest) if self._announced else step)
            if not message.get("more_body", False) and not self._is_ending:
                await self._ending.acquire()
                self._is_ending = True
        return message

    async def send(self, message: Message) -> None:
        """Send the response, unless the upload was refused meanwhile."""
        if self.refusal is None:
            self._is_answered = True
            self._let_others_end()
            await self._send(message)

    def finish(self, session: str, file: str) -> None:
        """Count the upload as no longer in progress."""
        self._let_others_end()
        HELD.finish(self._network, self._counted, session, file)

    async def refuse(self) -> None:
        """Send the reason of the refusal, unless a response has begun."""
        if self.refusal is not None and not self._is_answered:
            headers = {"retry-after": str(RETRY_AFTER_S)} if self.refusal.status == 503 else {}
            headers["cache-control"] = "no-store"
            answer = PlainTextResponse(self.refusal.reason, self.refusal.status, headers)
            await answer(self._scope, self._receive, self._send)

    async def _count_up_to(self, n_bytes: int) -> None:
        more = n_bytes - self._counted
        try:  # in a thread: it may close workspaces
            bounds = self._limits, await asyncio.to_thread(find_room)
            await asyncio.to_thread(HELD.reserve, self._network, more, n_bytes, *bounds)
        except UploadBoundError as refusal:
            self.refusal = refusal
            raise
        self._counted = n_bytes

    def _let_others_end(self) -> None:
        if self._is_ending:
            self._is_ending = False
            self._ending.release()


def _sizes(session: str, files: list[str]) -> dict[str, int]:
    """Return the sizes of a session's files in Streamlit's memory, in bytes, by identifier."""
    if not runtime.exists():
        return {}
    held = runtime.get_instance().uploaded_file_mgr.get_files(session, files)
    return {
        one.file_id: max(len(one.data) + len(one.name) + len(one.type), LEAST_BYTES) for one in held
    }
