"""Recordings of any kind become clips: mono float32 samples at one rate.

Conventions
-----------
A clip's samples are float32, shape ``(n_samples,)``, in [-1, 1], read-only. Channels are averaged,
samples outside [-1, 1] clipped, and samples that are no number become zero and are counted.
Decoding, averaging and resampling go block by block: of a recording, only the clip itself ever
stands in memory as a whole.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.audio.decoding import (
    MAX_SOURCE_RATE_HZ,
    MIN_SOURCE_RATE_HZ,
    Block,
    Recording,
    open_recording,
)
from models.audio.reading import ByteSource, Source, open_source
from models.audio.resampling import Float32, Resampler
from models.errors import RecordingError, SettingError
from models.timing import seconds_from_samples

SAMPLE_RATE = 16_000  # what YAMNet hears, in Hz
MAX_DURATION_S = 4 * 3600.0  # 0.9 GB as a clip; one decodes it in about half a minute

# Ten minutes at 16 kHz, 38 MB. Above 32 MiB glibc's malloc always asks the system for memory, and
# gives it back when it is freed (mallopt(3), M_MMAP_THRESHOLD).
_SEGMENT_SAMPLES = 9_600_000

# Headers count what encoders put before and behind the sound; decoding then decides.
_STATED_MARGIN_S = 1.0

_MIN_STEP = 0.01  # progress is told once per hundredth,
_MAX_SILENT_BLOCKS = 20  # and in any case this often, so that it can cancel


@dataclass(frozen=True)
class SourceInfo:
    """What a clip was decoded from.

    Parameters
    ----------
    codec, container : str
        Short names, like "mp3", "aac", "pcm_s16le" and "mp3", "m4a", "wav".
    sample_rate : int
        In Hz, as decoded.
    channels : int
        How many were averaged.
    duration_s : float
        Seconds of sound that were decoded.
    """

    codec: str
    container: str
    sample_rate: int
    channels: int
    duration_s: float


@dataclass(frozen=True, eq=False)
class Clip:
    """One whole decoded recording.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        Mono, in [-1, 1]. Kept as a read-only view, not copied.
    sample_rate : int
        In Hz.
    source : SourceInfo
        What came in.
    non_finite_samples : int
        How many of the source's samples, in all channels, were NaN or infinite and became zero.
    broke_at_s : float or None
        The second at which the recording breaks off before its end (see `models.audio.breaks`),
        None if it is whole as far as can be told.
    """

    samples: Float32
    sample_rate: int
    source: SourceInfo
    non_finite_samples: int = 0
    broke_at_s: float | None = None

    def __post_init__(self) -> None:
        if self.samples.dtype != np.float32 or self.samples.ndim != 1:
            raise TypeError(
                "a clip's samples are float32 of shape (n_samples,), not "
                f"{self.samples.dtype} of shape {self.samples.shape}: see Clip.from_samples"
            )
        view = self.samples.view()
        view.flags.writeable = False
        object.__setattr__(self, "samples", view)

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return seconds_from_samples(len(self.samples), self.sample_rate)

    @classmethod
    def from_samples(cls, samples: NDArray[np.floating[Any]], sample_rate: int) -> "Clip":
        """Make a clip of samples that are in memory already.

        Parameters
        ----------
        samples : ndarray of a floating type, shape (n_samples,)
            Mono. As with `load_clip`, values outside [-1, 1] are clipped, those that are no number
            become zero and are counted. Copied, and never resampled.
        sample_rate : int
            In Hz.

        Raises
        ------
        RecordingError
            If the samples are integers, not mono or none, or the rate makes no sense.
        """
        samples = np.asarray(samples)
        _check_samples(samples)
        _check_sample_rate(sample_rate)
        finite = np.isfinite(samples)
        clipped = np.clip(np.where(finite, samples, 0), -1, 1).astype(np.float32)
        duration_s = seconds_from_samples(len(clipped), sample_rate)
        source = SourceInfo(str(samples.dtype), "memory", sample_rate, 1, duration_s)
        return cls(clipped, sample_rate, source, int(finite.size - np.count_nonzero(finite)))


def load_clip(
    source: Source,
    *,
    sample_rate: int = SAMPLE_RATE,
    max_duration_s: float = MAX_DURATION_S,
    progress: Callable[[float], None] | None = None,
) -> Clip:
    """Decode a recording, whatever its container and codec.

    Parameters
    ----------
    source : str, os.PathLike, bytes, bytearray, memoryview or binary file
        A str is a path, never an address. A file is read from its beginning and stays open.
    sample_rate : int
        Rate to resample to, in Hz.
    max_duration_s : float
        Longer recordings are refused, in seconds. Holds against small files that unpack to days.
    progress : callable, optional
        Called with the fraction that is decoded, in [0, 1], never less than before and 1.0 at the
        end. What it raises ends the decoding and comes out unchanged.

    Returns
    -------
    Clip
        Of the best stream of sound. It may break off, see ``Clip.broke_at_s``.

    Raises
    ------
    RecordingError
        If the recording is missing, empty, no recording, encrypted, too damaged for a single
        sample, or too long.
    SettingError
        If ``sample_rate`` or ``max_duration_s`` makes no sense.
    TypeError
        If ``source`` is none of the types above.
    """
    _check_sample_rate(sample_rate)
    if not max_duration_s > 0:
        raise SettingError(
            f"max_duration_s is {max_duration_s}.",
            allowed="It is a positive number of seconds.",
            remedy=f"Leave it out for {_spoken(MAX_DURATION_S)}.",
        )
    with open_source(source) as byte_source, open_recording(byte_source) as recording:
        limit = _Limit(max_duration_s, byte_source)
        limit.check_stated(recording.statement.duration_s)
        return _decode(recording, sample_rate, limit, _Progress(progress, recording.fraction))


def _check_samples(samples: NDArray[Any]) -> None:
    if samples.dtype.kind != "f":
        hint = " Divide 16-bit integers by 32768.0." if samples.dtype.kind in "iu" else ""
        what = f"of type {samples.dtype}"
    elif samples.ndim != 1:
        hint = " Average the channels." if samples.ndim == 2 else ""
        what = f"of shape {samples.shape}"
    elif not len(samples):
        hint, what = "", "none at all"
    else:
        return
    raise RecordingError(
        f"The samples are {what}.",
        allowed="A clip is made of floating-point numbers in [-1, 1], of shape (n_samples,).",
        remedy=f"Convert them.{hint}",
    )


def _check_sample_rate(sample_rate: int) -> None:
    if not MIN_SOURCE_RATE_HZ <= sample_rate <= MAX_SOURCE_RATE_HZ or sample_rate % 1:
        raise SettingError(
            f"The sample rate is {sample_rate} Hz.",
            allowed=f"It is a whole number from {MIN_SOURCE_RATE_HZ} to {MAX_SOURCE_RATE_HZ} Hz.",
            remedy=f"Use {SAMPLE_RATE} Hz, which the models hear.",
        )


def _decode(recording: Recording, sample_rate: int, limit: "_Limit", progress: "_Progress") -> Clip:
    resampler = Resampler(sample_rate)
    gathered = _Samples()
    first: Block | None = None
    non_finite_samples = 0
    for block in recording.blocks():
        limit.check_passed(recording.course.decoded_s + recording.course.failed_s)
        if len(block.mono):
            first = first or block
            non_finite_samples += block.n_non_finite
            gathered.append(resampler.process(block.mono, block.sample_rate))
        progress.tell()
    gathered.append(resampler.flush())
    assert first is not None, "blocks() raises where nothing was decoded"  # noqa: S101
    source = SourceInfo(
        codec=recording.codec,
        container=recording.container,
        sample_rate=first.sample_rate,
        channels=first.n_channels,
        duration_s=recording.course.decoded_s,
    )
    progress.end()
    return Clip(
        samples=gathered.take(),
        sample_rate=sample_rate,
        source=source,
        non_finite_samples=non_finite_samples,
        broke_at_s=recording.broke_at_s(first.sample_rate),
    )


class _Limit:
    """The longest that a recording may last."""

    def __init__(self, max_duration_s: float, source: ByteSource) -> None:
        self._max_duration_s = max_duration_s
        self._label = source.label

    def check_stated(self, duration_s: float | None) -> None:
        if duration_s is not None and duration_s > self._max_duration_s + _STATED_MARGIN_S:
            raise self._error(f"lasts {_spoken(duration_s)}")

    def check_passed(self, duration_s: float) -> None:
        """Refuse to go on. What cannot be decoded counts as well: it takes its time to try."""
        if duration_s > self._max_duration_s:
            raise self._error(f"goes on after {_spoken(duration_s)}, where decoding was stopped")

    def _error(self, what: str) -> RecordingError:
        return RecordingError(
            f"{self._label} {what}.",
            allowed=f"At most {_spoken(self._max_duration_s)} are allowed.",
            remedy="Cut it into shorter pieces, or raise the limit (max_duration_s).",
        )


def _spoken(seconds: float) -> str:
    """Say a duration: "2.5 s", "3 min 20 s", "5 h 12 min"."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    if not math.isfinite(seconds):
        return "any number of seconds"
    minutes, rest_s = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest_s} s"
    return f"{minutes // 60} h {minutes % 60} min"


class _Progress:
    """Tells a callable how far things are, neither too often nor too seldom."""

    def __init__(
        self, callback: Callable[[float], None] | None, fraction: Callable[[], float]
    ) -> None:
        self._callback = callback
        self._fraction = fraction
        self._told = 0.0
        self._n_silent = 0

    def tell(self) -> None:
        if self._callback is None:
            return
        self._n_silent += 1
        fraction = max(self._told, self._fraction())
        if fraction - self._told >= _MIN_STEP or self._n_silent >= _MAX_SILENT_BLOCKS:
            self._told, self._n_silent = fraction, 0
            self._callback(fraction)

    def end(self) -> None:
        if self._callback is not None:
            self._callback(1.0)


class _Samples:
    """Gathers blocks without ever holding all of them twice.

    They go into segments, each of which is given back as soon as it is copied into the clip.
    Memory that was never written to costs nothing, so that a short clip takes no whole segment.
    """

    def __init__(self) -> None:
        self._full: list[Float32] = []
        self._last = np.empty(_SEGMENT_SAMPLES, np.float32)
        self._n_last = 0

    def append(self, block: Float32) -> None:
        while len(block):
            room = _SEGMENT_SAMPLES - self._n_last
            part, block = block[:room], block[room:]
            self._last[self._n_last : self._n_last + len(part)] = part
            self._n_last += len(part)
            if self._n_last == _SEGMENT_SAMPLES:
                self._full.append(self._last)
                self._last = np.empty(_SEGMENT_SAMPLES, np.float32)
                self._n_last = 0

    def take(self) -> Float32:
        """Join the segments and forget them."""
        joined = np.empty(len(self._full) * _SEGMENT_SAMPLES + self._n_last, np.float32)
        joined[len(joined) - self._n_last :] = self._last[: self._n_last]
        while self._full:
            start = (len(self._full) - 1) * _SEGMENT_SAMPLES
            joined[start : start + _SEGMENT_SAMPLES] = self._full.pop()
        return joined
