import numpy as np
import pytest

from components.player.data import MAX_COLUMNS, scores_data
from components.player.shown_clip import Mark, TruthMarks
from components.style.palette import DARK, LIGHT
from models.audio import timing
from models.events import Event, EventRules
from models.events.timeline import Timeline

LABELS = ("Speech", "Dog", "Conversation, <b>loud</b>")


def timeline(n_frames: int) -> Timeline:
    scores = np.zeros((n_frames, 3), np.float32)
    scores[n_frames // 2, 1] = 0.8
    scores[:, 0] = 0.4
    onsets_s = timing.frame_onsets_s(n_frames, 7_680, 16_000)
    return Timeline(scores, onsets_s, 0.975, 0.48, LABELS, float(onsets_s[-1] + 0.975))


def told(n_frames: int = 20, **changes: object) -> dict[str, object]:
    given = {
        "events": [Event(1.0, 2.5, "Dog", 0.8, 0.6), Event(2.0, 3.0, "Speech", 0.4, 0.4)],
        "lanes": ["Dog", LABELS[2]],
        "rules": EventRules(thresholds=(("Dog", 0.55),)),
        "palette": LIGHT,
        **changes,
    }
    events, lanes = given.pop("events"), given.pop("lanes")
    return scores_data(timeline(n_frames), events, lanes, **given)


def test_lanes_hold_the_scores_of_their_classes() -> None:
    data = told()
    scores = data["scores"].reshape(2, 20)
    assert scores[0].tolist() == [0] * 10 + [205] + [0] * 9
    assert not scores[1].any()
    assert data["lanes"]["frames_per_column"] == 1
    assert data["lanes"]["names"] == ["Dog", LABELS[2]]


def test_a_lane_has_its_classs_own_threshold_and_colour() -> None:
    lanes = told()["lanes"]
    assert lanes["thresholds"] == [0.55, 0.3]
    assert lanes["colours"][0] == LIGHT.category("Dog") != lanes["colours"][1]


def test_events_know_their_lane_or_that_they_have_none() -> None:
    events = told()["events"].reshape(-1, 4)
    np.testing.assert_allclose(events, [[1.0, 2.5, 0, 1], [2.0, 3.0, -1, 0]])
    assert len(told(events=[])["events"]) == 0


@pytest.mark.parametrize("n_frames", [MAX_COLUMNS, MAX_COLUMNS + 1, 5 * MAX_COLUMNS - 3])
def test_a_long_clip_shares_columns_and_loses_no_moment(n_frames: int) -> None:
    data = told(n_frames, events=[])
    shared = data["lanes"]["frames_per_column"]
    scores = data["scores"].reshape(2, -1)
    assert scores.shape[1] == -(-n_frames // shared) <= MAX_COLUMNS
    assert np.flatnonzero(scores[0]).tolist() == [n_frames // 2 // shared]


def test_the_truth_goes_along() -> None:
    mark = Mark(0.5, 1.0, "Bark", "missed", 7, "Growling")
    data = told(truth=TruthMarks((mark,), ("false alarm", "correct")))
    assert data["truth"] == [
        {
            "onset": 0.5,
            "offset": 1.0,
            "label": "Bark",
            "state": "missed",
            "number": 7,
            "name": "Growling",
        }
    ]
    assert data["judgements"] == ["false alarm", "correct"]


def test_colours_are_those_of_the_theme() -> None:
    light, dark = (told(palette=palette)["palette"] for palette in (LIGHT, DARK))
    assert light["colours"]["page"] != dark["colours"]["page"]
    assert [name for name, _ in light["categories"]] == [name for name, _ in dark["categories"]]
    assert len(light["categories"]) == 7
