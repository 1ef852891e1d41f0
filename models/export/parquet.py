"""Events and scores as Parquet, a typed columnar format.

Conventions
-----------
Nothing is rounded: times and events' scores are float64, a timeline's scores float32 as the model
computes them. The schema's metadata has one entry, `METADATA_KEY`, with the provenance as JSON. Row
groups have `ROWS_PER_GROUP` rows.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from models.events import Event
from models.events.timeline import Timeline
from models.export.chunks import Chunk, Drain
from models.export.provenance import Provenance
from models.export.values import EVENT_COLUMNS, utf8

METADATA_KEY = b"earmark"
"""Key of the provenance in the schema's metadata, as JSON in UTF-8."""

ROWS_PER_GROUP = 6144
"""Rows of one row group, which is held in memory: 13 MB of YAMNet's scores, and as much to write
them. Each group adds 1 MB to the file's footer, so smaller groups take more memory for four
hours."""


def events_parquet(events: Sequence[Event], provenance: Provenance) -> bytes:
    """Format events as Parquet, one row each, with the columns of `EVENT_COLUMNS`."""
    return b"".join(piece.content for piece in events_parquet_pieces(events, provenance))


def events_parquet_pieces(events: Sequence[Event], provenance: Provenance) -> Iterator[Chunk]:
    """Yield the chunks of `events_parquet`."""
    import pyarrow as pa

    kinds = {"label": pa.string()}
    fields = [pa.field(name, kinds.get(name, pa.float64())) for name in EVENT_COLUMNS]

    def columns(rows: slice) -> list[Any]:
        return [pa.array([getattr(each, f.name) for each in events[rows]], f.type) for f in fields]

    tables = map(columns, _groups(len(events)))
    return written(fields, tables, len(events), provenance.as_dict())


def scores_parquet(timeline: Timeline, provenance: Provenance) -> bytes:
    """Format all scores as Parquet: a row per window, its start in ``onset_s``, a column per label.

    The metadata also has ``window_s`` and ``hop_s``.
    """
    return b"".join(piece.content for piece in scores_parquet_pieces(timeline, provenance))


def scores_parquet_pieces(timeline: Timeline, provenance: Provenance) -> Iterator[Chunk]:
    """Yield the chunks of `scores_parquet`."""
    import pyarrow as pa

    fields = [pa.field("onset_s", pa.float64())]
    fields += [pa.field(label, pa.float32()) for label in timeline.labels]

    def columns(rows: slice) -> list[Any]:
        scores = np.ascontiguousarray(timeline.scores[rows].T)
        return [pa.array(timeline.onsets_s[rows]), *map(pa.array, scores)]

    grid = {"window_s": timeline.window_s, "hop_s": timeline.hop_s}
    tables = map(columns, _groups(timeline.n_frames))
    return written(fields, tables, timeline.n_frames, {**provenance.as_dict(), **grid})


def _groups(n_rows: int) -> Iterator[slice]:
    return (slice(begin, begin + ROWS_PER_GROUP) for begin in range(0, n_rows, ROWS_PER_GROUP))


def written(
    fields: list[Any], tables: Iterable[list[Any]], n_rows: int, metadata: Mapping[str, Any]
) -> Iterator[Chunk]:
    """Write a file of columns in row groups.

    Parameters
    ----------
    fields : list of pyarrow.Field
        Its columns.
    tables : iterable of list of pyarrow.Array
        The columns of each row group.
    n_rows : int
        Number of all rows, for the progress of the chunks.
    metadata : mapping of str to Any
        Stored under `METADATA_KEY`.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    notes = {METADATA_KEY: utf8(json.dumps(metadata, ensure_ascii=False))}
    schema = pa.schema(fields, metadata=notes)
    drain = Drain()
    n_written = 0
    with pq.ParquetWriter(drain, schema) as writer:
        for columns in tables:
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
            n_written += len(columns[0])
            yield Chunk(min(1.0, n_written / max(1, n_rows)), drain.take())
    yield Chunk(1.0, drain.take())
