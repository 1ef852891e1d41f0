"""Events and scores as CSV, for spreadsheets and pandas.

Conventions
-----------
CSV follows RFC 4180: lines end with CR LF, labels are quoted, and the header is written even
without rows. Text that a spreadsheet would evaluate is escaped (see `models.untrusted.formulas`).
The format has no place for settings; see `formats.file_name`.
"""

import csv
from collections.abc import Iterable, Iterator

import numpy as np

from models.events import Event
from models.events.timeline import Timeline
from models.events.totals import class_totals
from models.export.values import (
    EVENT_COLUMNS,
    SCORE_DECIMALS,
    TIME_DECIMALS,
    csv_lines,
    rounded,
    row,
)
from models.untrusted.formulas import escape_formulas

TOTAL_COLUMNS = ("label", "total_s", "first_s", "n_events", "peak")
"""Label, union duration of its events, onset of the first, number of events, highest score."""


def events_csv(events: Iterable[Event]) -> str:
    """Format events as CSV, one row each, with the columns of `EVENT_COLUMNS`.

    Examples
    --------
    >>> from models import Event
    >>> from models.export import events_csv
    >>> events_csv([Event(0.0, 1.0, "Dog", peak=0.75, mean=0.5)]).splitlines()
    ['onset_s,offset_s,label,peak,mean', '0.0,1.0,"Dog",0.75,0.5']
    """
    return "".join(events_csv_lines(events))


def events_csv_lines(events: Iterable[Event]) -> Iterator[str]:
    """Yield the lines of `events_csv`."""
    yield from csv_lines([EVENT_COLUMNS])
    rows = (row(event) | {"label": escape_formulas(event.label)} for event in events)
    yield from csv_lines((one.values() for one in rows), quoting=csv.QUOTE_NONNUMERIC)


def totals_csv(events: Iterable[Event]) -> str:
    """Format the totals of each class as CSV, with the columns of `TOTAL_COLUMNS`."""
    return "".join(totals_csv_lines(events))


def totals_csv_lines(events: Iterable[Event]) -> Iterator[str]:
    """Yield the lines of `totals_csv`, in descending order of total duration."""
    yield from csv_lines([TOTAL_COLUMNS])
    rows = (
        (
            escape_formulas(one.label),
            round(one.total_s, TIME_DECIMALS),
            round(one.first_s, TIME_DECIMALS),
            one.n_events,
            round(one.peak, SCORE_DECIMALS),
        )
        for one in class_totals(events)
    )
    yield from csv_lines(rows, quoting=csv.QUOTE_NONNUMERIC)


def scores_csv(timeline: Timeline) -> str:
    """Format all scores as CSV: a row per window, its start in ``onset_s``, a column per label."""
    return "".join(scores_csv_lines(timeline))


def scores_csv_lines(timeline: Timeline) -> Iterator[str]:
    """Yield the lines of `scores_csv`."""
    header = ("onset_s", *map(escape_formulas, timeline.labels))
    yield from csv_lines([header], quoting=csv.QUOTE_NONNUMERIC)
    onsets_s = np.round(timeline.onsets_s, TIME_DECIMALS)
    rows = zip(onsets_s, timeline.scores, strict=True)
    yield from csv_lines((float(onset_s), *rounded(scores)) for onset_s, scores in rows)
