"""Events and scores as CSV, which spreadsheets and pandas open.

Conventions
-----------
CSV follows RFC 4180: labels with commas are quoted, lines end with CR LF, and the header stands
even where nothing was found. A label that a spreadsheet would take for a formula has an apostrophe
before it (see `values.no_formula`). There is no room for settings: see `formats.file_name`.
"""

import csv
import io
from collections.abc import Iterable

from models.events import Event
from models.export.values import EVENT_COLUMNS, TIME_DECIMALS, no_formula, rounded, row
from models.timeline import Timeline


def events_csv(events: Iterable[Event]) -> str:
    """Events as CSV, one row each, with the columns of `EVENT_COLUMNS`."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(EVENT_COLUMNS)
    writer.writerows((row(event) | {"label": no_formula(event.label)}).values() for event in events)
    return text.getvalue()


def scores_csv(timeline: Timeline) -> str:
    """Every score as CSV: a row per window, its start in ``onset_s``, a column per label."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("onset_s", *map(no_formula, timeline.labels)))
    onsets_s = rounded(timeline.onsets_s, TIME_DECIMALS)
    for onset_s, scores in zip(onsets_s, timeline.scores, strict=True):
        writer.writerow((onset_s, *rounded(scores)))
    return text.getvalue()
