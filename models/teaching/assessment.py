"""How well a taught classifier does on examples that it has not learnt from.

Conventions
-----------
The examples are dealt into folds, all of a recording into one, and each fold is judged by a head
that was taught with the others: by recording, never by window. From the same folds come how closely
the final head follows its examples (`STRENGTHS`), and how sure its scores sound (the temperature).
Both are few choices among many examples, so the accuracy is hardly flattered by them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from models.teaching.examples import Example
from models.teaching.head import ScoreKind, TrainingWindows, as_scores, fit_head

STRENGTHS = (10.0, 30.0, 100.0)
"""How closely to follow the examples. In ESC-10 and its 50 kinds (see `head`), with 1, 5 and 24
examples a class, the best was one of these, and 30 within two points of it; 3 lost up to six, 300
up to one."""

USUAL_STRENGTH = 30.0
"""Where there are too few examples to choose by."""

MAX_FOLDS, FOLDS_OF_MANY, MANY = 5, 3, 400
"""Five folds; three for 400 examples and more, where each learns from enough anyway."""

_TEMPERATURES = np.geomspace(0.25, 4, 33)
_LEAST_SCORE = 1e-7  # so that no single window decides on the temperature


@dataclass(frozen=True)
class Mistake:
    """An example that was taken for something else.

    Parameters
    ----------
    example : int
        Its index among the classifier's examples.
    label : str
        What it is.
    heard_as : str
        What it was taken for.
    score : float
        Mean score of what it was taken for, in [0, 1].
    """

    example: int
    label: str
    heard_as: str
    score: float


@dataclass(frozen=True, eq=False)
class Assessment:
    """What came out of judging each example by what was learnt from others.

    Parameters
    ----------
    labels : tuple of str
        The classes.
    confusion : ndarray of int, shape (n_classes, n_classes)
        How many examples of the row's class were taken for the column's. Silent examples, and
        those that Earmark synthesised, are not counted.
    mistakes : tuple of Mistake
        Those off the diagonal, the surest first.
    folds : int
        Into how many parts the examples were dealt.
    """

    labels: tuple[str, ...]
    confusion: NDArray[np.intp]
    mistakes: tuple[Mistake, ...]
    folds: int

    @property
    def accuracy(self) -> float:
        """Share of the examples that were named rightly, in [0, 1]."""
        return float(np.trace(self.confusion) / self.confusion.sum())

    @property
    def recalls(self) -> dict[str, float]:
        """Share for each class that has examples, in [0, 1]."""
        totals = self.confusion.sum(axis=1)
        return {
            label: float(self.confusion[index, index] / totals[index])
            for index, label in enumerate(self.labels)
            if totals[index]
        }


@dataclass(frozen=True, eq=False)
class Settled:
    """What the folds decided.

    Parameters
    ----------
    strength : float
        One of `STRENGTHS`.
    temperature : float
        What the final head's logits are divided by.
    assessment : Assessment or None
        None where there was nothing to judge by.
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
    """Judge examples by what is learnt from others, and choose strength and temperature.

    Parameters
    ----------
    examples : sequence of Example
        Of every label at least one that is not silent.
    labels : tuple of str
        The classes, in the order of their indices.
    kind : {'exclusive', 'independent'}
        What the final head's scores will be.
    seed : int
        Deals the examples.
    progress : callable
        Called with the fraction done, in [0, 1]; what it raises ends the work.

    Returns
    -------
    Settled
        The usual strength, a temperature of 1 and no assessment where a class has sound of one
        recording only.
    """
    folds = _deal(examples, labels, seed)
    if not folds:
        progress(1.0)
        return Settled(USUAL_STRENGTH, 1.0, None)
    # Many examples need but one fold to choose by: that saves half of the time.
    choosing, others = (folds[:1], folds[1:]) if len(examples) >= MANY else (folds, [])
    trials, steps = [], len(STRENGTHS) + 1
    for number, strength in enumerate(STRENGTHS):
        # Exclusive heads learn many times as fast, and rank the strengths alike.
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
    """Give for each fold the examples to learn from and those to judge; none if it cannot be."""
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
    # Recordings with several labels may leave a fold without one of them to learn from.
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
            if example.synthesised:  # so easy that it would make everything else look easy, too
                continue
            logits[index] = head.logits(example.embeddings[example.on_classifying_grid])
    return logits


def _calibrate(
    logits: dict[int, NDArray[np.float32]],
    examples: Sequence[Example],
    labels: tuple[str, ...],
    kind: ScoreKind,
) -> tuple[float, float]:
    """Find the temperature at which scores are as often right as they say.

    Returns
    -------
    temperature : float
        That of the least mean cross-entropy; all windows of an example count alike.
    loss : float
        Cross-entropy of the examples' clip scores at that temperature, in nats.
    """
    rows = np.concatenate(list(logits.values()))
    sizes = np.array([len(own) for own in logits.values()])
    targets = np.repeat([labels.index(examples[index].label) for index in logits], sizes)
    weights = np.repeat(1 / (len(sizes) * sizes), sizes)
    # If all were right, the next might still be wrong (Laplace's rule; Platt 1999 does the same).
    doubt = 1 / (len(sizes) + 2)
    losses = [weights @ _cross_entropy(rows / one, targets, kind, doubt) for one in _TEMPERATURES]
    temperature = float(_TEMPERATURES[int(np.argmin(losses))])
    own = as_scores(rows / temperature, kind)[np.arange(len(rows)), targets]
    clip_scores = np.add.reduceat(own, np.cumsum(sizes) - sizes) / sizes
    return temperature, float(-np.log(np.maximum(clip_scores, _LEAST_SCORE)).mean())


def _cross_entropy(
    logits: NDArray[np.float32], targets: NDArray[np.intp], kind: ScoreKind, doubt: float
) -> NDArray[np.float64]:
    """Of each window, float64 of shape (n_windows,), in nats.

    The doubt, in (0, 1), is what is left for the classes that are not meant.
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
