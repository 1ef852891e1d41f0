"""Every format there is, in one list that a page can go through."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from models.events import Event
from models.export import (
    annotation,
    dcase,
    documents,
    jams,
    parquet,
    spreadsheet,
    subtitles,
)
from models.export.provenance import Provenance
from models.export.values import utf8
from models.timeline import Timeline

Kind = Literal["events", "scores", "all"]
"""What a file holds: events, all scores, or everything."""

Write = Callable[[Timeline, Sequence[Event], Provenance], bytes]
"""What makes a file's bytes; each takes of the three what it needs."""

# File systems take names of 255 bytes (ext4, NTFS in characters). A stem of 80 characters has up
# to 320 bytes, hence a limit in bytes: it leaves 135 for model, settings and suffix.
_STEM_BYTES = 120
_TITLE_BYTES = 40

_NAMED = {
    "hop": "hop_s",
    "threshold": "threshold",
    "hysteresis": "hysteresis",
    "gap": "merge_gap_s",
    "min": "min_duration_s",
    "smooth": "smooth",
    "gate": "gate_dbfs",
}
"""Settings that a name tells, where they are numbers, by the words for them: 75 bytes at most."""


@dataclass(frozen=True)
class Format:
    """One kind of file that Earmark writes.

    Parameters
    ----------
    name : str
        The word for it in code and widget keys, lower case.
    title : str
        The words for it on a page.
    suffix : str
        How its files' names end, such as ``audacity.txt``.
    mime_type : str
        Its media type.
    kind : {'events', 'scores', 'all'}
        What it holds.
    write : callable
        Makes the file's bytes of a timeline, its events and their provenance.
    """

    name: str
    title: str
    suffix: str
    mime_type: str
    kind: Kind
    write: Write


_EVENTS = (
    Format(
        *("events_csv", "Events as CSV", "events.csv", "text/csv", "events"),
        lambda _timeline, events, _provenance: utf8(spreadsheet.events_csv(events)),
    ),
    Format(
        *("events_json", "Events as JSON", "events.json", "application/json", "events"),
        lambda _timeline, events, provenance: utf8(documents.events_document(events, provenance)),
    ),
    Format(
        *("audacity", "Audacity labels", "audacity.txt", "text/plain", "events"),
        lambda _timeline, events, _provenance: utf8(annotation.audacity_labels(events)),
    ),
    Format(
        *("raven", "Raven selection table", "raven.txt", "text/tab-separated-values", "events"),
        lambda _timeline, events, provenance: utf8(annotation.raven_table(events, provenance)),
    ),
    Format(
        *("dcase", "DCASE event list", "dcase.tsv", "text/tab-separated-values", "events"),
        lambda _timeline, events, _provenance: utf8(dcase.event_list(events)),
    ),
    Format(
        *("jams", "JAMS annotation", "events.jams", "application/json", "events"),
        lambda _timeline, events, provenance: utf8(jams.jams_json(events, provenance)),
    ),
    Format(
        *("web_vtt", "WebVTT subtitles", "subtitles.vtt", "text/vtt", "events"),
        lambda _timeline, events, provenance: utf8(subtitles.web_vtt(events, provenance)),
    ),
    Format(
        *("srt", "SRT subtitles", "subtitles.srt", "application/x-subrip", "events"),
        lambda _timeline, events, _provenance: utf8(subtitles.sub_rip(events)),
    ),
    Format(
        *("events_parquet", "Events as Parquet", "events.parquet"),
        *("application/vnd.apache.parquet", "events"),
        lambda _timeline, events, provenance: parquet.events_parquet(events, provenance),
    ),
)
_SCORES = (
    Format(
        *("scores_csv", "All scores as CSV", "scores.csv", "text/csv", "scores"),
        lambda timeline, _events, _provenance: utf8(spreadsheet.scores_csv(timeline)),
    ),
    Format(
        *("scores_json", "All scores as JSON", "scores.json", "application/json", "scores"),
        lambda timeline, _events, provenance: utf8(documents.scores_document(timeline, provenance)),
    ),
    Format(
        *("mediapipe", "All scores as MediaPipe's JSON", "mediapipe.json"),
        *("application/json", "scores"),
        lambda timeline, _events, provenance: utf8(documents.mediapipe_json(timeline, provenance)),
    ),
    Format(
        *("score_matrix", "sed_scores_eval score matrix", "scores.tsv"),
        *("text/tab-separated-values", "scores"),
        lambda timeline, _events, _provenance: utf8(dcase.score_matrix(timeline)),
    ),
    Format(
        *("scores_parquet", "All scores as Parquet", "scores.parquet"),
        *("application/vnd.apache.parquet", "scores"),
        lambda timeline, _events, provenance: parquet.scores_parquet(timeline, provenance),
    ),
)

FORMATS: tuple[Format, ...] = (*_EVENTS, *_SCORES)
"""Every format, those of events first, the commonest of each first."""


def file_name(provenance: Provenance, file_format: Format | str) -> str:
    """Name a file after its clip, and after what has no room in some formats.

    Parameters
    ----------
    provenance : Provenance
        Whose clip's name, model and `_NAMED` settings go into the name.
    file_format : Format or str
        Whose suffix ends it, or such a suffix itself.

    Returns
    -------
    str
        Such as ``rain-YAMNet-hop0.48-threshold0.3-events.csv``: letters, digits, spaces, dots,
        hyphens and underscores only, no folder, at most 255 bytes in UTF-8.
    """
    name = provenance.clip_name.replace("\\", "/").rsplit("/", 1)[-1]
    stem = _safe(name.rsplit(".", 1)[0], _STEM_BYTES) or "clip"
    parts = [stem, _safe(provenance.model, _TITLE_BYTES) or "model"]
    for word, key in _NAMED.items():
        value = provenance.settings.get(key)
        if isinstance(value, int | float):
            parts.append(word + re.sub(r"[^\w.-]", "_", f"{value:.6g}"))
    suffix = file_format if isinstance(file_format, str) else file_format.suffix
    return "-".join((*parts, suffix))


def _safe(text: str, limit_bytes: int) -> str:
    kept = re.sub(r"[^\w\- ]+", "_", text).strip()
    return utf8(kept)[:limit_bytes].decode("utf-8", errors="ignore").strip()
