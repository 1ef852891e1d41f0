import csv
import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import export
from models.events import Event
from models.export.values import no_formula
from tests.models.export.samples import EVENTS, events, timeline


@settings(deadline=None)  # machines are busy at times
@given(st.lists(events, max_size=5))
def test_events_survive_csv_whatever_their_labels(found: list[Event]) -> None:
    rows = list(csv.DictReader(io.StringIO(export.events_csv(found), newline="")))
    assert [row["label"] for row in rows] == [no_formula(event.label) for event in found]
    for row, event in zip(rows, found, strict=True):
        assert abs(float(row["onset_s"]) - event.onset_s) <= 1e-6
        assert abs(float(row["mean"]) - event.mean) <= 1e-6


@pytest.mark.parametrize("label", ["=HYPERLINK(A1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_label_becomes_a_formula(label: str) -> None:
    event = replace(EVENTS[0], label=label)
    heard = replace(timeline(), labels=(label, *timeline().labels[1:]))
    for text, row, column in ((export.events_csv([event]), 1, 2), (export.scores_csv(heard), 0, 1)):
        cells = list(csv.reader(io.StringIO(text, newline="")))
        assert cells[row][column] == f"'{label}"


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
