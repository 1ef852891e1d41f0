"""Events and scores as Parquet, which keeps types and is read fast, column by column.

Conventions
-----------
Nothing is rounded: times and events' scores are float64, a timeline's scores float32 as the model
gave them. The schema's metadata has one entry, `METADATA_KEY`, with the provenance as JSON.
"""

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from models.events import Event
from models.export.provenance import Provenance
from models.export.values import EVENT_COLUMNS, utf8
from models.timeline import Timeline

METADATA_KEY = b"earmark"
"""Key of the schema's metadata under which the provenance stands, as JSON in UTF-8."""


def events_parquet(events: Sequence[Event], provenance: Provenance) -> bytes:
    """Events as Parquet, one row each, with the columns of `EVENT_COLUMNS`."""
    import pyarrow as pa

    kinds = {"label": pa.string()}
    fields = [pa.field(name, kinds.get(name, pa.float64())) for name in EVENT_COLUMNS]
    columns = [
        pa.array([getattr(event, field.name) for event in events], field.type) for field in fields
    ]
    return _written(fields, columns, provenance.as_dict())


def scores_parquet(timeline: Timeline, provenance: Provenance) -> bytes:
    """Every score as Parquet: a row per window, its start in ``onset_s``, a column per label.

    The metadata also has ``window_s`` and ``hop_s``.
    """
    import pyarrow as pa

    fields = [pa.field("onset_s", pa.float64())]
    fields += [pa.field(label, pa.float32()) for label in timeline.labels]
    columns = [pa.array(timeline.onsets_s), *(pa.array(column) for column in timeline.scores.T)]
    grid = {"window_s": timeline.window_s, "hop_s": timeline.hop_s}
    return _written(fields, columns, {**provenance.as_dict(), **grid})


def _written(fields: list[Any], columns: list[Any], metadata: Mapping[str, Any]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    notes = {METADATA_KEY: utf8(json.dumps(metadata, ensure_ascii=False))}
    table = pa.Table.from_arrays(columns, schema=pa.schema(fields, metadata=notes))
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()
