"""Sentences that summarize a comparison."""

from dataclasses import dataclass

from components.style import text
from models.events.concordance import Concordance

EVEN = 1.05
"""Ratio of two times per window below which they count as equal: repeated runs differ as much."""


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
        return "The models have no class in common, so there is nothing to compare."
    if not found.n_clear:
        return (
            "No moment is clear: no score of a class that both models have reaches "
            f"{threshold:.2f}."
        )
    if found.same_best_when_clear is None:
        (only,) = found.classes
        return (
            f"The models have one class in common, {only.label}; its lane shows how far they agree."
        )
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
            "A moment is clear if either model scores a class that both have at "
            f"{threshold:.2f} or more. "
            f"Of all {found.aligned.n_moments:,} moments they agree in {percent(found.same_best)}."
        )
    if found.seconds.f1 is not None:
        either = found.seconds.tp + found.seconds.fp + found.seconds.fn
        said.append(
            f"Counted per second and class, both models agree on {found.seconds.tp:,} of "
            f"{either:,} detections (F1 {found.seconds.f1:.3f})."
        )
    largest, clip_s = found.largest, float(found.aligned.edges_s[-1])
    if largest.size == 0:
        said.append("All scores are the same.")
    else:
        said.append(
            f"Scores differ by {found.mean_difference:.4f} on average, and most for "
            f"{largest.label} at {text.instant(largest.at_s, clip_s)}: "
            f"{largest.a:.2f} against {largest.b:.2f}."
        )
    return said


@dataclass(frozen=True)
class Pace:
    """Inference time of a model on a clip.

    Parameters
    ----------
    title : str
        Title of the model.
    window_ms : float
        Inference time per window, in milliseconds.
    n_windows : int
        Number of windows that were classified.
    """

    title: str
    window_ms: float
    n_windows: int


def faster(first: Pace, second: Pace) -> str:
    """Return a sentence about which model is faster, and different numbers of windows."""
    fast, slow = sorted((first, second), key=lambda each: each.window_ms)
    ratio = slow.window_ms / fast.window_ms
    if ratio < EVEN:
        said = "Both are equally fast per window"
    else:
        said = f"Per window, {fast.title} is {ratio:.1f} times as fast as {slow.title}"
    if fast.n_windows != slow.n_windows:
        counts = (f"{each.title} {each.n_windows:,}" for each in (fast, slow))
        said += f"; windows of this clip: {', '.join(counts)}"
    return f"{said}."


def percent(share: float) -> str:
    """Format a fraction in [0, 1] in whole percent; 0% and 100% only for exactly 0 and 1."""
    if 0.99 < share < 1:
        return "over 99%"
    if 0 < share < 0.01:
        return "under 1%"
    return f"{share:.0%}"
