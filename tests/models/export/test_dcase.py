import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import sed_eval
from hypothesis import given
from hypothesis import strategies as st

from models import export
from models.audio import timing
from models.events import Event
from models.events.timeline import Timeline
from models.export.values import one_line
from models.untrusted.formulas import escape_formulas
from tests.models.export.samples import EVENTS, labels, timeline


def load(folder: Path, text: str) -> list[tuple[object, ...]]:
    path = folder / "list.tsv"
    path.write_text(text, encoding="utf-8")
    columns = ("filename", "onset", "offset", "event_label")
    read = sed_eval.io.load_event_list(filename=str(path))
    return [tuple(item.get(column) for column in columns) for item in read]


def test_sed_eval_reads_an_event_list(tmp_path: Path) -> None:
    expected = [(None, event.onset_s, event.offset_s, event.label) for event in EVENTS]
    assert load(tmp_path, export.event_list(EVENTS)) == expected


def test_the_header_stands_without_events(tmp_path: Path) -> None:
    assert export.event_list([]) == "onset\toffset\tevent_label\n"
    assert load(tmp_path, export.event_list([])) == []


def test_sed_eval_reads_a_list_of_several_clips(tmp_path: Path) -> None:
    text = export.event_lists({"a.wav": EVENTS[:1], "b.wav": [], "c.wav": EVENTS[1:2]})
    assert load(tmp_path, text) == [
        ("a.wav", 0.0, 1.2075, "Speech"),
        ("b.wav", None, None, None),
        ("c.wav", 0.7275, 2.4, "Bee, wasp, etc."),
    ]
    assert text.splitlines()[2] == "b.wav\t\t\t"


@given(st.lists(labels, max_size=4))
def test_labels_survive_as_one_field(given_labels: list[str]) -> None:
    found = [Event(0, 1, label, 0.5, 0.5) for label in given_labels]
    table = pd.read_csv(
        io.StringIO(export.event_list(found)), sep="\t", keep_default_na=False, dtype=str
    )
    assert table["event_label"].tolist() == [
        escape_formulas(one_line(label)) for label in given_labels
    ]


def consecutive(text: str) -> pd.DataFrame:
    """The table as sed_scores_eval reads it, held to what it demands of one."""
    table = pd.read_csv(io.StringIO(text), sep="\t")
    assert table.columns[:2].tolist() == ["onset", "offset"]
    onsets, offsets = table["onset"].to_numpy(), table["offset"].to_numpy()
    assert (onsets < offsets).all()
    assert (offsets[:-1] == onsets[1:]).all()
    return table


def test_the_score_matrix_has_every_score_on_a_grid_without_gaps() -> None:
    given_scores = timeline()
    table = consecutive(export.score_matrix(given_scores))
    assert table.columns[2:].tolist() == list(given_scores.labels)
    np.testing.assert_array_equal(table.to_numpy()[:, 2:], given_scores.scores)
    np.testing.assert_allclose(table["onset"], given_scores.edges_s[:-1], atol=1e-6)
    np.testing.assert_allclose(table["offset"], given_scores.edges_s[1:], atol=1e-6)


def test_a_frame_that_stands_for_no_time_has_no_row() -> None:
    # With a hop of 2 s and a clip of 2.1 s the second window's time would begin at 1.4875 s, of
    # one of 1.2 s behind its end.
    onsets_s = timing.frame_onsets_s(2, 32_000, 16_000)
    scores = np.full((2, 1), 0.5, np.float32)
    given_scores = Timeline(scores, onsets_s, 0.975, 2.0, ("a",), 1.2)
    assert len(consecutive(export.score_matrix(given_scores))) == 1
    assert len(consecutive(export.score_matrix(replace(given_scores, duration_s=2.1)))) == 2


def test_sed_scores_eval_reads_the_score_matrix(tmp_path: Path) -> None:
    """It is compiled when it is installed, so it is no requirement: README's test command needs
    no compiler. Without it its demands, as `consecutive` has them, stand for it."""
    path = tmp_path / "clip.tsv"
    path.write_text(export.score_matrix(timeline()), encoding="utf-8")
    try:
        from sed_scores_eval import io as tool
    except ImportError:
        consecutive(path.read_text(encoding="utf-8"))
        return
    scores = tool.read_sed_scores(path)
    assert scores.columns.tolist() == ["onset", "offset", *timeline().labels]
    np.testing.assert_array_equal(scores.to_numpy()[:, 2:], timeline().scores)
