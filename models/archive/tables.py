"""Schemas of an archive's tables.

Conventions
-----------
A recording is identified by a number, which is never used twice. A window is identified by its
recording and its position; it begins at ``position * hop``. A class is identified by its index in
the model's labels. ``at`` is the beginning of a row by the recorder's clock, without a time zone.
"""

from functools import cache
from typing import Any

RECORDINGS, EVENTS, WINDOWS = NAMES = ("recordings", "events", "windows")

MIN_STORED_SCORE = 0.05
"""Lower bound of the scores that are stored with each window."""

EVENT_THRESHOLD = 0.2
"""Offset threshold of the stored events, and the lowest onset threshold that can be asked for."""


@cache
def schemas(embedding_size: int) -> dict[str, Any]:
    """Return the schema (`pyarrow.Schema`) of each table.

    Parameters
    ----------
    embedding_size : int
        Number of values of an embedding.
    """
    import pyarrow as pa

    clock = pa.timestamp("ms")
    recordings = {
        "recording": pa.int32(),
        "path": pa.string(),
        "digest": pa.string(),  # SHA-256 of the file; empty if it could not be read
        "n_bytes": pa.int64(),
        "modified_ns": pa.int64(),
        "duration_s": pa.float64(),
        "started_at": clock,
        "utc_offset_min": pa.int16(),
        "start_source": pa.string(),  # guano, audiomoth, bext, name, or empty
        "container": pa.string(),
        "codec": pa.string(),
        "sample_rate": pa.int32(),
        "channels": pa.int16(),
        "broke_at_s": pa.float64(),
        "n_windows": pa.int32(),
        "reason": pa.string(),  # why it could not be analysed; empty if it was
    }
    events = {
        "recording": pa.int32(),
        "class_index": pa.uint16(),
        "onset_s": pa.float64(),
        "offset_s": pa.float64(),
        "peak": pa.float32(),
        "mean": pa.float32(),
        "at": clock,
    }
    windows = {
        "recording": pa.int32(),
        "position": pa.int32(),
        "level_dbfs": pa.float32(),
        "embedding": pa.list_(pa.float16(), embedding_size),
        "classes": pa.list_(pa.uint16()),
        "scores": pa.list_(pa.float16()),
        "at": clock,
    }
    return {
        RECORDINGS: pa.schema(recordings),
        EVENTS: pa.schema(events),
        WINDOWS: pa.schema(windows),
    }
