"""Handle on a live stream and its worker thread."""

import threading
import time
import weakref
from collections.abc import Callable
from types import TracebackType

from models.live.audio_buffer import MAX_RECORDED_S
from models.live.packets import Inlet, Packet
from models.live.settings import LiveSettings
from models.live.snapshot import Cursor, Excerpt, Snapshot
from models.live.worker import Scorer, StreamWorker

_JOIN_S = 0.9


class LiveStream:
    """A microphone stream with a worker thread that classifies it.

    The worker has no reference to this handle: it ends when the last reference to the handle is
    dropped, and after `models.live.worker.ABANDONED_AFTER_S` seconds without packets.

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
        self._listener = StreamWorker(classifier, first, clock, max_recorded_s, notify)
        self._thread = threading.Thread(target=self._listener.run, name="live", daemon=True)
        weakref.finalize(self, self._listener.leave)
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
        return self._listener.inlet

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
        self._listener.configure(settings)

    def snapshot(self, since: int = -1) -> Snapshot:
        """Take a snapshot of the stream; cheap enough for several calls per second.

        Parameters
        ----------
        since : int
            Number of the first frame to copy, such as ``n_frames`` of the last snapshot; negative
            numbers count from the newest. By default only the newest frame; 0 copies up to 5 MB.
        """
        return self._listener.snapshot(Cursor(frames=since))

    def news(self, since: Cursor) -> Snapshot:
        """Take a snapshot with only the frames, events and waveform since an earlier one.

        Parameters
        ----------
        since : Cursor
            ``cursor`` of the earlier snapshot.
        """
        return self._listener.snapshot(since)

    def freeze(self, last_s: float = 10.0) -> Excerpt:
        """Copy the last seconds, one minute at most, as a clip, while the stream continues.

        Raises
        ------
        RecordingError
            If no audio has arrived yet.
        """
        return self._listener.freeze(last_s)

    @property
    def stopped(self) -> bool:
        """Whether the stream has ended."""
        return self._listener.stopped

    @property
    def error(self) -> Exception | None:
        """The error that ended the stream, if any."""
        return self._listener.error

    def release(self) -> None:
        """Record that the source ended: the stream ends soon unless more packets arrive."""
        self._listener.is_released = True

    def finish(self) -> None:
        """End the stream once all packets so far are processed, without waiting for it."""
        self._listener.finish()

    def free_sound(self) -> None:
        """Release the audio of a stream that has ended; frames and events stay readable."""
        self._listener.free_sound()

    @property
    def n_bytes(self) -> int:
        """Size of the audio and frames, in bytes."""
        return self._listener.n_bytes

    @property
    def max_bytes(self) -> int:
        """Size of the audio and frames in full buffers, in bytes."""
        return self._listener.max_bytes

    def recording(self) -> Excerpt:
        """Copy the session as a clip, also after the end; its last `max_recorded_s` seconds.

        Raises
        ------
        RecordingError
            If no audio has arrived yet.
        """
        return self._listener.recording()

    def leave(self) -> None:
        """Tell the worker to end, as `stop` does, without waiting for it."""
        self._listener.leave()
        self.inlet.wake()

    def stop(self) -> None:
        """End the worker. All audio that has arrived is kept; pending windows are dropped.

        May be called repeatedly, and from any thread.
        """
        self.leave()
        if threading.current_thread() is not self._thread:
            self._thread.join(_JOIN_S)
