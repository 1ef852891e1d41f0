"""What a page may know of a stream: frozen, consistent and cheap to take."""

from dataclasses import dataclass

from models.audio import Clip
from models.live.event_log import HeardEvent
from models.live.frames import Frames
from models.live.intake import Gap
from models.live.settings import LiveSettings
from models.live.waveform import Waveform


@dataclass(frozen=True)
class Meter:
    """Level of the newest sound; minus infinity is digital silence.

    Parameters
    ----------
    peak_dbfs, rms_dbfs : float
        Of the last 50 ms.
    hold_dbfs : float
        Highest peak of the last 2 s.
    """

    peak_dbfs: float
    rms_dbfs: float
    hold_dbfs: float


@dataclass(frozen=True)
class Health:
    """How well a stream is received and heard.

    Parameters
    ----------
    sample_rate, sample_format, channels : int, str, int, or None
        Of the newest packet; None before the first.
    model_sample_rate : int
        What they are brought to, in Hz.
    packets : int
        How many arrived in all.
    packets_per_s : float
        Over the last 2 s.
    packet_age_s : float or None
        Time since the newest packet arrived, None before the first.
    score_age_s : float or None
        Time since the newest sound arrived that has been scored, None before the first.
    inference_p50_s, inference_p95_s : float or None
        Time that scoring took, waiting for a free interpreter included; median and 95th
        percentile of the last 100 windows, None before the first.
    pending_windows, buffered_packets : int
        What waits to be scored, and to be taken.
    dropped_windows : int
        Windows that were not scored because newer ones waited.
    lost_packets : int
        How many packets' worth of sound never arrived.
    muted : bool
        Whether packets arrive, but have held nothing but digital silence for over a second.
    ended : bool
        Whether no packet has arrived for 2 s, or the stream was stopped.
    """

    sample_rate: int | None
    sample_format: str | None
    channels: int | None
    model_sample_rate: int
    packets: int
    packets_per_s: float
    packet_age_s: float | None
    score_age_s: float | None
    inference_p50_s: float | None
    inference_p95_s: float | None
    pending_windows: int
    buffered_packets: int
    dropped_windows: int
    lost_packets: int
    muted: bool
    ended: bool


@dataclass(frozen=True)
class Cursor:
    """How much of a stream is known: what comes after it is new.

    Parameters
    ----------
    frames, events, stretches : int
        Frames, ended events, and stretches of the waveform that there had been.
    """

    frames: int = 0
    events: int = 0
    stretches: int = 0


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A stream at one moment.

    Parameters
    ----------
    duration_s : float
        Stream time: seconds of sound so far, lost sound included.
    began_at : float or None
        Time of day at stream time 0, in seconds since 1970 (UTC); None before the first packet.
    n_frames : int
        How many frames there have been; hand it to the next call as ``since``.
    frames : Frames
        Those from ``since`` on.
    events : tuple of HeardEvent
        In the order in which they appeared; the newest thousand of those that have ended, or
        those that ended after a cursor, and in any case those that are open.
    n_events : int
        How many there have been.
    counts : dict of str to int
        Events per watched label since the beginning, whenever watching began.
    meter : Meter
        Level of the newest sound.
    waveform : Waveform
        The last 10 s, or what is new of them.
    gaps : tuple of Gap
        Lost sound within the waveform.
    health : Health
        How well it goes.
    settings : LiveSettings
        As they are now.
    stopped : bool
        Whether it ended for good.
    error : Exception or None
        What ended it, where that was neither `stop` nor its being abandoned.
    cursor : Cursor
        Hand it to the next call to get what is new.
    """

    duration_s: float
    began_at: float | None
    n_frames: int
    frames: Frames
    events: tuple[HeardEvent, ...]
    n_events: int
    counts: dict[str, int]
    meter: Meter
    waveform: Waveform
    gaps: tuple[Gap, ...]
    health: Health
    settings: LiveSettings
    stopped: bool
    error: Exception | None
    cursor: Cursor


@dataclass(frozen=True, eq=False)
class Excerpt:
    """A stretch of a stream, as a clip.

    Parameters
    ----------
    clip : Clip
        The sound, mono, at the model's rate.
    onset_s : float
        Stream time at its beginning.
    began_at : float
        Time of day at its beginning, in seconds since 1970 (UTC).
    gaps : tuple of Gap
        Lost sound in it, in seconds from its beginning.
    """

    clip: Clip
    onset_s: float
    began_at: float
    gaps: tuple[Gap, ...]
