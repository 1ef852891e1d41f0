"""Filter for the messages that browsers send to Streamlit: allowed kinds, sizes and rates.

Streamlit acts on every kind of message, including those that its own page offers to developers
only: ``clear_cache`` empties the caches of all visitors, ``install_skills`` writes files beside the
script, ``load_git_info`` and ``set_run_on_save`` read the server's repository and watch its files.
No setting turns them off (``streamlit/runtime/app_session.py``, 1.65 to 1.67), and no upstream
issue asks for one; a setting that the server enforces, similar to `client.toolbarMode`, would
replace this module. Until then it parses the protocol itself. `BackMsg` is not public, so
`check_kinds` refuses to start if the protocol has changed.

Streamlit does not limit the contents of a message of up to 25 MB either: 500,000 empty file names
make it create as many URLs, which blocks the server for 7 s; 1.4 million unknown widgets take a
minute; a text of 20 MB is kept as long as its tab is open.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable

from google.protobuf.message import DecodeError
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from components.protocol.networks import is_loopback
from components.server.scopes import client_network, is_stream
from components.server.websocket_memory import ACCOUNT, Holding

MAX_MESSAGE_BYTES = 4_000_000
"""Maximum size of a message. A recording of 20 s on the page Teach has 2.6 MB."""

MAX_KEPT_BYTES = 500_000
"""Maximum size of a message without trigger values, such as a pressed button or a recording.
Streamlit keeps all other widget values as long as the tab is open. A hundred uploaded files have
50 kB."""

MAX_WIDGETS = 2_000
"""Maximum number of widget values in a message. A page with a hundred clips has a few hundred."""

MAX_FILES = 1_000
"""Maximum number of file URLs requested by one message: the upper bound of `Limits.max_clips`."""

MAX_OBJECTS = 1_500
"""Maximum number of JSON objects in the values of a message: rows of a table that were edited or
added, and addresses of a WebRTC offer. With 9,000 added rows, each run of the script takes seconds.
"""

MAX_VALUES = 20_000
"""Maximum number of array elements and JSON members in a message. A choice of all classes of the
largest list of labels has 10,000."""

MESSAGES_PER_S, MESSAGES_AT_ONCE = 10.0, 60
"""Rate (messages per second) and burst size at which messages of one connection are passed on.
Nearly every message causes a run of the script, which takes 30 to 100 ms of a core. Further
messages are delayed, which slows down their sender."""

ADDRESS_PER_S, ADDRESS_AT_ONCE = 50.0, 300
"""The same for all connections of one address, which many people may share. A page that waits
sends a message each 2 s, so 100 of them are not delayed; a connection that floods takes a fifth."""

BYTES_PER_MESSAGE = 100_000
"""A message takes one more token per this many bytes: parsing 4 MB blocks the event loop for 40
to 100 ms."""

MAX_WAITING, MAX_WAITING_BYTES = 100, 2 * MAX_MESSAGE_BYTES
"""Maximum number and size of delayed messages of one connection. With more of them it is closed.
Otherwise uvicorn would hold thousands of messages, all of which would be processed after their
sender has left, and the connection would count as open until then. Streamlit's page reconnects by
itself."""

FLOODED = 1013
"""Close code: try again later (IANA, WebSocket Close Code Number Registry)."""

MAX_BUCKETS = 10_000
"""Number of addresses above which full token buckets are dropped."""

LOGGED_EVERY_S = 60.0
"""Minimum interval between two logged drops, in seconds."""

KINDS = {
    "app_heartbeat",
    "backend_operation_request",
    "file_urls_request",
    "rerun_script",
    "stop_script",
}
"""Kinds of messages that the pages need, as in Streamlit's ``BackMsg.proto``."""

OPERATIONS = {"dataframe_chunk", "deferred_file"}
"""Allowed payloads of ``backend_operation_request``: parts of a table, and downloads."""

_SENT_ONCE = {"json_trigger_value", "string_trigger_value", "trigger_value"}
"""Widget values that Streamlit discards after the run (``WidgetStates.proto``)."""

_TEXTS = {"json_value", "string_value"}
_ARRAYS = {"double_array_value", "int_array_value", "string_array_value"}

_log = logging.getLogger(__name__)


class BackMessages:
    """Middleware that drops disallowed and oversized messages from Streamlit's WebSocket.

    Parameters
    ----------
    app : ASGIApp
        The wrapped application.

    Raises
    ------
    RuntimeError
        If the installed Streamlit lacks a required kind of message.
    """

    def __init__(self, app: ASGIApp) -> None:
        check_kinds()
        self._app = app
        self._logged_at = -LOGGED_EVERY_S
        self._of_addresses: dict[str, TokenBucket] = {}  # by network; on the event loop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or connection."""
        if is_stream(scope):
            network = client_network(scope)
            stream = _Stream(receive, send, network, self._buckets(network), self._log)
            try:
                await self._app(scope, stream.receive, stream.send)
            finally:
                stream.end()
        else:
            await self._app(scope, receive, send)

    def _buckets(self, network: str) -> "list[TokenBucket]":
        """Return the buckets that a new connection takes tokens from."""
        if is_loopback(network):  # a proxy on this machine forwards the visitors' addresses
            return []
        known = self._of_addresses
        if network not in known and len(known) >= MAX_BUCKETS:
            known = {one: bucket for one, bucket in known.items() if not bucket.is_full}
            self._of_addresses = known
        of_address = known.setdefault(network, TokenBucket(ADDRESS_PER_S, ADDRESS_AT_ONCE))
        return [TokenBucket(MESSAGES_PER_S, MESSAGES_AT_ONCE), of_address]

    def _log(self, n_bytes: int) -> None:
        """Log a dropped message, without the address."""
        now = time.monotonic()
        if now - self._logged_at >= LOGGED_EVERY_S:
            self._logged_at = now
            _log.warning("dropped a message of %d bytes that no page sends", n_bytes)


class _Stream:
    """Messages of one connection, as they are passed on to Streamlit."""

    def __init__(
        self,
        receive: Receive,
        send: Send,
        network: str,
        buckets: "Iterable[TokenBucket]",
        log: Callable[[int], None],
    ) -> None:
        self._receive, self._send, self._log = receive, send, log
        self._buckets = tuple(buckets)
        self._waiting: deque[Message] = deque()
        self._waiting_bytes = 0
        self._coming: asyncio.Future[Message] | None = None
        self._end: Message | None = None
        self._held = Holding(network, self._give_up)

    async def receive(self) -> Message:
        """Receive the next message to pass on to Streamlit."""
        while not self._is_over():
            message = await self._take()
            if message["type"] != "websocket.receive":
                return message
            data = message.get("bytes")
            n_bytes = _size(message)
            if n_bytes > MAX_MESSAGE_BYTES:
                self._log(n_bytes)
                continue
            await self._wait(self._take_tokens(1 + n_bytes / BYTES_PER_MESSAGE), n_bytes)
            if self._is_over():
                break  # the sender has left, or floods: its messages are dropped
            if data is None or is_let_through(data):
                return message
            self._log(n_bytes)
        return self._end or {"type": "websocket.disconnect", "code": FLOODED}

    def _is_over(self) -> bool:
        return self._end is not None

    async def send(self, message: Message) -> None:
        """Send, unless the connection is over."""
        if self._end is None:
            await self._send(message)

    def end(self) -> None:
        """Stop receiving."""
        ACCOUNT.set(self._held, 0)
        if self._coming is not None:
            self._coming.cancel()

    def _take_tokens(self, n_tokens: float) -> float:
        """Take tokens from each bucket, and return the longest delay in seconds."""
        return max((bucket.wait_s(n_tokens) for bucket in self._buckets), default=0.0)

    async def _take(self) -> Message:
        """Return the oldest delayed message, or else receive one."""
        if self._waiting:
            message = self._waiting.popleft()
            self._waiting_bytes -= _size(message)
            return message
        return await self._next()

    async def _next(self, timeout_s: float | None = None) -> Message:
        """Receive a message; TimeoutError if none arrives in time."""
        if self._coming is None:
            self._coming = asyncio.ensure_future(self._receive())
        done, _ = await asyncio.wait({self._coming}, timeout=timeout_s)
        if not done:
            raise TimeoutError
        coming, self._coming = self._coming, None
        if coming.cancelled():  # given up meanwhile
            return {"type": "websocket.disconnect", "code": FLOODED}
        return coming.result()

    async def _wait(self, wait_s: float, n_bytes: int) -> None:
        """Wait, and store what arrives meanwhile; end early if the sender leaves or floods."""
        loop = asyncio.get_running_loop()
        until = loop.time() + wait_s
        ACCOUNT.set(self._held, n_bytes + self._waiting_bytes)
        while not self._is_over() and (left_s := until - loop.time()) > 0:
            try:
                message = await self._next(left_s)
            except TimeoutError:
                break
            if message["type"] != "websocket.receive":
                self._end = message
                return
            self._waiting.append(message)
            self._waiting_bytes += _size(message)
            ACCOUNT.set(self._held, n_bytes + self._waiting_bytes)
            if len(self._waiting) > MAX_WAITING or self._waiting_bytes > MAX_WAITING_BYTES:
                self._give_up()
        if not self._waiting:
            ACCOUNT.set(self._held, 0)

    def _give_up(self) -> None:
        """Close the connection, and drop what waits."""
        self._end = {"type": "websocket.disconnect", "code": FLOODED}
        self._waiting.clear()
        self._waiting_bytes = 0
        self._closing = asyncio.ensure_future(self._close())

    async def _close(self) -> None:
        if self._coming is not None:
            self._coming.cancel()
        with contextlib.suppress(OSError):  # the sender has left
            await self._send({"type": "websocket.close", "code": FLOODED})


def _size(message: Message) -> int:
    """Size of a message, in bytes or characters."""
    return len(message.get("bytes") or message.get("text") or b"")


class TokenBucket:
    """Token bucket for the messages of one connection or address.

    Parameters
    ----------
    per_s : float
        Rate at which it fills, in tokens per second.
    at_once : float
        Number of tokens when it is full, as it is at first.
    clock : callable, optional
        Monotonic clock that returns seconds.
    """

    def __init__(
        self, per_s: float, at_once: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_s, self._at_once, self._clock = per_s, at_once, clock
        self._left, self._at = at_once, clock()

    @property
    def is_full(self) -> bool:
        """Whether the bucket is full, so that it can be dropped."""
        self._fill()
        return self._left >= self._at_once

    def wait_s(self, n_tokens: float = 1.0) -> float:
        """Take tokens for one message and return its delay in seconds."""
        self._fill()
        self._left -= n_tokens
        return max(0.0, -self._left / self._per_s)

    def _fill(self) -> None:
        now = self._clock()
        more = (now - self._at) * self._per_s
        self._left, self._at = min(self._at_once, self._left + more), now


def check_kinds() -> None:
    """Check that the installed Streamlit has the expected protocol.

    Raises
    ------
    RuntimeError
        If a required kind of message is missing.
    """
    message = BackMsg.DESCRIPTOR
    operation = BackMsg().backend_operation_request.DESCRIPTOR
    for kinds, known, oneof in ((KINDS, message, "type"), (OPERATIONS, operation, "payload")):
        has = {field.name for field in known.oneofs_by_name[oneof].fields}
        if not kinds <= has:
            raise RuntimeError(
                f"The installed Streamlit has no message {', '.join(sorted(kinds - has))}: it is "
                "spoken to otherwise than 1.65 to 1.67. Install a version within the bounds of "
                "requirements.txt."
            )


def is_let_through(data: bytes) -> bool:
    """Whether a message is passed on to Streamlit, which itself rejects malformed messages."""
    if len(data) > MAX_MESSAGE_BYTES:
        return False
    message = BackMsg()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return True
    kind = message.WhichOneof("type")
    if kind == "rerun_script":
        return _is_bounded(message, len(data))
    if kind not in KINDS or len(data) > MAX_KEPT_BYTES:
        return False
    if kind == "backend_operation_request":
        return message.backend_operation_request.WhichOneof("payload") in OPERATIONS
    return len(message.file_urls_request.file_names) <= MAX_FILES


def _is_bounded(message: BackMsg, n_bytes: int) -> bool:
    """Whether the widget values of a rerun message of `n_bytes` bytes are within the limits."""
    widgets = message.rerun_script.widget_states.widgets
    if len(widgets) > MAX_WIDGETS:
        return False
    n_objects, n_values = map(sum, zip((0, 0), *map(_count_values, widgets), strict=True))
    if n_objects > MAX_OBJECTS or n_values > MAX_VALUES:
        return False
    once: int = sum(one.ByteSize() for one in widgets if one.WhichOneof("value") in _SENT_ONCE)
    return n_bytes - once <= MAX_KEPT_BYTES


def _count_values(widget: WidgetState) -> tuple[int, int]:
    """Return upper bounds of the JSON objects and of the elements in a widget's value.

    JSON is not parsed: an object has a brace, and between two elements there is a comma.
    """
    kind = widget.WhichOneof("value")
    if kind in _TEXTS:
        value = getattr(widget, kind)
        return value.count("{"), value.count(",")
    if kind in _ARRAYS:
        return 0, len(getattr(widget, kind).data)
    if kind == "file_uploader_state_value":
        return 0, len(widget.file_uploader_state_value.uploaded_file_info)
    return 0, 0
