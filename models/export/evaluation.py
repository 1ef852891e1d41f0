"""Evaluation of several clips as CSV.

Conventions
-----------
A row for each clip, label and way of counting; see `docs/formats.md`. The rows of all clips come
first. CSV as in `models.export.spreadsheet`.
"""

import csv
from collections.abc import Iterator

from models.events.evaluation import Agreement, Counts, Means, Pooled, Psds, macro
from models.export.values import csv_lines
from models.untrusted.formulas import escape_formulas

EVALUATION_COLUMNS = (
    "clip",
    "label",
    "counted",
    "correct",
    "missed",
    "false_alarms",
    "precision",
    "recall",
    "f1",
    "psds1",
    "psds2",
    "collar_s",
    "edge_uncertainty_s",
    "related_labels",
)
"""Columns of an evaluation; counts are those of events, or of segments of one second."""

ALL_CLIPS, ALL_LABELS, MEAN_OF_LABELS = "(all clips)", "(all labels)", "(mean of labels)"
"""Names of the pooled clips, of the micro average and of the macro average."""

_DECIMALS = 6

_Row = tuple[str | int | float | None, ...]


def evaluation_csv(
    pooled: Pooled,
    *,
    collar_s: float,
    edge_uncertainty_s: float,
    related: bool,
    scores: tuple[Psds | None, Psds | None] = (None, None),
) -> str:
    """Format an evaluation as CSV, with the columns of `EVALUATION_COLUMNS`.

    Parameters
    ----------
    pooled : Pooled
        Figures of all clips.
    collar_s : float
        Collar that they were compared with, in seconds.
    edge_uncertainty_s : float
        Uncertainty of coarse edges, in seconds.
    related : bool
        Whether broader and narrower labels counted as right.
    scores : tuple of (Psds or None, Psds or None)
        Polyphonic sound detection scores of all clips, where they were computed.
    """
    made_with = (round(collar_s, _DECIMALS), round(edge_uncertainty_s, _DECIMALS), related)
    rows = [
        (*each, *_scores(each[1], scores), *made_with)
        for each in _rows(ALL_CLIPS, pooled.events, pooled.segments)
    ]
    for name, one in pooled.clips.items():
        clip = escape_formulas(name)
        rows += [(*each, None, None, *made_with) for each in _rows(clip, one.events, one.segments)]
    lines = csv_lines([EVALUATION_COLUMNS, *rows], quoting=csv.QUOTE_MINIMAL)
    return "".join(lines)


def _rows(clip: str, events: Agreement, segments: Agreement) -> Iterator[_Row]:
    for counted, figures in (("events", events), ("seconds", segments)):
        yield (clip, ALL_LABELS, counted, *_figures(figures.overall))
        yield (clip, MEAN_OF_LABELS, counted, *_figures(macro(figures)))
        for label, counts in figures.by_label.items():
            yield (clip, escape_formulas(label), counted, *_figures(counts))


def _figures(one: Counts | Means) -> _Row:
    counts = (one.tp, one.fn, one.fp) if isinstance(one, Counts) else (None,) * 3
    return (*counts, *(_rounded(each) for each in (one.precision, one.recall, one.f1)))


def _scores(
    label: str | int | float | None, scores: tuple[Psds | None, Psds | None]
) -> tuple[float | None, ...]:
    def of(one: Psds | None) -> float | None:
        if one is None:
            return None
        by_label = {escape_formulas(name): value for name, value in one.by_label.items()}
        return _rounded(one.value if label == ALL_LABELS else by_label.get(str(label)))

    return tuple(map(of, scores))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)
