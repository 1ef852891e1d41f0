"""Registry of all export formats."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Literal

from models.events import Event
from models.events.event import written_score
from models.events.timeline import Timeline
from models.export import (
    annotation,
    dcase,
    documents,
    jams,
    parquet,
    spreadsheet,
    subtitles,
)
from models.export.chunks import MAX_EXPORT_BYTES, Chunk, of_text, write_chunks
from models.export.naming import NamedFormat, safe, stem
from models.export.provenance import Provenance
from models.export.truth_lists import TruthClip, TruthFormat

Kind = Literal["events", "scores", "all"]
"""Content of a file: events, all scores, or everything."""

Chunks = Callable[[Timeline, Sequence[Event], Provenance], Iterable[Chunk]]
"""Writer of a file in chunks, from the timeline, its events and their provenance."""

# File systems allow names of 255 bytes (ext4; NTFS: 255 characters). 80 characters can take 320
# bytes in UTF-8, hence a limit in bytes; it leaves 135 for model, settings and suffix.
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
"""Word in a file name and key of each numeric setting that the name includes: 75 bytes at most."""

_SCORES_NAMED = frozenset({"threshold", "hysteresis"})
"""Those that are scores, written as on the pages."""


@dataclass(frozen=True)
class Format(NamedFormat):
    """One format of the events and scores of a clip.

    Parameters
    ----------
    kind : {'events', 'scores', 'all'}
        Its content.
    pieces : callable
        Writes the file in chunks, from a timeline, its events and their provenance.
    """

    kind: Kind
    pieces: Chunks

    def write(self, timeline: Timeline, events: Sequence[Event], provenance: Provenance) -> bytes:
        """Return the file's content; `export_to` writes it to a file, up to a size limit."""
        pieces = self.pieces(timeline, events, provenance)
        return b"".join(piece.content for piece in pieces)


def export_to(
    file: BinaryIO,
    file_format: Format,
    timeline: Timeline,
    events: Sequence[Event],
    provenance: Provenance,
    *,
    progress: Callable[[float], None] | None = None,
    max_bytes: int = MAX_EXPORT_BYTES,
) -> int:
    """Write one format to a file, chunk by chunk.

    Parameters
    ----------
    file : binary file
        Open for writing; written from its current position, need not be seekable.
    file_format : Format
        One of `FORMATS`, or `archive.ARCHIVE`.
    timeline : Timeline
        Scores and their time grid.
    events : sequence of Event
        Their events.
    provenance : Provenance
        Their clip, model and settings.
    progress : callable, optional
        Called with the written fraction, in [0, 1], after each chunk. Its exceptions end the
        writing and propagate unchanged.
    max_bytes : int
        Largest size of the file, in bytes.

    Returns
    -------
    int
        Number of bytes written.

    Raises
    ------
    ExportError
        If the file would exceed `max_bytes`, or a member of an archive `MAX_EXPORT_BYTES`. The
        file then holds what was written before.
    OSError
        If the file cannot be written, such as on a full disk.

    Examples
    --------
    >>> import io
    >>> import numpy as np
    >>> from models import Event, Timeline
    >>> from models.export import FORMATS, Provenance, export_to
    >>> timeline = Timeline(
    ...     np.array([[0.75]], np.float32), onsets_s=np.array([0.0]), labels=("Dog",),
    ...     window_s=1.0, hop_s=0.5, duration_s=1.0,
    ... )
    >>> events = [Event(0.0, 1.0, "Dog", peak=0.75, mean=0.75)]
    >>> provenance = Provenance("dog.wav", "0" * 64, 1.0, "Built-in", "1" * 64, {"hop_s": 0.5})
    >>> file = io.BytesIO()
    >>> n_bytes = export_to(file, FORMATS[0], timeline, events, provenance)
    >>> file.getvalue().decode("utf-8-sig").splitlines()
    ['onset_s,offset_s,label,peak,mean', '0.0,1.0,"Dog",0.75,0.75']
    """
    pieces = file_format.pieces(timeline, events, provenance)
    return write_chunks(file, pieces, file_format.title, progress=progress, max_bytes=max_bytes)


def _of_events(lines: Callable[[Sequence[Event], Provenance], Iterable[str]]) -> Chunks:
    return lambda _timeline, events, provenance: of_text(lines(events, provenance), len(events))


def _of_scores(lines: Callable[[Timeline, Provenance], Iterable[str]]) -> Chunks:
    return lambda timeline, _events, provenance: of_text(
        lines(timeline, provenance), timeline.n_frames
    )


_EVENTS = (
    Format(
        *("events_csv", "Events as CSV", "events.csv", "text/csv", "events"),
        _of_events(lambda events, _provenance: spreadsheet.events_csv_lines(events)),
    ),
    Format(
        *("totals_csv", "Totals per class as CSV", "totals.csv", "text/csv", "events"),
        _of_events(lambda events, _provenance: spreadsheet.totals_csv_lines(events)),
    ),
    Format(
        *("events_json", "Events as JSON", "events.json", "application/json", "events"),
        _of_events(documents.events_document_lines),
    ),
    Format(
        *("audacity", "Audacity labels", "audacity.txt", "text/plain", "events"),
        _of_events(lambda events, _provenance: annotation.audacity_lines(events)),
    ),
    Format(
        *("raven", "Raven selection table", "raven.txt", "text/tab-separated-values", "events"),
        _of_events(annotation.raven_lines),
    ),
    Format(
        *("dcase", "DCASE event list", "dcase.tsv", "text/tab-separated-values", "events"),
        _of_events(lambda events, _provenance: dcase.event_list_lines(events)),
    ),
    Format(
        *("jams", "JAMS annotation", "events.jams", "application/json", "events"),
        _of_events(jams.jams_lines),
    ),
    Format(
        *("web_vtt", "WebVTT subtitles", "subtitles.vtt", "text/vtt", "events"),
        _of_events(subtitles.web_vtt_blocks),
    ),
    Format(
        *("srt", "SRT subtitles", "subtitles.srt", "application/x-subrip", "events"),
        _of_events(lambda events, _provenance: subtitles.sub_rip_blocks(events)),
    ),
    Format(
        *("events_parquet", "Events as Parquet", "events.parquet"),
        *("application/vnd.apache.parquet", "events"),
        lambda _timeline, events, provenance: parquet.events_parquet_pieces(events, provenance),
    ),
)
_SCORES = (
    Format(
        *("scores_csv", "All scores as CSV", "scores.csv", "text/csv", "scores"),
        _of_scores(lambda timeline, _provenance: spreadsheet.scores_csv_lines(timeline)),
    ),
    Format(
        *("scores_json", "All scores as JSON", "scores.json", "application/json", "scores"),
        _of_scores(documents.scores_document_lines),
    ),
    Format(
        *("mediapipe", "All scores as MediaPipe's JSON", "mediapipe.json"),
        *("application/json", "scores"),
        _of_scores(documents.mediapipe_json_lines),
    ),
    Format(
        *("score_matrix", "sed_scores_eval score matrix", "scores.tsv"),
        *("text/tab-separated-values", "scores"),
        _of_scores(lambda timeline, _provenance: dcase.score_matrix_lines(timeline)),
    ),
    Format(
        *("scores_parquet", "All scores as Parquet", "scores.parquet"),
        *("application/vnd.apache.parquet", "scores"),
        lambda timeline, _events, provenance: parquet.scores_parquet_pieces(timeline, provenance),
    ),
)

FORMATS: tuple[Format, ...] = (*_EVENTS, *_SCORES)
"""All formats: those of events first, and in each group the most common first."""


def file_name(provenance: Provenance, file_format: Format | str) -> str:
    """Make a file name from the clip, the model and the settings, which some formats cannot hold.

    Parameters
    ----------
    provenance : Provenance
        The name includes its clip's name, its model and the settings in `_NAMED`.
    file_format : Format or str
        The format, or a suffix.

    Returns
    -------
    str
        Such as ``rain-YAMNet-hop0.48-threshold0.30-events.csv``: letters, digits, spaces, dots,
        hyphens and underscores only, without a folder, at most 255 bytes in UTF-8.
    """
    parts = [stem(provenance.clip_name, _STEM_BYTES) or "clip"]
    parts.append(safe(provenance.model, _TITLE_BYTES) or "model")
    for word, key in _NAMED.items():
        value = provenance.settings.get(key)
        if isinstance(value, int | float):
            number = written_score(value) if word in _SCORES_NAMED else f"{value:.6g}"
            parts.append(word + re.sub(r"[^\w.-]", "_", number))
    suffix = file_format if isinstance(file_format, str) else file_format.suffix
    return "-".join((*parts, suffix))


def truth_file_name(clip: TruthClip, file_format: TruthFormat) -> str:
    """Make a file name for a list of true events, such as ``rain-truth.csv``; see `file_name`."""
    return f"{stem(clip.name, _STEM_BYTES) or 'clip'}-{file_format.suffix}"
