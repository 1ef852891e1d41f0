"""Events and scores as JSON, with their settings.

Conventions
-----------
A document is one object, whose last value is the list of rows, one row per line. So the file of an
hour is readable, can be compared line by line, and is written without holding all its rows in
memory. `mediapipe_json` has the fields of MediaPipe's AudioClassifierResult (Google AI Edge,
MediaPipe Tasks) and additional ones: readers of that format use ``results`` and ignore the rest.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from models.events import Event
from models.events.timeline import Timeline
from models.export.provenance import Provenance
from models.export.values import TIME_DECIMALS, plain, rounded, row


def events_document(events: Iterable[Event], provenance: Provenance) -> str:
    """Format events as JSON: the fields of `Provenance`, then ``events``."""
    return "".join(events_document_lines(events, provenance))


def events_document_lines(events: Iterable[Event], provenance: Provenance) -> Iterator[str]:
    """Yield the lines of `events_document`."""
    return _document(provenance.as_dict(), "events", map(row, events))


def scores_document(timeline: Timeline, provenance: Provenance) -> str:
    """Format all scores as JSON: `Provenance`'s fields, the time grid, labels and ``scores``."""
    return "".join(scores_document_lines(timeline, provenance))


def scores_document_lines(timeline: Timeline, provenance: Provenance) -> Iterator[str]:
    """Yield the lines of `scores_document`."""
    return _document({**provenance.as_dict(), **_grid(timeline)}, "scores", _rows(timeline))


def mediapipe_json(timeline: Timeline, provenance: Provenance) -> str:
    """Format all scores in the layout of MediaPipe's audio classifier.

    Parameters
    ----------
    timeline : Timeline
        Scores and their time grid.
    provenance : Provenance
        Its fields precede the results.

    Returns
    -------
    str
        ``{..., "settings": ..., "results": [...]}``; each result has the start of its window in
        ``timestamp_ms`` and one head of categories in descending order of score. Categories with
        score 0, nine in ten of them, are omitted, as MediaPipe does with a score threshold.
    """
    return "".join(mediapipe_json_lines(timeline, provenance))


def mediapipe_json_lines(timeline: Timeline, provenance: Provenance) -> Iterator[str]:
    """Yield the lines of `mediapipe_json`."""
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
