import io
import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from models import export
from models.events import Event
from tests.models.export.samples import EVENTS, PROVENANCE, timeline


def settings(data: bytes) -> dict[str, object]:
    return json.loads(pq.read_schema(io.BytesIO(data)).metadata[export.METADATA_KEY])


def test_events_survive_parquet_unrounded() -> None:
    data = export.events_parquet(EVENTS, PROVENANCE)
    table = pq.read_table(io.BytesIO(data))
    assert tuple(table.column_names) == export.EVENT_COLUMNS
    assert [Event(**row) for row in table.to_pylist()] == EVENTS
    assert settings(data) == PROVENANCE.as_dict()


def test_columns_stand_with_their_types_without_events() -> None:
    full, empty = (
        pq.read_schema(io.BytesIO(export.events_parquet(found, PROVENANCE)))
        for found in (EVENTS, [])
    )
    assert empty.equals(full)


def test_pandas_reads_scores_to_the_last_bit() -> None:
    given_scores = timeline()
    data = export.scores_parquet(given_scores, PROVENANCE)
    table = pd.read_parquet(io.BytesIO(data))
    assert table.columns.tolist() == ["onset_s", *given_scores.labels]
    assert table["Speech"].dtype == np.float32
    np.testing.assert_array_equal(table["onset_s"], given_scores.onsets_s)
    np.testing.assert_array_equal(table[list(given_scores.labels)], given_scores.scores)
    grid = {"window_s": 0.975, "hop_s": 0.48}
    assert settings(data) == {**PROVENANCE.as_dict(), **grid}
