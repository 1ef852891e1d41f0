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


def written_score(score: float) -> str:
    """Write a score or a threshold as everywhere: with two decimals, or as many as it has.

    Examples
    --------
    >>> from models.events.event import written_score
    >>> written_score(0.3), written_score(0.125)
    ('0.30', '0.125')
    """
    return max(f"{score:.2f}", f"{score:g}", key=len)
