import csv
import io
import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models import export, timing
from models.events import Event
from models.timeline import Timeline

EVENTS = [
    Event(0.0, 1.2075, "Speech", 0.99609375, 0.75),
    Event(1.2, 3.0, 'Motor vehicle (road), "loud"', 0.5, 0.333333333),
]

events = st.builds(
    Event,
    onset_s=st.floats(0, 1e4),
    offset_s=st.floats(0, 1e4),
    label=st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), min_size=1),
    peak=st.floats(0, 1),
    mean=st.floats(0, 1),
)


def timeline() -> Timeline:
    scores = (np.arange(12).reshape(4, 3) / 256).astype(np.float32)
    onsets_s = timing.frame_onsets_s(4, 7_680, 16_000)
    return Timeline(scores, onsets_s, 0.975, 0.48, ("a", "b, c", "d"), 2.4)


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@given(st.lists(events, max_size=5))
def test_events_survive_csv_whatever_their_labels(found: list[Event]) -> None:
    rows = read(export.events_csv(found))
    assert [row["label"] for row in rows] == [event.label for event in found]
    for row, event in zip(rows, found, strict=True):
        assert abs(float(row["onset_s"]) - event.onset_s) <= 1e-6
        assert abs(float(row["mean"]) - event.mean) <= 1e-6


def test_the_header_stands_without_events() -> None:
    assert export.events_csv([]) == "onset_s,offset_s,label,peak,mean\r\n"


def test_events_as_json_carry_their_settings() -> None:
    content = json.loads(export.events_json(EVENTS, {"threshold": 0.3}))
    assert content["settings"] == {"threshold": 0.3}
    assert content["events"][1] == {
        "onset_s": 1.2,
        "offset_s": 3.0,
        "label": 'Motor vehicle (road), "loud"',
        "peak": 0.5,
        "mean": 0.333333,
    }


def test_scores_survive_csv_and_json() -> None:
    given_scores = timeline()
    header, *rows = list(csv.reader(io.StringIO(export.scores_csv(given_scores))))
    assert header == ["onset_s", "a", "b, c", "d"]
    table = np.array(rows, float)
    np.testing.assert_allclose(table[:, 0], given_scores.onsets_s)
    np.testing.assert_allclose(table[:, 1:], given_scores.scores, atol=1e-6)
    content = json.loads(export.scores_json(given_scores, {"hop_s": 0.48}))
    assert content["labels"] == ["a", "b, c", "d"]
    np.testing.assert_allclose(content["scores"], given_scores.scores, atol=1e-6)
    assert content["window_s"] == 0.975
