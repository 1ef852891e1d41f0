"""Event: a label with its onset and offset."""

from dataclasses import dataclass

SLACK_S = 1e-9
"""Tolerance for sums of binary fractions, in seconds: it keeps 0.48 s at 0.48 s."""


@dataclass(frozen=True, order=True)
class Event:
    """A label with its onset and offset; ordered by onset.

    Parameters
    ----------
    onset_s, offset_s : float
        Start and end, in seconds from the start of the clip.
    label : str
        The class.
    peak, mean : float
        Highest and mean score, in [0, 1].
    """

    onset_s: float
    offset_s: float
    label: str
    peak: float
    mean: float
