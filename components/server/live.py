"""WebSocket of a live session: scores to the browser, microphone audio from it.

Conventions
-----------
The browser sends the text ``watch`` once to subscribe to scores
(`components.server.live_messages`), and ``seen N`` once it has shown N messages. Binary messages
from the browser are packets of audio (`models.live.packets`), which go to the source of the
visitor's `models.live.session`. While the browser plays a recording as source N, it sends ``played
N S`` with the seconds played so far, and ``ended N`` at the end. A connection that does not watch
is closed when the session no longer uses its source.
"""

import asyncio
import contextlib
import logging
import time

from starlette.websockets import WebSocket, WebSocketDisconnect

from components.server.live_messages import write_message
from components.server.origins import is_own
from components.server.workspace_lookup import find_workspace
from models.errors import RecordingError
from models.live import Cursor, LiveSession, News
from models.live.packets import MAX_BYTES, read_message

MAX_UNSEEN = 3
"""Maximum number of messages sent but not acknowledged. Network buffers before a browser that does
not read hold megabytes, minutes of messages, so the browser acknowledges what it shows."""

PULSE_S = 1.0
"""Interval at which the state is checked if no score arrives, in seconds."""

SILENT_S = 300.0
"""Time after which a connection that neither watches nor sends audio is closed, in seconds. A
browser connects before the user has allowed the microphone, and reconnects."""

_REFUSED, _MALFORMED, _FAILED = 1008, 1003, 1011  # RFC 6455, section 7.4.1
_SILENT = 1013  # IANA's registry of close codes: try again later
_OVER = 4000  # the application's own (section 7.4.2): do not connect again

logger = logging.getLogger(__name__)


async def serve_live(websocket: WebSocket) -> None:
    """Serve a browser's connection to the live session of its own workspace."""
    workspace = await asyncio.to_thread(find_workspace, websocket)  # it may wait for imports
    if workspace is None or not _is_own_page(websocket):
        await websocket.close(_REFUSED)
        return
    await websocket.accept()
    await _Connection(websocket, workspace.live).serve()


def _is_own_page(websocket: WebSocket) -> bool:
    """Whether the request is sent by the application's own page, or has no origin.

    A second line of defence: `OriginCheck` refuses the origins of other sites before.
    """
    origin = websocket.headers.get("origin")
    return origin is None or is_own(origin, websocket.headers)


class _Connection:
    """Connection of one browser, with what it has seen and what to send next."""

    def __init__(self, websocket: WebSocket, session: LiveSession) -> None:
        self._websocket, self._session = websocket, session
        self._opened_at = time.monotonic()
        self._loop = asyncio.get_running_loop()
        self._awake = asyncio.Event()
        self._watching = False
        self._source: int | None = None  # number of the source that this connection feeds
        self._n_sent = self._n_seen = 0
        self._stream, self._cursor = 0, Cursor()
        self._told: object = None  # the state sent last, without scores

    async def serve(self) -> None:
        """Serve until the browser disconnects or the session is closed."""
        unwatch = self._session.watch(self._wake_up)
        sending = asyncio.create_task(self._send())
        try:
            await self._receive()
        except WebSocketDisconnect:
            pass
        finally:
            unwatch()
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError, RuntimeError):
                await sending

    def _wake_up(self) -> None:
        """Wake the sender up; called on any thread."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: the process ends
            self._loop.call_soon_threadsafe(self._awake.set)

    async def _receive(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            content = message.get("bytes")
            if content is not None:
                if not self._take_sound(content):
                    await self._websocket.close(_MALFORMED)
                    return
            else:
                self._take_words(message.get("text") or "")

    def _take_words(self, words: str) -> None:
        verb, _, number = words.partition(" ")
        if verb == "watch":
            self._watching = True  # a repeated one must not resend everything
        elif verb == "seen" and number.isascii() and number.isdigit() and len(number) < 16:
            self._n_seen = min(int(number), self._n_sent)
        elif verb in ("played", "ended"):
            self._take_position(verb, number)
            return  # the worker wakes the sender up, once there are scores
        self._awake.set()

    def _take_position(self, verb: str, words: str) -> None:
        """Pass on how far the browser has played a recording."""
        number, _, seconds = words.partition(" ")
        if not (number.isascii() and number.isdigit() and len(words) < 40):
            return
        self._source = int(number)
        source, playback = self._session.source, self._session.playback
        if playback is None or source is None or source.number != self._source:
            self._awake.set()  # the sender closes the connection
        elif verb == "ended":
            playback.finish()
        else:
            with contextlib.suppress(ValueError):
                playback.advance(float(seconds))

    def _take_sound(self, content: bytes) -> bool:
        """Pass a packet of audio to the source; return False if it is malformed."""
        if len(content) > MAX_BYTES:
            return False
        try:
            number, packet = read_message(content, time.monotonic())
        except RecordingError:
            return False
        self._source = number
        source = self._session.source
        if source is not None and source.number == number and source.way == "websocket":
            source.push(packet)
        else:
            self._awake.set()  # the sender closes the connection
        return True

    async def _send(self) -> None:
        """Send new messages until the connection is over, each after the previous one was sent."""
        try:
            await self._send_on()
        except WebSocketDisconnect:
            return
        except Exception:
            logger.exception("live scores could not be sent")
            await self._websocket.close(_FAILED)
        else:
            await self._websocket.close(_SILENT if self._is_silent else _OVER)

    async def _send_on(self) -> None:
        while not self._session.is_closed:
            # Not `wait_for`: in Python 3.11 it swallows a cancellation that coincides with news.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PULSE_S):
                    await self._awake.wait()
            self._awake.clear()
            if self._is_over() or self._is_silent:
                return
            if self._watching and self._n_sent - self._n_seen < MAX_UNSEEN:
                await self._send_news()

    def _is_over(self) -> bool:
        """Whether this connection only sent audio to a source that the session no longer uses."""
        if self._watching or self._source is None:
            return False
        source = self._session.source
        return source is None or source.number != self._source

    @property
    def _is_silent(self) -> bool:
        """Whether this connection has neither watched nor sent audio within `SILENT_S`."""
        says_nothing = not self._watching and self._source is None
        return says_nothing and time.monotonic() - self._opened_at > SILENT_S

    async def _send_news(self) -> None:
        # In a thread: it shares a lock with the stream's worker, and the loop serves all visitors.
        message = await asyncio.to_thread(self._write_news)
        if message is not None:
            self._n_sent += 1
            await self._websocket.send_bytes(message)

    def _write_news(self) -> bytes | None:
        """Serialize the next message; None if there is nothing to send."""
        news = self._session.news(self._stream, self._cursor)
        if not self._is_worth_telling(news):
            return None
        self._stream = news.stream
        if news.snapshot is not None:
            self._cursor = news.snapshot.cursor
        return write_message(news)

    def _is_worth_telling(self, news: News) -> bool:
        """Whether there are new scores, or the state has changed."""
        snapshot = news.snapshot
        told = (
            news.stream,
            news.listening,
            news.way,
            news.heard,
            snapshot and (snapshot.stopped, snapshot.health.ended, snapshot.settings),
        )
        is_other, self._told = told != self._told, told
        has_scores = snapshot is not None and len(snapshot.frames.scores) > 0
        return is_other or has_scores
