"""Events in JSON: JAMS, and Earmark's own export.

Conventions
-----------
JAMS has annotations of one namespace each, with observations of time, duration and value. Values
that are texts are labels, and so are the labels of scaper's values. Annotations of numbers, such
as beats and pitches, are no events. The package jams, which brings pandas, jsonschema and mir_eval,
remains for the tests.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from models.errors import TruthError
from models.events.truth.event import (
    ALLOWED,
    MAX_ROWS,
    REMEDY,
    TrueEvent,
    check_number,
    checked_event,
    list_named,
    told_without_label,
    too_long,
)

_DECIMALS = 9
"""Decimals of an end that is computed, in seconds."""

_Observation = tuple[Any, Any, Any]  # onset, offset, label


def read_json(text: str, name: str) -> tuple[list[TrueEvent], tuple[str, ...]]:
    """Read the events of a JAMS file or of Earmark's JSON, and what was passed over.

    Raises
    ------
    TruthError
        If the file is neither, is damaged or too long.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = "too deeply nested" if isinstance(error, RecursionError) else str(error)
        raise TruthError(
            f"{list_named(name)} is damaged JSON: {reason}.", allowed=ALLOWED, remedy=REMEDY
        ) from None
    if isinstance(document, dict) and isinstance(document.get("annotations"), list):
        found = _of_jams(document["annotations"])
    elif isinstance(document, dict) and isinstance(document.get("events"), list):
        found = _of_earmark(document["events"])
    else:
        raise TruthError(
            f"{list_named(name)} is JSON without annotations or events.",
            allowed=ALLOWED,
            remedy=REMEDY,
        )
    return _events(found, name)


def _of_earmark(events: list[Any]) -> Iterator[_Observation]:
    for event in events:
        fields = event if isinstance(event, dict) else {}
        onset, offset = fields.get("onset_s"), fields.get("offset_s")
        if _is_number(onset) and _is_number(offset):
            yield onset, offset, fields.get("label")
        else:
            yield None, None, ""


def _of_jams(annotations: list[Any]) -> Iterator[_Observation]:
    for annotation in annotations:
        data = annotation.get("data") if isinstance(annotation, dict) else None
        if isinstance(data, dict):  # columns instead of rows
            columns = [data.get(key) for key in ("time", "duration", "value")]
            if all(isinstance(column, list) for column in columns):
                yield from _labelled(zip(*columns, strict=False))
        elif isinstance(data, list):
            rows = (row for row in data if isinstance(row, dict))
            yield from _labelled(
                (row.get("time"), row.get("duration"), row.get("value")) for row in rows
            )


def _labelled(observations: Iterator[_Observation]) -> Iterator[_Observation]:
    for time, duration, value in observations:
        label = value.get("label") if isinstance(value, Mapping) else value  # scaper's is a mapping
        if isinstance(label, str):
            has_times = _is_number(time) and _is_number(duration)
            # Both are rounded to decimals, and so is their sum: 1.2 + 0.1 is not 1.3.
            yield time, round(time + duration, _DECIMALS) if has_times else None, label


def _events(found: Iterator[_Observation], name: str) -> tuple[list[TrueEvent], tuple[str, ...]]:
    events: list[TrueEvent] = []
    without_label: list[int] = []
    for number, (onset, offset, label) in enumerate(found, start=1):
        if number > MAX_ROWS:
            raise too_long(f"{list_named(name)} has more than {MAX_ROWS:,} observations.")
        where = f"Event {number} of {list_named(name, start=False)}"
        if not (_is_number(onset) and _is_number(offset)):
            raise TruthError(
                f"{where} has no time and duration.",
                allowed="Times are numbers, in seconds.",
                remedy=REMEDY,
            )
        # An escape may be half of a surrogate pair, which no page and no export can encode.
        text = label.encode(errors="replace").decode() if isinstance(label, str) else ""
        named = text.strip()
        event = checked_event(onset, offset, named, where)
        if named:
            events.append(event)
        else:
            without_label.append(number)
    check_number(len(events), name)
    return events, told_without_label(without_label, "event")


def _is_number(value: object) -> bool:
    # Larger whole numbers do not become floats.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
