"""Interface of classifiers."""

from collections.abc import Callable, Iterable, Iterator
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
        Labels, one per class, in the order of the scores.
    label_list : LabelList
        The same with their origin.
    contract : Contract
        Input and output format of the model.
    path : Path
        File of the model.
    runtime : {'litert', 'tflite'}
        Runtime of the interpreters.
    workers : int
        Number of threads.
    """

    labels: tuple[str, ...]
    label_list: LabelList
    contract: Contract
    path: Path
    runtime: Runtime
    workers: int

    @property
    def gives_spectra(self) -> bool:
        """Whether `classify_blocks_with_spectra` is supported."""

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
        """Score every window of a clip that arrives in blocks."""

    def classify_blocks_with_spectra(
        self, blocks: Iterable[NDArray[np.float32]]
    ) -> tuple[Timeline, NDArray[np.float16]]:
        """Score a clip that arrives in blocks, and return the spectra that the model computes."""

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
        """Compute the embedding of every window of a clip that arrives in blocks."""

    def classify_and_embed_blocks(
        self, blocks: Iterable[NDArray[np.float32]], hop_s: float | None = None
    ) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Compute scores and embeddings of a clip that arrives in blocks, in one pass."""

    def score(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score single windows, which need not be consecutive."""

    def framing(self, hop_s: float) -> Framing:
        """Return the framing of this model's windows at a hop of `hop_s` seconds."""

    def close(self) -> None:
        """Shut down the threads; the classifier cannot be used afterwards."""


def scored_timeline(
    scores: NDArray[np.float32], labels: tuple[str, ...], framing: Framing, n_samples: int
) -> Timeline:
    """Combine scores, labels and the time grid of a clip.

    Parameters
    ----------
    scores : ndarray of float32, shape (n_frames, n_classes)
        One row per window of the clip.
    labels : tuple of str
        Labels, one per class.
    framing : Framing
        Framing of the clip.
    n_samples : int
        Length of the clip, in samples.
    """
    duration_s = seconds_from_samples(n_samples, framing.sample_rate)
    onsets_s = framing.onsets_s(n_samples)
    return Timeline(scores, onsets_s, framing.window_s, framing.hop_s, labels, duration_s)


def without_spectra(path: Path) -> ModelError:
    """Return the error for requesting spectra of a model that does not output them."""
    return ModelError(
        f"{path.name} does not output its spectra.",
        allowed="Only models that take a waveform of any length output them.",
        remedy="Classify with it, and compute a spectrogram (models.audio.spectrogram).",
    )
