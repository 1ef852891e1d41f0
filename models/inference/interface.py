"""What every classifier offers, whatever its scores are made by."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.audio import Clip
from models.audio.framing import Framing
from models.audio.timing import seconds_from_samples
from models.errors import ModelError
from models.events.timeline import Timeline
from models.inference.contract import Contract
from models.tflite import LabelList
from models.tflite.runtimes import Runtime


class SoundClassifier(Protocol):
    """A classifier of sounds: `Classifier` for TFLite files, `TaughtClassifier` for taught ones.

    Safe to share between threads and sessions. `Classifier` documents parameters, results and
    errors.

    Attributes
    ----------
    labels : tuple of str
        One per class, in the order of the scores.
    label_list : LabelList
        The same, with where they came from.
    contract : Contract
        What the model takes and gives.
    path : Path
        Its file.
    runtime : {'litert', 'tflite'}
        Which runtime runs it.
    workers : int
        Its threads.
    """

    labels: tuple[str, ...]
    label_list: LabelList
    contract: Contract
    path: Path
    runtime: Runtime
    workers: int

    @property
    def gives_spectra(self) -> bool:
        """Whether `classify_with_spectra` and `classify_blocks_with_spectra` work with it."""

    def classify(
        self,
        clip: Clip,
        hop_s: float | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> Timeline:
        """Score every window of a clip."""

    def classify_blocks(
        self, blocks: Iterable[NDArray[np.float32]], hop_s: float | None = None
    ) -> Timeline:
        """Score every window of a clip that comes in blocks, while more of it comes."""

    def classify_with_spectra(
        self, clip: Clip, progress: Callable[[float], None] | None = None
    ) -> tuple[Timeline, NDArray[np.float16]]:
        """Score every window of a clip, and return the spectra that the model computes for it."""

    def classify_blocks_with_spectra(
        self, blocks: Iterable[NDArray[np.float32]]
    ) -> tuple[Timeline, NDArray[np.float16]]:
        """Score a clip that comes in blocks, and return the spectra that the model computes."""

    def embed(
        self,
        clip: Clip,
        hop_s: float | None = None,
        *,
        progress: Callable[[float], None] | None = None,
    ) -> NDArray[np.float32]:
        """Compute the embedding of every window of a clip."""

    def embed_blocks(
        self, blocks: Iterable[NDArray[np.float32]], hop_s: float | None = None
    ) -> NDArray[np.float32]:
        """Compute the embedding of every window of a clip that comes in blocks."""

    def score(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score windows that need not be neighbours."""

    def framing(self, hop_s: float) -> Framing:
        """Return how this model's windows lie on a clip at a hop of `hop_s` seconds."""

    def close(self) -> None:
        """End the threads at once, and for good."""


def scored_timeline(
    scores: NDArray[np.float32], labels: tuple[str, ...], framing: Framing, n_samples: int
) -> Timeline:
    """Put scores, labels and the time grid of a clip together.

    Parameters
    ----------
    scores : ndarray of float32, shape (n_frames, n_classes)
        One row per window of the clip.
    labels : tuple of str
        One per class.
    framing : Framing
        How the windows lie on the clip.
    n_samples : int
        Length of the clip.
    """
    duration_s = seconds_from_samples(n_samples, framing.sample_rate)
    onsets_s = framing.onsets_s(n_samples)
    return Timeline(scores, onsets_s, framing.window_s, framing.hop_s, labels, duration_s)


def without_spectra(path: Path) -> ModelError:
    """Return the error for spectra asked of a model that gives none."""
    return ModelError(
        f"{path.name} keeps its spectra to itself.",
        allowed="Models that take a waveform of any length give theirs.",
        remedy="Classify with it, and compute a spectrogram (models.audio.spectrogram).",
    )
