"""Comparison of two models on one clip, as CSV.

Conventions
-----------
As in `spreadsheet`. The two models are *a* and *b*: the first and the second in the file's name. A
figure that is undefined is an empty field.
"""

import csv
from collections.abc import Iterator, Sequence
from typing import Any

from models.events.concordance import ClassConcordance, Concordance
from models.export.values import SCORE_DECIMALS, TIME_DECIMALS, csv_lines, rounded
from models.untrusted.formulas import escape_formulas


def class_row(one: ClassConcordance) -> dict[str, Any]:
    """Return the figures of one class by name, rounded; times in s, scores and F1 in [0, 1]."""
    figures = {
        "mean_a": one.mean_a,
        "mean_b": one.mean_b,
        "peak_a": one.peak_a,
        "peak_b": one.peak_b,
        "mean_difference": one.mean_difference,
        "largest_difference": one.largest.size,
        "correlation": one.correlation,
        "f1": one.seconds.f1,
    }
    return {
        "label": one.label,
        **{name: _rounded(value) for name, value in figures.items()},
        "largest_at_s": round(one.largest.at_s, TIME_DECIMALS) if one.largest.size else None,
        "seconds_both": one.seconds.tp,
        "seconds_only_a": one.seconds.fp,
        "seconds_only_b": one.seconds.fn,
    }


def classes_csv(found: Concordance) -> str:
    """Format one row for each shared class, with the columns of `class_row`."""
    rows = [class_row(one) for one in found.classes]
    escaped = ((row | {"label": escape_formulas(row["label"])}).values() for row in rows)
    header, lines = (
        csv_lines([rows[0] if rows else ("label",)]),
        csv_lines(escaped, quoting=csv.QUOTE_NONNUMERIC),
    )
    return "".join((*header, *lines))


def aligned_csv(found: Concordance, labels: Sequence[str] | None = None) -> str:
    """Format one row for each moment, with its time in ``at_s`` and the scores of both models.

    Parameters
    ----------
    found : Concordance
        Of two models on one clip.
    labels : sequence of str, optional
        Shared classes, two columns for each. By default all of them, which takes as much space as
        two files of all scores: 400 MB for an hour of YAMNet at a hop of 0.1 s.
    """
    return "".join(aligned_csv_lines(found, labels))


def aligned_csv_lines(found: Concordance, labels: Sequence[str] | None = None) -> Iterator[str]:
    """Yield the lines of `aligned_csv`."""
    aligned = found.aligned
    if labels is None:
        labels = [one.label for one in found.classes]
    names = (escape_formulas(f"{side}: {label}") for label in labels for side in "ab")
    yield from csv_lines([("at_s", *names)], quoting=csv.QUOTE_NONNUMERIC)
    times_s = rounded(aligned.times_s, TIME_DECIMALS)
    for at_s, a, b in zip(times_s, *aligned.scores(labels), strict=True):
        pairs = zip(rounded(a), rounded(b), strict=True)
        yield from csv_lines([(at_s, *(score for pair in pairs for score in pair))])


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, SCORE_DECIMALS)
