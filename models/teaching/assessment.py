"""Cross-validation of a taught classifier.

Conventions
-----------
The examples are split into folds, grouped by recording, and each fold is classified by a head that
is trained on the other folds. The same folds select the regularisation strength (`STRENGTHS`) and
the temperature that calibrates the scores. Both are few choices among many examples, so the bias
of the measured accuracy is small.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from models.teaching.examples import Example
from models.teaching.head import ScoreKind, TrainingWindows, as_scores, fit_head

STRENGTHS = (10.0, 30.0, 100.0)
"""Candidate regularisation strengths (scikit-learn's C). On ESC-10 and on the 50 classes derived
from it (see `head`), with 1, 5 and 24 examples per class, the best was one of these, and 30 within
two points of it; 3 lost up to six points, 300 up to one."""

USUAL_STRENGTH = 30.0
"""Strength used if there are too few examples to select one."""

MAX_FOLDS, FOLDS_OF_MANY, MANY = 5, 3, 400
"""Number of folds: five, or three from 400 examples on, where each training set is large enough."""

_TEMPERATURES = np.geomspace(0.25, 4, 33)
_LEAST_SCORE = 1e-7  # bounds the loss of a single window


@dataclass(frozen=True)
class Mistake:
    """A misclassified example.

    Parameters
    ----------
    example : int
        Its index among the classifier's examples.
    label : str
        Its true label.
    heard_as : str
        The predicted label.
    score : float
        Mean score of the predicted label, in [0, 1].
    """

    example: int
    label: str
    heard_as: str
    score: float


@dataclass(frozen=True, eq=False)
class Assessment:
    """Results of cross-validation.

    Parameters
    ----------
    labels : tuple of str
        The classes.
    confusion : ndarray of int, shape (n_classes, n_classes)
        Number of examples by true class (row) and predicted class (column). Silent and
        synthesised examples are not counted.
    mistakes : tuple of Mistake
        The misclassified examples, in descending order of score.
    folds : int
        Number of folds.
    """

    labels: tuple[str, ...]
    confusion: NDArray[np.intp]
    mistakes: tuple[Mistake, ...]
    folds: int

    @property
    def accuracy(self) -> float:
        """Share of the examples that are classified correctly, in [0, 1]."""
        return float(np.trace(self.confusion) / self.confusion.sum())

    @property
    def recalls(self) -> dict[str, float]:
        """Recall of each class that has examples, in [0, 1]."""
        totals = self.confusion.sum(axis=1)
        return {
            label: float(self.confusion[index, index] / totals[index])
            for index, label in enumerate(self.labels)
            if totals[index]
        }


@dataclass(frozen=True, eq=False)
class Settled:
    """Settings selected by cross-validation.

    Parameters
    ----------
    strength : float
        One of `STRENGTHS`.
    temperature : float
        Divisor of the final head's logits, above 0.
    assessment : Assessment or None
        None if there are too few examples for cross-validation.
    """

    strength: float
    temperature: float
    assessment: Assessment | None


def settle(
    examples: Sequence[Example],
    labels: tuple[str, ...],
    kind: ScoreKind,
    *,
    seed: int,
    progress: Callable[[float], None],
) -> Settled:
    """Cross-validate, and select strength and temperature.

    Parameters
    ----------
    examples : sequence of Example
        At least one example that is not silent for each label.
    labels : tuple of str
        The classes, in the order of their indices.
    kind : {'exclusive', 'independent'}
        Kind of the final head's scores.
    seed : int
        Seed of the split into folds.
    progress : callable
        Called with the completed fraction, in [0, 1]; its exceptions end the work and propagate.

    Returns
    -------
    Settled
        `USUAL_STRENGTH`, a temperature of 1 and no assessment if no split is possible, such as
        when a class has non-silent examples from one recording only.
    """
    folds = _deal(examples, labels, seed)
    if not folds:
        progress(1.0)
        return Settled(USUAL_STRENGTH, 1.0, None)
    # With many examples one fold suffices to select the strength, in half of the time.
    choosing, others = (folds[:1], folds[1:]) if len(examples) >= MANY else (folds, [])
    trials, steps = [], len(STRENGTHS) + 1
    for number, strength in enumerate(STRENGTHS):
        # Exclusive heads train many times as fast and rank the strengths alike.
        logits = _judge(examples, labels, choosing, "exclusive", strength)
        _, loss = _calibrate(logits, examples, labels, "exclusive")
        trials.append((loss, strength, logits))
        progress((number + 1) / steps)
    _, strength, logits = min(trials, key=itemgetter(0))
    if kind == "independent":
        logits, others = {}, folds
    logits |= _judge(examples, labels, others, kind, strength)
    progress(1.0)
    temperature, _ = _calibrate(logits, examples, labels, kind)
    assessment = _assess(logits, examples, labels, kind, temperature, len(folds))
    return Settled(strength, temperature, assessment)


def _deal(
    examples: Sequence[Example], labels: tuple[str, ...], seed: int
) -> list[tuple[list[int], list[int]]]:
    """Split into folds of (training, test) example indices; empty if no split is possible."""
    from sklearn.model_selection import StratifiedGroupKFold

    heard = [index for index, example in enumerate(examples) if not example.is_silent]
    targets = [labels.index(examples[index].label) for index in heard]
    groups = [examples[index].recording for index in heard]
    fewest = min(
        len({group for group, own in zip(groups, targets, strict=True) if own == target})
        for target in range(len(labels))
    )
    n_folds = min(FOLDS_OF_MANY if len(examples) >= MANY else MAX_FOLDS, fewest)
    if n_folds < 2:
        return []
    dealer = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    dealt = [
        ([heard[at] for at in learnt], [heard[at] for at in judged])
        for learnt, judged in dealer.split(heard, targets, groups)
    ]
    # Recordings with several labels may leave a fold without training examples of one of them.
    complete = all(len({examples[at].label for at in learnt}) == len(labels) for learnt, _ in dealt)
    return dealt if complete else []


def _judge(
    examples: Sequence[Example],
    labels: tuple[str, ...],
    folds: list[tuple[list[int], list[int]]],
    kind: ScoreKind,
    strength: float,
) -> dict[int, NDArray[np.float32]]:
    logits: dict[int, NDArray[np.float32]] = {}
    for learnt, judged in folds:
        lesson = TrainingWindows.of([examples[index] for index in learnt], labels, thinned=True)
        head = fit_head(lesson, len(labels), kind, strength, roughly=True)
        for index in judged:
            example = examples[index]
            if example.synthesised:  # too easy: they would inflate the accuracy
                continue
            logits[index] = head.logits(example.embeddings[example.on_classifying_grid])
    return logits


def _calibrate(
    logits: dict[int, NDArray[np.float32]],
    examples: Sequence[Example],
    labels: tuple[str, ...],
    kind: ScoreKind,
) -> tuple[float, float]:
    """Fit the temperature that calibrates the scores.

    Returns
    -------
    temperature : float
        The temperature with the least mean cross-entropy; all examples have equal weight.
    loss : float
        Cross-entropy of the examples' clip scores at that temperature, in nats.
    """
    rows = np.concatenate(list(logits.values()))
    sizes = np.array([len(own) for own in logits.values()])
    targets = np.repeat([labels.index(examples[index].label) for index in logits], sizes)
    weights = np.repeat(1 / (len(sizes) * sizes), sizes)
    # Smoothed targets by Laplace's rule of succession, as in Platt 1999.
    doubt = 1 / (len(sizes) + 2)
    losses = [weights @ _cross_entropy(rows / one, targets, kind, doubt) for one in _TEMPERATURES]
    temperature = float(_TEMPERATURES[int(np.argmin(losses))])
    own = as_scores(rows / temperature, kind)[np.arange(len(rows)), targets]
    clip_scores = np.add.reduceat(own, np.cumsum(sizes) - sizes) / sizes
    return temperature, float(-np.log(np.maximum(clip_scores, _LEAST_SCORE)).mean())


def _cross_entropy(
    logits: NDArray[np.float32], targets: NDArray[np.intp], kind: ScoreKind, doubt: float
) -> NDArray[np.float64]:
    """Compute the cross-entropy of each window: float64, shape (n_windows,), in nats.

    `doubt`, in (0, 1), is the target mass shared by the classes other than the true one.
    """
    scores = np.clip(as_scores(logits, kind), _LEAST_SCORE, 1 - _LEAST_SCORE).astype(np.float64)
    meant = np.full(scores.shape, doubt / (scores.shape[1] - 1))
    meant[np.arange(len(scores)), targets] = 1 - doubt
    cost: NDArray[np.float64] = -(meant * np.log(scores)).sum(axis=1)
    if kind == "independent":
        cost -= ((1 - meant) * np.log1p(-scores)).sum(axis=1)
    return cost


def _assess(
    logits: dict[int, NDArray[np.float32]],
    examples: Sequence[Example],
    labels: tuple[str, ...],
    kind: ScoreKind,
    temperature: float,
    folds: int,
) -> Assessment:
    confusion = np.zeros((len(labels), len(labels)), dtype=np.intp)
    mistakes = []
    for index, rows in logits.items():
        label = examples[index].label
        scores = as_scores(rows / temperature, kind).mean(axis=0)
        own, best = labels.index(label), int(np.argmax(scores))
        confusion[own, best] += 1
        if best != own:
            mistakes.append(Mistake(index, label, labels[best], float(scores[best])))
    mistakes.sort(key=lambda mistake: (-mistake.score, mistake.example))
    return Assessment(labels, confusion, tuple(mistakes), folds)
