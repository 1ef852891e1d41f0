"""Metrics of a student's scores against the teacher's and against labels.

Conventions
-----------
Scores are float32 of shape (n_windows, 521), each in [0, 1].
"""

import numpy as np
from numpy.typing import NDArray

from models.events import taxonomy
from models.teaching.assessment import USUAL_STRENGTH
from models.teaching.head import TrainingWindows, as_scores, fit_head
from training import esc50

_CLEAR = 0.3  # the app's default threshold


def agreement(own: NDArray[np.float32], teacher: NDArray[np.float32]) -> dict[str, float]:
    """Compare a student's scores with its teacher's.

    Returns
    -------
    dict
        ``top5``: share of clear windows (teacher's best score at least 0.3) whose best class is
        among the student's best five; ``top1``: share whose best class is the student's;
        ``mean_ap``: mean average precision over the classes with at least ten occurrences, which
        are teacher's scores of at least 0.3; ``entropy``: cross-entropy in nats per window.
    """
    clear = teacher.max(axis=1) >= _CLEAR
    best = teacher[clear].argmax(axis=1)
    ranks = np.argsort(-own[clear], axis=1)[:, :5]
    occurs = teacher >= _CLEAR
    precisions = [
        average_precision(own[:, index], occurs[:, index])
        for index in np.flatnonzero(occurs.sum(axis=0) >= 10)
    ]
    bounded = np.clip(own, 1e-6, 1 - 1e-6)
    entropy = -(teacher * np.log(bounded) + (1 - teacher) * np.log1p(-bounded)).sum(axis=1)
    return {
        "top1": float((ranks[:, 0] == best).mean()),
        "top5": float((ranks == best[:, None]).any(axis=1).mean()),
        "mean_ap": float(np.mean(precisions)),
        "entropy": float(entropy.mean()),
    }


def average_precision(scores: NDArray[np.float32], occurs: NDArray[np.bool_]) -> float:
    """Compute the average precision of a ranking: the mean precision at each occurrence."""
    hits = occurs[np.argsort(-scores, kind="stable")]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float(precision[hits].mean())


def category_scores(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Score ESC-50's classes by the highest score of their AudioSet labels: shape (n, 50)."""
    places = {label: place for place, label in enumerate(taxonomy.labels())}
    columns = [[places[one] for one in esc50.AUDIOSET_LABELS[name]] for name in esc50.CATEGORIES]
    return np.stack([scores[:, own].max(axis=1) for own in columns], axis=1)


def clip_means(
    scores: NDArray[np.float32], clips: NDArray[np.int32]
) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Average scores over the windows of each clip; also return each clip's first row."""
    _, first, sizes = np.unique(clips, return_index=True, return_counts=True)
    return np.add.reduceat(scores, first, axis=0) / sizes[:, None], first


def zero_shot_accuracy(
    scores: NDArray[np.float32], clips: NDArray[np.int32], category: NDArray[np.int8]
) -> float:
    """Compute the share of ESC-50's clips whose class has the highest score of the fifty."""
    means, first = clip_means(scores, clips)
    return float((category_scores(means).argmax(axis=1) == category[first]).mean())


def reliability(
    own: NDArray[np.float32], teacher: NDArray[np.float32]
) -> list[tuple[float, float, int]]:
    """Compare scores with the teacher's in ten bins.

    Returns
    -------
    list of (float, float, int)
        For each non-empty bin of the student's scores (0 to 0.1, 0.1 to 0.2, ...): their mean,
        the mean of the teacher's scores for the same windows and classes, and their number.
    """
    bins = np.minimum((own * 10).astype(np.intp), 9)
    return [
        (
            float(own[bins == number].mean()),
            float(teacher[bins == number].mean()),
            int((bins == number).sum()),
        )
        for number in range(10)
        if (bins == number).any()
    ]


def taught_accuracy(
    embeddings: NDArray[np.float32],
    clips: NDArray[np.int32],
    category: NDArray[np.int8],
    fold: NDArray[np.int8],
    n_examples: int | None,
    seed: int,
) -> float:
    """Measure the accuracy of a `models.teach` head: trained on folds 1 to 3, tested on fold 4.

    Parameters
    ----------
    embeddings : ndarray of float32, shape (n_windows, 1024)
        At a hop of 0.48 s.
    clips, category, fold
        Of each window.
    n_examples : int, optional
        Training clips per class; all of them by default.
    seed : int
        Seed of the selection of these clips.
    """
    rng = np.random.default_rng(seed)
    _, first = np.unique(clips, return_index=True)
    chosen: list[int] = []
    for index in range(len(esc50.CATEGORIES)):
        own = clips[first][(category[first] == index) & (fold[first] < esc50.VALIDATION_FOLD)]
        chosen += list(own if n_examples is None else rng.permutation(own)[:n_examples])
    taught = np.isin(clips, chosen) & (embeddings.max(axis=1) > 0)
    sizes = np.bincount(clips[taught], minlength=int(clips.max()) + 1)
    weights = 1 / sizes[clips[taught]]
    lesson = TrainingWindows(
        embeddings[taught], category[taught].astype(np.intp), weights * len(chosen) / weights.sum()
    )
    head = fit_head(lesson, len(esc50.CATEGORIES), "exclusive", USUAL_STRENGTH)
    judged = fold == esc50.VALIDATION_FOLD
    scores = as_scores(head.logits(embeddings[judged]), "exclusive")
    means, rows = clip_means(scores, clips[judged])
    return float((means.argmax(axis=1) == category[judged][rows]).mean())
