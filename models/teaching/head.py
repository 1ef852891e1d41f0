"""Linear head that maps YAMNet's embeddings to scores of user-defined classes.

Conventions
-----------
An embedding is transformed to a *description*: its square root, minus the mean of the examples, at
unit length. The square root lets many weak features outweigh a single strong one; subtracting the
mean removes what all sounds have in common; normalising removes the overall strength of YAMNet's
response. A regularised logistic regression classifies the description of each window on its own,
so the same head serves for recordings, live, and in an exported file.

Alternatives that were measured, on the 50 classes of `examples.TEACHING_HOP_S`, as the share of
clips classified correctly with 24 examples per class (four folds), 5, and 1 (the same draws for
all):

- standardised embeddings of the clip, mean and maximum, and YAMNet's scores: 63.8, 47.6, 28.7 %
- their square roots, standardised: 64.3, 49.0, 29.0 %
- the description of the clip's mean and of its maximum: 68.1, 55.1, 36.2 %
- the description of each window, averaging the scores: 68.8, 56.6, 36.0 %; with windows half a
  hop apart and the tolerance used here 70.3 % with 24
- YAMNet's scores in addition to each window's description: no better with 24, a point less with
  fewer

On ESC-10 itself the first reaches 97.5, 90.5 and 66.4 %, this head 98.8, 97.4 and 88.8 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.teaching.examples import Example

ScoreKind = Literal["exclusive", "independent"]
"""Exclusive scores sum to 1 over the classes; independent ones each lie in [0, 1]."""

SCORE_KINDS: tuple[ScoreKind, ...] = ("exclusive", "independent")

SILENCE_LOGIT: dict[ScoreKind, float] = {"exclusive": 0.0, "independent": -20.0}
"""Logit of every class in silent windows: exclusive scores are then all equal, independent ones
zero (to 2e-9). So silence has no influence on a clip's best class."""

SYNTHESISED_SHARE = 0.25
"""Total weight of the synthesised examples of a class, relative to 1 for its recorded ones. At a
weight of 1, with one example per class, 1.4 % of ESC-10's clips are classified as Background, at
this one 0.4 %."""

_SHORTEST = 1e-6  # lower bound of the divisor, as in TFLite's L2_NORMALIZATION
_ITERATIONS = 200

_TOLERANCE, _ROUGH_TOLERANCE = 1e-4, 1e-3
"""Gradient at which the fit ends. The finer tolerance takes twice as long; on the 50 classes it
classified 70.3 % of the clips correctly, the rougher one 69.8 %."""


@dataclass(frozen=True, eq=False)
class LinearHead:
    """A linear layer on descriptions.

    Parameters
    ----------
    centre : ndarray of float32, shape (1024,)
        Mean of the square roots of the training embeddings.
    weights : ndarray of float32, shape (n_classes, 1024)
        Weights of each class.
    biases : ndarray of float32, shape (n_classes,)
        Bias of each class.
    kind : {'exclusive', 'independent'}
        Activation of the logits: softmax, or a sigmoid each.
    """

    centre: NDArray[np.float32]
    weights: NDArray[np.float32]
    biases: NDArray[np.float32]
    kind: ScoreKind

    def logits(self, embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
        """Compute the logits of windows, float32 of shape (n_windows, n_classes)."""
        decided: NDArray[np.float32] = (
            describe(embeddings, self.centre) @ self.weights.T + self.biases
        )
        return decided

    def scores(
        self, embeddings: NDArray[np.float32], loud: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """Compute the scores of windows.

        Parameters
        ----------
        embeddings : ndarray of float32, shape (n_windows, 1024)
            YAMNet's embedding of each window.
        loud : ndarray of bool, shape (n_windows,)
            Which windows are not silent; silent ones get `SILENCE_LOGIT`.

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
    """Compute descriptions: square root, minus the centre, at unit length; same shape."""
    rooted = np.sqrt(embeddings) - centre
    lengths = np.linalg.norm(rooted, axis=1, keepdims=True)
    described: NDArray[np.float32] = (rooted / np.maximum(lengths, _SHORTEST)).astype(np.float32)
    return described


def as_scores(logits: NDArray[np.floating[Any]], kind: ScoreKind) -> NDArray[np.float32]:
    """Convert logits of shape (n_windows, n_classes) to scores in [0, 1]."""
    from scipy import special  # takes a quarter of a second to import

    scores = special.expit(logits) if kind == "independent" else special.softmax(logits, axis=1)
    rounded: NDArray[np.float32] = scores.astype(np.float32)
    return rounded


@dataclass(frozen=True, eq=False)
class TrainingWindows:
    """The windows of examples, as input of a fit.

    Parameters
    ----------
    embeddings : ndarray of float32, shape (n_windows, 1024)
        Of all examples.
    targets : ndarray of int, shape (n_windows,)
        Class index of each window.
    weights : ndarray of float64, shape (n_windows,)
        Sample weights: equal for all classes (but see `SYNTHESISED_SHARE`), for all examples of a
        class, and for all windows of an example. Their sum is the number of examples.
    """

    embeddings: NDArray[np.float32]
    targets: NDArray[np.intp]
    weights: NDArray[np.float64]

    @classmethod
    def of(
        cls, examples: Sequence[Example], labels: Sequence[str], *, thinned: bool = False
    ) -> "TrainingWindows":
        """Collect the windows of all examples that are not silent.

        Parameters
        ----------
        examples : sequence of Example
            At least one example that is not silent for each label.
        labels : sequence of str
            The classes, in the order of their indices.
        thinned : bool
            Whether to take only the windows on the grid of `classify`, half as many.
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
    """Fit a head.

    Parameters
    ----------
    lesson : TrainingWindows
        With windows of each class.
    n_classes : int
        At least 2.
    kind : {'exclusive', 'independent'}
        Exclusive heads are a multinomial logistic regression; independent ones are one binary
        regression per class, against all other classes.
    strength : float
        Inverse of the L2 penalty (scikit-learn's C), above 0.
    roughly : bool
        Whether to use the rough tolerance, which takes half of the time and suffices for
        comparisons.

    Returns
    -------
    LinearHead
        With uncalibrated logits (temperature 1).
    """
    # Imported here: the import takes a second, and only training needs it.
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    tolerance = _ROUGH_TOLERANCE if roughly else _TOLERANCE
    centre = np.average(np.sqrt(lesson.embeddings), axis=0, weights=lesson.weights)
    centre = centre.astype(np.float32)
    described = describe(lesson.embeddings, centre)

    def learn(targets: NDArray[np.intp]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        model = LogisticRegression(C=strength, max_iter=_ITERATIONS, tol=tolerance)
        model.fit(described, targets, sample_weight=lesson.weights)
        # C order, as in a file: another memory order changes the last bit of sums.
        weights = np.ascontiguousarray(model.coef_, np.float32)
        return weights, model.intercept_.astype(np.float32)

    # Many small products: on busy cores, BLAS threads wait for each other ten times as long as
    # they compute.
    with threadpool_limits(limits=1, user_api="blas"):
        if kind == "exclusive":
            weights, biases = learn(lesson.targets)
        else:
            each = [learn(lesson.targets == index) for index in range(n_classes)]
            weights, biases = (np.concatenate(parts) for parts in zip(*each, strict=True))
    if len(weights) < n_classes:  # scikit-learn fits one row for two exclusive classes
        weights, biases = np.vstack([-weights, weights]) / 2, np.hstack([-biases, biases]) / 2
    return LinearHead(centre, weights, biases, kind)
