"""Timeline: scores with their time grid and labels."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.audio import timing
from models.errors import SettingError

Aggregation = Literal["mean", "max"]

SMOOTHING_WIDTHS = (1, 3, 5, 7, 9)
"""Widths of the median filter, in frames. Nine frames at a hop of half a window are 4.3 s; a wider
filter would remove sounds of two seconds."""

_BLOCK_FRAMES = 64
"""Frames smoothed together: 64 x 521 scores are 130 KB; a few such arrays fit a core's cache."""


@dataclass(frozen=True, eq=False)
class Timeline:
    """The scores of one clip.

    Parameters
    ----------
    scores : ndarray of float32, shape (n_frames, n_classes)
        One row per window, each score in [0, 1]. Scores are uncalibrated. YAMNet's are independent:
        a row does not sum to 1, unlike that of a model with a softmax.
    onsets_s : ndarray of float64, shape (n_frames,)
        Start of each window, in seconds.
    window_s, hop_s : float
        Length of a window and step between two, in seconds.
    labels : tuple of str
        One label per column.
    duration_s : float
        Length of the clip, in seconds.

    Raises
    ------
    ValueError
        If the shape of `scores` does not match `onsets_s` and `labels`.
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
        """Borders of the frames' times, float64 of shape (n_frames + 1,), in seconds."""
        return timing.frame_edges_s(self.onsets_s, self.window_s, self.hop_s, self.duration_s)

    def frame_at(self, at_s: float) -> int:
        """Return the frame that stands for an instant.

        Parameters
        ----------
        at_s : float
            Seconds from the start of the clip.

        Returns
        -------
        int
            In [0, n_frames): the frame whose time (`edges_s`) contains the instant; at a border the
            later of two, outside the clip the nearest.
        """
        return int(self.frames_at(np.array([at_s]))[0])

    def frames_at(self, times_s: NDArray[np.float64]) -> NDArray[np.intp]:
        """Return the frames that stand for several instants, as `frame_at`.

        Parameters
        ----------
        times_s : ndarray of float64, shape (n,)
            Seconds from the start of the clip, in any order.

        Returns
        -------
        ndarray of int, shape (n,)
            Each in [0, n_frames).
        """
        ended = np.searchsorted(self.edges_s[1:], times_s, side="right")
        return np.minimum(ended, self.n_frames - 1)

    def frames_between(self, begin_s: float, end_s: float) -> slice:
        """Return the frames that stand for an interval of the clip, at least one.

        Parameters
        ----------
        begin_s, end_s : float
            Seconds from the start of the clip, in either order.
        """
        first, last = sorted((self.frame_at(begin_s), self.frame_at(end_s)))
        return slice(first, last + 1)

    def smoothed(self, width: int = 3) -> "Timeline":
        """Apply a median filter over time to the scores.

        Parameters
        ----------
        width : int
            Width of the filter in frames, one of `SMOOTHING_WIDTHS`. Near the start and the end
            the filter narrows symmetrically: the first and the last frame are kept, the next ones
            become a median of three, and so on.

        Returns
        -------
        Timeline
            On the same grid. Sounds shorter than half of `width` frames are removed; edges keep
            their position. A width of 1 changes nothing.

        Raises
        ------
        SettingError
            If `width` is another number.
        """
        if width not in SMOOTHING_WIDTHS:
            raise SettingError(
                f"The smoothing width is {width} frames.",
                allowed=f"It may be {', '.join(map(str, SMOOTHING_WIDTHS))}: odd, so that an "
                "edge stays where it is.",
                remedy="Choose one of these; 1 changes nothing.",
            )
        if width == 1:
            return self
        return replace(self, scores=_median_filtered(self.scores, width // 2))

    def aggregate(
        self, by: Aggregation = "mean", *, frames: slice = slice(None)
    ) -> NDArray[np.float32]:
        """Compute one score per class for the whole clip, or for some of its frames.

        Parameters
        ----------
        by : {'mean', 'max'}
            The mean favours long sounds, the maximum short salient ones.
        frames : slice
            The frames; all by default.

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
            means = self.scores[frames].mean(axis=0, dtype=np.float64)
            rounded: NDArray[np.float32] = means.astype(np.float32)
            return rounded
        if by == "max":
            maxima: NDArray[np.float32] = self.scores[frames].max(axis=0)
            return maxima
        raise SettingError(
            f"by is {by!r}.",
            allowed="Scores are aggregated by 'mean' or 'max'.",
            remedy="Choose one of the two.",
        )

    def top(
        self, k: int = 5, by: Aggregation = "mean", *, frames: slice = slice(None)
    ) -> list[tuple[str, float]]:
        """Return the best classes of the whole clip, or of some of its frames.

        Parameters
        ----------
        k : int
            Number of classes; all of them if there are fewer.
        by : {'mean', 'max'}
            Aggregation of a class's frames to one score.
        frames : slice
            The frames; all by default.

        Returns
        -------
        list of (str, float)
            Label and score in [0, 1], best first; ties in the order of the columns.

        Examples
        --------
        >>> import numpy as np
        >>> from models import Timeline
        >>> scores = np.array([[0.25, 1.0], [0.5, 0.0], [0.75, 0.0]], np.float32)
        >>> timeline = Timeline(
        ...     scores, onsets_s=np.array([0.0, 0.5, 1.0]), labels=("Dog", "Bell"),
        ...     window_s=1.0, hop_s=0.5, duration_s=2.0,
        ... )
        >>> timeline.top(1), timeline.top(1, by="max")
        ([('Dog', 0.5)], [('Bell', 1.0)])
        """
        scores = self.aggregate(by, frames=frames)
        best = np.argsort(-scores, kind="stable")[: max(0, k)]
        return [(self.labels[index], float(scores[index])) for index in best]


def _median_filtered(scores: NDArray[np.float32], reach: int) -> NDArray[np.float32]:
    """Median over up to `reach` frames on each side, equally many on both sides."""
    filtered = scores.copy()
    count = len(scores)
    for row in range(1, min(reach, count)):
        for at in {row, count - 1 - row}:
            near = min(at, count - 1 - at, reach)
            filtered[at] = _median(list(scores[at - near : at + near + 1]))
    for first in range(reach, count - reach, _BLOCK_FRAMES):
        last = min(first + _BLOCK_FRAMES, count - reach)
        shifts = range(-reach, reach + 1)
        filtered[first:last] = _median([scores[first + by : last + by] for by in shifts])
    return filtered


def _median(values: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Compute the median of an odd number of arrays, element by element.

    Among just over half of the values, the least and the greatest cannot be the median, because too
    many other values lie on one side of them. They are dropped, one more value is added, and so on
    until one is left. Whole arrays are compared at once, more than ten times as fast as sorting
    (measured).
    """
    enough = len(values) // 2 + 2
    pool, waiting = values[:enough], values[enough:]
    while len(pool) > 1:
        pool = [*_without_extremes(pool), *waiting[:1]]
        waiting = waiting[1:]
    return pool[0]


def _without_extremes(values: list[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """Drop the least and the greatest of three or more, element by element."""
    *values, greatest = values
    for index, value in enumerate(values):
        values[index] = np.minimum(value, greatest)
        greatest = np.maximum(value, greatest)
    *values, least = values
    for index, value in enumerate(values):
        values[index] = np.maximum(value, least)
        least = np.minimum(value, least)
    return values
