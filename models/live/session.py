"""Live session of one visitor: sources, stream and recording."""

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

from models.audio import Clip
from models.audio.timing import samples_from_seconds
from models.errors import EarmarkError, RecordingError, SettingError
from models.inference import SoundClassifier
from models.live.audio_buffer import MAX_RECORDED_S
from models.live.intake import CLOCK_TOLERANCE
from models.live.packets import Packet
from models.live.playback import Playback
from models.live.seats import Seats
from models.live.settings import LiveSettings
from models.live.snapshot import Cursor, Excerpt, Snapshot
from models.live.worker import LiveStream

LOST_AFTER_S = 2.0
"""Time without a packet after which a connection counts as lost, in seconds: at Stop the
microphone's track ends 0.1 to 0.3 s after its last packet, otherwise only after 30 s (RFC 7675)."""

MAX_AHEAD_S = 5.0
"""Audio that a source may deliver ahead of the clock, in seconds, such as a burst after a stall.
Packets beyond that are dropped, so that no source costs more than real time."""

MIN_PACKET_S = 128 / 192_000
"""Least duration that a packet counts for against `MAX_AHEAD_S`, in seconds: one block of an
AudioWorklet (Web Audio API, render quantum) at the highest sample rate. It bounds the number of
packets, whose cost hardly depends on their length."""

RECENT_FRAMES = 600
"""Number of frames in the first news of a stream: a minute at the shortest interval."""

_KEPT_WITHIN_S = 5.0  # longest wait for another thread that stores the recording, in seconds

_RECENT = Cursor(frames=-RECENT_FRAMES)

Way = Literal["webrtc", "websocket", "playback"]
"""Where audio comes from: the browser's microphone by one of two transports, or a clip that the
browser plays."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class News:
    """The part of a session's state that a page does not have yet.

    Parameters
    ----------
    stream : int
        Number of the stream; 0 before the first one.
    is_new : bool
        Whether this is another stream than the page knows, or the first.
    listening : bool
        Whether the stream is running.
    was_lost, lost_seat : bool
        Whether it ended because packets stopped, or because its seat was reassigned meanwhile.
    way : {'webrtc', 'websocket', 'playback'}
        Way of the current or last source.
    heard : int
        Number of the current source once it has delivered packets; 0 before.
    labels : tuple of str
        Labels of the stream's classes.
    snapshot : Snapshot or None
        New frames, events and waveform; None before the first stream.
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
    """One connection that delivers a stream's packets, until another source replaces it.

    Parameters
    ----------
    session : LiveSession
        Receives the packets while this is its source.
    number : int
        Unique in the session.
    way : {'webrtc', 'websocket', 'playback'}
        Where the audio comes from.
    """

    def __init__(self, session: "LiveSession", number: int, way: Way) -> None:
        self._session = session
        self.number, self.way = number, way
        self.began_at: float | None = None
        self.pushed_s = 0.0
        self.shift: float | None = None  # offset added to its presentation times, in seconds
        self.ended_at: float | None = None

    def push(self, packet: Packet) -> None:
        """Pass a packet to the session; ignored once another source has replaced this one."""
        self._session.push(packet, self)

    def end(self) -> None:
        """Record that the source has ended and sends no more packets."""
        self._session.end_source(self)

    def finish(self) -> None:
        """End the stream once all packets are processed; ignored after a replacement."""
        self._session.finish_source(self)


class LiveSession:
    """The live session of a visitor: one stream at a time, readable after its end.

    Packets arrive on the connection's thread. A stream ends by `stop`, by an error, or when no
    packets have arrived for a while; in the last two cases the worker's thread stores the recording
    and releases the seat. Frames and events of a stream stay readable until the next `begin`.

    Parameters
    ----------
    seats : Seats
        Limits the number of concurrent sessions.
    keep : callable
        Called with the recording of a stream that has ended, on any thread; not called for a stream
        without audio.
    reserve : callable, optional
        Takes a number of bytes and returns a context manager that reserves them, for a stream that
        begins; raises an `EarmarkError` if they are not available.
    max_recorded_s : float, optional
        Length of the recording, in seconds; older audio is dropped.
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
        self._person = object()  # seat holder: an unreleased seat keeps no audio
        self._max_recorded_s = max_recorded_s
        self._lock = threading.Lock()  # held briefly
        self._transition = threading.Lock()  # while a stream begins or ends; precedes `_lock`
        self._watchers: dict[object, Callable[[], None]] = {}
        self._numbers = count(1)
        self._stream: LiveStream | None = None
        self._stream_number = 0
        self._classifier: SoundClassifier | None = None
        self._labels: tuple[str, ...] = ()
        self._over: threading.Event | None = None  # set once the stream's recording is stored
        self._claimed: LiveStream | None = None  # the stream whose end is being handled
        self._source: Source | None = None
        self._way: Way = "webrtc"
        self._playback: Playback | None = None
        self._has_microphone = False  # whether any of the stream's audio is from a microphone
        self._heard: Packet | None = None  # the newest packet of the stream
        self._heard_at: float | None = None
        self._failure: EarmarkError | None = None
        self.was_lost = self.lost_seat = False
        self.is_closed = False

    @property
    def listening(self) -> bool:
        """Whether a stream is running."""
        return self._stream is not None and self._claimed is not self._stream

    @property
    def source(self) -> Source | None:
        """The current source; None if no stream is running."""
        return self._source if self.listening else None

    @property
    def classifier(self) -> SoundClassifier | None:
        """The classifier of the stream; None if no stream is running."""
        return self._classifier if self.listening else None

    @property
    def is_silent(self) -> bool:
        """Whether packets have stopped arriving."""
        heard_at = self._heard_at
        return heard_at is not None and self._clock() - heard_at > LOST_AFTER_S

    @property
    def has_heard(self) -> bool:
        """Whether the current source has delivered packets."""
        source = self.source
        return source is not None and source.began_at is not None

    def take_seat(self) -> bool:
        """Take or keep a seat; returns whether the visitor has one."""
        return not self.is_closed and self._seats.take(self._person)

    @property
    def has_seat(self) -> bool:
        """Whether the visitor has a seat that has not been reassigned."""
        return self._seats.has(self._person)

    def begin(self, way: Way, classifier: SoundClassifier, settings: LiveSettings) -> Source:
        """Start a source, with a new stream unless one with the same classifier is running.

        Parameters
        ----------
        way : {'webrtc', 'websocket', 'playback'}
            Where the audio comes from.
        classifier : SoundClassifier
            Scores the windows. A stream has one classifier: another classifier starts another
            stream.
        settings : LiveSettings
            Settings from now on.

        Returns
        -------
        Source
            Accepts the packets.

        Raises
        ------
        EarmarkError
            If all seats are taken, or memory for the audio cannot be reserved.
        """
        if not self.take_seat():
            raise SettingError(
                "All seats for listening are taken.",
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
        """Continue the stream with a new source; packets of the previous one are ignored."""
        with self._lock:
            source = Source(self, next(self._numbers), way)
            self._source, self._way = source, way
            self._playback = None
            self._has_microphone = self._has_microphone or way != "playback"
        self._notify()
        return source

    def play(
        self,
        clip: Clip,
        classifier: SoundClassifier,
        settings: LiveSettings,
        *,
        repeats: bool = False,
    ) -> Source:
        """Start a new stream whose audio is a clip that the browser plays; see `playback`.

        The recording of such a stream is not stored, because the clip exists already.

        Parameters
        ----------
        clip : Clip
            At the classifier's sample rate.
        classifier, settings
            As for `begin`.
        repeats : bool
            Whether the clip begins again after its end.

        Raises
        ------
        EarmarkError
            If all seats are taken, or memory for the clip or its stream cannot be reserved.
        """
        self.stop()
        with self._reserve(clip.samples.nbytes):
            source = self.begin("playback", classifier, settings)
            rate, window_samples = clip.sample_rate, classifier.contract.window_samples
            self._playback = Playback(
                clip,
                source,
                window_samples=window_samples,
                hop_samples=samples_from_seconds(settings.interval_s, rate),
                repeats=repeats,
                clock=self._clock,
            )
        return source

    @property
    def playback(self) -> Playback | None:
        """The playback that is the current source; None if it is a microphone, or none."""
        return self._playback if self.listening else None

    def use(self, classifier: SoundClassifier, settings: LiveSettings) -> None:
        """Continue the current source with this classifier and these settings.

        Raises
        ------
        EarmarkError
            If memory for another stream cannot be reserved; the previous stream has ended by then.
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
        """Apply other settings from the next window on."""
        stream = self._stream
        if stream is not None:
            stream.configure(settings)

    def push(self, packet: Packet, source: Source) -> None:
        """Process a packet of a source; see `Source.push`."""
        stream = self._stream
        if source is not self.source or stream is None or self._is_ahead(source, packet):
            return
        with self._lock:  # a seat released by Stop must not be taken again
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
        """Record that a source has ended; see `Source.end`."""
        source.ended_at = self._clock()
        stream = self._stream
        if source is self._source and stream is not None:
            stream.release()

    def finish_source(self, source: Source) -> None:
        """End the stream of a source once its packets are processed; see `Source.finish`."""
        stream = self._stream
        if source is self.source and stream is not None:
            source.ended_at = self._clock()
            stream.finish()

    @property
    def lost(self) -> bool:
        """Whether packets stopped arriving before their source ended."""
        source = self.source
        if source is None or self._heard_at is None:
            return False
        ended_at = self._clock() if source.ended_at is None else source.ended_at
        return ended_at - self._heard_at > LOST_AFTER_S

    def news(self, stream: int, cursor: Cursor) -> News:
        """Return the changes since an earlier call.

        Parameters
        ----------
        stream : int
            Number of the stream that the caller knows; 0 for none.
        cursor : Cursor
            Position of the caller in that stream.
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
        """Take a snapshot of the stream, also after its end; None before the first stream."""
        stream = self._stream
        return None if stream is None else stream.snapshot(since)

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Register a callback for changes; it is called on any thread.

        Returns
        -------
        callable
            Unregisters the callback.
        """
        key = object()
        with self._lock:
            self._watchers[key] = callback

        def unwatch() -> None:
            with self._lock:
                self._watchers.pop(key, None)

        return unwatch

    def freeze(self, last_s: float) -> Excerpt:
        """Copy the last seconds of a running stream as a clip.

        Raises
        ------
        RecordingError
            If no stream is running, or no audio has arrived.
        """
        stream = self._stream
        if stream is None or not self.listening:
            raise RecordingError(
                "No live session is running.",
                allowed="The last seconds can be taken while the microphone is on.",
                remedy="Press Start first.",
            )
        return stream.freeze(last_s)

    def stop(self) -> None:
        """End the stream, store its recording, and release the seat."""
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
        """Return the error that prevented storing a recording, if any, and clear it."""
        failure, self._failure = self._failure, None
        return failure

    def close(self) -> None:
        """End the stream and discard its recording."""
        self._keep = lambda _excerpt: None
        self.is_closed = True
        self._end()  # does not wait for other sessions: storing their recordings may close this one
        with self._lock:
            self._stream, self._stream_number, self._labels = None, 0, ()
        self._notify()

    @property
    def n_bytes(self) -> int:
        """Size of the audio and scores, in bytes; of full buffers while a stream is running."""
        stream, playback = self._stream, self._playback
        if stream is None:
            return 0
        held = stream.max_bytes if self.listening else stream.n_bytes
        return held if playback is None else held + playback.n_bytes

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
                self._has_microphone = False
                self.was_lost = self.lost_seat = False
        except EarmarkError:
            stream.stop()
            self._seats.give_back(self._person)
            raise
        self._notify()

    def _hear_news(self) -> None:
        """Handle a notification from the worker: a new frame, or the end of the stream."""
        stream, lost = self._stream, self.lost
        if stream is not None and stream.stopped and self._claim(stream):
            self.was_lost = stream.error is None and lost and not self.lost_seat
            self._conclude(stream)
            with self._transition:
                if self._stream is stream:  # otherwise the seat belongs to the next stream
                    self._seats.give_back(self._person)
        self._notify()

    def _claim(self, stream: LiveStream) -> bool:
        """Claim the handling of a stream's end; returns False if another thread has it."""
        with self._lock:
            if self._claimed is stream:
                return False
            self._claimed, self._classifier, self._source = stream, None, None
            self._playback = None
            return True

    def _conclude(self, stream: LiveStream) -> None:
        """Store the recording of a stream whose worker has ended."""
        over, recorded = self._over, None
        try:
            with suppress(RecordingError):  # no audio arrived
                recorded = stream.recording()
            stream.free_sound()  # first, because the stored recording takes the same memory
            if recorded is not None and self._has_microphone:
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
        """Return whether a source delivers faster than real time; otherwise count the packet."""
        if source.began_at is None:
            source.began_at = packet.arrived_at
        elapsed_s = packet.arrived_at - source.began_at
        if source.pushed_s > CLOCK_TOLERANCE * elapsed_s + MAX_AHEAD_S:
            return True
        source.pushed_s += max(MIN_PACKET_S, packet.duration_s)
        return False

    def _aligned(self, packet: Packet, source: Source) -> Packet:
        """Shift presentation times so that a source continues where the previous one ended."""
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
        # Between two sources only the clock gives the duration of the gap.
        gap_s = max(0.0, packet.arrived_at - packet.duration_s - before.arrived_at)
        return before.onset_s + before.duration_s + gap_s - packet.onset_s


def title(excerpt: Excerpt, words: str) -> str:
    """Build a file name of a description and the time of the excerpt's beginning, in UTC."""
    began = datetime.fromtimestamp(excerpt.began_at, tz=UTC)
    return f"{words} {began:%Y-%m-%d %H.%M.%S} UTC.wav"
