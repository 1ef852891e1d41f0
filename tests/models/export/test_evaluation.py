"""An evaluation as a spreadsheet and pandas read it."""

import io

import pandas as pd
import pytest

from models.events import Event
from models.events.evaluation import Psds, evaluate, macro, pool
from models.events.truth import TrueEvent
from models.export.evaluation import EVALUATION_COLUMNS, evaluation_csv

LABELS = ["Bee, wasp, etc.", "Dog"]
TRUTH = {"a.wav": [TrueEvent(0, 1, "Dog"), TrueEvent(2, 3, LABELS[0])], "=b.wav": []}
FOUND = {"a.wav": [Event(0.1, 1, "Dog", 0.5, 0.5)], "=b.wav": [Event(4, 6, "Dog", 0.5, 0.5)]}

POOLED = pool({name: evaluate(TRUTH[name], FOUND[name], LABELS, labels=LABELS) for name in TRUTH})
SCORES = (Psds(0.25, {"Dog": 0.5, LABELS[0]: 0.0}), None)


def written() -> pd.DataFrame:
    made = evaluation_csv(
        POOLED, collar_s=0.2, edge_uncertainty_s=0.7275, related=False, scores=SCORES
    )
    return pd.read_csv(io.StringIO(made), keep_default_na=False, na_values=[""])


def test_each_clip_label_and_way_of_counting_has_a_row() -> None:
    table = written()
    assert tuple(table.columns) == EVALUATION_COLUMNS
    assert list(table["clip"].unique()) == ["(all clips)", "a.wav", "'=b.wav"]
    assert len(table) == 3 * 2 * 4
    for clip, figures in (("(all clips)", POOLED), ("a.wav", POOLED.clips["a.wav"])):
        for counted, agreement in (("events", figures.events), ("seconds", figures.segments)):
            rows = table[(table["clip"] == clip) & (table["counted"] == counted)]
            by_label = rows.set_index("label")
            overall = by_label.loc["(all labels)"]
            assert (overall["correct"], overall["missed"], overall["false_alarms"]) == (
                agreement.overall.tp,
                agreement.overall.fn,
                agreement.overall.fp,
            )
            assert by_label.loc["(mean of labels)", "f1"] == pytest.approx(macro(agreement).f1)
            assert by_label.loc["Dog", "correct"] == agreement.by_label["Dog"].tp


def test_what_the_figures_were_made_with_is_in_each_row() -> None:
    table = written()
    assert set(table["collar_s"]) == {0.2}
    assert set(table["edge_uncertainty_s"]) == {0.7275}
    assert not table["related_labels"].any()


def test_scores_are_those_of_all_clips() -> None:
    table = written()
    told = table[table["psds1"].notna()]
    assert set(told["clip"]) == {"(all clips)"}
    values = dict(zip(told["label"], told["psds1"], strict=True))
    assert values == {"(all labels)": 0.25, LABELS[0]: 0.0, "Dog": 0.5}
    assert table["psds2"].isna().all()


def test_nothing_to_count_is_empty() -> None:
    table = written()
    silent = table[(table["clip"] == "'=b.wav") & (table["label"] == LABELS[0])]
    assert silent["precision"].isna().all()
    assert silent["f1"].isna().all()
