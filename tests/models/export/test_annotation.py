import csv
import io
import re

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from models import export
from models.events import Event, taxonomy
from tests.models.export.samples import EVENTS, PROVENANCE, events

AUDACITY_LINE = re.compile(r"\d+\.\d{6}\t\d+\.\d{6}\t[^\t\r\n]+")


def raven(found: list[Event]) -> str:
    return export.raven_table(found, PROVENANCE)


def test_audacity_labels_have_scores_and_no_header() -> None:
    assert export.audacity_labels(EVENTS).splitlines() == [
        "0.000000\t1.207500\tSpeech (1.00)",
        "0.727500\t2.400000\tBee, wasp, etc. (0.50)",
        "1.200000\t2.400000\tMotor vehicle (road) (0.30)",
    ]
    assert export.audacity_labels([]) == ""


@given(st.lists(events, max_size=5))
def test_each_event_is_one_line_of_audacitys_grammar(found: list[Event]) -> None:
    lines = export.audacity_labels(found).split("\n")
    assert lines.pop() == ""
    assert len(lines) == len(found)
    assert all(AUDACITY_LINE.fullmatch(line) for line in lines)


def test_pandas_reads_a_raven_table() -> None:
    table = pd.read_csv(io.StringIO(raven(EVENTS)), sep="\t")
    assert tuple(table.columns) == export.RAVEN_COLUMNS
    assert table["Selection"].tolist() == [1, 2, 3]
    assert table["Label"].tolist() == [event.label for event in EVENTS]
    assert table["MID"].tolist() == [taxonomy.mid(event.label) for event in EVENTS]
    assert table["Begin Time (s)"].tolist() == [event.onset_s for event in EVENTS]
    assert table["File Offset (s)"].tolist() == [event.onset_s for event in EVENTS]
    assert table["End Time (s)"].tolist() == [event.offset_s for event in EVENTS]
    assert table["Score"].tolist() == [event.peak for event in EVENTS]
    assert set(table["View"]) == {"Spectrogram 1"}
    assert set(table["Channel"]) == {1}
    assert set(table["Low Freq (Hz)"]) == {0}
    assert set(table["High Freq (Hz)"]) == {8000}
    assert set(table["Begin Path"]) == {PROVENANCE.clip_name}


def test_ids_come_from_the_mapping_and_may_be_missing() -> None:
    ids = {"Speech": "/m/1"}
    text = export.raven_table(EVENTS, PROVENANCE, lambda label: ids.get(label, ""))
    rows = list(csv.DictReader(io.StringIO(text), delimiter="\t"))
    assert [row["MID"] for row in rows] == ["/m/1", "", ""]


@given(st.lists(events, max_size=5))
def test_a_raven_table_has_all_columns_whatever_the_labels(found: list[Event]) -> None:
    header, *rows, end = raven(found).split("\n")
    assert header == "\t".join(export.RAVEN_COLUMNS)
    assert end == ""
    assert len(rows) == len(found)
    assert all(len(row.split("\t")) == len(export.RAVEN_COLUMNS) for row in rows)
