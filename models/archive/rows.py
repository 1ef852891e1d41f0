"""Rows of recordings, events and windows, as Arrow tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.archive.features import Features, SourceProperties
from models.archive.scanning import Examined
from models.archive.store import ArchivedModel
from models.archive.tables import EVENTS, RECORDINGS, WINDOWS, schemas
from models.events import Event


@dataclass(frozen=True, eq=False)
class Entry:
    """A recording that is to be stored.

    Parameters
    ----------
    examined : Examined
        Its file.
    features : Features
        Features of its windows.
    properties : SourceProperties
        Properties of the file.
    events : sequence of Event
        Its events.
    """

    examined: Examined
    features: Features
    properties: SourceProperties
    events: Sequence[Event]

    def duration_s(self, model: ArchivedModel) -> float:
        """Length, in seconds."""
        return self.features.n_samples / model.sample_rate


def recording_row(entry: Entry, number: int, model: ArchivedModel) -> dict[str, Any]:
    """Return the row of a recording."""
    start, properties = entry.examined.start, entry.properties
    return {
        "recording": number,
        "path": str(entry.examined.path),
        "digest": entry.examined.digest,
        "n_bytes": entry.examined.state.n_bytes,
        "modified_ns": entry.examined.state.modified_ns,
        "duration_s": entry.duration_s(model),
        "started_at": start.at,
        "utc_offset_min": start.utc_offset_min,
        "start_source": start.source,
        "container": properties.container,
        "codec": properties.codec,
        "sample_rate": properties.sample_rate,
        "channels": properties.channels,
        "broke_at_s": properties.broke_at_s,
        "n_windows": entry.features.n_windows,
        "reason": "",
    }


def failure_row(path: str, number: int, reason: str) -> dict[str, Any]:
    """Return the row of a file that could not be analysed."""
    return {
        "recording": number,
        "path": path,
        "digest": "",
        "start_source": "",
        "n_windows": 0,
        "duration_s": 0.0,
        "reason": reason,
    }


def recordings_table(rows: Sequence[Mapping[str, Any]], model: ArchivedModel) -> Any:  # noqa: ANN401
    """Return rows as a table of recordings (`pyarrow.Table`)."""
    import pyarrow as pa

    schema = schemas(model.embedding_size)[RECORDINGS]
    columns = {name: [row.get(name) for row in rows] for name in schema.names}
    return pa.table(columns, schema=schema)


def events_table(entries: Mapping[int, Entry], model: ArchivedModel) -> Any:  # noqa: ANN401
    """Return the events of recordings, by their numbers, as a table."""
    import pyarrow as pa

    index = {label: place for place, label in enumerate(model.labels)}
    rows = [
        (
            number,
            index[event.label],
            event.onset_s,
            event.offset_s,
            event.peak,
            event.mean,
            _at(entry.examined.start.at, event.onset_s),
        )
        for number, entry in entries.items()
        for event in entry.events
    ]
    schema = schemas(model.embedding_size)[EVENTS]
    columns = zip(*rows, strict=True) if rows else [[] for _ in schema]
    arrays = [
        pa.array(list(values), field.type) for values, field in zip(columns, schema, strict=True)
    ]
    return pa.table(arrays, schema=schema)


def windows_table(number: int, entry: Entry, model: ArchivedModel) -> Any:  # noqa: ANN401
    """Return the windows of a recording as a table."""
    import pyarrow as pa

    features = entry.features
    n_windows = features.n_windows
    schema = schemas(model.embedding_size)[WINDOWS]
    offsets = np.searchsorted(features.windows, np.arange(n_windows + 1)).astype(np.int32)
    values = pa.array(features.embeddings.reshape(-1))
    return pa.table(
        [
            pa.array(np.full(n_windows, number, np.int32)),
            pa.array(np.arange(n_windows, dtype=np.int32)),
            pa.array(features.levels_dbfs),
            pa.FixedSizeListArray.from_arrays(values, model.embedding_size),
            pa.ListArray.from_arrays(offsets, pa.array(features.classes)),
            pa.ListArray.from_arrays(offsets, pa.array(features.scores.astype(np.float16))),
            pa.array(_clock(entry.examined.start.at, n_windows, model), schema.field("at").type),
        ],
        schema=schema,
    )


def _at(started_at: datetime | None, onset_s: float) -> datetime | None:
    return None if started_at is None else started_at + timedelta(seconds=onset_s)


def _clock(
    started_at: datetime | None, n_windows: int, model: ArchivedModel
) -> NDArray[np.datetime64]:
    """Return the time of each window; not a time (NaT) if the start is unknown."""
    if started_at is None:
        return np.full(n_windows, np.datetime64("NaT"), "datetime64[ms]")
    onsets_ms = np.arange(n_windows) * (1000 * model.hop_samples) // model.sample_rate
    at: NDArray[np.datetime64] = np.datetime64(started_at, "ms") + onsets_ms.astype(
        "timedelta64[ms]"
    )
    return at
