"""Clips, and loading of recordings as clips.

Conventions
-----------
A clip's samples are float32, shape ``(n_samples,)``, nominally in [-1, 1] but not clipped,
read-only. Channels are averaged, and non-finite samples are replaced by zero and counted. Decoding,
averaging and resampling run block by block: only the clip itself is held in memory as a whole.
"""

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal, cast, overload

import numpy as np
from numpy.typing import NDArray

from models.audio.buffers import RowBuffer
from models.audio.downmix import Channels
from models.audio.flow import MAX_DURATION_S, SAMPLE_RATE, SourceInfo, check_sample_rate
from models.audio.levels import range_notices
from models.audio.opening import open_flow
from models.audio.reading import Source, open_source
from models.audio.resampling import LARGEST_SAMPLE, Float32
from models.audio.timing import seconds_from_samples
from models.errors import RecordingError

_MIN_STEP = 0.01  # progress is reported once per hundredth,
_MAX_SILENT_BLOCKS = 20  # and at least this often, so that it can cancel


@dataclass(frozen=True, eq=False)
class Clip:
    """A decoded recording.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        Mono, nominally in [-1, 1], not clipped. Kept as a read-only view, not copied.
    sample_rate : int
        In Hz.
    source : SourceInfo
        Properties of the recording.
    non_finite_samples : int
        Number of the source's samples, in all channels, that were NaN or infinite and became zero.
    broke_at_s : float or None
        Time in seconds at which the recording breaks off (see `models.audio.breaks`); None if it
        seems complete.
    notices : tuple of str
        Notices for the user, in sentences: truncation, other tracks, channels that cancel out,
        gaps, samples far beyond full scale.

    Raises
    ------
    TypeError
        If the samples are not float32 of shape (n_samples,).
    """

    samples: Float32
    sample_rate: int
    source: SourceInfo
    non_finite_samples: int = 0
    broke_at_s: float | None = None
    notices: tuple[str, ...] = ()

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
        """Create a clip of samples in memory.

        Parameters
        ----------
        samples : ndarray of a floating type, shape (n_samples,)
            Mono, nominally in [-1, 1]. As with `load_clip`, non-finite values are replaced by zero
            and counted. Copied, not resampled.
        sample_rate : int
            In Hz.

        Raises
        ------
        RecordingError
            If the samples are not floating-point, not mono, or empty, or the sample rate is out of
            range.

        Examples
        --------
        >>> clip = Clip.from_samples(np.zeros(8_000), 16_000)
        >>> clip.duration_s
        0.5
        """
        samples = np.asarray(samples)
        _check_samples(samples)
        check_sample_rate(sample_rate)
        finite = np.isfinite(samples)
        limited = np.clip(np.where(finite, samples, 0), -LARGEST_SAMPLE, LARGEST_SAMPLE)
        kept = limited.astype(np.float32)
        duration_s = seconds_from_samples(len(kept), sample_rate)
        source = SourceInfo(str(samples.dtype), "memory", sample_rate, 1, duration_s)
        return cls(
            samples=kept,
            sample_rate=sample_rate,
            source=source,
            non_finite_samples=int(finite.size - np.count_nonzero(finite)),
            notices=range_notices(float(np.abs(kept).max())),
        )


@overload
def load_clip(
    source: Source,
    *,
    sample_rate: int = ...,
    max_duration_s: float = ...,
    audio_track: int | None = ...,
    channels: Channels = ...,
    progress: Callable[[float], None] | None = ...,
    isolated: bool | None = ...,
) -> Clip: ...


@overload
def load_clip(
    source: Source,
    *,
    sample_rate: int = ...,
    max_duration_s: float = ...,
    audio_track: int | None = ...,
    channels: Literal["each"],
    progress: Callable[[float], None] | None = ...,
    isolated: bool | None = ...,
) -> tuple[Clip, ...]: ...


def load_clip(
    source: Source,
    *,
    sample_rate: int = SAMPLE_RATE,
    max_duration_s: float = MAX_DURATION_S,
    audio_track: int | None = None,
    channels: Channels | Literal["each"] = "mix",
    progress: Callable[[float], None] | None = None,
    isolated: bool | None = None,
) -> Clip | tuple[Clip, ...]:
    """Decode a recording, whatever its container and codec.

    Parameters
    ----------
    source : str, os.PathLike, bytes, bytearray, memoryview or binary file
        A str is a path, never a URL. A file object is read from its beginning and is not closed.
    sample_rate : int
        Sample rate of the clip, in Hz.
    max_duration_s : float
        Longest duration, in seconds; longer recordings are rejected. Protects from small files that
        expand to days of audio.
    audio_track : int, optional
        Index of an audio track, from 0, in the order of ``Clip.source.audio_tracks``. By default
        the container's default track, or the first that can be decoded.
    channels : {'mix', 'left', 'right', 'each'} or int
        'mix' is the mean of all channels, or the loudest channel where they cancel out. 'left',
        'right' and an index from 0 select one channel. 'each' returns one clip per channel.
    progress : callable, optional
        Called with the fraction decoded, in [0, 1], which never decreases and is 1.0 at the end. An
        exception that it raises cancels the decoding and is propagated.
    isolated : bool, optional
        Whether to decode in a child process with limits on memory and time, which protects this
        process from hostile files. By default only after `models.audio.isolate_decoding`.

    Returns
    -------
    Clip, or tuple of Clip
        May be truncated, see ``Clip.broke_at_s``. Time 0 is that of a player: where audio starts
        later, or has gaps in its time stamps, the clip is silent.

    Raises
    ------
    RecordingError
        If the recording is missing, empty, not a recording, encrypted, damaged so that no sample
        can be decoded, too short for one sample, too long, or has too many samples; or if the child
        process crashed or exceeded its limits.
    SettingError
        If a setting is invalid, or the recording has no such track or channel.
    TypeError
        If ``source`` is none of the types above.

    Examples
    --------
    >>> import models
    >>> from models.demonstration import demonstration_recording
    >>> clip = models.load_clip(demonstration_recording())
    >>> clip.duration_s, clip.samples.shape, clip.samples.dtype
    (53.75, (860000,), dtype('float32'))
    >>> clip.source.container, clip.source.codec, clip.source.channels
    ('wav', 'pcm_s16le', 1)
    """
    settings: dict[str, Any] = {
        "sample_rate": sample_rate,
        "max_duration_s": max_duration_s,
        "audio_track": audio_track,
        "isolated": isolated,
    }
    if channels == "each":
        return _load_each(source, progress or (lambda _fraction: None), settings)
    return _load(source, channels, progress, settings)


def _load(
    source: Source,
    channels: Channels,
    progress: Callable[[float], None] | None,
    settings: Mapping[str, Any],
) -> Clip:
    gathered = RowBuffer()
    told = _Progress(progress)
    with open_flow(source, channels=channels, on_wait=told.wait, **settings) as flow:
        for samples in flow.blocks():
            gathered.append(samples)
            told.tell(flow.fraction())
        told.end()
        broke_at_s = flow.broke_at_s()
        return Clip(
            samples=gathered.take(),
            sample_rate=flow.sample_rate,
            source=flow.source,
            non_finite_samples=flow.non_finite_samples,
            broke_at_s=broke_at_s,
            notices=(*_defects(broke_at_s, flow.non_finite_samples), *flow.notices()),
        )


def _load_each(
    source: Source, progress: Callable[[float], None], settings: Mapping[str, Any]
) -> tuple[Clip, ...]:
    """Decode a recording once for each of its channels."""
    with ExitStack() as stack:
        if not isinstance(source, str | os.PathLike):
            source = cast(BinaryIO, stack.enter_context(open_source(source)))
        clips = [_load(source, 0, lambda fraction: progress(fraction / 2), settings)]
        n_more = clips[0].source.channels - 1
        for index in range(n_more):

            def told(fraction: float, done: int = index) -> None:
                progress(0.5 + 0.5 * (done + fraction) / n_more)

            clips.append(_load(source, index + 1, told, settings))
    progress(1.0)
    return tuple(clips)


def _defects(broke_at_s: float | None, non_finite_samples: int) -> list[str]:
    told = []
    if broke_at_s is not None:
        told.append(f"The recording breaks off after {broke_at_s:.2f} s.")
    if non_finite_samples:
        told.append(
            f"{non_finite_samples:,} samples were not numbers (NaN or infinite) and were taken as "
            "silence."
        )
    return told


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
        allowed="A clip is made of floats of shape (n_samples,), nominally in [-1, 1].",
        remedy=f"Convert them.{hint}",
    )


class _Progress:
    """Reports progress to a callback at bounded intervals."""

    def __init__(self, callback: Callable[[float], None] | None) -> None:
        self._callback = callback
        self._told = 0.0
        self._n_silent = 0

    def wait(self) -> None:
        """Call the callback again, so that it can cancel."""
        if self._callback is not None:
            self._callback(self._told)

    def tell(self, fraction: float) -> None:
        if self._callback is None:
            return
        self._n_silent += 1
        if fraction - self._told >= _MIN_STEP or self._n_silent >= _MAX_SILENT_BLOCKS:
            self._told, self._n_silent = fraction, 0
            self._callback(fraction)

    def end(self) -> None:
        if self._callback is not None:
            self._callback(1.0)
