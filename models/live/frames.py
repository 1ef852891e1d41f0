"""Ring buffer of the scores of a stream."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.live.ring_buffer import Ring

CAPACITY_FRAMES = 2_400
"""Number of frames kept: ten minutes at 0.25 s, four at 0.1 s; 5 MB for YAMNet's 521 classes."""


@dataclass(frozen=True, eq=False)
class Frame:
    """Scores and level of one window.

    Parameters
    ----------
    onset_s : float
        Start of the window in stream time, in seconds.
    begin_s, end_s : float
        Time interval of the frame, in seconds: the centre of the window plus and minus half a hop.
        The first frame begins at 0.
    rms_dbfs : float
        RMS level of the window, in dBFS.
    gated : bool
        Whether the level gate excludes the frame from events.
    scores : ndarray of float32, shape (n_classes,)
        Each in [0, 1].
    """

    onset_s: float
    begin_s: float
    end_s: float
    rms_dbfs: float
    gated: bool
    scores: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Frames:
    """Consecutive frames, oldest first: the fields of `Frame` as arrays.

    The steps between frames are uneven where windows were dropped or the interval changed: plot
    each frame from `begins_s` to `ends_s`.

    Parameters
    ----------
    first : int
        Number of the first of these frames, counted from the beginning of the stream.
    onsets_s, begins_s, ends_s : ndarray of float64, shape (n_frames,)
        Start of each window, and time interval of each frame, in stream time, in seconds.
    rms_dbfs : ndarray of float64, shape (n_frames,)
        RMS level of each window, in dBFS.
    gated : ndarray of bool, shape (n_frames,)
        Whether the level gate excludes the frame from events.
    scores : ndarray of float32, shape (n_frames, n_classes)
        Each in [0, 1].
    """

    first: int
    onsets_s: NDArray[np.float64]
    begins_s: NDArray[np.float64]
    ends_s: NDArray[np.float64]
    rms_dbfs: NDArray[np.float64]
    gated: NDArray[np.bool_]
    scores: NDArray[np.float32]


class History:
    """Stores the newest `CAPACITY_FRAMES` frames.

    Parameters
    ----------
    n_classes : int
        Number of scores per frame.
    """

    def __init__(self, n_classes: int) -> None:
        self._times = Ring(CAPACITY_FRAMES, dtype=np.float64, row_shape=(4,))
        self._gated = Ring(CAPACITY_FRAMES, dtype=np.bool_)
        self._scores = Ring(CAPACITY_FRAMES, dtype=np.float32, row_shape=(n_classes,))

    @property
    def n_bytes(self) -> int:
        """Size of the stored frames, in bytes."""
        return self._times.n_bytes + self._gated.n_bytes + self._scores.n_bytes

    @property
    def max_bytes(self) -> int:
        """Size of the full buffer, in bytes."""
        return self._times.max_bytes + self._gated.max_bytes + self._scores.max_bytes

    @property
    def stop(self) -> int:
        """Number of frames appended so far."""
        return self._scores.stop

    def append(self, frame: Frame) -> None:
        """Append the next frame."""
        row = (frame.onset_s, frame.begin_s, frame.end_s, frame.rms_dbfs)
        self._times.append(np.array([row]))
        self._gated.append(np.array([frame.gated]))
        self._scores.append(frame.scores[np.newaxis])

    def since(self, number: int) -> Frames:
        """Copy the frames from `number` on, as far as they are stored; -3 means the last three."""
        number = number if number >= 0 else max(0, self.stop + number)
        onsets_s, begins_s, ends_s, rms_dbfs = self._times.between(number, self.stop).T
        return Frames(
            first=min(max(number, self._scores.start), self.stop),
            onsets_s=onsets_s,
            begins_s=begins_s,
            ends_s=ends_s,
            rms_dbfs=rms_dbfs,
            gated=self._gated.between(number, self.stop),
            scores=self._scores.between(number, self.stop),
        )
