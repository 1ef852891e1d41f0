"""The handle on a stream that is being heard."""

import threading
import time
import weakref
from collections.abc import Callable
from types import TracebackType

from models.live.audio_buffer import MAX_RECORDED_S
from models.live.packets import Inlet, Packet
from models.live.settings import LiveSettings
from models.live.snapshot import Cursor, Excerpt, Snapshot
from models.live.worker import Listener, Scorer

_JOIN_S = 0.9


class LiveStream:
    """A microphone's stream, classified as it sounds.

    A worker of its own takes packets and scores windows. That worker knows nothing of this handle:
    when the last reference to the handle goes, the worker ends. It also ends after
    `models.live.worker.ABANDONED_AFTER_S` seconds without packets.

    Parameters
    ----------
    classifier : Classifier
        Scores the windows; may be shared. No reference to it is kept after the end.
    settings : LiveSettings, optional
        To begin with.
    clock : callable, optional
        Gives the time in seconds, on the clock of ``Packet.arrived_at``.
    max_recorded_s : float
        How much of the session `recording` gives, in seconds: its end.
    notify : callable, optional
        Called on the worker's thread after each frame, and once the stream has ended.

    Raises
    ------
    SettingError
        If a watched label is none of the model's.
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
        self._listener = Listener(classifier, first, clock, max_recorded_s, notify)
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
        """Where packets go. Whoever holds only this does not keep the stream alive."""
        return self._listener.inlet

    def push(self, packet: Packet) -> None:
        """Leave a packet; a few microseconds, whatever the worker does. Ignored after the end."""
        self.inlet.push(packet)

    def configure(self, settings: LiveSettings) -> None:
        """Use other settings from the next window on.

        Raises
        ------
        SettingError
            If a watched label is none of the model's.
        """
        self._listener.configure(settings)

    def snapshot(self, since: int = -1) -> Snapshot:
        """Look at the stream; cheap enough for several times a second.

        Parameters
        ----------
        since : int
            Number of the first frame wanted, such as the last snapshot's ``n_frames``; counted
            from the newest where it is negative. Only the newest by default; 0 copies up to 5 MB.
        """
        return self._listener.snapshot(Cursor(frames=since))

    def news(self, since: Cursor) -> Snapshot:
        """Look at what is new since an earlier snapshot: its frames, events and waveform.

        Parameters
        ----------
        since : Cursor
            The earlier snapshot's ``cursor``.
        """
        return self._listener.snapshot(since)

    def freeze(self, last_s: float = 10.0) -> Excerpt:
        """Take the last seconds, of at most a minute, while the stream goes on.

        Raises
        ------
        RecordingError
            If no sound has arrived yet.
        """
        return self._listener.freeze(last_s)

    @property
    def stopped(self) -> bool:
        """Whether it has ended for good."""
        return self._listener.stopped

    @property
    def error(self) -> Exception | None:
        """What ended it, where that was an error."""
        return self._listener.error

    def release(self) -> None:
        """Note that the source of its packets ended: the stream ends soon unless others come."""
        self._listener.is_released = True

    def free_sound(self) -> None:
        """Drop the sound of a stream that has ended; what is to be seen of it stays."""
        self._listener.free_sound()

    @property
    def n_bytes(self) -> int:
        """Size of the sound and frames that it holds, in bytes."""
        return self._listener.n_bytes

    @property
    def max_bytes(self) -> int:
        """Size that they may come to, in bytes; as the system counts, taken as sound comes in."""
        return self._listener.max_bytes

    def recording(self) -> Excerpt:
        """Take the session, also after the end: as much of its end as is kept.

        Raises
        ------
        RecordingError
            If no sound has arrived yet.
        """
        return self._listener.recording()

    def leave(self) -> None:
        """Have the worker end, as `stop` does, without waiting for it."""
        self._listener.leave()
        self.inlet.wake()

    def stop(self) -> None:
        """End the worker, and keep all the sound that has arrived. Windows that wait are dropped.

        May be called again, and from any thread.
        """
        self.leave()
        if threading.current_thread() is not self._thread:
            self._thread.join(_JOIN_S)
