"""Positions of a stream's windows, with a hop that may change."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """A window to be scored.

    Parameters
    ----------
    start, stop : int
        Number of its first sample, and of the one after its last, counted from the beginning of the
        stream.
    hop_samples : int
        The hop when it was cut, in samples.
    arrived_at : float
        Time of arrival of its last packet on the stream's clock, in seconds.
    """

    start: int
    stop: int
    hop_samples: int
    arrived_at: float


class Schedule:
    """Places windows as audio arrives.

    The first window starts at sample 0. At a constant hop the windows are those of a clip
    (`models.audio.framing`), without the padded one at the end. The frame of a window covers its
    centre plus and minus half a hop (`models.audio.timing`). After a change of the hop the next
    window therefore starts half the old plus half the new hop later: frames neither overlap nor
    leave a gap.

    Parameters
    ----------
    window_samples : int
        Length of a window, in samples.
    """

    def __init__(self, window_samples: int) -> None:
        self._window_samples = window_samples
        self._last: Window | None = None

    def due(self, n_samples: int, hop_samples: int, arrived_at: float) -> Iterator[Window]:
        """Generate the windows that are complete and not yet generated.

        Parameters
        ----------
        n_samples : int
            Length of the stream so far, in samples.
        hop_samples : int
            Hop, in samples.
        arrived_at : float
            Time of arrival of the newest sample on the stream's clock, in seconds.

        Yields
        ------
        Window
            In order of time.
        """
        while (start := self._next_start(hop_samples)) + self._window_samples <= n_samples:
            self._last = Window(start, start + self._window_samples, hop_samples, arrived_at)
            yield self._last

    def next_stop(self, hop_samples: int) -> int:
        """Return the end of the next window, as a sample number in the stream."""
        return self._next_start(hop_samples) + self._window_samples

    def _next_start(self, hop_samples: int) -> int:
        if self._last is None:
            return 0
        return self._last.start + (self._last.hop_samples + hop_samples) // 2
