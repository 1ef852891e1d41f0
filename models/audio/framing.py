"""From samples to windows: the only place that knows window, hop and padding."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from models.audio import timing
from models.errors import SettingError


@dataclass(frozen=True)
class Framing:
    """How a clip is cut into windows.

    Parameters
    ----------
    sample_rate : int
        Samples per second, in Hz.
    window_samples : int
        Length of one window, in samples.
    hop_samples : int
        Step between the starts of two windows, in samples; 1 to `window_samples`.
    """

    sample_rate: int
    window_samples: int
    hop_samples: int

    @classmethod
    def from_seconds(cls, hop_s: float, *, sample_rate: int, window_samples: int) -> "Framing":
        """Build a framing from a hop in seconds.

        Raises
        ------
        SettingError
            If the hop is not above zero, or longer than a window (sound would go unheard).
        """
        window_s = timing.seconds_from_samples(window_samples, sample_rate)
        if not (np.isfinite(hop_s) and 0 < hop_s * sample_rate <= window_samples + 0.5):
            guess = " Is it in milliseconds?" if hop_s > window_s else ""
            raise SettingError(
                f"The hop is {hop_s:g} s.{guess}",
                allowed=f"It may lie above 0 and up to one window, {window_s:g} s.",
                remedy=f"Choose a hop in that range; {min(0.48, window_s):g} s is usual.",
            )
        hop_samples = max(1, timing.samples_from_seconds(hop_s, sample_rate))
        return cls(sample_rate, window_samples, hop_samples)

    @property
    def window_s(self) -> float:
        """Length of one window, in seconds."""
        return timing.seconds_from_samples(self.window_samples, self.sample_rate)

    @property
    def hop_s(self) -> float:
        """Step between two windows, in seconds: the whole samples that are really stepped."""
        return timing.seconds_from_samples(self.hop_samples, self.sample_rate)

    def n_frames(self, n_samples: int) -> int:
        """Count the windows of a clip of `n_samples` samples; at least 1."""
        return timing.n_frames(n_samples, self.window_samples, self.hop_samples)

    def onsets_s(self, n_samples: int) -> NDArray[np.float64]:
        """Start of each window of a clip, float64 of shape (n_frames,), in seconds."""
        count = self.n_frames(n_samples)
        return timing.frame_onsets_s(count, self.hop_samples, self.sample_rate)

    def windows(self, samples: NDArray[np.float32], start: int, stop: int) -> NDArray[np.float32]:
        """Windows `start` to `stop` of a clip, cut without copying wherever possible.

        Parameters
        ----------
        samples : ndarray of float32, shape (n_samples,)
            The whole clip.
        start, stop : int
            Window indices, ``0 <= start < stop <= n_frames(n_samples)``.

        Returns
        -------
        ndarray of float32, shape (stop - start, window_samples)
            A read-only view, or a padded copy where the clip ends inside it.
        """
        stretch = self.stretch(samples, start, stop)
        return sliding_window_view(stretch, self.window_samples)[:: self.hop_samples]

    def stretch(self, samples: NDArray[np.float32], start: int, stop: int) -> NDArray[np.float32]:
        """Cut out what windows `start` to `stop` of a clip lie on, in one piece.

        Parameters
        ----------
        samples : ndarray of float32, shape (n_samples,)
            The whole clip.
        start, stop : int
            Window indices, ``0 <= start < stop <= n_frames(n_samples)``.

        Returns
        -------
        ndarray of float32, shape ((stop - start - 1) * hop_samples + window_samples,)
            A view, or a padded copy where the clip ends inside it.
        """
        first = start * self.hop_samples
        last = (stop - 1) * self.hop_samples + self.window_samples
        stretch = samples[first:last]
        return np.pad(stretch, (0, last - first - len(stretch))) if len(samples) < last else stretch

    def stretches(
        self, blocks: Iterable[NDArray[np.float32]], n_windows: int
    ) -> Iterator[NDArray[np.float32]]:
        """Cut a clip that comes in blocks into what its windows lie on, as soon as it is there.

        Parameters
        ----------
        blocks : iterable of ndarray of float32, shape (any,)
            The whole clip, from its beginning.
        n_windows : int
            Windows on each stretch; on the last one there may be fewer.

        Yields
        ------
        ndarray of float32, shape ((n - 1) * hop_samples + window_samples,)
            The same as from `stretch`, for all windows of the clip.
        """
        length = (n_windows - 1) * self.hop_samples + self.window_samples
        step = n_windows * self.hop_samples
        waiting: list[NDArray[np.float32]] = []
        n_waiting, n_given, n_samples = 0, 0, 0
        for block in blocks:
            waiting.append(block)
            n_waiting += len(block)
            n_samples += len(block)
            if n_waiting < length:
                continue
            whole = np.concatenate(waiting)
            while len(whole) >= length:
                yield whole[:length]
                whole = whole[step:]
                n_given += n_windows
            waiting, n_waiting = [whole], len(whole)
        n_left = self.n_frames(n_samples) - n_given
        if n_left:
            whole = np.concatenate(waiting) if waiting else np.empty(0, np.float32)
            yield self.stretch(whole, 0, n_left)
