"""Events and scores as JSON, with the settings that led to them.

Conventions
-----------
One object, whose last value is the list of rows, each in a line of its own: a file of an hour can
be read by eye, compared by line, and is written without ever standing in memory as objects.
`mediapipe_json` has the fields of MediaPipe's AudioClassifierResult (Google AI Edge, MediaPipe
Tasks): what reads those reads ``results``, whatever stands beside it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from models.events import Event
from models.events.timeline import Timeline
from models.export.provenance import Provenance
from models.export.values import TIME_DECIMALS, plain, rounded, row


def events_json(events: Iterable[Event], settings: Mapping[str, Any]) -> str:
    """Events as JSON: ``{"settings": ..., "events": [...]}``.

    Parameters
    ----------
    events : iterable of Event
        What was found.
    settings : mapping
        What they were found with and in.
    """
    return "".join(_document({"settings": settings}, "events", map(row, events)))


def scores_json(timeline: Timeline, settings: Mapping[str, Any]) -> str:
    """Every score as JSON: settings, labels, window, hop, onsets and the matrix row by row."""
    return "".join(_document({"settings": settings, **_grid(timeline)}, "scores", _rows(timeline)))


def events_document(events: Iterable[Event], provenance: Provenance) -> str:
    """Events as JSON: the fields of `Provenance`, then ``events``."""
    return "".join(events_document_lines(events, provenance))


def events_document_lines(events: Iterable[Event], provenance: Provenance) -> Iterator[str]:
    """Lines of `events_document`."""
    return _document(provenance.as_dict(), "events", map(row, events))


def scores_document(timeline: Timeline, provenance: Provenance) -> str:
    """Every score as JSON: the fields of `Provenance`, the time grid and labels, ``scores``."""
    return "".join(scores_document_lines(timeline, provenance))


def scores_document_lines(timeline: Timeline, provenance: Provenance) -> Iterator[str]:
    """Lines of `scores_document`."""
    return _document({**provenance.as_dict(), **_grid(timeline)}, "scores", _rows(timeline))


def mediapipe_json(timeline: Timeline, provenance: Provenance) -> str:
    """Every score in the layout of MediaPipe's audio classifier.

    Parameters
    ----------
    timeline : Timeline
        Scores and their time grid.
    provenance : Provenance
        Its fields stand before the results.

    Returns
    -------
    str
        ``{..., "settings": ..., "results": [...]}``; each result with its window's start in
        ``timestamp_ms`` and one head of categories, best first. Categories that score 0 are left
        out, as by MediaPipe with a score threshold: they are nine in ten.
    """
    return "".join(mediapipe_json_lines(timeline, provenance))


def mediapipe_json_lines(timeline: Timeline, provenance: Provenance) -> Iterator[str]:
    """Lines of `mediapipe_json`."""
    results = (
        _result(timeline.labels, onset_s, scores)
        for onset_s, scores in zip(timeline.onsets_s, timeline.scores, strict=True)
    )
    return _document(provenance.as_dict(), "results", results)


def _result(labels: tuple[str, ...], onset_s: float, scores: Any) -> dict[str, Any]:  # noqa: ANN401
    order = np.argsort(-scores, kind="stable")[: np.count_nonzero(scores)]
    categories = [
        {"index": index, "score": score, "display_name": None, "category_name": labels[index]}
        for index, score in zip(order.tolist(), rounded(scores[order]), strict=True)
    ]
    head = {"categories": categories, "head_index": 0, "head_name": "scores"}
    return {"timestamp_ms": round(float(onset_s) * 1000), "classifications": [head]}


def _grid(timeline: Timeline) -> dict[str, Any]:
    return {
        "window_s": timeline.window_s,
        "hop_s": timeline.hop_s,
        "duration_s": timeline.duration_s,
        "labels": timeline.labels,
        "onsets_s": rounded(timeline.onsets_s, TIME_DECIMALS),
    }


def _rows(timeline: Timeline) -> Iterator[list[float]]:
    return (rounded(scores) for scores in timeline.scores)


def _document(head: Mapping[str, Any], name: str, rows: Iterable[Any]) -> Iterator[str]:
    yield "{\n"
    for key, value in head.items():
        yield f"  {_spell(key)}: {_spell(plain(value))},\n"
    yield f"  {_spell(name)}: ["
    separator, end = "\n    ", ""
    for one in rows:
        yield separator + _spell(one)
        separator, end = ",\n    ", "\n  "
    yield f"{end}]\n}}\n"


def _spell(value: Any) -> str:  # noqa: ANN401
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
