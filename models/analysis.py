"""Analysis of a recording: all results that the page of a clip shows."""

import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.audio import Channels, Flow, SourceInfo, open_flow, timing
from models.audio.buffers import CountedBlocks
from models.audio.envelope import Envelope, RunningEnvelope
from models.audio.framing import Framing
from models.audio.levels import Levels, RunningFrameLevels, RunningLevels
from models.audio.playback import Playable, RunningFlac, browser_mime_type, flac_of, playable
from models.audio.spectrogram import RunningSpectrogram, Spectrogram, of_yamnet
from models.errors import SettingError
from models.events.band_levels import BandLevels, RunningBandLevels
from models.events.timeline import Timeline
from models.inference import SoundClassifier
from models.jobs.job import Progress

_LAST_BLOCK = 0.98
"""Progress when the last block is processed; the playable file is still to be chosen."""

_SCORE_BYTES = 4  # float32

MAX_SCORES = 80_000_000
"""Largest number of scores of one timeline, 4 bytes each: YAMNet computes 75 million for four hours
at a hop of 0.1 s."""


@dataclass(frozen=True, eq=False)
class Analysis:
    """The results for one recording.

    It holds no decoded samples, so that many can be cached. If no browser plays the recording as
    uploaded, it holds the sound in an encoded form: `Playable.converted`.

    Parameters
    ----------
    source : SourceInfo
        Format and length of the recording.
    levels : Levels
        Of the whole clip, in dBFS.
    envelope, spectrogram
        Data of its waveform and spectrogram.
    timeline : Timeline
        Its scores.
    window_levels_dbfs : ndarray of float64, shape (n_frames,)
        RMS level of each window, in dBFS; minus infinity is digital silence.
    band_levels : BandLevels
        Levels by band, for the refinement of event edges.
    playable : Playable
        The part of it that a browser can play.
    analysis_s : float
        Wall time from the first byte read to the last window scored, in seconds: decoding and
        scoring run concurrently.
    broke_at_s : float or None
        Time at which the recording is truncated, in seconds; None if it is complete.
    non_finite_samples : int
        Number of NaN and infinite samples, which are replaced by zero.
    notices : tuple of str
        Further remarks on the recording for the user, in sentences: `models.audio.Flow.notices`.
    """

    source: SourceInfo
    levels: Levels
    envelope: Envelope
    spectrogram: Spectrogram
    timeline: Timeline
    window_levels_dbfs: NDArray[np.float64]
    band_levels: BandLevels
    playable: Playable
    analysis_s: float
    broke_at_s: float | None
    non_finite_samples: int
    notices: tuple[str, ...] = ()

    @property
    def n_bytes(self) -> int:
        """Approximate size in memory, in bytes: its arrays and the converted sound."""
        arrays = (
            self.timeline.scores,
            self.timeline.onsets_s,
            self.window_levels_dbfs,
            self.band_levels.levels,
            self.envelope.extremes,
            self.spectrogram.levels,
        )
        return sum(each.nbytes for each in arrays) + len(self.playable.converted or b"")

    @property
    def speed(self) -> float:
        """Duration of the clip relative to the time of the analysis."""
        return self.timeline.duration_s / max(self.analysis_s, 1e-9)


def analyse(
    recording: bytes,
    classifier: SoundClassifier,
    *,
    hop_s: float,
    max_duration_s: float,
    max_scores: int = MAX_SCORES,
    audio_track: int | None = None,
    channels: Channels = "mix",
    unplayable: Collection[str] = (),
    reserve: Callable[[int], None] = lambda _n_bytes: None,
    progress: Callable[[float], None],
) -> Analysis:
    """Decode a recording, classify it, and measure all that the page shows, in one pass.

    Blocks are processed as they are decoded, and released once the last window on them is scored.
    The memory of the result is therefore dominated by the scores.

    Parameters
    ----------
    recording : bytes
        A file of any container.
    classifier : SoundClassifier
        Computes the scores.
    hop_s : float
        Step between two windows, in seconds.
    max_duration_s : float
        Longest recording that is accepted, in seconds.
    max_scores : int, optional
        Largest number of scores (windows times classes) of one recording.
    audio_track, channels : optional
        As for `models.load_clip`, except that "each" is not allowed.
    unplayable : collection of str, optional
        Those of `models.audio.playback.OPTIONAL_TYPES` that the browser does not play: recordings
        of these types are converted.
    reserve : callable, optional
        Called with the size of the scores in bytes, each time another block is decoded; its
        exceptions end the work and propagate.
    progress : callable
        Called with the completed fraction, in [0, 1]; its exceptions end the work and propagate.

    Raises
    ------
    RecordingError
        If the recording cannot be read.
    SettingError
        If the hop is out of range, or there would be too many scores.

    Examples
    --------
    >>> import models
    >>> from models.analysis import analyse
    >>> from models.demonstration import demonstration_recording
    >>> analysis = analyse(
    ...     demonstration_recording(),
    ...     models.open_classifier("builtin"),
    ...     hop_s=0.48,
    ...     max_duration_s=60.0,
    ...     progress=lambda fraction: None,
    ... )
    >>> analysis.timeline.scores.shape, analysis.timeline.duration_s
    ((111, 521), 53.75)
    """
    framing = classifier.framing(hop_s)
    started = time.perf_counter()
    steady = _SteadyProgress(progress)
    settings: dict[str, Any] = {
        "sample_rate": framing.sample_rate,
        "max_duration_s": max_duration_s,
        "audio_track": audio_track,
        "channels": channels,
        "on_wait": steady.wait,
    }
    with open_flow(recording, **settings) as flow:
        limit = _ScoreLimit(classifier, framing, max_scores, reserve)
        limit.check(timing.samples_from_seconds(flow.stated_s or 0, framing.sample_rate))
        measured = _MeasuredBlocks(flow, framing, steady, limit, unplayable)
        timeline, spectrogram = _classified(measured, classifier, framing)
        analysis_s = time.perf_counter() - started
        broke_at_s = flow.broke_at_s()
    analysis = Analysis(
        source=flow.source,
        levels=measured.levels.levels(),
        envelope=measured.envelope.envelope(),
        spectrogram=spectrogram,
        timeline=timeline,
        window_levels_dbfs=measured.frame_levels.levels_dbfs(),
        band_levels=measured.band_levels.band_levels(),
        playable=playable(
            flow.source,
            recording,
            lambda: measured.flac_file(recording, settings),
            whole=broke_at_s is None,
            even=flow.packets_are_even,
            chosen=(audio_track, channels) != (None, "mix"),
            unplayable=unplayable,
            on_wait=steady.wait,
        ),
        analysis_s=analysis_s,
        broke_at_s=broke_at_s,
        non_finite_samples=flow.non_finite_samples,
        notices=flow.notices(),
    )
    progress(1.0)
    return analysis


class _SteadyProgress:
    """Progress that repeats its last value while no block arrives, so that it can be cancelled."""

    def __init__(self, progress: Callable[[float], None]) -> None:
        self._progress = progress
        self._fraction = 0.0

    def __call__(self, fraction: float) -> None:
        self._fraction = fraction
        self._progress(fraction)

    def wait(self) -> None:
        if isinstance(self._progress, Progress):
            self._progress.waiting()
        else:
            self._progress(self._fraction)


class _ScoreLimit:
    """Limit on the number of scores of one recording."""

    def __init__(
        self,
        classifier: SoundClassifier,
        framing: Framing,
        max_scores: int,
        reserve: Callable[[int], None],
    ) -> None:
        self._reserve = reserve
        self._classifier = classifier
        self._framing = framing
        self._max_scores = max_scores
        self._n_classes = len(classifier.labels)
        self._fitting = max_scores // self._n_classes

    def holds(self, n_samples: int) -> bool:
        """Whether the scores of this many samples are within the limit."""
        return self._framing.n_frames(n_samples) <= self._fitting

    def reserve(self, n_samples: int) -> None:
        """Reserve the memory of the scores of this many samples."""
        self._reserve(_SCORE_BYTES * self._n_classes * self._framing.n_frames(n_samples))

    def check(self, n_samples: int) -> None:
        """Raise a SettingError if the scores exceed the limit."""
        if self.holds(n_samples):
            return
        framing, n_classes = self._framing, self._n_classes
        n_windows, fitting = framing.n_frames(n_samples), max(1, self._fitting)
        duration_s = timing.seconds_from_samples(n_samples, framing.sample_rate)
        longer_s = math.ceil(100 * duration_s / fitting) / 100
        minutes, seconds = divmod(math.floor(fitting * framing.hop_s), 60)
        is_free = self._classifier.contract.hop_samples is None
        can_be_longer = is_free and longer_s <= framing.window_s
        raise SettingError(
            f"{n_windows:,} windows of {n_classes:,} classes are {n_windows * n_classes:,} scores.",
            allowed=f"At most {self._max_scores:,} are computed of one clip here.",
            remedy=(f"Choose a hop of {longer_s:g} s or more, or" if can_be_longer else "Choose")
            + f" a model of fewer classes, or cut the clip: {minutes} min {seconds} s would fit.",
        )


class _Measure(Protocol):
    """A measurement that processes a clip block by block."""

    def append(self, samples: NDArray[np.float32]) -> None:
        """Process the next block."""
        ...


class _MeasuredBlocks:
    """A recording in decoding, with the measurements of its blocks."""

    def __init__(
        self,
        flow: Flow,
        framing: Framing,
        steady: _SteadyProgress,
        limit: _ScoreLimit,
        unplayable: Collection[str],
    ) -> None:
        self._flow = flow
        self._unplayable = unplayable
        self._progress = steady
        self._limit = limit
        self._flac: RunningFlac | None = None
        self.levels = RunningLevels()
        self.frame_levels = RunningFrameLevels(framing)
        self.envelope = RunningEnvelope(flow.sample_rate)
        self.band_levels = RunningBandLevels(flow.sample_rate)
        self.measures: list[_Measure] = [
            self.levels,
            self.frame_levels,
            self.envelope,
            self.band_levels,
        ]

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """Measure each block, report progress, and yield the block."""
        has_begun = False
        counted = CountedBlocks(self._flow.blocks())
        for samples in counted:
            if not self._limit.holds(counted.n_samples):  # longer than the header stated
                for _ in counted:  # the remedy depends on the total length
                    self._progress(_LAST_BLOCK * self._flow.fraction())
                self._limit.check(counted.n_samples)
            self._limit.reserve(counted.n_samples)
            if len(samples) and not has_begun:
                has_begun = True
                self._convert_if_needed()
            for measure in self.measures:
                measure.append(samples)
            self._progress(_LAST_BLOCK * self._flow.fraction())
            yield samples

    def flac_file(self, recording: bytes, settings: Mapping[str, Any]) -> bytes:
        """Return the sound as FLAC; decoded again if the conversion was not foreseen."""
        if self._flac is not None:
            return self._flac.file()
        with open_flow(recording, **settings) as flow:
            return flac_of(flow.blocks(), flow.sample_rate)

    def _convert_if_needed(self) -> None:
        if browser_mime_type(self._flow.source, self._unplayable) is None:
            self._flac = RunningFlac(self._flow.sample_rate)
            self.measures.append(self._flac)


def _classified(
    measured: _MeasuredBlocks, classifier: SoundClassifier, framing: Framing
) -> tuple[Timeline, Spectrogram]:
    """Classify a clip, and compute its spectrogram, from the model's own spectra if it has any."""
    if classifier.gives_spectra:
        timeline, spectra = classifier.classify_blocks_with_spectra(measured.blocks())
        return timeline, of_yamnet(spectra, timeline.duration_s)
    log_mel = RunningSpectrogram(framing.sample_rate)
    measured.measures.append(log_mel)
    timeline = classifier.classify_blocks(measured.blocks(), framing.hop_s)
    return timeline, log_mel.spectrogram()
