"""Timeline and events as text that other programs read.

Conventions
-----------
Times are seconds from the clip's beginning with up to six decimals, scores keep six decimals
(YAMNet's are multiples of 1/256). CSV follows RFC 4180: labels with commas are quoted, and the
header stands even where nothing was found. JSON carries the settings that led to it.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from models.events import Event
from models.timeline import Timeline

EVENT_COLUMNS = ("onset_s", "offset_s", "label", "peak", "mean")
"""Columns of an event table, in the order of `Event`'s fields."""

_DECIMALS = 6


def events_csv(events: Iterable[Event]) -> str:
    """Events as CSV, one row each, with the columns of `EVENT_COLUMNS`."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(EVENT_COLUMNS)
    writer.writerows(tuple(_rounded(event).values()) for event in events)
    return text.getvalue()


def events_json(events: Iterable[Event], settings: Mapping[str, Any]) -> str:
    """Events as JSON: ``{"settings": ..., "events": [...]}``.

    Parameters
    ----------
    events : iterable of Event
        What was found.
    settings : mapping
        What they were found with and in; anything that JSON can hold.
    """
    content = {"settings": dict(settings), "events": [_rounded(event) for event in events]}
    return json.dumps(content, indent=2, ensure_ascii=False)


def scores_csv(timeline: Timeline) -> str:
    """Every score as CSV: a row per window, its start in ``onset_s``, a column per label."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("onset_s", *timeline.labels))
    for onset_s, scores in zip(timeline.onsets_s, timeline.scores, strict=True):
        writer.writerow((round(float(onset_s), _DECIMALS), *_round_all(scores.tolist())))
    return text.getvalue()


def scores_json(timeline: Timeline, settings: Mapping[str, Any]) -> str:
    """Every score as JSON: settings, labels, window, hop, onsets and the matrix row by row."""
    content = {
        "settings": dict(settings),
        "window_s": timeline.window_s,
        "hop_s": timeline.hop_s,
        "duration_s": timeline.duration_s,
        "labels": timeline.labels,
        "onsets_s": _round_all(timeline.onsets_s.tolist()),
        "scores": [_round_all(row) for row in timeline.scores.tolist()],
    }
    return json.dumps(content, ensure_ascii=False)


def _rounded(event: Event) -> dict[str, Any]:
    return {
        name: round(value, _DECIMALS) if isinstance(value, float) else value
        for name, value in asdict(event).items()
    }


def _round_all(values: Iterable[float]) -> list[float]:
    return [round(value, _DECIMALS) for value in values]
