import csv
import io

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from models import export
from models.events import Event
from tests.models.export.samples import EVENTS, events, timeline


@settings(deadline=None)  # machines are busy at times
@given(st.lists(events, max_size=5))
def test_events_survive_csv_whatever_their_labels(found: list[Event]) -> None:
    rows = list(csv.DictReader(io.StringIO(export.events_csv(found), newline="")))
    assert [row["label"] for row in rows] == [event.label for event in found]
    for row, event in zip(rows, found, strict=True):
        assert abs(float(row["onset_s"]) - event.onset_s) <= 1e-6
        assert abs(float(row["mean"]) - event.mean) <= 1e-6


def test_the_header_stands_without_events() -> None:
    assert export.events_csv([]) == "onset_s,offset_s,label,peak,mean\r\n"


def test_pandas_reads_events_and_scores() -> None:
    table = pd.read_csv(io.StringIO(export.events_csv(EVENTS)))
    assert tuple(table.columns) == export.EVENT_COLUMNS
    assert table["label"].tolist() == [event.label for event in EVENTS]
    np.testing.assert_allclose(table["offset_s"], [event.offset_s for event in EVENTS])
    given_scores = timeline()
    scores = pd.read_csv(io.StringIO(export.scores_csv(given_scores)))
    assert scores.columns.tolist() == ["onset_s", *given_scores.labels]
    np.testing.assert_allclose(scores["onset_s"], given_scores.onsets_s)
    np.testing.assert_array_equal(scores.to_numpy()[:, 1:], given_scores.scores)
