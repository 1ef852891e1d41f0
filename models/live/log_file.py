"""Event log of a stream as CSV.

Conventions
-----------
CSV as in `models.export.spreadsheet`: RFC 4180, quoted labels, escaped formulas. ``time`` is the
time of day of the onset (ISO 8601, UTC), ``onset_s`` and ``offset_s`` are stream time. ``edges``
says what onset and offset are those of: ``sound`` where they were refined by the level of the
audio, else ``windows``. An event that is not over has the offset so far, and ``open`` is true.
``watched`` says whether the class is watched for, so that its events are alerts.
"""

import csv
import io
from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from models.live.event_log import HeardEvent
from models.untrusted.formulas import escape_formulas

LOG_COLUMNS = ("time", "onset_s", "offset_s", "label", "peak", "mean", "edges", "open", "watched")

_DECIMALS = 6  # as in models.export: microseconds, and all of a float32 score


def log_csv(events: Iterable[HeardEvent], watched: Collection[str] = ()) -> str:
    """Format the events of a stream as CSV, one row each, with the columns of `LOG_COLUMNS`.

    Parameters
    ----------
    events : iterable of HeardEvent
        In the order of the rows.
    watched : collection of str
        Labels that are watched for.

    Examples
    --------
    >>> from models.live import HeardEvent
    >>> bark = HeardEvent(0, "Bark", 1.5, 1.9, 0.0, 0.8, 0.7, is_open=False, is_refined=True)
    >>> print(log_csv([bark], watched=["Bark"]).splitlines()[1])
    "1970-01-01T00:00:00.000+00:00",1.5,1.9,"Bark",0.8,0.7,"sound","false","true"
    """
    file = io.StringIO(newline="")
    csv.writer(file).writerow(LOG_COLUMNS)
    csv.writer(file, quoting=csv.QUOTE_NONNUMERIC).writerows(
        _row(event, event.label in watched) for event in events
    )
    return file.getvalue()


def _row(event: HeardEvent, is_watched: bool) -> tuple[str | float, ...]:
    return (
        datetime.fromtimestamp(event.heard_at, tz=UTC).isoformat(timespec="milliseconds"),
        *(round(edge_s, _DECIMALS) for edge_s in (event.onset_s, event.offset_s)),
        escape_formulas(event.label),
        *(round(score, _DECIMALS) for score in (event.peak, event.mean)),
        "sound" if event.is_refined else "windows",
        "true" if event.is_open else "false",
        "true" if is_watched else "false",
    )
