"""Events and scores for the evaluation tools of DCASE: sed_eval and sed_scores_eval.

Conventions
-----------
Tab-separated with a header. There is no room for settings: see `formats.file_name`. A label with
a tab or a line break has spaces instead, one with a quotation mark is quoted as in CSV. What a
spreadsheet would calculate is escaped (see `models.formulas`).
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from models.events import Event
from models.events.timeline import Timeline
from models.export.values import TIME_DECIMALS, csv_lines, one_line, rounded, seconds
from models.formulas import escape_formulas

EVENT_LIST_COLUMNS = ("onset", "offset", "event_label")
"""Columns of an event list of one clip; a list of several has ``filename`` before them."""


def event_list(events: Iterable[Event]) -> str:
    """Events of one clip as DCASE's event list, as sed_eval reads it."""
    return "".join(event_list_lines(events))


def event_list_lines(events: Iterable[Event]) -> Iterator[str]:
    """Lines of `event_list`."""
    return _table(EVENT_LIST_COLUMNS, map(_row, events))


def event_lists(clips: Mapping[str, Sequence[Event]]) -> str:
    """Events of several clips as one event list.

    Parameters
    ----------
    clips : mapping of str to sequence of Event
        What was found in each clip, by the clip's name.

    Returns
    -------
    str
        As `event_list` with the clip's name first, under ``filename``. A clip in which nothing
        was found has a row with its name alone, as in DCASE's own lists.
    """
    rows = (
        (_text(name), *values)
        for name, events in clips.items()
        for values in (map(_row, events) if events else [("", "", "")])
    )
    return "".join(_table(("filename", *EVENT_LIST_COLUMNS), rows))


def score_matrix(timeline: Timeline) -> str:
    """Every score as sed_scores_eval reads it: onset, offset and one column per label.

    Rows follow each other without gap or overlap, as that tool demands: each has the time its
    frame stands for (`Timeline.edges_s`), not its window's. A frame that stands for no time,
    as can happen at the end with a hop above the window, has no row.
    """
    return "".join(score_matrix_lines(timeline))


def score_matrix_lines(timeline: Timeline) -> Iterator[str]:
    """Lines of `score_matrix`."""
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
