"""Everything that the page of a clip shows and that takes long to find out, in one object."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models import timing
from models.audio import Clip, SourceInfo, load_clip
from models.classifier import Classifier
from models.envelope import Envelope, min_max_envelope
from models.framing import Framing
from models.levels import Levels, frame_levels_dbfs, measure_levels
from models.playback import Playable, playable
from models.spectrogram import Spectrogram, log_mel, of_yamnet
from models.timeline import Timeline

DECODING_S, WINDOW_S, DESCRIBING_S = 8.0, 0.002, 0.5
"""What an hour takes on two cores: to decode MP3, to score each window, and to draw pictures of.
Only their proportion counts here, so that progress runs evenly whatever the hop."""


@dataclass(frozen=True, eq=False)
class Analysis:
    """What was found out about one recording. It holds no samples, so that many can be kept.

    Parameters
    ----------
    source : SourceInfo
        What came in.
    levels : Levels
        Of the whole clip, in dBFS.
    envelope, spectrogram
        Its pictures.
    timeline : Timeline
        Its scores.
    window_levels_dbfs : ndarray of float64, shape (n_frames,)
        RMS level of each window, in dBFS; minus infinity is digital silence.
    playable : Playable
        What a browser can play of it.
    inference_s : float
        Wall time that the classifier took, in seconds.
    broke_at_s : float or None
        Where the recording broke off, in seconds; None where it is whole.
    non_finite_samples : int
        Samples that were no numbers, and were taken as zero.
    """

    source: SourceInfo
    levels: Levels
    envelope: Envelope
    spectrogram: Spectrogram
    timeline: Timeline
    window_levels_dbfs: NDArray[np.float64]
    playable: Playable
    inference_s: float
    broke_at_s: float | None
    non_finite_samples: int

    @property
    def speed(self) -> float:
        """How many times faster than real time the classifier was."""
        return self.timeline.duration_s / max(self.inference_s, 1e-9)


def analyse(
    recording: bytes,
    classifier: Classifier,
    *,
    hop_s: float,
    max_duration_s: float,
    progress: Callable[[float], None],
) -> Analysis:
    """Decode a recording, classify it, and measure what the page shows of it.

    Parameters
    ----------
    recording : bytes
        A file of any container.
    classifier : Classifier
        Scores it.
    hop_s : float
        Step between two windows, in seconds.
    max_duration_s : float
        Longest recording that is accepted, in seconds.
    progress : callable
        Called with the fraction done, in [0, 1]; what it raises ends the work.

    Raises
    ------
    RecordingError
        If the recording cannot be read.
    SettingError
        If the hop is outside its range.
    """
    parts = np.array([DECODING_S, WINDOW_S * 3600 / max(hop_s, 0.01), DESCRIBING_S])
    decoded, classified, _ = np.cumsum(parts) / parts.sum()

    def decoding(fraction: float) -> None:
        progress(decoded * fraction)

    def classifying(fraction: float) -> None:
        progress(decoded + (classified - decoded) * fraction)

    clip = load_clip(
        recording,
        sample_rate=classifier.contract.sample_rate,
        max_duration_s=max_duration_s,
        progress=decoding,
    )
    started = time.perf_counter()
    timeline, spectra = _hear(clip, classifier, hop_s, classifying)
    inference_s = time.perf_counter() - started
    analysis = _describe(recording, clip, timeline, spectra, inference_s)
    progress(1.0)
    return analysis


def _hear(
    clip: Clip, classifier: Classifier, hop_s: float, progress: Callable[[float], None]
) -> tuple[Timeline, NDArray[np.float16] | None]:
    """Classify a clip, and take the spectra from a model that gives them."""
    if not classifier.gives_spectra:
        return classifier.classify(clip, hop_s=hop_s, progress=progress), None
    classifier.framing(hop_s)  # the model's own hop, or an error
    return classifier.classify_with_spectra(clip, progress=progress)


def _describe(
    recording: bytes,
    clip: Clip,
    timeline: Timeline,
    spectra: NDArray[np.float16] | None,
    inference_s: float,
) -> Analysis:
    framing = Framing.from_seconds(
        timeline.hop_s,
        sample_rate=clip.sample_rate,
        window_samples=timing.samples_from_seconds(timeline.window_s, clip.sample_rate),
    )
    return Analysis(
        source=clip.source,
        levels=measure_levels(clip.samples),
        envelope=min_max_envelope(clip.samples, clip.sample_rate),
        spectrogram=(
            log_mel(clip.samples, clip.sample_rate)
            if spectra is None
            else of_yamnet(spectra, clip.duration_s)
        ),
        timeline=timeline,
        window_levels_dbfs=frame_levels_dbfs(clip.samples, framing),
        playable=playable(clip, recording),
        inference_s=inference_s,
        broke_at_s=clip.broke_at_s,
        non_finite_samples=clip.non_finite_samples,
    )
