"""Files of several clips: one ZIP of all formats, one table of all events.

Conventions
-----------
The first column of a table, ``file``, names the clip of a row; clips of one name are numbered. The
clips are processed one after another, so that only the events of one are in memory.
"""

import csv
import itertools
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from models.events import Event
from models.events.timeline import Timeline
from models.export import dcase, parquet
from models.export.chunks import Chunk, Drain, of_text
from models.export.naming import NamedFormat, distinct, stem
from models.export.provenance import Provenance
from models.export.values import EVENT_COLUMNS, csv_lines, row, utf8
from models.export.zip_file import add_formats, add_member, member
from models.untrusted.formulas import escape_formulas

FILE_COLUMN = "file"
"""Column of the clip's name."""

_FOLDER_BYTES = 120


@dataclass(frozen=True, eq=False)
class ClipResult:
    """Scores of one clip, and how its events are found.

    Parameters
    ----------
    timeline : Timeline
        Scores and their time grid.
    provenance : Provenance
        Their clip, model and settings, without a summary.
    find : callable
        Returns the events and the summary. It is called for each table, so that the events of one
        clip alone are in memory.
    """

    timeline: Timeline
    provenance: Provenance
    find: Callable[[], tuple[Sequence[Event], str]]


Clips = Sequence[ClipResult]
"""The clips of a file, in its order."""


@dataclass(frozen=True)
class ClipsFormat(NamedFormat):
    """One format of several clips.

    Parameters
    ----------
    pieces : callable
        Writes the file in chunks.
    """

    pieces: Callable[[Clips], Iterator[Chunk]]

    @property
    def file_name(self) -> str:
        """Name of the file, whose clips have names of their own."""
        return f"earmark-{self.suffix}"


def events_csv_of_clips(clips: Clips) -> Iterator[Chunk]:
    """Yield the chunks of one CSV of all events: ``file``, and the columns of `EVENT_COLUMNS`."""

    def lines(name: str, events: Sequence[Event]) -> Iterator[str]:
        file = escape_formulas(name)
        values = (row(event) | {"label": escape_formulas(event.label)} for event in events)
        rows = ((file, *each.values()) for each in values)
        return csv_lines(rows, quoting=csv.QUOTE_NONNUMERIC)

    yield Chunk(0.0, utf8("".join(csv_lines([(FILE_COLUMN, *EVENT_COLUMNS)]))))
    yield from _by_clips(lines, clips)


def event_list_of_clips(clips: Clips) -> Iterator[Chunk]:
    """Yield the chunks of one DCASE event list, with the clip's name under ``filename``."""
    yield Chunk(0.0, utf8(dcase.event_lists({})))
    yield from _by_clips(lambda name, events: [dcase.event_rows(name, events)], clips)


def events_parquet_of_clips(clips: Clips) -> Iterator[Chunk]:
    """Yield the chunks of one Parquet file of all events, with the columns of the CSV.

    The metadata has the settings, and name, digest and duration of every clip.
    """
    import pyarrow as pa

    text = {FILE_COLUMN, "label"}
    columns = (FILE_COLUMN, *EVENT_COLUMNS)
    fields = [pa.field(one, pa.string() if one in text else pa.float64()) for one in columns]
    rows = _rows(clips)

    def tables() -> Iterator[list[Any]]:
        while group := list(itertools.islice(rows, parquet.ROWS_PER_GROUP)):
            values = [[name for name, _ in group]]
            values += [[getattr(event, one) for _, event in group] for one in EVENT_COLUMNS]
            yield [pa.array(each, f.type) for each, f in zip(values, fields, strict=True)]

    return parquet.written(fields, tables(), 0, provenance_of_clips(clips))


def archive_of_clips(clips: Clips) -> Iterator[Chunk]:
    """Yield the chunks of a ZIP with a folder for each clip, and the tables of all events."""
    drain = Drain()
    total = len(clips) + len(_TABLES)
    with zipfile.ZipFile(drain, "w") as members:
        for place, table in enumerate(_TABLES):
            added = add_member(
                members, drain, member(table.file_name), table.pieces(clips), table.title
            )
            for piece in added:
                yield Chunk((place + piece.done) / total, piece.content)
        names = distinct(stem(name, _FOLDER_BYTES) or "clip" for name in _names(clips))
        for place, (name, one) in enumerate(zip(names, clips, strict=True), start=len(_TABLES)):
            for piece in _formats(members, drain, one, f"{name}/"):
                yield Chunk((place + piece.done) / total, piece.content)
    yield Chunk(1.0, drain.take())


def _formats(
    members: zipfile.ZipFile, drain: Drain, one: ClipResult, folder: str
) -> Iterator[Chunk]:
    events, summary = one.find()
    made = replace(one.provenance, summary=summary)
    yield from add_formats(members, drain, one.timeline, events, made, folder)


def provenance_of_clips(clips: Clips) -> dict[str, Any]:
    """Return model and settings, and the provenance of each clip alone, as JSON values."""
    common: dict[str, Any] = {}
    listed: list[dict[str, Any]] = []
    for name, one in zip(_names(clips), clips, strict=True):
        told = one.provenance.as_dict()
        common = common or {key: told[key] for key in ("model", "model_digest", "settings")}
        listed.append(
            {FILE_COLUMN: name} | {key: told[key] for key in ("clip_digest", "duration_s")}
        )
    return {**common, "clips": listed}


def _names(clips: Clips) -> list[str]:
    return distinct(one.provenance.clip_name for one in clips)


def _rows(clips: Clips) -> Iterator[tuple[str, Event]]:
    for name, one in zip(_names(clips), clips, strict=True):
        for event in one.find()[0]:
            yield name, event


def _by_clips(
    lines: Callable[[str, Sequence[Event]], Iterable[str]], clips: Clips
) -> Iterator[Chunk]:
    """Yield the chunks of a text, in which the lines of each clip have the name of its file."""
    for place, (name, one) in enumerate(zip(_names(clips), clips, strict=True)):
        for piece in _of_clip(partial(lines, name), one):
            yield Chunk((place + piece.done) / len(clips), piece.content)


def _of_clip(lines: Callable[[Sequence[Event]], Iterable[str]], one: ClipResult) -> Iterator[Chunk]:
    # A function of its own, so that the events are released before those of the next are found.
    events, _summary = one.find()
    yield from of_text(lines(events), len(events))


_TABLES = (
    ClipsFormat(
        *("events_csv", "Events of all clips (CSV)", "all-events.csv", "text/csv"),
        events_csv_of_clips,
    ),
    ClipsFormat(
        *("events_parquet", "Events of all clips (Parquet)", "all-events.parquet"),
        "application/vnd.apache.parquet",
        events_parquet_of_clips,
    ),
    ClipsFormat(
        *("dcase", "Events of all clips (DCASE)", "events.dcase.tsv"),
        "text/tab-separated-values",
        event_list_of_clips,
    ),
)

CLIPS_FORMATS: tuple[ClipsFormat, ...] = (
    ClipsFormat(
        *("archive", "Every format, all clips (ZIP)", "all-clips.zip", "application/zip"),
        archive_of_clips,
    ),
    *_TABLES,
)
"""All formats of several clips."""
