"""Scores with the time grid and the labels that give them meaning, in one object."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models import timing
from models.errors import SettingError

Aggregation = Literal["mean", "max"]


@dataclass(frozen=True, eq=False)
class Timeline:
    """What a classifier heard in a clip.

    Parameters
    ----------
    scores : ndarray of float32, shape (n_frames, n_classes)
        One row per window, each score in [0, 1]. Scores are uncalibrated and independent of
        each other: a row does not sum to 1.
    onsets_s : ndarray of float64, shape (n_frames,)
        Start of each window, in seconds.
    window_s, hop_s : float
        Length of a window and step between two, in seconds.
    labels : tuple of str
        One label per column.
    duration_s : float
        Length of the clip, in seconds.
    """

    scores: NDArray[np.float32]
    onsets_s: NDArray[np.float64]
    window_s: float
    hop_s: float
    labels: tuple[str, ...]
    duration_s: float

    def __post_init__(self) -> None:
        expected = (len(self.onsets_s), len(self.labels))
        if self.scores.shape != expected:
            raise ValueError(f"scores have shape {self.scores.shape}, time grid {expected}")

    @property
    def n_frames(self) -> int:
        """Number of rows."""
        return len(self.onsets_s)

    @property
    def edges_s(self) -> NDArray[np.float64]:
        """Where each frame's time begins and ends, float64 of shape (n_frames + 1,), seconds."""
        return timing.frame_edges_s(self.onsets_s, self.window_s, self.hop_s, self.duration_s)

    def smoothed(self) -> "Timeline":
        """Replace each score by the median of itself and its two neighbours in time.

        Returns
        -------
        Timeline
            On the same grid. What is heard in one frame alone is gone, an edge stays where it
            is; the first and the last frame are kept.
        """
        before, here, after = self.scores[:-2], self.scores[1:-1], self.scores[2:]
        scores = self.scores.copy()
        low, high = np.minimum(before, here), np.maximum(before, here)
        scores[1:-1] = np.maximum(low, np.minimum(high, after))
        return replace(self, scores=scores)

    def aggregate(self, by: Aggregation = "mean") -> NDArray[np.float32]:
        """One score per class for the whole clip.

        Parameters
        ----------
        by : {'mean', 'max'}
            The mean favours what lasts, the maximum what stands out once.

        Returns
        -------
        ndarray of float32, shape (n_classes,)
            Each in [0, 1].

        Raises
        ------
        SettingError
            If `by` is neither.
        """
        if by == "mean":
            means: NDArray[np.float32] = self.scores.mean(axis=0, dtype=np.float64).astype(
                np.float32
            )
            return means
        if by == "max":
            maxima: NDArray[np.float32] = self.scores.max(axis=0)
            return maxima
        raise SettingError(
            f"Clip scores were asked for by {by!r}.",
            allowed="They can be aggregated by 'mean' or by 'max'.",
            remedy="Choose one of the two.",
        )

    def top(self, k: int = 5, by: Aggregation = "mean") -> list[tuple[str, float]]:
        """Best classes of the whole clip.

        Parameters
        ----------
        k : int
            How many; all of them where there are fewer.
        by : {'mean', 'max'}
            How a class's frames become one score.

        Returns
        -------
        list of (str, float)
            Label and score in [0, 1], best first; equal scores in the order of the columns.
        """
        scores = self.aggregate(by)
        best = np.argsort(-scores, kind="stable")[: max(0, k)]
        return [(self.labels[index], float(scores[index])) for index in best]
