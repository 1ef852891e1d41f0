"""Clips with known truth, made of seeded noise."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.audio import timing
from models.events.evaluation import Case
from models.events.timeline import Timeline
from models.events.truth import TrueEvent

LABELS = ("Dog", "Rain", "Speech")
WINDOW_S, HOP_S = 0.975, 0.48


def scored(
    scores: NDArray[np.float32] | Sequence[Sequence[float]],
    labels: tuple[str, ...] = LABELS,
    window_s: float = WINDOW_S,
    hop_s: float = HOP_S,
) -> Timeline:
    """Return scores of shape (n_frames, n_labels) with their time grid."""
    values = np.asarray(scores, np.float32)
    onsets_s = timing.frame_onsets_s(len(values), round(hop_s * 16_000), 16_000)
    return Timeline(values, onsets_s, window_s, hop_s, labels, float(onsets_s[-1]) + window_s)


def random_case(rng: np.random.Generator, n_frames: int, steps: int) -> Case:
    """Make a clip whose scores, multiples of 1 / `steps`, are higher where a label sounds."""
    scores = rng.random((n_frames, len(LABELS))) * 0.6
    timeline = scored(scores)
    centres_s = timeline.onsets_s + WINDOW_S / 2
    truth: list[TrueEvent] = []
    for column, label in enumerate(LABELS):
        at_s = 0.0
        while True:
            onset_s = at_s + round(rng.exponential(4.0), 1) + 0.1
            at_s = onset_s + round(rng.exponential(2.0), 1) + 0.1
            if at_s > timeline.duration_s:
                break
            truth.append(TrueEvent(onset_s, at_s, label))
            sounds = (centres_s > onset_s) & (centres_s < at_s)
            scores[sounds, column] += 0.4 * rng.random()
    stepped = (np.round(scores * steps) / steps).clip(0, 1)
    return Case(scored(stepped), tuple(truth), LABELS)


def random_cases(seed: int) -> list[Case]:
    """Make one to five clips."""
    rng = np.random.default_rng(seed)
    steps = int(rng.choice([4, 16, 256]))
    return [random_case(rng, int(rng.integers(2, 60)), steps) for _ in range(rng.integers(1, 6))]
