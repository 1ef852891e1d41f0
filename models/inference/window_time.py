"""Inference time per window of several classifiers, measured side by side."""

import time
from collections.abc import Callable, Sequence

import numpy as np

from models.audio import Clip
from models.inference.interface import SoundClassifier

ROUNDS = 10
"""Timed runs of each classifier: 0.15 s for YAMNet and the built-in model on LiteRT."""

WINDOWS = 8
"""Windows of a run. They are one batch of one thread, and handing it over costs next to nothing."""


def window_times_ms(
    classifiers: Sequence[SoundClassifier],
    rounds: int = ROUNDS,
    progress: Callable[[float], None] | None = None,
) -> tuple[float, ...]:
    """Measure how long each classifier takes for one window, in one thread.

    The classifiers take turns, and the shortest time counts: other work on the machine only ever
    lengthens it (as in Python's `timeit`). Decoding, resampling and start-up are not included.

    Parameters
    ----------
    classifiers : sequence of SoundClassifier
        One or more. The same one may appear twice.
    rounds : int, optional
        Timed runs of each, after one that warms up.
    progress : callable, optional
        Called with a fraction in [0, 1].

    Returns
    -------
    tuple of float
        Shortest time of a window, in milliseconds, in the order of `classifiers`.

    Raises
    ------
    ModelError
        If a classifier is closed.
    """
    clips = [_noise(each) for each in classifiers]
    times_s = [float("inf")] * len(clips)
    for done in range(rounds + 1):
        for place, (classifier, clip) in enumerate(zip(classifiers, clips, strict=True)):
            taken_s = _time_window(classifier, clip)
            if done > 0:
                times_s[place] = min(times_s[place], taken_s)
        if progress is not None:
            progress((done + 1) / (rounds + 1))
    return tuple(1000 * each for each in times_s)


def _noise(classifier: SoundClassifier) -> Clip:
    contract = classifier.contract
    n_samples = WINDOWS * contract.window_samples
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, n_samples).astype(np.float32)
    return Clip.from_samples(noise, contract.sample_rate)


def _time_window(classifier: SoundClassifier, clip: Clip) -> float:
    """Classify a clip, window beside window where the model allows; returns seconds per window."""
    contract = classifier.contract
    hop_s = contract.usual_hop_s if contract.is_dynamic else contract.window_s
    started = time.perf_counter()
    timeline = classifier.classify(clip, hop_s)
    return (time.perf_counter() - started) / timeline.n_frames
