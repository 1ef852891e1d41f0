"""Sentences that summarize a comparison."""

from dataclasses import dataclass

from components.style import text
from models.events.concordance import Concordance

EVEN = 1.05
"""Ratio of two speeds below which they count as equal: repeated runs differ by as much."""


def headline(found: Concordance, threshold: float) -> str:
    """Return a sentence about the agreement of two models.

    Parameters
    ----------
    found : Concordance
        Result of the comparison.
    threshold : float
        Minimum highest score of a clear moment, in [0, 1].
    """
    if not found.classes:
        return "They know no class in common, so there is nothing to compare."
    if not found.n_clear:
        return (
            "Nothing in it is clear to either: no score of a class that both know reaches "
            f"{threshold:.2f}."
        )
    if found.same_best_when_clear is None:
        (only,) = found.classes
        return f"They know one class in common, {only.label}; its lane shows how far they agree."
    moments = "clear moment" if found.n_clear == 1 else "clear moments"
    if found.same_best_when_clear == 1:
        return f"They agree on the best class in all {found.n_clear:,} {moments}."
    share = percent(found.same_best_when_clear)
    return f"They agree on the best class in {share} of the {found.n_clear:,} {moments}."


def details(found: Concordance, threshold: float) -> list[str]:
    """Return sentences with further figures; none without shared classes."""
    if found.largest is None or found.mean_difference is None:
        return []
    said = []
    if found.same_best is not None:
        said.append(
            f"A moment is clear if one of the two gives a class that both know a score of "
            f"{threshold:.2f} or more. "
            f"Of all {found.aligned.n_moments:,} moments they agree in {percent(found.same_best)}."
        )
    if found.seconds.f1 is not None:
        either = found.seconds.tp + found.seconds.fp + found.seconds.fn
        said.append(
            f"Second by second and class by class, {found.seconds.tp:,} of the {either:,} that "
            f"either hears are heard by both (F1 {found.seconds.f1:.3f})."
        )
    largest = found.largest
    if largest.size == 0:
        said.append("All scores are the same.")
    else:
        said.append(
            f"Scores differ by {found.mean_difference:.4f} on average, and most for "
            f"{largest.label} at {text.instant(largest.at_s)}: "
            f"{largest.a:.2f} against {largest.b:.2f}."
        )
    return said


@dataclass(frozen=True)
class Pace:
    """Speed of a model's analysis of a clip.

    Parameters
    ----------
    title : str
        Title of the model.
    speed : float
        Speed relative to real time.
    n_windows : int
        Number of windows that were classified.
    """

    title: str
    speed: float
    n_windows: int


def faster(first: Pace, second: Pace) -> str:
    """Return a sentence about which model was faster, and different numbers of windows."""
    slow, fast = sorted((first, second), key=lambda each: each.speed)
    ratio = fast.speed / slow.speed
    if ratio < EVEN:
        said = "Both were as fast"
    else:
        said = f"{fast.title} was {ratio:.1f} times as fast as {slow.title}"
    if fast.n_windows != slow.n_windows:
        said += f", through {fast.n_windows:,} windows against {slow.n_windows:,}"
    return f"{said}."


def percent(share: float) -> str:
    """Format a fraction in [0, 1] in whole percent; 0% and 100% only for exactly 0 and 1."""
    if 0.99 < share < 1:
        return "over 99%"
    if 0 < share < 0.01:
        return "under 1%"
    return f"{share:.0%}"
