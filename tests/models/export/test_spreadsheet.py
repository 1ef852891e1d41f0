import csv
import io
import unicodedata
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import export
from models.events import Event, EventRules
from models.events.concordance import Concordance, concordance
from models.untrusted.formulas import escape_formulas
from tests.models.export.samples import EVENTS, PROVENANCE, events, timeline

SIGNS = "=＝﹦⁼₌+＋﹢⁺₊-－﹣⁻₋−‐‑–—@＠﹫\N{HEAVY PLUS SIGN}"  # noqa: RUF001  # look-alikes
FORMULAS = [
    *(f"{sign}1" for sign in SIGNS),
    *(
        f"{blank}=1"
        for blank in " \t\r\n\xa0\u3000\ufeff\u200b\u2060\u202e\u3164\x00\x0b\x85\u2028"
    ),
    *(f"x{separator}=1" for separator in ",;|\t\r\n\x0b\x85\u2028"),
    *("x;=cmd|' /C calc'!A0;", "x; =1", '";=1', 'x;"=1"', 'x",=1,"', "'=1", ";;=1", "=\u0338"),
]


@given(st.lists(events, max_size=5))
def test_events_survive_csv_whatever_their_labels(found: list[Event]) -> None:
    rows = list(csv.DictReader(io.StringIO(export.events_csv(found), newline="")))
    assert [row["label"] for row in rows] == [escape_formulas(event.label) for event in found]
    for row, event in zip(rows, found, strict=True):
        assert abs(float(row["onset_s"]) - event.onset_s) <= 1e-6
        assert abs(float(row["mean"]) - event.mean) <= 1e-6


def test_no_label_becomes_a_formula() -> None:
    for label in FORMULAS:
        event = replace(EVENTS[0], label=label)
        heard = replace(timeline(), labels=(label, *timeline().labels[1:]))
        rows = list(csv.reader(io.StringIO(export.events_csv([event]), newline="")))
        assert rows[1][2] == escape_formulas(label)
        rows = list(csv.reader(io.StringIO(export.scores_csv(heard), newline="")))
        assert rows[0][1] == escape_formulas(label)


NAMED = replace(PROVENANCE, clip_name="=1;=2.wav")
TABLES: dict[str, Callable[[str], str]] = {
    "events": lambda label: export.events_csv([replace(EVENTS[0], label=label)]),
    "scores": lambda label: export.scores_csv(replace(timeline(), labels=(label, "a", "b"))),
    "classes": lambda label: export.classes_csv(compared(label)),
    "aligned": lambda label: export.aligned_csv(compared(label)),
    "audacity": lambda label: export.audacity_labels([replace(EVENTS[0], label=label)]),
    "raven": lambda label: export.raven_table([replace(EVENTS[0], label=label)], NAMED),
    "dcase": lambda label: export.event_list([replace(EVENTS[0], label=label)]),
    "clips": lambda label: export.event_lists({label: [replace(EVENTS[0], label=label)]}),
    "matrix": lambda label: export.score_matrix(replace(timeline(), labels=(label, "a", "b"))),
}


def compared(label: str) -> Concordance:
    heard = replace(timeline(), labels=(label, "a", "b"))
    return concordance(heard, heard, EventRules())


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("table", TABLES)
def test_whatever_separates_cells_none_is_a_formula(table: str, separator: str) -> None:
    for label in FORMULAS:
        text = TABLES[table](label)
        for line in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            for cell in line:
                start = unicodedata.normalize("NFKC", cell.strip(' \t\r\n\ufeff\u200b"'))[:1]
                assert start not in set("=+@-\N{MINUS SIGN}") or is_number(cell), (cell, text)


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_a_label_with_a_separator_is_quoted() -> None:
    event = replace(EVENTS[0], label="x;=cmd|' /C calc'!A0;")
    assert "\"x;'=cmd|'' /C calc'!A0;\"" in export.events_csv([event])


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


def test_totals_of_each_class() -> None:
    found = [Event(3.0, 5.0, "Dog", 0.4, 0.3), Event(1.0, 4.0, "Dog", 0.8, 0.6)]
    assert export.totals_csv([*found, Event(0.5, 1.0, "=1+1, Cat", 0.5, 0.5)]) == (
        "label,total_s,first_s,n_events,peak\r\n"
        '"Dog",4.0,1.0,2,0.8\r\n'
        '"\'=1+1, Cat",0.5,0.5,1,0.5\r\n'
    )
    assert export.totals_csv([]) == "label,total_s,first_s,n_events,peak\r\n"
