"""The handle on a stream that is being heard."""

import threading
import time
import weakref
from collections.abc import Callable
from types import TracebackType

from models.live.listener import Listener, Scorer
from models.live.packets import Inlet, Packet
from models.live.settings import LiveSettings
from models.live.snapshot import Excerpt, Snapshot
from models.live.tape import MAX_RECORDED_S

_JOIN_S = 0.9


class LiveStream:
    """A microphone's stream, classified as it sounds.

    A worker of its own hears it. That worker knows nothing of this handle: when the last reference
    to the handle goes, the worker ends. It also ends after some seconds in which neither packets
    came nor `snapshot` was called.

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
    ) -> None:
        first = LiveSettings() if settings is None else settings
        self._listener = Listener(classifier, first, clock, max_recorded_s)
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

    def wait_for_frame(self, n_frames: int, timeout_s: float) -> None:
        """Wait until there have been more than `n_frames` frames, the end, or for `timeout_s`.

        Parameters
        ----------
        n_frames : int
            The last snapshot's ``n_frames``.
        timeout_s : float
            Longest wait, in seconds.
        """
        self._listener.wait_for_frame(n_frames, timeout_s)

    def snapshot(self, since: int = -1) -> Snapshot:
        """Look at the stream; cheap enough for several times a second.

        Parameters
        ----------
        since : int
            Number of the first frame wanted, such as the last snapshot's ``n_frames``; counted
            from the newest where it is negative. Only the newest by default; 0 copies up to 5 MB.
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
    def n_bytes(self) -> int:
        """Size of the sound and frames that it holds, in bytes."""
        return self._listener.n_bytes

    def recording(self) -> Excerpt:
        """Take the session, also after the end: as much of its end as is kept.

        Raises
        ------
        RecordingError
            If no sound has arrived yet.
        """
        return self._listener.recording()

    def stop(self) -> None:
        """End the worker, and keep all the sound that has arrived. Windows that wait are dropped.

        May be called again, and from any thread.
        """
        self._listener.leave()
        self.inlet.wake()
        if threading.current_thread() is not self._thread:
            self._thread.join(_JOIN_S)
