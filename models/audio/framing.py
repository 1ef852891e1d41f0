"""Framing: positions of a clip's windows, and padding."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from models.audio import timing
from models.errors import SettingError


@dataclass(frozen=True)
class Framing:
    """Window and hop of a clip.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    window_samples : int
        Length of a window, in samples.
    hop_samples : int
        Hop in samples, 1 to `window_samples`.
    """

    sample_rate: int
    window_samples: int
    hop_samples: int

    @classmethod
    def from_seconds(cls, hop_s: float, *, sample_rate: int, window_samples: int) -> "Framing":
        """Create a framing from a hop in seconds.

        Parameters
        ----------
        hop_s : float
            Hop in seconds, above 0 and up to one window; rounded to whole samples.
        sample_rate : int
            In Hz.
        window_samples : int
            Length of a window, in samples.

        Raises
        ------
        SettingError
            If the hop is not positive, or longer than a window (samples between windows would be
            skipped).

        Examples
        --------
        >>> Framing.from_seconds(0.48, sample_rate=16_000, window_samples=15_600).hop_samples
        7680
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
        """Length of a window, in seconds."""
        return timing.seconds_from_samples(self.window_samples, self.sample_rate)

    @property
    def hop_s(self) -> float:
        """Hop in seconds, after rounding to whole samples."""
        return timing.seconds_from_samples(self.hop_samples, self.sample_rate)

    def n_frames(self, n_samples: int) -> int:
        """Count the windows of a clip of `n_samples` samples; at least 1."""
        return timing.n_frames(n_samples, self.window_samples, self.hop_samples)

    def onsets_s(self, n_samples: int) -> NDArray[np.float64]:
        """Return the start of each window of a clip: float64, shape (n_frames,), in seconds."""
        count = self.n_frames(n_samples)
        return timing.frame_onsets_s(count, self.hop_samples, self.sample_rate)

    def windows(self, samples: NDArray[np.float32], start: int, stop: int) -> NDArray[np.float32]:
        """Return windows `start` to `stop` (exclusive) of a clip, without copying where possible.

        Parameters
        ----------
        samples : ndarray of float32, shape (n_samples,)
            The whole clip.
        start, stop : int
            Window indices, ``0 <= start < stop <= n_frames(n_samples)``.

        Returns
        -------
        ndarray of float32, shape (stop - start, window_samples)
            A read-only view of the clip, or of a padded copy if the clip ends inside a window.
        """
        stretch = self.stretch(samples, start, stop)
        return sliding_window_view(stretch, self.window_samples)[:: self.hop_samples]

    def stretch(self, samples: NDArray[np.float32], start: int, stop: int) -> NDArray[np.float32]:
        """Return the samples that windows `start` to `stop` (exclusive) of a clip cover.

        Parameters
        ----------
        samples : ndarray of float32, shape (n_samples,)
            The whole clip.
        start, stop : int
            Window indices, ``0 <= start < stop <= n_frames(n_samples)``.

        Returns
        -------
        ndarray of float32, shape ((stop - start - 1) * hop_samples + window_samples,)
            A view, or a padded copy if the clip ends inside it.
        """
        first = start * self.hop_samples
        last = (stop - 1) * self.hop_samples + self.window_samples
        stretch = samples[first:last]
        return np.pad(stretch, (0, last - first - len(stretch))) if len(samples) < last else stretch

    def stretches(
        self, blocks: Iterable[NDArray[np.float32]], n_windows: int
    ) -> Iterator[NDArray[np.float32]]:
        """Divide a clip that arrives in blocks into stretches of `n_windows` windows.

        Parameters
        ----------
        blocks : iterable of ndarray of float32, shape (n_samples,)
            The whole clip, from its beginning.
        n_windows : int
            Number of windows per stretch; the last one may have fewer.

        Yields
        ------
        ndarray of float32, shape ((n - 1) * hop_samples + window_samples,)
            Equal to the result of `stretch`; together they cover all windows of the clip.
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
