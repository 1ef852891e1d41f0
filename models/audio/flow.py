"""Flow: a recording as a stream of mono float32 blocks at one sample rate.

Only the current block is in memory, so that a single pass does not need memory for the whole
recording.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from models.audio.chain import Opened, open_links
from models.audio.decoding import MAX_SOURCE_RATE_HZ, MIN_SOURCE_RATE_HZ, WHOLE, Block, Choice
from models.audio.levels import range_notices
from models.audio.reading import ByteSource
from models.audio.resampling import Float32, Resampler
from models.audio.tracks import AudioTrack
from models.errors import RecordingError, SettingError

SAMPLE_RATE = 16_000  # sample rate of YAMNet, in Hz
MAX_DURATION_S = 4 * 3600.0  # 0.9 GB as a clip; decoded in about half a minute

MAX_SOURCE_VALUES_PER_S = 8 * 48_000
"""Largest number of source samples in all channels, per second of the allowed duration and for four
hours at least: eight channels at 48 kHz, or two at 192 kHz. A megabyte of FLAC can contain three
times as many in an hour, and take minutes."""

# Headers include the encoder's delay and padding; the decoded duration decides.
_STATED_MARGIN_S = 1.0


@dataclass(frozen=True)
class SourceInfo:
    """Properties of the recording that a clip was decoded from.

    Parameters
    ----------
    codec, container : str
        Short names, like "mp3", "aac", "pcm_s16le" and "mp3", "m4a", "wav".
    sample_rate : int
        Sample rate as decoded, in Hz.
    channels : int
        Number of channels.
    duration_s : float
        End of the decoded audio on the container's timeline, in seconds.
    start_s : float
        Its beginning there, in seconds; a clip is silent before.
    audio_tracks : tuple of AudioTrack
        All audio tracks of the container, in its order.
    audio_track : int
        Index of the one that was decoded.
    """

    codec: str
    container: str
    sample_rate: int
    channels: int
    duration_s: float
    start_s: float = 0.0
    audio_tracks: tuple[AudioTrack, ...] = ()
    audio_track: int = 0


class Flow(ABC):
    """A recording that is being decoded. Created by `models.audio.open_flow`.

    Attributes
    ----------
    sample_rate : int
        Sample rate of the blocks, in Hz.
    stated_s : float or None
        Duration that the file states, in seconds; None if it states none.
    non_finite_samples : int
        Number of the source's samples so far, in all channels, that were NaN or infinite and became
        zero.
    """

    sample_rate: int
    stated_s: float | None
    non_finite_samples: int

    @abstractmethod
    def blocks(self) -> Iterator[Float32]:
        """Decode the recording, once.

        Yields
        ------
        ndarray of float32, shape (n_samples,)
            Mono, nominally in [-1, 1], at `sample_rate`. Blocks last about a second; empty where a
            stretch could not be decoded, so that progress is reported at regular intervals.

        Raises
        ------
        RecordingError
            If nothing could be decoded, if it is too short for a single sample at `sample_rate`, or
            if the recording exceeds its limits.
        """

    @abstractmethod
    def fraction(self) -> float:
        """Return the approximate fraction decoded, in [0, 1]; it never decreases."""

    @property
    @abstractmethod
    def source(self) -> SourceInfo:
        """Properties of the recording; the duration is that decoded so far."""

    @abstractmethod
    def broke_at_s(self) -> float | None:
        """Return, at the end, where it breaks off in seconds (`models.audio.breaks`), or None."""

    @abstractmethod
    def notices(self) -> tuple[str, ...]:
        """Return, at the end, notices for the user on its decoding, in sentences."""

    @property
    @abstractmethod
    def packets_are_even(self) -> bool:
        """Whether, at the end, all packets have about one size: players seek by division."""


class LocalFlow(Flow):
    """A recording that this process decodes. Created by `open_local_flow`."""

    def __init__(self, recording: Opened, sample_rate: int, limit: "_Limit") -> None:
        self._recording = recording
        self._limit = limit
        self._first: Block | None = None
        self._fraction = 0.0
        self.sample_rate = sample_rate
        self.stated_s = recording.statement.duration_s
        self.non_finite_samples = 0
        self._peak = 0.0

    def blocks(self) -> Iterator[Float32]:
        """Decode the recording, once: see `Flow`."""
        resampler = Resampler(self.sample_rate)
        n_samples = 0
        for block in self._recording.blocks():
            self._limit.check_passed(self._recording.passed_s)
            self._limit.count(0 if block.is_silence else len(block.mono) * block.n_channels)
            samples = block.mono
            if len(block.mono):
                self._first = self._first or block
                self.non_finite_samples += block.n_non_finite
                samples = resampler.process(block.mono, block.sample_rate)
            n_samples += len(samples)
            self._note_peak(samples)
            yield samples
        rest = resampler.flush()
        if not n_samples + len(rest):
            raise self._limit.too_short(self._known_first())
        self._note_peak(rest)
        yield rest

    def fraction(self) -> float:
        """Return the approximate fraction decoded, in [0, 1]; it never decreases."""
        self._fraction = max(self._fraction, self._recording.fraction())
        return self._fraction

    @property
    def source(self) -> SourceInfo:
        """Properties of the recording; the duration is that decoded so far."""
        first = self._known_first()
        return SourceInfo(
            codec=self._recording.codec,
            container=self._recording.container,
            sample_rate=first.sample_rate,
            channels=first.n_channels,
            duration_s=self._recording.decoded_s,
            start_s=self._recording.start_s,
            audio_tracks=self._recording.tracks,
            audio_track=self._recording.audio_track,
        )

    def broke_at_s(self) -> float | None:
        """Return, at the end, where it breaks off in seconds (`models.audio.breaks`), or None."""
        return self._recording.broke_at_s(self._known_first().sample_rate)

    def notices(self) -> tuple[str, ...]:
        """Return, at the end, notices for the user on its decoding, in sentences."""
        return (*self._recording.notices(), *range_notices(self._peak))

    @property
    def packets_are_even(self) -> bool:
        """Whether, at the end, all packets have about one size: players seek by division."""
        return self._recording.packets_are_even

    @property
    def has_begun(self) -> bool:
        """Whether some audio was decoded, so that `source` is known."""
        return self._first is not None

    def _note_peak(self, samples: Float32) -> None:
        if len(samples):
            self._peak = max(self._peak, float(samples.max()), -float(samples.min()))

    def _known_first(self) -> Block:
        if self._first is None:
            raise RuntimeError("what a recording is shows in its first samples: decode some first")
        return self._first


@contextmanager
def open_local_flow(
    source: ByteSource, *, sample_rate: int, max_duration_s: float, choice: Choice = WHOLE
) -> Iterator[LocalFlow]:
    """Open a recording in this process, for a single pass.

    Parameters
    ----------
    source : ByteSource
        The file, at its beginning.
    sample_rate, max_duration_s
        As for `models.load_clip`; see `check_sample_rate`, `check_duration`.
    choice : Choice, optional
        Track and channels to decode.

    Yields
    ------
    LocalFlow
        Usable inside the ``with`` statement.

    Raises
    ------
    RecordingError
        If the file is not a recording, is encrypted, or states that it is too long.
    SettingError
        If there is no such track or channel.
    """
    with open_links(source, choice) as recording:
        limit = _Limit(max_duration_s, source)
        limit.check_stated(recording.statement.duration_s)
        yield LocalFlow(recording, sample_rate, limit)


def check_duration(max_duration_s: float) -> None:
    """Check a limit on durations.

    Raises
    ------
    SettingError
        If it is not positive.
    """
    if not max_duration_s > 0:
        raise SettingError(
            f"max_duration_s is {max_duration_s}.",
            allowed="It is a positive number of seconds.",
            remedy=f"Leave it out for {_spoken(MAX_DURATION_S)}.",
        )


def check_sample_rate(sample_rate: int) -> None:
    """Check a target sample rate.

    Raises
    ------
    SettingError
        If it is out of range, or not an integer.
    """
    if not MIN_SOURCE_RATE_HZ <= sample_rate <= MAX_SOURCE_RATE_HZ or sample_rate % 1:
        raise SettingError(
            f"The sample rate is {sample_rate} Hz.",
            allowed=f"It is a whole number from {MIN_SOURCE_RATE_HZ} to {MAX_SOURCE_RATE_HZ} Hz.",
            remedy=f"Use {SAMPLE_RATE} Hz, the rate of most models.",
        )


class _Limit:
    """Limits of a recording's duration and number of samples."""

    def __init__(self, max_duration_s: float, source: ByteSource) -> None:
        self._max_duration_s = max_duration_s
        self._label = source.label
        self._max_values = MAX_SOURCE_VALUES_PER_S * max(MAX_DURATION_S, max_duration_s)
        self._n_values = 0

    def check_stated(self, duration_s: float | None) -> None:
        if duration_s is not None and duration_s > self._max_duration_s + _STATED_MARGIN_S:
            raise self._error(f"lasts {_spoken(duration_s)}")

    def check_passed(self, duration_s: float) -> None:
        """Check the duration so far. Undecodable packets count, because they take time, too."""
        if duration_s > self._max_duration_s:
            raise self._error(f"goes on after {_spoken(duration_s)}, where decoding was stopped")

    def count(self, n_values: int) -> None:
        """Count samples in all channels, and check the limit."""
        self._n_values += n_values
        if self._n_values > self._max_values:
            raise RecordingError(
                f"{self._label} goes on after {self._n_values:,} samples in all channels, where "
                "decoding was stopped.",
                allowed=f"At most {self._max_values:,.0f} are allowed.",
                remedy="Convert it to one channel and a lower sample rate, or cut it into pieces.",
            )

    def too_short(self, first: Block) -> RecordingError:
        """Return the error for a recording without a single sample after resampling."""
        return RecordingError(
            f"{self._label} is too short: it ends after {len(first.mono)} samples at "
            f"{first.sample_rate} Hz.",
            allowed="At least one sample must be left at the rate of the models.",
            remedy="Copy, export or download it again, as a whole.",
        )

    def _error(self, what: str) -> RecordingError:
        return RecordingError(
            f"{self._label} {what}.",
            allowed=f"At most {_spoken(self._max_duration_s)} are allowed.",
            remedy="Cut it into shorter pieces, or raise the limit (max_duration_s).",
        )


def _spoken(seconds: float) -> str:
    """Format a duration: "2.5 s", "3 min 20 s", "5 h 12 min"."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    if not math.isfinite(seconds):
        return "any number of seconds"
    minutes, rest_s = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest_s} s"
    return f"{minutes // 60} h {minutes % 60} min"
