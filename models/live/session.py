"""One visitor's live listening, from Start to Stop and until the next Start."""

import logging
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from typing import Literal

from models.errors import EarmarkError, RecordingError, SettingError
from models.inference import SoundClassifier
from models.live.audio_buffer import MAX_RECORDED_S
from models.live.intake import CLOCK_TOLERANCE
from models.live.packets import Packet
from models.live.seats import Seats
from models.live.settings import LiveSettings
from models.live.snapshot import Cursor, Excerpt, Snapshot
from models.live.stream import LiveStream

LOST_AFTER_S = 2.0
"""Time without a packet after which the connection was lost: at Stop the microphone's track ends
0.1 to 0.3 s after its last packet, and else only after 30 s (RFC 7675)."""

MAX_AHEAD_S = 5.0
"""Sound that a source may deliver ahead of the clock, in seconds: a burst after a stall. What comes
beyond that is dropped, so that no source costs more than real time."""

MIN_PACKET_S = 128 / 192_000
"""A packet counts as at least this much sound against that bound, in seconds: an AudioWorklet's
block (Web Audio API, render quantum) at the highest rate. So the number of packets is bounded too,
and each costs about as much whatever is in it."""

RECENT_FRAMES = 600
"""Frames given of a stream of which nothing is known: a minute at the shortest interval."""

_KEPT_WITHIN_S = 5.0  # waiting for another thread that keeps the recording

_RECENT = Cursor(frames=-RECENT_FRAMES)

Way = Literal["webrtc", "websocket"]
"""How sound comes from the browser."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class News:
    """What a listener's page does not know yet.

    Parameters
    ----------
    stream : int
        Number of the stream; 0 before the first one.
    is_new : bool
        Whether it is another stream than before, or nothing of it was known.
    listening : bool
        Whether it goes on.
    was_lost, lost_seat : bool
        Whether it ended because no sound came any more, or because another visitor got its seat
        while no sound came.
    way : {'webrtc', 'websocket'}
        How its sound comes, or came.
    heard : int
        Number of the present source once it has delivered packets; 0 before.
    labels : tuple of str
        Of the stream's classes.
    snapshot : Snapshot or None
        What is new; None before the first stream.
    """

    stream: int
    is_new: bool
    listening: bool
    was_lost: bool
    lost_seat: bool
    way: Way
    heard: int
    labels: tuple[str, ...]
    snapshot: Snapshot | None


class Source:
    """Where a stream's packets come from: one connection, until another one takes over.

    Parameters
    ----------
    session : LiveSession
        Takes the packets, while this is its source.
    number : int
        Unique in the session.
    way : {'webrtc', 'websocket'}
        How the sound comes.
    """

    def __init__(self, session: "LiveSession", number: int, way: Way) -> None:
        self._session = session
        self.number, self.way = number, way
        self.began_at: float | None = None
        self.pushed_s = 0.0
        self.shift: float | None = None  # of its presentation times, in seconds
        self.ended_at: float | None = None

    def push(self, packet: Packet) -> None:
        """Hand on a packet; ignored where another source has taken over."""
        self._session.push(packet, self)

    def end(self) -> None:
        """Note that no more packets come."""
        self._session.end_source(self)


class LiveSession:
    """A visitor's listening: one stream at a time, which may be looked at after its end.

    Packets come in on the connection's thread. A stream ends by `stop`, by an error, or by itself
    where no packets came for a while; then its recording is kept and the seat given back, on
    the thread of its worker. What was to be seen of it stays until the next `begin`.

    Parameters
    ----------
    seats : Seats
        How many visitors listen at once, and who.
    keep : callable
        Called with what a stream recorded, once it has ended, on any thread; not for a stream
        without sound.
    reserve : callable, optional
        Gives a context in which so many bytes are reserved, for a stream that begins; raises an
        `EarmarkError` where there is no room for them.
    max_recorded_s : float, optional
        How much of a stream is kept, in seconds: its end.
    clock : callable, optional
        Returns the time in seconds, on the clock of ``Packet.arrived_at``.
    """

    def __init__(
        self,
        seats: Seats,
        keep: Callable[[Excerpt], None],
        max_recorded_s: float = MAX_RECORDED_S,
        *,
        reserve: Callable[[int], AbstractContextManager[object]] = nullcontext,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seats, self._keep, self._clock = seats, keep, clock
        self._reserve = reserve
        self._person = object()  # has the seat: one that is never given back keeps no sound
        self._max_recorded_s = max_recorded_s
        self._lock = threading.Lock()  # held for moments only
        self._transition = threading.Lock()  # held while a stream begins or ends; before the other
        self._watchers: dict[object, Callable[[], None]] = {}
        self._numbers = count(1)
        self._stream: LiveStream | None = None
        self._stream_number = 0
        self._classifier: SoundClassifier | None = None
        self._labels: tuple[str, ...] = ()
        self._over: threading.Event | None = None  # set once the stream's recording was kept
        self._claimed: LiveStream | None = None  # the stream whose end a thread takes care of
        self._source: Source | None = None
        self._way: Way = "webrtc"
        self._heard: Packet | None = None  # the newest packet of the stream
        self._heard_at: float | None = None
        self._failure: EarmarkError | None = None
        self.was_lost = self.lost_seat = False
        self.is_closed = False

    @property
    def listening(self) -> bool:
        """Whether a stream goes on."""
        return self._stream is not None and self._claimed is not self._stream

    @property
    def source(self) -> Source | None:
        """Where the stream's packets come from; None where none goes on."""
        return self._source if self.listening else None

    @property
    def classifier(self) -> SoundClassifier | None:
        """What scores the stream; None where none goes on."""
        return self._classifier if self.listening else None

    @property
    def is_silent(self) -> bool:
        """Whether packets have stopped coming."""
        heard_at = self._heard_at
        return heard_at is not None and self._clock() - heard_at > LOST_AFTER_S

    @property
    def has_heard(self) -> bool:
        """Whether the present source has delivered packets."""
        source = self.source
        return source is not None and source.began_at is not None

    def take_seat(self) -> bool:
        """Ask for a seat, or keep it; returns whether the visitor has one."""
        return not self.is_closed and self._seats.take(self._person)

    @property
    def has_seat(self) -> bool:
        """Whether the visitor has a seat, and has not lost it to another one."""
        return self._seats.has(self._person)

    def begin(self, way: Way, classifier: SoundClassifier, settings: LiveSettings) -> Source:
        """Listen to another source from now on, with a new stream unless one goes on.

        Parameters
        ----------
        way : {'webrtc', 'websocket'}
            How its sound comes.
        classifier : SoundClassifier
            Scores it. A stream has one classifier: where it changes, another stream begins.
        settings : LiveSettings
            To begin with.

        Raises
        ------
        EarmarkError
            If all seats are taken, or there is no room for the sound.
        """
        if not self.take_seat():
            raise SettingError(
                "Nobody else can listen right now.",
                allowed=f"Up to {self._seats.count} visitors can listen at once.",
                remedy="Try again once one of them has stopped.",
            )
        with self._transition:
            if not self.listening or self._classifier is not classifier:
                self._end(give_back=False)
                self._begin_stream(classifier, settings)
            else:
                self.configure(settings)
            return self.take_over(way)

    def take_over(self, way: Way) -> Source:
        """Have the stream go on with another source; that before is not listened to any more."""
        with self._lock:
            source = Source(self, next(self._numbers), way)
            self._source, self._way = source, way
        self._notify()
        return source

    def use(self, classifier: SoundClassifier, settings: LiveSettings) -> None:
        """Have the present source listened to with this classifier and these settings.

        Raises
        ------
        EarmarkError
            If there is no room for another stream's sound: then the one before has ended.
        """
        with self._transition:
            source = self.source
            if source is not None and self._classifier is not classifier:
                self._end(give_back=False)
                self._begin_stream(classifier, settings)
                with self._lock:
                    self._source = source
            elif source is not None:
                self.configure(settings)

    def configure(self, settings: LiveSettings) -> None:
        """Use other settings from the next window on."""
        stream = self._stream
        if stream is not None:
            stream.configure(settings)

    def push(self, packet: Packet, source: Source) -> None:
        """Take a packet of a source; see `Source.push`."""
        stream = self._stream
        if source is not self.source or stream is None or self._is_ahead(source, packet):
            return
        with self._lock:  # a seat that Stop gave back is not taken again
            if source is not self.source or self.lost_seat:
                return
            self.lost_seat = not (self._seats.hear(self._person) or self.take_seat())
        if self.lost_seat:
            stream.leave()
            return
        packet = self._aligned(packet, source)
        self._heard, self._heard_at = packet, packet.arrived_at
        stream.push(packet)

    def end_source(self, source: Source) -> None:
        """Note that a source has ended; see `Source.end`."""
        source.ended_at = self._clock()
        stream = self._stream
        if source is self._source and stream is not None:
            stream.release()

    @property
    def lost(self) -> bool:
        """Whether sound came, and then no more, though its source had not ended by then."""
        source = self.source
        if source is None or self._heard_at is None:
            return False
        ended_at = self._clock() if source.ended_at is None else source.ended_at
        return ended_at - self._heard_at > LOST_AFTER_S

    def news(self, stream: int, cursor: Cursor) -> News:
        """Look at what is new.

        Parameters
        ----------
        stream : int
            Number of the stream that is known; 0 where nothing is.
        cursor : Cursor
            How much of it is known.
        """
        with self._lock:
            now, number, labels, way = self._stream, self._stream_number, self._labels, self._way
        is_new, source = stream != number, self.source
        snapshot = None if now is None else now.news(_RECENT if is_new else cursor)
        return News(
            stream=number,
            is_new=is_new,
            listening=self.listening,
            was_lost=self.was_lost,
            lost_seat=self.lost_seat,
            way=way,
            heard=source.number if source is not None and source.began_at is not None else 0,
            labels=labels,
            snapshot=snapshot,
        )

    def snapshot(self, since: int = -1) -> Snapshot | None:
        """Look at the stream, also after its end; None before the first one."""
        stream = self._stream
        return None if stream is None else stream.snapshot(since)

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have a callback called whenever there is news, on any thread.

        Returns
        -------
        callable
            Ends that.
        """
        key = object()
        with self._lock:
            self._watchers[key] = callback

        def unwatch() -> None:
            with self._lock:
                self._watchers.pop(key, None)

        return unwatch

    def freeze(self, last_s: float) -> Excerpt:
        """Take the last seconds while the stream goes on.

        Raises
        ------
        RecordingError
            If no stream goes on, or no sound has arrived.
        """
        stream = self._stream
        if stream is None or not self.listening:
            raise RecordingError(
                "Nothing is being heard.",
                allowed="The last seconds can be taken while the microphone is on.",
                remedy="Press Start first.",
            )
        return stream.freeze(last_s)

    def stop(self) -> None:
        """End the stream, keep what it recorded, and give the seat back."""
        with self._transition:
            self._end()

    def _end(self, *, give_back: bool = True) -> None:
        stream, over, lost = self._stream, self._over, self.lost
        if stream is not None and self._claim(stream):
            self.was_lost = lost
            stream.stop()
            self._conclude(stream)
        elif over is not None:
            over.wait(_KEPT_WITHIN_S)
        if give_back:
            self._seats.give_back(self._person)

    def take_failure(self) -> EarmarkError | None:
        """Return why a recording could not be kept, and forget it."""
        failure, self._failure = self._failure, None
        return failure

    def close(self) -> None:
        """End the stream, and keep nothing."""
        self._keep = lambda _excerpt: None
        self.is_closed = True
        self._end()  # waits for no other session's: keeping a recording may close this one
        with self._lock:
            self._stream, self._stream_number, self._labels = None, 0, ()
        self._notify()

    @property
    def n_bytes(self) -> int:
        """Size of the sound and scores that it holds, in bytes; while it listens, in the end."""
        stream = self._stream
        if stream is None:
            return 0
        return stream.max_bytes if self.listening else stream.n_bytes

    def _begin_stream(self, classifier: SoundClassifier, settings: LiveSettings) -> None:
        this = weakref.ref(self)  # the worker keeps no session alive

        def notify() -> None:
            session = this()
            if session is not None:
                session._hear_news()

        stream = LiveStream(
            classifier,
            settings,
            clock=self._clock,
            max_recorded_s=self._max_recorded_s,
            notify=notify,
        )
        try:
            with self._reserve(stream.max_bytes), self._lock:
                self._stream, self._classifier, self._labels = stream, classifier, classifier.labels
                self._stream_number = next(self._numbers)
                self._over = threading.Event()
                self._heard = self._heard_at = None
                self.was_lost = self.lost_seat = False
        except EarmarkError:
            stream.stop()
            self._seats.give_back(self._person)
            raise
        self._notify()

    def _hear_news(self) -> None:
        """Run on the worker's thread after each frame, and at the end of a stream."""
        stream, lost = self._stream, self.lost
        if stream is not None and stream.stopped and self._claim(stream):
            self.was_lost = stream.error is None and lost and not self.lost_seat
            self._conclude(stream)
            with self._transition:
                if self._stream is stream:  # else the seat is that of the next one
                    self._seats.give_back(self._person)
        self._notify()

    def _claim(self, stream: LiveStream) -> bool:
        """Take care of a stream's end; returns False where another thread does."""
        with self._lock:
            if self._claimed is stream:
                return False
            self._claimed, self._classifier, self._source = stream, None, None
            return True

    def _conclude(self, stream: LiveStream) -> None:
        """Keep what a stream recorded, once its worker has ended."""
        over, recorded = self._over, None
        try:
            with suppress(RecordingError):  # no sound arrived
                recorded = stream.recording()
            stream.free_sound()  # first: what is kept takes its room
            if recorded is not None:
                self._store(recorded)
        finally:
            if over is not None:
                over.set()
            self._notify()

    def _store(self, excerpt: Excerpt) -> None:
        try:
            self._keep(excerpt)
        except EarmarkError as error:
            self._failure = error
        except Exception:
            logger.exception("a live recording could not be kept")

    def _notify(self) -> None:
        with self._lock:
            watchers = list(self._watchers.values())
        for callback in watchers:
            callback()

    def _is_ahead(self, source: Source, packet: Packet) -> bool:
        """Whether a source delivers faster than sound comes; counts the packet where not."""
        if source.began_at is None:
            source.began_at = packet.arrived_at
        elapsed_s = packet.arrived_at - source.began_at
        if source.pushed_s > CLOCK_TOLERANCE * elapsed_s + MAX_AHEAD_S:
            return True
        source.pushed_s += max(MIN_PACKET_S, packet.duration_s)
        return False

    def _aligned(self, packet: Packet, source: Source) -> Packet:
        """Shift presentation times so that a source goes on where the one before it ended."""
        if source.shift is None:
            source.shift = self._find_shift(packet)
        if not source.shift or packet.pts is None or packet.time_base is None:
            return packet
        shift = round(source.shift / float(packet.time_base))
        return replace(packet, pts=packet.pts + shift)

    def _find_shift(self, packet: Packet) -> float:
        before = self._heard
        if before is None or before.onset_s is None or packet.onset_s is None:
            return 0.0
        # What was lost between two sources is told by the clock alone.
        gap_s = max(0.0, packet.arrived_at - packet.duration_s - before.arrived_at)
        return before.onset_s + before.duration_s + gap_s - packet.onset_s


def title(excerpt: Excerpt, words: str) -> str:
    """Name an excerpt by what it is and when it began, in UTC, which is the server's only clock."""
    began = datetime.fromtimestamp(excerpt.began_at, tz=UTC)
    return f"{words} {began:%Y-%m-%d %H.%M.%S} UTC.wav"
