"""One visitor's listening: the stream while it lasts, and what is kept of it."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone

from models.classifier import Classifier
from models.errors import RecordingError
from models.live.packets import Packet
from models.live.seats import Seats
from models.live.settings import LiveSettings
from models.live.snapshot import Excerpt, Snapshot
from models.live.stream import LiveStream
from models.live.tape import MAX_RECORDED_S

LOST_AFTER_S = 2.0
"""Time without a packet after which the connection was lost: at Stop the microphone's track ends
0.1 to 0.3 s after its last one, and else only after 30 s (RFC 7675)."""


class LiveSession:
    """Holds a visitor's stream from Start to Stop.

    Packets come in on the connection's thread and find the stream here, if there is one. A stream
    that gets none ends by itself, and is kept until it is looked for: the connection may have been
    lost, and come back.

    Parameters
    ----------
    seats : Seats
        How many listen at once, and who.
    keep : callable
        Called with what a stream recorded, once it has ended; not for one that heard nothing.
    max_recorded_s : float, optional
        How much of a session is kept, in seconds: its end.
    clock : callable, optional
        Gives the time in seconds, on the clock of ``Packet.arrived_at``.
    """

    def __init__(
        self,
        seats: Seats,
        keep: Callable[[Excerpt], None],
        max_recorded_s: float = MAX_RECORDED_S,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seats = seats
        self._person = object()  # has the seat: one that is never given back keeps no sound
        self._max_recorded_s = max_recorded_s
        self._stream: LiveStream | None = None
        self._classifier: Classifier | None = None
        self._n_seen = 0
        self._keep = keep
        self._clock = clock
        self.was_lost = False  # whether the last stream ended because its connection was lost
        self._connecting_since: float | None = None
        self._heard_at: float | None = None  # when the newest packet of this stream came
        self._track_ended_at: float | None = None

    @property
    def listening(self) -> bool:
        """Whether a stream is being heard."""
        return self._stream is not None

    def take_seat(self) -> bool:
        """Ask for a seat, or keep it; returns whether the visitor has one."""
        return self._seats.take(self._person)

    @property
    def has_seat(self) -> bool:
        """Whether the visitor has a seat, and has not lost it to somebody else."""
        return self._seats.has(self._person)

    def push(self, packet: Packet) -> None:
        """Hand a packet on."""
        self._seats.hear(self._person)
        stream = self._stream
        if stream is not None:
            self._heard_at, self._track_ended_at = packet.arrived_at, None
            stream.push(packet)

    def end_track(self) -> None:
        """Note that the microphone's track has ended, for whatever reason."""
        self._track_ended_at = self._clock()

    @property
    def lost(self) -> bool:
        """Whether sound came, and then no more, though nobody had pressed Stop by then."""
        if self._stream is None or self._heard_at is None:
            return False
        ended_at = self._clock() if self._track_ended_at is None else self._track_ended_at
        return ended_at - self._heard_at > LOST_AFTER_S

    def time_connecting(self, connecting: bool) -> float:
        """Return how long the connection has been coming about, in seconds."""
        if not connecting:
            self._connecting_since = None
            return 0.0
        if self._connecting_since is None:
            self._connecting_since = self._clock()
        return self._clock() - self._connecting_since

    def start(self, classifier: Classifier, settings: LiveSettings) -> None:
        """Listen from now on, or go on with other settings.

        A stream has one classifier from its beginning on, and ended if no sound came for a while,
        or with an error: then another one begins.
        """
        if self._classifier is not classifier or self._stopped():
            self._end()
        if self._stream is None:
            self._stream = LiveStream(classifier, settings, max_recorded_s=self._max_recorded_s)
            self._classifier = classifier
            self._n_seen = 0
            self._heard_at = self._track_ended_at = None
        else:
            self._stream.configure(settings)

    def _stopped(self) -> bool:
        return self._stream is None or self._stream.snapshot().stopped

    def snapshot(self, since: int = -1) -> Snapshot | None:
        """Look at the stream; None where there is none."""
        return None if self._stream is None else self._stream.snapshot(since)

    def next_snapshot(self, since: int, patience_s: float) -> Snapshot | None:
        """Look at the stream the moment it has another frame; None where there is no stream.

        Whoever asks again and again is thus in step with the scores, whenever they come.

        Parameters
        ----------
        since : int
            As in `LiveStream.snapshot`.
        patience_s : float
            Time after which to look even so, in seconds.
        """
        stream = self._stream
        if stream is None:
            return None
        stream.wait_for_frame(self._n_seen, patience_s)
        snapshot = stream.snapshot(since)
        self._n_seen = snapshot.n_frames
        return snapshot

    def freeze(self, last_s: float) -> Excerpt:
        """Take the last seconds while the stream goes on.

        Raises
        ------
        RecordingError
            If nothing has been heard yet.
        """
        if self._stream is None:
            raise RecordingError(
                "Nothing is being heard.",
                allowed="The last seconds can be taken while the microphone is on.",
                remedy="Press Start first.",
            )
        return self._stream.freeze(last_s)

    def finish(self) -> None:
        """Stop listening."""
        self._seats.give_back(self._person)
        self._end()

    def close(self) -> None:
        """Stop listening, and keep nothing."""
        self._keep = lambda _excerpt: None
        self.finish()

    @property
    def n_bytes(self) -> int:
        """Size of the sound that it holds, in bytes."""
        return 0 if self._stream is None else self._stream.n_bytes

    def _end(self) -> None:
        stream, self._stream, self._classifier = self._stream, None, None
        if stream is not None:
            stream.stop()
            with suppress(RecordingError):  # it heard nothing
                self._keep(stream.recording())


def title(excerpt: Excerpt, words: str) -> str:
    """Name an excerpt by what it is and when it began, in UTC, which is the server's only clock."""
    began = datetime.fromtimestamp(excerpt.began_at, tz=timezone.utc)
    return f"{words} {began:%Y-%m-%d %H.%M.%S} UTC.wav"
