"""Inference time per window of several classifiers, measured side by side."""

import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np

from models.inference.interface import SoundClassifier

ROUNDS = 30
"""Timed windows of each classifier: 0.15 s for YAMNet and the built-in model on LiteRT."""

WARM_UP_ROUNDS = 3
"""The first windows fill caches, and are not timed."""


def window_times_ms(
    classifiers: Sequence[SoundClassifier],
    rounds: int = ROUNDS,
    progress: Callable[[float], None] | None = None,
) -> tuple[float, ...]:
    """Measure how long each classifier takes for one window.

    The classifiers take turns, one window each, so that other load on the machine slows all of
    them alike. Decoding, resampling and start-up are not included.

    Parameters
    ----------
    classifiers : sequence of SoundClassifier
        One or more. The same one may appear twice.
    rounds : int, optional
        Timed windows of each.
    progress : callable, optional
        Called with a fraction in [0, 1].

    Returns
    -------
    tuple of float
        Median time of a window, in milliseconds, in the order of `classifiers`.

    Raises
    ------
    ModelError
        If a classifier is closed.
    """
    noise = np.random.default_rng(0)
    windows = [
        noise.uniform(-0.1, 0.1, (1, each.contract.window_samples)).astype(np.float32)
        for each in classifiers
    ]
    times_s: list[list[float]] = [[] for _ in classifiers]
    for done in range(WARM_UP_ROUNDS + rounds):
        for classifier, window, times in zip(classifiers, windows, times_s, strict=True):
            started = time.perf_counter()
            classifier.score(window)
            if done >= WARM_UP_ROUNDS:
                times.append(time.perf_counter() - started)
        if progress is not None:
            progress((done + 1) / (WARM_UP_ROUNDS + rounds))
    return tuple(1000 * statistics.median(times) for times in times_s)
