"""Immutable snapshots of a stream."""

from dataclasses import dataclass

from models.audio import Clip
from models.live.event_log import HeardEvent
from models.live.frames import Frames
from models.live.intake import Gap
from models.live.settings import LiveSettings
from models.live.waveform import Waveform


@dataclass(frozen=True)
class Meter:
    """Level of the newest audio, in dBFS; minus infinity is digital silence.

    Parameters
    ----------
    peak_dbfs, rms_dbfs : float
        Peak and RMS level of the last 50 ms.
    hold_dbfs : float
        Highest peak of the last 2 s.
    """

    peak_dbfs: float
    rms_dbfs: float
    hold_dbfs: float


@dataclass(frozen=True)
class Health:
    """Statistics on the reception and latency of a stream.

    Parameters
    ----------
    sample_rate, sample_format, channels : int, str, int, or None
        Of the newest packet; None before the first.
    model_sample_rate : int
        Sample rate after resampling, in Hz.
    packets : int
        Number of packets so far.
    packets_per_s : float
        Packet rate over the last 2 s.
    score_age_s : float or None
        Time since the newest scored audio arrived, in seconds; None before the first score.
    inference_p50_s, inference_p95_s : float or None
        Median and 95th percentile of the scoring time of the last 100 windows, in seconds, waiting
        for a free interpreter included; None before the first.
    pending_windows : int
        Number of windows that wait for scoring.
    dropped_windows : int
        Windows that were not scored because they were late.
    lost_packets : int
        Estimated number of packets that never arrived.
    muted : bool
        Whether packets arrive, but have contained digital silence only for more than a second.
    ended : bool
        Whether no packet has arrived for 2 s, or the stream was stopped.
    """

    sample_rate: int | None
    sample_format: str | None
    channels: int | None
    model_sample_rate: int
    packets: int
    packets_per_s: float
    score_age_s: float | None
    inference_p50_s: float | None
    inference_p95_s: float | None
    pending_windows: int
    dropped_windows: int
    lost_packets: int
    muted: bool
    ended: bool


@dataclass(frozen=True)
class Cursor:
    """Position of a reader in a stream; later data is new to it.

    Parameters
    ----------
    frames, events, stretches : int
        Numbers of frames, of settled events, and of waveform stretches at that position.
    """

    frames: int = 0
    events: int = 0
    stretches: int = 0


@dataclass(frozen=True, eq=False)
class Snapshot:
    """State of a stream at one moment.

    Parameters
    ----------
    duration_s : float
        Stream time: duration of the audio so far in seconds, lost audio included.
    began_at : float or None
        Time of day at stream time 0, in seconds since 1970 (UTC); None before the first packet.
    n_frames : int
        Number of frames so far; pass it to the next call as ``since``.
    frames : Frames
        The frames from ``since`` on.
    events : tuple of HeardEvent
        In the order in which they appeared: the open ones, and of the ended ones the newest
        thousand, or those that were settled after a cursor.
    n_events : int
        Number of events so far.
    counts : dict of str to int
        Number of events per watched label since the beginning of the stream.
    meter : Meter
        Level of the newest audio.
    waveform : Waveform
        The last 10 s, or the new part of them.
    gaps : tuple of Gap
        Lost audio within the last 10 s.
    health : Health
        Reception and latency.
    settings : LiveSettings
        The current settings.
    stopped : bool
        Whether the stream has ended.
    error : Exception or None
        The error that ended the stream, if any.
    cursor : Cursor
        Pass it to the next call to get later data only.
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
    """A part of a stream, as a clip.

    Parameters
    ----------
    clip : Clip
        Mono audio at the model's sample rate.
    onset_s : float
        Stream time at its beginning, in seconds.
    began_at : float
        Time of day at its beginning, in seconds since 1970 (UTC).
    gaps : tuple of Gap
        Lost audio in it, in seconds from its beginning.
    """

    clip: Clip
    onset_s: float
    began_at: float
    gaps: tuple[Gap, ...]
