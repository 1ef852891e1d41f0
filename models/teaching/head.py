"""The layer that makes scores of one's own classes from YAMNet's embeddings.

Conventions
-----------
An embedding becomes a *description*: its square root, less the examples' mean, at unit length.
The root lets many weak features outweigh a single strong one, the mean takes away what all
sounds have in common, and the length takes away how strongly YAMNet reacts at all. On that a
regularised logistic regression decides, for each window by itself: so the same head serves for
recordings, live, and in an exported file.

What was tried and left, on the 50 kinds of sound of `examples.TEACHING_HOP_S`, as the share of
clips named rightly with 24 examples a class (four folds), 5, and 1 (the same draws for all):

- standardised embeddings of the clip, mean and maximum, and YAMNet's scores: 63.8, 47.6, 28.7 %
- their square roots, standardised: 64.3, 49.0, 29.0 %
- the description of the clip's mean and of its maximum: 68.1, 55.1, 36.2 %
- the description of each window, averaging the scores: 68.8, 56.6, 36.0 %; with windows half a
  hop apart and as finely fitted as here 70.3 % with 24
- YAMNet's scores beside each window's description: no better with 24, a point less with fewer

On ESC-10 itself the first reaches 97.5, 90.5 and 66.4 %, this head 98.8, 97.4 and 88.8 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.teaching.examples import Example

ScoreKind = Literal["exclusive", "independent"]
"""Exclusive scores share 1 among the classes; independent ones lie in [0, 1] each by itself."""

SCORE_KINDS: tuple[ScoreKind, ...] = ("exclusive", "independent")

SILENCE_LOGIT: dict[ScoreKind, float] = {"exclusive": 0.0, "independent": -20.0}
"""Logit of every class where nothing sounds: exclusive scores are then alike, independent ones
zero (to 2e-9). Silence says nothing about what a clip is."""

SYNTHESISED_SHARE = 0.25
"""How much all synthesised examples of a class count, where its recorded ones count 1. As much as
these, and with one example a class 1.4 % of ESC-10's clips would be taken for Background, with
this 0.4 %."""

_SHORTEST = 1e-6  # nothing is divided by less; as in TFLite's L2_NORMALIZATION
_ITERATIONS = 200

_TOLERANCE, _ROUGH_TOLERANCE = 1e-4, 1e-3
"""Gradient at which fitting ends. The finer one takes twice as long; of the 50 kinds it named
70.3 % of the clips rightly, the rougher one 69.8 %."""


@dataclass(frozen=True, eq=False)
class LinearHead:
    """A linear layer on descriptions.

    Parameters
    ----------
    centre : ndarray of float32, shape (1024,)
        Mean of the examples' roots.
    weights : ndarray of float32, shape (n_classes, 1024)
        What each class looks for.
    biases : ndarray of float32, shape (n_classes,)
        What each class begins with.
    kind : {'exclusive', 'independent'}
        How logits become scores: by softmax, or each by a sigmoid.
    """

    centre: NDArray[np.float32]
    weights: NDArray[np.float32]
    biases: NDArray[np.float32]
    kind: ScoreKind

    def logits(self, embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
        """Decide on windows, float32 of shape (n_windows, n_classes)."""
        decided: NDArray[np.float32] = (
            describe(embeddings, self.centre) @ self.weights.T + self.biases
        )
        return decided

    def scores(
        self, embeddings: NDArray[np.float32], loud: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """Score windows.

        Parameters
        ----------
        embeddings : ndarray of float32, shape (n_windows, 1024)
            What YAMNet knows of them.
        loud : ndarray of bool, shape (n_windows,)
            In which of them something sounds; see `SILENCE_LOGIT` for the others.

        Returns
        -------
        ndarray of float32, shape (n_windows, n_classes)
            Each in [0, 1].
        """
        logits = np.where(loud[:, None], self.logits(embeddings), SILENCE_LOGIT[self.kind])
        return as_scores(logits, self.kind)

    def cooled(self, temperature: float) -> "LinearHead":
        """Divide all logits by a temperature above 0."""
        weights = (self.weights / temperature).astype(np.float32)
        biases = (self.biases / temperature).astype(np.float32)
        return LinearHead(self.centre, weights, biases, self.kind)


def describe(embeddings: NDArray[np.float32], centre: NDArray[np.float32]) -> NDArray[np.float32]:
    """Make descriptions of embeddings: root, less the centre, at unit length; same shape."""
    rooted = np.sqrt(embeddings) - centre
    lengths = np.linalg.norm(rooted, axis=1, keepdims=True)
    described: NDArray[np.float32] = (rooted / np.maximum(lengths, _SHORTEST)).astype(np.float32)
    return described


def as_scores(logits: NDArray[np.floating[Any]], kind: ScoreKind) -> NDArray[np.float32]:
    """Turn logits of shape (n_windows, n_classes) into scores in [0, 1]."""
    if kind == "independent":
        scores = 0.5 + 0.5 * np.tanh(0.5 * logits)  # the sigmoid, without overflow
    else:
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        scores = powers / powers.sum(axis=1, keepdims=True)
    rounded: NDArray[np.float32] = scores.astype(np.float32)
    return rounded


@dataclass(frozen=True, eq=False)
class TrainingWindows:
    """Windows of examples as a head learns them.

    Parameters
    ----------
    embeddings : ndarray of float32, shape (n_windows, 1024)
        Of all examples.
    targets : ndarray of int, shape (n_windows,)
        Class index of each window.
    weights : ndarray of float64, shape (n_windows,)
        How much each counts: all classes alike (but see `SYNTHESISED_SHARE`), all examples of a
        class alike, all windows of an example alike. Their sum is the number of examples.
    """

    embeddings: NDArray[np.float32]
    targets: NDArray[np.intp]
    weights: NDArray[np.float64]

    @classmethod
    def of(
        cls, examples: Sequence[Example], labels: Sequence[str], *, thinned: bool = False
    ) -> "TrainingWindows":
        """Put the windows of examples together.

        Parameters
        ----------
        examples : sequence of Example
            Of every label at least one that is not silent.
        labels : sequence of str
            The classes, in the order of their indices.
        thinned : bool
            Whether to take only the windows that `classify` would hear, half as many.
        """
        heard = [example for example in examples if not example.is_silent]
        rows = [
            example.embeddings[example.on_classifying_grid] if thinned else example.embeddings
            for example in heard
        ]
        classes = np.array([labels.index(example.label) for example in heard])
        made = np.array([example.synthesised for example in heard])
        sizes = np.array([len(row) for row in rows])
        kinds = 2 * classes + made
        shares = np.where(made, SYNTHESISED_SHARE, 1.0) / (np.bincount(kinds)[kinds] * sizes)
        shares *= len(heard) / (shares @ sizes)
        return cls(np.concatenate(rows), np.repeat(classes, sizes), np.repeat(shares, sizes))


def fit_head(
    lesson: TrainingWindows,
    n_classes: int,
    kind: ScoreKind,
    strength: float,
    *,
    roughly: bool = False,
) -> LinearHead:
    """Learn a head.

    Parameters
    ----------
    lesson : TrainingWindows
        With windows of each class.
    n_classes : int
        At least 2.
    kind : {'exclusive', 'independent'}
        Exclusive heads are a multinomial logistic regression, independent ones one for each class
        against all others.
    strength : float
        How closely to follow the examples: the inverse of the L2 penalty (scikit-learn's C).
    roughly : bool
        Whether half of the time is to do: enough to compare by.

    Returns
    -------
    LinearHead
        With logits as they were learnt.
    """
    # Loaded here: it takes a second, and only those who teach need it.
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    tolerance = _ROUGH_TOLERANCE if roughly else _TOLERANCE
    centre = np.average(np.sqrt(lesson.embeddings), axis=0, weights=lesson.weights)
    centre = centre.astype(np.float32)
    described = describe(lesson.embeddings, centre)

    def learn(targets: NDArray[np.intp]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        model = LogisticRegression(C=strength, max_iter=_ITERATIONS, tol=tolerance)
        model.fit(described, targets, sample_weight=lesson.weights)
        # In the order in which a file has them: in another, sums differ in the last bit.
        weights = np.ascontiguousarray(model.coef_, np.float32)
        return weights, model.intercept_.astype(np.float32)

    # Many small products: on busy cores threads wait for each other ten times as long as they work.
    with threadpool_limits(limits=1, user_api="blas"):
        if kind == "exclusive":
            weights, biases = learn(lesson.targets)
        else:
            each = [learn(lesson.targets == index) for index in range(n_classes)]
            weights, biases = (np.concatenate(parts) for parts in zip(*each, strict=True))
    if len(weights) < n_classes:  # of two exclusive classes scikit-learn keeps half of one
        weights, biases = np.vstack([-weights, weights]) / 2, np.hstack([-biases, biases]) / 2
    return LinearHead(centre, weights, biases, kind)
