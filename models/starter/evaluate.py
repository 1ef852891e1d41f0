"""How well a model file knows ESC-10's classes, and how quiet it is on what it should not know.

The model is run as everywhere in Earmark, by `models.classifier.Classifier`: what is measured is
the file that people use, not the network it was made of.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.audio import Clip, load_clip
from models.classifier import Classifier
from models.starter.classes import ESC10_LABELS
from models.starter.esc import Recording
from models.starter.synthetic import SAMPLE_RATE

MODEL_FILE = Path(__file__).with_name("starter.tflite")
"""The trained model, as it is committed with the project."""

HOP_S = 0.48
"""Step between windows with which recordings are classified, in seconds: Earmark's own default."""

_TEN = tuple(ESC10_LABELS.values())


@dataclass(frozen=True)
class Accuracy:
    """Share of recordings whose true label has the highest mean score.

    Parameters
    ----------
    among_ten : float
        Among ESC-10's labels.
    among_all : float
        Among all that the model knows.
    by_label : mapping of str to float
        Among ESC-10's labels, for the recordings of each.
    """

    among_ten: float
    among_all: float
    by_label: Mapping[str, float]


def measure_accuracy(classifier: Classifier, recordings: Iterable[Recording]) -> Accuracy:
    """Classify recordings whole, by their mean scores over all windows."""
    ten = np.array([classifier.labels.index(label) for label in _TEN])
    hits: dict[str, list[tuple[bool, bool]]] = {}
    for recording in recordings:
        mean = classifier.classify(load_clip(recording.path), hop_s=HOP_S).scores.mean(axis=0)
        best_of_ten, best = int(ten[mean[ten].argmax()]), int(mean.argmax())
        hit = tuple(classifier.labels[index] == recording.label for index in (best_of_ten, best))
        hits.setdefault(recording.label, []).append((hit[0], hit[1]))
    among_ten, among_all = np.mean([hit for some in hits.values() for hit in some], axis=0)
    by_label = {label: float(np.mean(some, axis=0)[0]) for label, some in sorted(hits.items())}
    return Accuracy(float(among_ten), float(among_all), by_label)


def noise_clip(level_dbfs: float, slope_db: float, seed: int) -> Clip:
    """Make five seconds of steady noise, of 0 (white), -3 (pink) or -6 dB (brown) an octave."""
    n_samples = 5 * SAMPLE_RATE
    frequencies_hz = np.maximum(np.fft.rfftfreq(n_samples, 1 / SAMPLE_RATE), 20)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(n_samples))
    sound = np.fft.irfft(spectrum * frequencies_hz ** (slope_db / 6.02), n_samples)
    sound *= 10 ** (level_dbfs / 20) / np.sqrt(np.mean(sound**2))
    return Clip.from_samples(np.clip(sound, -1, 1).astype(np.float32), SAMPLE_RATE)
