import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import timing
from models.errors import SettingError
from models.events import Event, find_events
from models.timeline import Timeline


def timeline(*columns: list[float], labels: tuple[str, ...] = ("Speech", "Dog")) -> Timeline:
    """One second per frame: a window of one second, stepped by its own length."""
    scores = np.array(columns, dtype=np.float32).T
    count = len(scores)
    onsets_s = timing.frame_onsets_s(count, 16_000, 16_000)
    return Timeline(scores, onsets_s, 1.0, 1.0, labels[: len(columns)], float(count))


def spans(events: list[Event]) -> list[tuple[float, float]]:
    return [(event.onset_s, event.offset_s) for event in events]


def test_an_event_has_its_time_peak_and_mean() -> None:
    (event,) = find_events(timeline([0.0, 0.4, 0.8, 0.1]))
    assert event.label == "Speech"
    assert (event.onset_s, event.offset_s) == (1.0, 3.0)
    assert event.peak == pytest.approx(0.8)
    assert event.mean == pytest.approx(0.6)


def test_a_score_at_the_threshold_counts() -> None:
    assert spans(find_events(timeline([0.0, 0.25, 0.0]), 0.25)) == [(1.0, 2.0)]


def test_events_of_all_classes_come_by_onset() -> None:
    events = find_events(timeline([0, 0, 1, 0], [0, 1, 1, 0]))
    assert [event.label for event in events] == ["Dog", "Speech"]


def test_a_gap_is_bridged_up_to_its_limit_and_enters_the_mean() -> None:
    scores = timeline([0.9, 0.0, 0.9, 0.0, 0.0, 0.9])
    assert spans(find_events(scores, merge_gap_s=0.9)) == [(0, 1), (2, 3), (5, 6)]
    merged = find_events(scores, merge_gap_s=1.0)
    assert spans(merged) == [(0, 3), (5, 6)]
    assert merged[0].mean == pytest.approx(0.6)


def test_what_is_too_short_after_merging_is_dropped() -> None:
    scores = timeline([1, 0, 1, 0, 0, 0, 1])
    assert spans(find_events(scores, merge_gap_s=1, min_duration_s=2)) == [(0, 3)]


def test_only_the_labels_asked_for() -> None:
    events = find_events(timeline([1, 1], [1, 1]), labels=["Dog"])
    assert [event.label for event in events] == ["Dog"]


def test_nothing_heard_is_no_event() -> None:
    assert find_events(timeline([0.1, 0.2])) == []


@pytest.mark.parametrize("threshold", [-0.1, 1.1, 30.0, float("nan")])
def test_a_threshold_outside_the_scores_is_refused(threshold: float) -> None:
    with pytest.raises(SettingError, match="threshold"):
        find_events(timeline([1]), threshold)


def test_a_threshold_in_percent_is_guessed() -> None:
    with pytest.raises(SettingError, match="percent"):
        find_events(timeline([1]), 30)


def test_negative_durations_and_unknown_labels_are_refused() -> None:
    with pytest.raises(SettingError, match="merge_gap_s"):
        find_events(timeline([1]), merge_gap_s=-1)
    with pytest.raises(SettingError, match="Wombat"):
        find_events(timeline([1]), labels=["Wombat"])


@given(
    scores=st.lists(st.floats(0, 1, width=32), min_size=1, max_size=60),
    threshold=st.floats(0.0078125, 1, width=32),
    gap_s=st.floats(0, 5),
)
def test_events_hold_every_loud_frame_and_stay_apart(
    scores: list[float], threshold: float, gap_s: float
) -> None:
    found = find_events(timeline(scores), threshold, merge_gap_s=gap_s)
    for frame, score in enumerate(np.array(scores, dtype=np.float32)):
        if score >= threshold:
            assert any(e.onset_s <= frame and frame + 1 <= e.offset_s for e in found)
    for before, after in itertools.pairwise(found):
        assert after.onset_s - before.offset_s > gap_s
    assert all(event.mean <= event.peak + 1e-6 and event.peak >= threshold for event in found)
