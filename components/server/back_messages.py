"""Messages of a browser to Streamlit: the kinds that the pages need, and no others.

Streamlit acts on every kind that a browser sends, also on those that its own page offers to nobody
but a developer: ``clear_cache`` empties the caches of all visitors, ``install_skills`` writes files
beside the script, ``load_git_info`` and ``set_run_on_save`` read the server's repository and watch
its files. No setting turns them off (``streamlit/runtime/app_session.py``, 1.65 to 1.67). No issue
upstream asks for it; a public door would be a setting, such as the kinds that `client.toolbarMode`
offers, that the server holds browsers to. Until then the protocol is read here: `BackMsg` is not
public, and `check_kinds` refuses to start where it has become another one.

Nor does Streamlit bound what a message of up to 25 MB holds: for 500,000 empty names of files it
makes as many addresses, in 7 s in which it serves nobody; 1.4 million widgets that are not there
take it a minute; a text of 20 MB is kept for as long as its tab is open.
"""

import asyncio
import ipaddress
import logging
import time
from collections.abc import Callable

from google.protobuf.message import DecodeError
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from components.server.scopes import client_network, is_stream

MAX_MESSAGE_BYTES = 4_000_000
"""Largest message: a recording under Teach, of 20 s, has 2.6 MB."""

MAX_KEPT_BYTES = 500_000
"""Most that a message holds beside what is pressed or sent once, such as a recording: Streamlit
keeps the values of widgets as long as the tab is open. A hundred uploaded files have 50 kB."""

MAX_WIDGETS = 2_000
"""Most widgets whose values a message has: a page with a hundred clips has some hundred."""

MAX_FILES = 1_000
"""Most files that addresses are asked for at once: as many clips as `max_clips` may allow."""

MESSAGES_PER_S, MESSAGES_AT_ONCE = 10.0, 60
"""How many messages of one address are passed on a second, and at once after a pause: nearly each
has the script run, which takes 30 to 100 ms of a core. Others wait, and with them who sent them."""

MAX_PACES = 10_000
"""Addresses that are remembered, at most."""

LOGGED_EVERY_S = 60.0
"""What is dropped is logged at most so often, in seconds."""

KINDS = {
    "app_heartbeat",
    "backend_operation_request",
    "file_urls_request",
    "rerun_script",
    "stop_script",
}
"""What the pages need, of the kinds in Streamlit's ``BackMsg.proto``."""

OPERATIONS = {"dataframe_chunk", "deferred_file"}
"""What they need of ``backend_operation_request``: parts of a table, and downloads."""

_SENT_ONCE = {"json_trigger_value", "string_trigger_value", "trigger_value"}
"""Values of widgets that Streamlit forgets after the run (``WidgetStates.proto``)."""

_log = logging.getLogger(__name__)


class BackMessages:
    """Middleware that drops other kinds of messages, and too large ones, from Streamlit's stream.

    Parameters
    ----------
    app : ASGIApp
        What it wraps.

    Raises
    ------
    RuntimeError
        If the installed Streamlit has none of the kinds that are needed.
    """

    def __init__(self, app: ASGIApp) -> None:
        check_kinds()
        self._app = app
        self._logged_at = -LOGGED_EVERY_S
        self._paces: dict[str, TokenBucket] = {}  # by network; on the event loop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or connection."""
        if is_stream(scope):
            network = client_network(scope)
            await self._app(scope, lambda: self._next(receive, network), send)
        else:
            await self._app(scope, receive, send)

    async def _next(self, receive: Receive, network: str) -> Message:
        """Wait for the next message that Streamlit gets to see."""
        while True:
            message = await receive()
            if message["type"] != "websocket.receive":
                return message
            await asyncio.sleep(self._pace(network).wait_s())  # the sender waits, too
            data = message.get("bytes")
            if data is None or is_let_through(data):
                return message
            self._log(len(data))

    def _pace(self, network: str) -> "TokenBucket":
        if network not in self._paces and len(self._paces) >= MAX_PACES:
            self._paces = {one: pace for one, pace in self._paces.items() if not pace.is_full}
        return self._paces.setdefault(network, TokenBucket(is_local=_is_local(network)))

    def _log(self, n_bytes: int) -> None:
        """Tell the operator, who is told of no address."""
        now = time.monotonic()
        if now - self._logged_at >= LOGGED_EVERY_S:
            self._logged_at = now
            _log.warning("dropped a message of %d bytes that no page sends", n_bytes)


class TokenBucket:
    """A token bucket: how long the next message of an address waits.

    Parameters
    ----------
    is_local : bool
        Whether nothing ever waits.
    clock : callable, optional
        Gives the time, in seconds.
    """

    def __init__(
        self, *, is_local: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._is_local, self._clock = is_local, clock
        self._left, self._at = float(MESSAGES_AT_ONCE), clock()

    @property
    def is_full(self) -> bool:
        """Whether nothing of it was used lately."""
        self._fill()
        return self._left >= MESSAGES_AT_ONCE

    def wait_s(self) -> float:
        """Count a message, and return how long it waits, in seconds."""
        if self._is_local:
            return 0.0
        self._fill()
        self._left -= 1
        return max(0.0, -self._left / MESSAGES_PER_S)

    def _fill(self) -> None:
        now = self._clock()
        more = (now - self._at) * MESSAGES_PER_S
        self._left, self._at = min(float(MESSAGES_AT_ONCE), self._left + more), now


def _is_local(network: str) -> bool:
    """Whether it is this machine: a proxy on it tells the visitors' own addresses."""
    try:
        return ipaddress.ip_network(network).is_loopback
    except ValueError:
        return False


def check_kinds() -> None:
    """Check that the installed Streamlit speaks the protocol that is known here.

    Raises
    ------
    RuntimeError
        If it does not.
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
    """Whether Streamlit gets to see a message; it refuses by itself what cannot be read."""
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
    """Whether what a message of so many bytes asks to be run with is within the bounds."""
    widgets = message.rerun_script.widget_states.widgets
    if len(widgets) > MAX_WIDGETS:
        return False
    once: int = sum(one.ByteSize() for one in widgets if one.WhichOneof("value") in _SENT_ONCE)
    return n_bytes - once <= MAX_KEPT_BYTES
