"""Files for the evaluation tools of DCASE: sed_eval and sed_scores_eval.

Conventions
-----------
Tab-separated with a header. The format has no place for settings; see `formats.file_name`. Tabs and
line breaks in a label become spaces, and a label with a quotation mark is quoted as in CSV. Text
that a spreadsheet would evaluate is escaped (see `models.untrusted.formulas`).
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from models.events import Event
from models.events.timeline import Timeline
from models.export.values import TIME_DECIMALS, csv_lines, one_line, rounded, seconds
from models.untrusted.formulas import escape_formulas

EVENT_LIST_COLUMNS = ("onset", "offset", "event_label")
"""Columns of the event list of one clip; ``filename`` precedes them in a list of several clips."""


def event_list(events: Iterable[Event]) -> str:
    r"""Format the events of one clip as a DCASE event list, which sed_eval reads.

    Examples
    --------
    >>> from models import Event
    >>> from models.export import event_list
    >>> event_list([Event(0.0, 1.0, "Dog", peak=0.75, mean=0.5)]).splitlines()
    ['onset\toffset\tevent_label', '0.000000\t1.000000\tDog']
    """
    return "".join(event_list_lines(events))


def event_list_lines(events: Iterable[Event]) -> Iterator[str]:
    """Yield the lines of `event_list`."""
    return _table(EVENT_LIST_COLUMNS, map(_row, events))


def event_lists(clips: Mapping[str, Sequence[Event]]) -> str:
    """Format the events of several clips as one event list.

    Parameters
    ----------
    clips : mapping of str to sequence of Event
        The events of each clip, by the clip's name.

    Returns
    -------
    str
        As `event_list`, preceded by the clip's name under ``filename``. A clip without events has
        one row with only its name, as in DCASE's own lists.
    """
    header = "".join(_table(("filename", *EVENT_LIST_COLUMNS), ()))
    return header + "".join(event_rows(name, events) for name, events in clips.items())


def event_rows(name: str, events: Sequence[Event]) -> str:
    """Format the rows of one clip in `event_lists`, without the header."""
    rows = ((_text(name), *values) for values in (map(_row, events) if events else [("",) * 3]))
    return "".join(csv_lines(rows, delimiter="\t", lineterminator="\n"))


def score_matrix(timeline: Timeline) -> str:
    """Format all scores for sed_scores_eval: onset, offset and one column per label.

    Rows tile the clip without gaps or overlaps, as the tool requires: each has the time that its
    frame stands for (`Timeline.edges_s`), not that of its window. A frame of zero duration, which
    can occur at the end with a hop longer than the window, has no row.
    """
    return "".join(score_matrix_lines(timeline))


def score_matrix_lines(timeline: Timeline) -> Iterator[str]:
    """Yield the lines of `score_matrix`."""
    edges_s = np.round(timeline.edges_s, TIME_DECIMALS)
    lasting = np.flatnonzero(edges_s[1:] > edges_s[:-1])
    rows = (
        (seconds(edges_s[i]), seconds(edges_s[i + 1]), *rounded(timeline.scores[i]))
        for i in lasting
    )
    return _table(("onset", "offset", *map(_text, timeline.labels)), rows)


def _row(event: Event) -> tuple[str, str, str]:
    return seconds(event.onset_s), seconds(event.offset_s), _text(event.label)


def _text(text: str) -> str:
    return escape_formulas(one_line(text))


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    return csv_lines(itertools.chain([header], rows), delimiter="\t", lineterminator="\n")
