"""Where the windows of a stream lie, while the step between them may change."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """A window that is to be scored.

    Parameters
    ----------
    start, stop : int
        Its samples, numbered from the beginning of the stream.
    hop_samples : int
        The step that was chosen when it was cut.
    arrived_at : float
        When its last packet arrived, in seconds on the stream's clock.
    """

    start: int
    stop: int
    hop_samples: int
    arrived_at: float


class Schedule:
    """Cuts windows as sound comes in.

    The first begins with the stream. At a constant hop they are the windows of a clip
    (`models.audio.framing`), but for the padded one at its end. A window stands for its centre plus
    and minus half a hop (`models.audio.timing`), so after a change of the hop the next window lies
    half of the old and half of the new one further on: there is neither gap nor overlap.

    Parameters
    ----------
    window_samples : int
        Length of a window.
    """

    def __init__(self, window_samples: int) -> None:
        self._window_samples = window_samples
        self._last: Window | None = None

    def due(self, n_samples: int, hop_samples: int, arrived_at: float) -> Iterator[Window]:
        """Cut the windows that are complete now.

        Parameters
        ----------
        n_samples : int
            How many samples the stream has by now.
        hop_samples : int
            Step between two windows.
        arrived_at : float
            When the newest sample arrived, in seconds on the stream's clock.
        """
        while (start := self._next_start(hop_samples)) + self._window_samples <= n_samples:
            self._last = Window(start, start + self._window_samples, hop_samples, arrived_at)
            yield self._last

    def next_stop(self, hop_samples: int) -> int:
        """Return where the next window will end: a sample's number in the stream."""
        return self._next_start(hop_samples) + self._window_samples

    def _next_start(self, hop_samples: int) -> int:
        if self._last is None:
            return 0
        return self._last.start + (self._last.hop_samples + hop_samples) // 2
