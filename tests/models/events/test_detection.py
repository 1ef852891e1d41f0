import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.audio import timing
from models.errors import SettingError
from models.events import Event, EventRules, find_events
from models.events.timeline import Timeline
from models.live import LiveSettings
from models.live.event_log import EventLog
from models.live.frames import Frame

columns = st.lists(st.lists(st.integers(0, 10), min_size=2, max_size=2), min_size=1, max_size=40)
"""Scores of two classes in tenths: coarse enough to meet thresholds exactly."""

tenths = st.integers(1, 10)


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


# Two levels, levels per class, and the gate


def test_an_event_goes_on_down_to_the_offset_threshold() -> None:
    scores = timeline([0.1, 0.35, 0.8, 0.4, 0.35, 0.1, 0.35, 0.1])
    (event,) = find_events(scores, 0.7, offset_threshold=0.3)
    assert (event.onset_s, event.offset_s) == (1, 5)
    assert event.peak == pytest.approx(0.8)
    assert event.mean == pytest.approx((0.35 + 0.8 + 0.4 + 0.35) / 4)


def test_an_offset_threshold_of_zero_is_a_value() -> None:
    assert spans(find_events(timeline([0.1, 0.8, 0.0]), 0.7, offset_threshold=0.0)) == [(0, 3)]


def test_a_pause_is_bridged_to_a_run_without_an_onset() -> None:
    scores = timeline([0.4, 0.1, 0.8, 0.1, 0.1, 0.4])
    found = find_events(scores, 0.7, offset_threshold=0.3, merge_gap_s=1)
    assert spans(found) == [(0, 3)]


def test_a_class_may_have_its_own_threshold() -> None:
    scores = timeline([0.4, 0.6, 0.4], [0.4, 0.6, 0.4])
    found = find_events(scores, 0.3, thresholds={"Dog": 0.5})
    assert [(event.label, event.onset_s, event.offset_s) for event in found] == [
        ("Speech", 0, 3),
        ("Dog", 1, 2),
    ]


def test_its_own_threshold_lowers_the_offset_threshold_but_never_raises_it() -> None:
    rules = EventRules(0.5, 0.4, thresholds=(("Dog", 0.2), ("Cat", 0.9)))
    assert (rules.onset_for("Speech"), rules.offset_for("Speech")) == (0.5, 0.4)
    assert (rules.onset_for("Dog"), rules.offset_for("Dog")) == (0.2, 0.2)
    assert (rules.onset_for("Cat"), rules.offset_for("Cat")) == (0.9, 0.4)
    plain = EventRules(0.5, thresholds=(("Cat", 0.9),))
    assert (plain.offset_for("Speech"), plain.offset_for("Cat")) == (0.5, 0.9)


def test_a_frame_under_the_gate_never_sounds() -> None:
    scores = timeline([0.9, 0.9, 0.9, 0.9])
    audible = np.array([False, True, False, False])
    assert spans(find_events(scores, audible=audible)) == [(1, 2)]
    assert find_events(scores, audible=np.zeros(4, np.bool_)) == []


def test_a_gated_pause_enters_the_mean_but_not_the_peak() -> None:
    audible = np.array([True, False, True])
    (event,) = find_events(timeline([0.4, 1.0, 0.4]), audible=audible, merge_gap_s=1)
    assert (event.onset_s, event.offset_s) == (0, 3)
    assert (event.peak, event.mean) == (pytest.approx(0.4), pytest.approx(0.6))


def test_an_onset_under_the_gate_is_none() -> None:
    scores, audible = timeline([0.4, 1.0, 0.4]), np.array([True, False, True])
    rules = EventRules(0.7, 0.3, merge_gap_s=1)
    assert spans(rules.find(scores)) == [(0, 3)]
    assert rules.find(scores, audible=audible) == []


def test_a_gate_of_another_length_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="audible"):
        find_events(timeline([1, 1]), audible=np.ones(1, np.bool_))


def test_offset_thresholds_out_of_order_are_refused_with_a_guess() -> None:
    with pytest.raises(SettingError, match="swapped"):
        find_events(timeline([1]), 0.3, offset_threshold=0.5)
    with pytest.raises(SettingError, match=r"offset threshold is 30.*percent"):
        find_events(timeline([1]), 0.5, offset_threshold=30)


def test_thresholds_of_classes_are_checked() -> None:
    with pytest.raises(SettingError, match=r"of Dog is 50.*percent"):
        find_events(timeline([1], [1]), thresholds={"Dog": 50})
    with pytest.raises(SettingError, match="Wombat"):
        find_events(timeline([1], [1]), thresholds={"Wombat": 0.5})
    with pytest.raises(SettingError, match="Several thresholds are given for Dog"):
        EventRules(thresholds=(("Dog", 0.5), ("Dog", 0.6)))


def test_rules_can_be_kept_for_other_labels_and_used_as_a_key() -> None:
    rules = EventRules(0.4, thresholds=(("Dog", 0.5), ("Wombat", 0.6)))
    kept = rules.among(("Speech", "Dog"))
    assert kept == EventRules(0.4, thresholds=(("Dog", 0.5),))
    assert len({rules, kept, EventRules(0.4, thresholds=(("Dog", 0.5),))}) == 2
    assert spans(kept.find(timeline([0.5], [0.45]))) == [(0, 1)]


def test_many_classes_and_frames_are_found_block_by_block() -> None:
    generator = np.random.default_rng(3)
    scores = generator.random((3_000, 700), dtype=np.float32)
    names = tuple(f"class {index}" for index in range(700))
    onsets_s = timing.frame_onsets_s(3_000, 16_000, 16_000)
    whole = Timeline(scores, onsets_s, 1.0, 1.0, names, 3_000.0)
    found = find_events(whole, 0.99, offset_threshold=0.9, merge_gap_s=1)
    assert found == sorted(found)
    for index in (0, 332, 333, 334, 666, 699):
        alone = find_events(
            Timeline(scores[:, [index]], onsets_s, 1.0, 1.0, (names[index],), 3_000.0),
            0.99,
            offset_threshold=0.9,
            merge_gap_s=1,
        )
        assert alone
        assert [event for event in found if event.label == names[index]] == alone


def covers(events: list[Event], label: str, frame: int) -> bool:
    return any(
        event.label == label and event.onset_s <= frame and frame + 1 <= event.offset_s
        for event in events
    )


def sounding_s(events: list[Event]) -> float:
    return sum(event.offset_s - event.onset_s for event in events)


def tenth_rows(rows: list[list[int]]) -> Timeline:
    return timeline(*(np.array(rows, np.float64).T / 10).tolist())


@given(rows=columns, levels=st.tuples(tenths, tenths, tenths), gap=st.integers(0, 3))
def test_a_higher_threshold_never_adds_sounding_time(
    rows: list[list[int]], levels: tuple[int, int, int], gap: int
) -> None:
    offset, low, high = (level / 10 for level in sorted(levels))
    scores = tenth_rows(rows)
    for keep in ({}, {"offset_threshold": offset}):
        more = find_events(scores, low, merge_gap_s=gap, **keep)
        fewer = find_events(scores, high, merge_gap_s=gap, **keep)
        assert sounding_s(fewer) <= sounding_s(more)
        for event in fewer:
            for frame in range(int(event.onset_s), int(event.offset_s)):
                assert covers(more, event.label, frame)


@given(rows=columns, level=tenths, gap=st.integers(0, 3), shortest=st.integers(0, 3))
def test_equal_thresholds_are_no_hysteresis(
    rows: list[list[int]], level: int, gap: int, shortest: int
) -> None:
    scores, threshold = tenth_rows(rows), level / 10
    durations = {"merge_gap_s": gap, "min_duration_s": shortest}
    plain = find_events(scores, threshold, **durations)
    assert find_events(scores, threshold, offset_threshold=threshold, **durations) == plain


@given(rows=columns, levels=st.tuples(tenths, tenths), audible_seed=st.integers(0, 99))
def test_events_are_exactly_the_runs_with_an_onset(
    rows: list[list[int]], levels: tuple[int, int], audible_seed: int
) -> None:
    offset, onset = (np.float32(level / 10) for level in sorted(levels))
    scores = tenth_rows(rows)
    audible = np.random.default_rng(audible_seed).random(len(rows)) < 0.8
    found = find_events(scores, float(onset), offset_threshold=float(offset), audible=audible)
    expected: list[tuple[str, int, int]] = []
    for label, column in zip(scores.labels, scores.scores.T, strict=True):
        expected += [
            (label, frames[0], frames[-1] + 1)
            for frames in runs_of((column >= offset) & audible)
            if any(column[frame] >= onset for frame in frames)
        ]
    assert sorted((e.label, e.onset_s, e.offset_s) for e in found) == sorted(expected)


def runs_of(active: np.ndarray) -> list[list[int]]:
    grouped = itertools.groupby(range(len(active)), key=active.__getitem__)
    return [list(frames) for is_active, frames in grouped if is_active]


@given(
    rows=columns,
    levels=st.tuples(tenths, tenths),
    own=st.integers(0, 10),
    gap=st.integers(0, 3),
)
def test_a_threshold_of_its_own_changes_only_its_class(
    rows: list[list[int]], levels: tuple[int, int], own: int, gap: int
) -> None:
    offset, onset = (level / 10 for level in sorted(levels))
    scores = tenth_rows(rows)
    rules = EventRules(onset, offset, merge_gap_s=gap)
    with_own = EventRules(onset, offset, gap, thresholds=(("Dog", own / 10),))
    found = with_own.find(scores)
    assert [e for e in found if e.label == "Speech"] == rules.find(scores, labels=["Speech"])
    alone = find_events(
        scores,
        own / 10,
        offset_threshold=min(offset, own / 10),
        merge_gap_s=gap,
        labels=["Dog"],
    )
    assert [event for event in found if event.label == "Dog"] == alone
    for event in found:
        frames = scores.scores[int(event.onset_s) : int(event.offset_s)]
        reached = frames[:, scores.labels.index(event.label)].max()
        assert reached >= np.float32(with_own.onset_for(event.label))


@given(
    rows=columns,
    levels=st.tuples(st.integers(0, 10), tenths),
    gap_frames=st.integers(0, 3),
    gated=st.sets(st.integers(0, 39)),
)
def test_the_live_log_finds_the_same_events(
    rows: list[list[int]], levels: tuple[int, int], gap_frames: int, gated: set[int]
) -> None:
    hop_s, window_s = 0.25, 0.975
    offset, onset = (level / 10 for level in sorted(levels))
    scores = np.array(rows, np.float32) / 10
    onsets_s = np.arange(len(rows)) * hop_s
    centres_s = onsets_s + window_s / 2
    end_s = float(centres_s[-1] + hop_s / 2)
    whole = Timeline(scores, onsets_s, window_s, hop_s, ("Speech", "Dog"), end_s)
    audible = np.array([frame not in gated for frame in range(len(rows))])

    log = EventLog(whole.labels)
    settings = LiveSettings(
        threshold=onset, offset_threshold=offset, merge_gap_s=gap_frames * hop_s
    )
    for number, row in enumerate(scores):
        # A stream has a beginning too; what it ends with is the last frame heard.
        begin_s = centres_s[number] - hop_s / 2 if number else 0.0
        frame = Frame(
            onsets_s[number], begin_s, centres_s[number] + hop_s / 2, -20.0, number in gated, row
        )
        log.hear(frame, 0.0, settings)
    log.finish()

    rules = EventRules(onset, offset, merge_gap_s=gap_frames * hop_s)
    expected = rules.find(whole, audible=audible)
    heard = sorted(Event(e.onset_s, e.offset_s, e.label, e.peak, e.mean) for e in log.events())
    by_label = sorted(expected, key=lambda event: (event.label, event.onset_s))
    got = sorted(heard, key=lambda event: (event.label, event.onset_s))
    assert [event.label for event in got] == [event.label for event in by_label]
    for one, other in zip(got, by_label, strict=True):
        assert (one.onset_s, one.offset_s, one.peak, one.mean) == pytest.approx(
            (other.onset_s, other.offset_s, other.peak, other.mean), abs=1e-6
        )


@given(rows=columns, levels=st.tuples(tenths, tenths), own=st.integers(0, 10))
def test_what_is_found_without_gap_is_apart_and_what_is_found_with_it_covers_it(
    rows: list[list[int]], levels: tuple[int, int], own: int
) -> None:
    offset, onset = (level / 10 for level in sorted(levels))
    scores = tenth_rows(rows)
    thresholds = {"Speech": own / 10}
    found = find_events(scores, onset, offset_threshold=offset, thresholds=thresholds)
    merged = find_events(
        scores, onset, offset_threshold=offset, thresholds=thresholds, merge_gap_s=2
    )
    for label in scores.labels:
        mine = [event for event in found if event.label == label]
        assert all(a.offset_s < b.onset_s for a, b in itertools.pairwise(mine))
        for event in mine:
            for frame in range(int(event.onset_s), int(event.offset_s)):
                assert covers(merged, label, frame)
