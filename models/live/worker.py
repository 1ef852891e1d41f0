"""Live stream: a worker thread that turns packets into scores and events.

`LiveStream` is the handle on a stream, `StreamWorker` its state and its thread. The worker takes
all packets that have arrived (`intake` makes one waveform of them), scores one window with the
classifier, notes the scores in `frames` and the events in `event_log`, and repeats: packets wait
for one inference at most. It sleeps until the audio of the next window has arrived. Its updates and
its readers share a lock that is held briefly; scoring and pushing a packet take no lock.
"""

import logging
import math
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile
from types import TracebackType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.audio import Clip, SourceInfo, timing
from models.audio.levels import dbfs, measure_levels
from models.audio.resampling import Float32
from models.errors import RecordingError, SettingError
from models.inference import Contract
from models.live.audio_buffer import MAX_RECORDED_S, Tape, from_16_bits
from models.live.edges import SETTLED_AFTER_S, Edges, SteadyOnsets
from models.live.event_log import EventLog, HeardEvent
from models.live.frames import Frame, History
from models.live.health import Vitals
from models.live.intake import SILENCE_PEAK, TOLERANCE_S, Gap, Intake
from models.live.packets import Inlet, Packet, join_packets
from models.live.schedule import Schedule, Window
from models.live.settings import LiveSettings
from models.live.snapshot import Cursor, Excerpt, Meter, Snapshot
from models.live.waveform import SHOWN_S, Trace

MAX_LAG_S = 1.0
"""Latency beyond which a window is dropped if newer ones wait, in seconds: a label that is
displayed later is not perceived as belonging to its sound."""

ABANDONED_AFTER_S = 45.0
"""Time without packets after which a stream ends, in seconds: as long as Streamlit keeps a session
after its connection is lost (``server.disconnectedSessionTTL``)."""

RELEASED_AFTER_S = 5.0
"""The same after its source has ended, in seconds: another source may follow."""

_BATCH_PACKETS = 32  # packets per lock; the default interval has 13
_IDLE_POLL_S = 0.25  # longest sleep, in seconds
_JOIN_S = 0.9  # longest wait for the thread's end, in seconds
_SILENCE_DBFS = dbfs(SILENCE_PEAK)
_METER_S = 0.05
_HOLD_S = 2.0

logger = logging.getLogger(__name__)


class Scorer(Protocol):
    """The interface of a classifier that the worker uses."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels, one per class."""
        ...

    @property
    def contract(self) -> Contract:
        """Input and output format of the model."""
        ...

    def score(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score windows: float32, shape (n_windows, window_samples) to (n_windows, n_classes)."""
        ...


class LiveStream:
    """A microphone stream with a worker thread that classifies it.

    The worker has no reference to this handle: it ends when the last reference to the handle is
    dropped, and after `ABANDONED_AFTER_S` seconds without packets.

    Parameters
    ----------
    classifier : Classifier
        Scores the windows; may be shared. No reference to it is kept after the end.
    settings : LiveSettings, optional
        Initial settings.
    clock : callable, optional
        Returns the time in seconds, on the clock of ``Packet.arrived_at``.
    max_recorded_s : float
        Length of the recording, in seconds; older audio is dropped.
    notify : callable, optional
        Called on the worker's thread after each frame, and once the stream has ended.

    Raises
    ------
    SettingError
        If a watched label is not one of the model's.
    """

    def __init__(
        self,
        classifier: Scorer,
        settings: LiveSettings | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        max_recorded_s: float = MAX_RECORDED_S,
        notify: Callable[[], None] = lambda: None,
    ) -> None:
        first = LiveSettings() if settings is None else settings
        self._worker = StreamWorker(classifier, first, clock, max_recorded_s, notify)
        self._thread = threading.Thread(target=self._worker.run, name="live", daemon=True)
        weakref.finalize(self, self._worker.leave)
        self._thread.start()

    def __enter__(self) -> "LiveStream":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def inlet(self) -> Inlet:
        """Queue for packets. A reference to it does not keep the stream alive."""
        return self._worker.inlet

    def push(self, packet: Packet) -> None:
        """Queue a packet; takes a few microseconds and never blocks. Ignored after the end."""
        self.inlet.push(packet)

    def configure(self, settings: LiveSettings) -> None:
        """Apply other settings from the next window on.

        Raises
        ------
        SettingError
            If a watched label is not one of the model's.
        """
        self._worker.configure(settings)

    def snapshot(self, since: int = -1) -> Snapshot:
        """Take a snapshot of the stream; cheap enough for several calls per second.

        Parameters
        ----------
        since : int
            Number of the first frame to copy, such as ``n_frames`` of the last snapshot; negative
            numbers count from the newest. By default only the newest frame; 0 copies up to 5 MB.
        """
        return self._worker.snapshot(Cursor(frames=since))

    def news(self, since: Cursor) -> Snapshot:
        """Take a snapshot with only the frames, events and waveform since an earlier one.

        Parameters
        ----------
        since : Cursor
            ``cursor`` of the earlier snapshot.
        """
        return self._worker.snapshot(since)

    def freeze(self, last_s: float = 10.0) -> Excerpt:
        """Copy the last seconds, one minute at most, as a clip, while the stream continues.

        Raises
        ------
        RecordingError
            If no audio has arrived yet.
        """
        return self._worker.freeze(last_s)

    @property
    def stopped(self) -> bool:
        """Whether the stream has ended."""
        return self._worker.stopped

    @property
    def error(self) -> Exception | None:
        """The error that ended the stream, if any."""
        return self._worker.error

    def release(self) -> None:
        """Record that the source ended: the stream ends soon unless more packets arrive."""
        self._worker.is_released = True

    def finish(self) -> None:
        """End the stream once all packets so far are processed, without waiting for it."""
        self._worker.finish()

    def free_sound(self) -> None:
        """Release the audio of a stream that has ended; frames and events stay readable."""
        self._worker.free_sound()

    @property
    def n_bytes(self) -> int:
        """Size of the audio and frames, in bytes."""
        return self._worker.n_bytes

    @property
    def max_bytes(self) -> int:
        """Size of the audio and frames in full buffers, in bytes."""
        return self._worker.max_bytes

    def recording(self) -> Excerpt:
        """Copy the session as a clip, also after the end; its last `max_recorded_s` seconds.

        Raises
        ------
        RecordingError
            If no audio has arrived yet.
        """
        return self._worker.recording()

    def leave(self) -> None:
        """Tell the worker to end, as `stop` does, without waiting for it."""
        self._worker.leave()
        self.inlet.wake()

    def stop(self) -> None:
        """End the worker. All audio that has arrived is kept; pending windows are dropped.

        May be called repeatedly, and from any thread.
        """
        self.leave()
        if threading.current_thread() is not self._thread:
            self._thread.join(_JOIN_S)


class StreamWorker:
    """State of a stream, and the worker that updates it.

    Parameters
    ----------
    scorer : Scorer
        Scores windows; released when the worker ends.
    settings : LiveSettings
        Initial settings.
    clock : callable
        Returns a monotonic time in seconds.
    max_recorded_s : float
        Length of the session that is kept, in seconds; older audio is dropped.
    notify : callable
        Called on the worker's thread after each frame, and at the end.

    Attributes
    ----------
    inlet : Inlet
        Queue for packets.
    is_released : bool
        Whether the source has ended; reset by the next packet.
    stopped : bool
        Whether the stream has ended.
    error : Exception or None
        The error that ended the stream, if any.
    """

    def __init__(
        self,
        scorer: Scorer,
        settings: LiveSettings,
        clock: Callable[[], float],
        max_recorded_s: float,
        notify: Callable[[], None],
    ) -> None:
        sample_rate = scorer.contract.sample_rate
        self.inlet = Inlet()
        self._scorer: Scorer | None = scorer
        self._labels = frozenset(scorer.labels)
        self._clock = clock
        self._epoch = time.time() - clock()  # time of day at the clock's zero
        self._begun_at = clock()
        self._notify = notify
        self.is_released = False
        self._lock = threading.Lock()  # between the worker's updates and the readers
        self._intake = Intake(sample_rate)
        self._tape = Tape(sample_rate, max_recorded_s)
        self._trace = Trace(sample_rate)
        self._schedule = Schedule(scorer.contract.window_samples)
        self._pending: deque[Window] = deque()
        self._history = History(len(scorer.labels))
        self._log = EventLog(scorer.labels)
        self._edges = Edges(sample_rate, max_recorded_s)
        self._onsets = SteadyOnsets()
        self._vitals = Vitals()
        self._began_at: float | None = None
        self._last_meter: Meter | None = None  # of a stream that has ended
        self._leaving = False
        self._finishing = False
        self.stopped = False
        self.error: Exception | None = None
        self.configure(settings)

    def configure(self, settings: LiveSettings) -> None:
        """Apply other settings from the next window on.

        Raises
        ------
        SettingError
            If a watched label is not one of the model's.
        """
        unknown = sorted(set(settings.watched) - self._labels)
        if unknown:
            raise SettingError(
                f"These watched labels are unknown: {', '.join(unknown)}.",
                allowed=f"The model has {len(self._labels)} labels.",
                remedy="Use the labels as the model spells them.",
            )
        self._settings = settings

    def leave(self) -> None:
        """Tell the worker to end.

        Takes no lock: garbage collection may call it in any thread at any point, even while that
        thread holds the lock.
        """
        self._leaving = True
        self.inlet.close()

    def finish(self) -> None:
        """Tell the worker to end once all packets so far are processed, and all windows scored."""
        self._finishing = True
        self.inlet.wake()

    def run(self) -> None:
        """Process packets until `leave`, an error, or abandonment. The thread's target."""
        try:
            while not self._leaving:
                arrived_s = self.inlet.arrived_s
                self._take_packets()
                if not self._score_next():
                    if self._is_abandoned():
                        break
                    self.inlet.wait(arrived_s + self._missing_s(), _IDLE_POLL_S)
            self.inlet.close()
            self._take_packets()
        except Exception as error:
            logger.exception("a live stream ended with an error")
            self.error = error.with_traceback(None)  # its frames would keep the classifier
        finally:
            self._finish()
            self._notify()

    def snapshot(self, since: Cursor) -> Snapshot:
        """See `LiveStream.snapshot` and `LiveStream.news`."""
        with self._lock:
            settings, duration_s = self._settings, self._intake.position_s
            return Snapshot(
                duration_s=duration_s,
                began_at=self._began_at,
                n_frames=self._history.stop,
                frames=self._history.since(since.frames),
                events=self._log.events(since.events),
                n_events=self._log.n_events,
                counts={label: self._log.count(label) for label in settings.watched},
                meter=self._meter(),
                waveform=self._trace.view(since.stretches),
                gaps=self._gaps_since(duration_s - SHOWN_S),
                health=self._vitals.health(
                    self._clock(),
                    self._intake,
                    pending=len(self._pending),
                    rate=self._tape.sample_rate,
                    stopped=self.stopped,
                ),
                settings=settings,
                stopped=self.stopped,
                error=self.error,
                cursor=Cursor(self._history.stop, self._log.n_ended, self._trace.stop),
            )

    def freeze(self, last_s: float) -> Excerpt:
        """See `LiveStream.freeze`."""
        with self._lock:
            sound = self._tape.last(last_s)
            onset_s = self._tape.duration_s - len(sound) / self._tape.sample_rate
            about = self._about(len(sound), onset_s)
        return _excerpt(sound, about)

    @property
    def n_bytes(self) -> int:
        """See `LiveStream.n_bytes`."""
        return self._tape.n_bytes + self._history.n_bytes + self._edges.n_bytes

    @property
    def max_bytes(self) -> int:
        """See `LiveStream.max_bytes`."""
        return self._tape.max_bytes + self._history.max_bytes + self._edges.max_bytes

    def recording(self) -> Excerpt:
        """See `LiveStream.recording`."""
        with self._lock:
            stored = self._tape.session()
            about = self._about(len(stored), self._tape.session_onset_s)
        return _excerpt(from_16_bits(stored), about)

    def free_sound(self) -> None:
        """See `LiveStream.free_sound`."""
        with self._lock:
            if self.stopped:
                self._tape.free()
                self._edges.free()

    def _take_packets(self) -> None:
        # Only the packets that wait now: a steady inflow must not delay scoring.
        n_waiting = len(self.inlet)
        for n_before in range(0, n_waiting, _BATCH_PACKETS):
            with self._lock:
                self._take_batch(min(_BATCH_PACKETS, n_waiting - n_before))

    def _take_batch(self, n_packets: int) -> None:
        taken = [self.inlet.take() for _ in range(n_packets)]
        packets = [packet for packet in taken if packet is not None]
        self.is_released = False
        for packet in packets:
            self._vitals.packet_arrived(packet.arrived_at)
        for joined, n_joined in join_packets(packets, TOLERANCE_S):
            self._absorb(joined, n_joined)

    def _absorb(self, packet: Packet, n_joined: int) -> None:
        if self._began_at is None:
            self._began_at = self._epoch + packet.arrived_at - packet.duration_s
        self._keep(self._intake.take(packet, n_joined))
        rate = self._tape.sample_rate
        hop_samples = timing.samples_from_seconds(self._settings.interval_s, rate)
        for window in self._schedule.due(self._tape.stop, hop_samples, packet.arrived_at):
            if not self._is_lost(window):
                self._pending.append(window)

    def _missing_s(self) -> float:
        """Return the duration of audio that the next window lacks, in seconds."""
        rate = self._tape.sample_rate
        hop_samples = timing.samples_from_seconds(self._settings.interval_s, rate)
        return (self._schedule.next_stop(hop_samples) - self._tape.stop) / rate

    def _keep(self, samples: Float32) -> None:
        self._tape.append(samples)
        self._trace.append(samples)
        self._edges.append(samples)
        self._intake.forget(self._tape.session_onset_s)

    def _is_lost(self, window: Window) -> bool:
        """Return whether a window contains only silence that replaces lost audio."""
        rate, gaps = self._tape.sample_rate, self._intake.gaps
        if not gaps:
            return False
        newest = gaps[-1]
        return newest.onset_s <= window.start / rate and window.stop / rate <= newest.offset_s

    def _score_next(self) -> bool:
        """Score the oldest pending window that is not late; returns whether there was one."""
        window = self._next_window()
        if window is None or self._scorer is None:
            return False
        samples = self._tape.cut(window.start, window.stop - window.start)
        rms_dbfs = measure_levels(samples).rms_dbfs
        started = time.perf_counter()
        scores = self._scorer.score(samples[np.newaxis])[0]
        inference_s = time.perf_counter() - started
        with self._lock:
            self._note(window, rms_dbfs, scores)
            self._vitals.window_scored(window.arrived_at, inference_s)
        self._refine()
        self._notify()
        return True

    def _refine(self) -> None:
        """Refine the edges of events as far as the sound has come."""
        heard_s, merge_gap_s = self._tape.duration_s, self._settings.merge_gap_s
        until_s = heard_s - SETTLED_AFTER_S
        refined = self._refined(until_s)
        undecided = self._onsets.undecided(self._log.open_events(), heard_s)
        onsets_s = self._onsets.follow(self._edges.refined(undecided, merge_gap_s))
        with self._lock:
            self._log.settle(refined, until_s)
            self._log.show_onsets(onsets_s)

    def _refined(self, until_s: float) -> list[HeardEvent]:
        """Refine the events that are due. Without the lock: only this thread changes the log."""
        return self._edges.refined(self._log.to_refine(until_s), self._settings.merge_gap_s)

    def _next_window(self) -> Window | None:
        now = self._clock()
        while self._pending:
            window = self._pending.popleft()
            is_late = bool(self._pending) and now - window.arrived_at > MAX_LAG_S
            if not is_late and window.start >= self._tape.recent_start:
                return window
            self._vitals.dropped_windows += 1
        return None

    def _note(self, window: Window, rms_dbfs: float, scores: NDArray[np.float32]) -> None:
        settings, rate = self._settings, self._tape.sample_rate
        centre, half_hop = (window.start + window.stop) / 2, window.hop_samples / 2
        begin_s = (centre - half_hop) / rate if window.start else 0.0
        gate_dbfs = _SILENCE_DBFS if settings.gate_dbfs is None else settings.gate_dbfs
        frame = Frame(
            onset_s=window.start / rate,
            begin_s=begin_s,
            end_s=(centre + half_hop) / rate,
            rms_dbfs=rms_dbfs,
            gated=rms_dbfs <= max(gate_dbfs, _SILENCE_DBFS),
            scores=scores,
        )
        self._history.append(frame)
        self._log.hear(frame, self._time_of_day(begin_s), settings)

    def _time_of_day(self, stream_s: float) -> float:
        """Convert stream time to seconds since 1970, by the arrival of the newest packet."""
        newest_at = self._vitals.newest_at
        assert newest_at is not None, "there is sound only after a packet"  # noqa: S101
        return self._epoch + newest_at - (self._intake.position_s - stream_s)

    def _is_abandoned(self) -> bool:
        if self._finishing and not len(self.inlet):
            return True
        newest_at = self._vitals.newest_at
        last = self._begun_at if newest_at is None else newest_at
        patience_s = RELEASED_AFTER_S if self.is_released else ABANDONED_AFTER_S
        return not len(self.inlet) and self._clock() - last > patience_s

    def _finish(self) -> None:
        """Flush all stages, and release the classifier."""
        self.inlet.close()
        self.inlet.clear()
        with self._lock:
            self._last_meter = self._meter()
            self._keep(self._intake.finish())
            self._log.finish()
            self._log.settle(self._refined(math.inf), math.inf)
            self._pending.clear()
            self._scorer = None
            self.stopped = True

    def _meter(self) -> Meter:
        if self._last_meter is not None:
            return self._last_meter
        levels = measure_levels(self._tape.last(_METER_S))
        held_dbfs = dbfs(self._trace.peak(_HOLD_S))
        return Meter(levels.peak_dbfs, levels.rms_dbfs, max(levels.peak_dbfs, held_dbfs))

    def _gaps_since(self, onset_s: float) -> tuple[Gap, ...]:
        newest_first = reversed(self._intake.gaps)
        return tuple(takewhile(lambda gap: gap.offset_s >= onset_s, newest_first))[::-1]

    def _about(self, n_samples: int, onset_s: float) -> "_About":
        newest = self._intake.newest
        if newest is None or not n_samples:
            raise RecordingError(
                "No sound has arrived yet.",
                allowed="A recent section needs audio that has arrived.",
                remedy="Wait until the level meter moves, then try again.",
            )
        rate = self._tape.sample_rate
        duration_s = timing.seconds_from_samples(n_samples, rate)
        source = SourceInfo(
            newest.sample_format, "microphone", newest.sample_rate, newest.channels, duration_s
        )
        gaps = tuple(
            Gap(max(0.0, gap.onset_s - onset_s), min(duration_s, gap.offset_s - onset_s))
            for gap in self._gaps_since(onset_s)
            if gap.onset_s <= onset_s + duration_s
        )
        return _About(source, rate, onset_s, self._time_of_day(onset_s), gaps)


@dataclass(frozen=True)
class _About:
    """Attributes of an excerpt without its audio, which is converted outside of the lock."""

    source: SourceInfo
    sample_rate: int
    onset_s: float
    began_at: float
    gaps: tuple[Gap, ...]


def _excerpt(sound: Float32, about: _About) -> Excerpt:
    clip = Clip(sound, about.sample_rate, about.source)
    return Excerpt(clip, about.onset_s, about.began_at, about.gaps)
