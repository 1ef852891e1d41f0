"""Precision, recall, F1 and counts in words, for tables."""

from collections.abc import Sequence

from models.events.evaluation import Counts, Means

EXPLANATION = (
    "Precision: the share of what was found that is true. Recall: the share of what is true that "
    "was found. F1: both in one figure, their harmonic mean; 1 is perfect."
)
"""Explanation of the columns, to be shown with a table of them."""


def columns(counts: Sequence[Counts | Means]) -> dict[str, list[str]]:
    """Return the columns of a table with a row for each; means have no counts."""
    return {
        "Precision": [share(each.precision) for each in counts],
        "Recall": [share(each.recall) for each in counts],
        "F1": [share(each.f1) for each in counts],
        "Correct": [f"{each.tp:,}" if isinstance(each, Counts) else "" for each in counts],
        "Missed": [f"{each.fn:,}" if isinstance(each, Counts) else "" for each in counts],
        "False alarms": [f"{each.fp:,}" if isinstance(each, Counts) else "" for each in counts],
    }


def share(value: float | None) -> str:
    """Return a figure with two decimals; "none" if there is nothing to count."""
    return "none" if value is None else f"{value:.2f}"
