import math
import random
import time
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
import sed_eval
from hypothesis import given, settings
from hypothesis import strategies as st

from models.audio import timing
from models.errors import Cancelled, SettingError
from models.events import Event, find_events
from models.events.evaluation import (
    MAX_CANDIDATES,
    Agreement,
    Comparison,
    Counts,
    compare,
    evaluate,
    event_based,
    segment_based,
    suggest_thresholds,
    suggestions,
)
from models.events.evaluation.suggestions import _best, _candidates, _f1
from models.events.timeline import Timeline
from models.events.truth import TrueEvent

LABELS = ["Bee, wasp, etc.", "Dog", "Speech"]

# A grid of 0.1 s puts many onsets and offsets right on the edge of collars and segments.
times_s = st.integers(0, 80).map(lambda tenths: tenths / 10) | st.floats(0, 8)
spans_s = st.tuples(times_s, times_s).map(sorted)
true_events = st.builds(
    lambda span, label: TrueEvent(*span, label), spans_s, st.sampled_from(LABELS)
)
heard_events = st.builds(
    lambda span, label: Event(*span, label, 0.5, 0.5), spans_s, st.sampled_from(LABELS)
)
both = (st.lists(true_events, max_size=12), st.lists(heard_events, max_size=12))


def as_dicts(events: Iterable[Any]) -> list[dict[str, Any]]:
    return [
        {"onset": event.onset_s, "offset": event.offset_s, "event_label": event.label}
        for event in events
    ]


def assert_same(ours: Agreement, theirs: Any) -> None:  # noqa: ANN401
    overall = theirs.overall
    assert ours.overall.tp == overall["Ntp"]
    assert ours.overall.tp + ours.overall.fp == overall["Nsys"]
    assert ours.overall.tp + ours.overall.fn == overall["Nref"]
    assert_same_figures(ours.overall, theirs.results_overall_metrics()["f_measure"])
    for label, counts in ours.by_label.items():
        by_label = theirs.class_wise[label]
        assert counts.tp == by_label["Ntp"]
        assert counts.fp == by_label["Nfp"]
        assert counts.fn == by_label["Nfn"]
        assert_same_figures(counts, theirs.results_class_wise_metrics()[label]["f_measure"])


def assert_same_figures(counts: Counts, figures: dict[str, float]) -> None:
    assert same(counts.precision, figures["precision"])
    assert same(counts.recall, figures["recall"])
    if math.isnan(figures["f_measure"]):  # precision or recall has nothing to count
        assert counts.f1 == (0.0 if counts.fp or counts.fn else None)
    else:
        assert same(counts.f1, figures["f_measure"])


def same(ours: float | None, theirs: float) -> bool:
    return math.isnan(theirs) if ours is None else math.isclose(ours, theirs)


@settings(deadline=None)  # machines are busy at times
@given(*both, st.sampled_from([1.0, 0.1, 0.48, 3.0]))
def test_segment_based_figures_are_sed_evals(
    truth: list[TrueEvent], heard: list[Event], time_resolution_s: float
) -> None:
    theirs = sed_eval.sound_event.SegmentBasedMetrics(LABELS, time_resolution_s)
    theirs.evaluate(as_dicts(truth), as_dicts(heard))
    assert_same(segment_based(truth, heard, LABELS, time_resolution_s=time_resolution_s), theirs)


@settings(deadline=None)  # machines are busy at times
@given(
    *both, st.sampled_from([0.2, 0.1, 0.5, 2.0]), st.sampled_from([0.5, 0.0, 0.2]), st.booleans()
)
def test_event_based_figures_are_sed_evals(
    truth: list[TrueEvent], heard: list[Event], collar_s: float, share: float, offsets: bool
) -> None:
    theirs = sed_eval.sound_event.EventBasedMetrics(
        LABELS, evaluate_offset=offsets, t_collar=collar_s, percentage_of_length=share
    )
    theirs.evaluate(as_dicts(truth), as_dicts(heard))
    comparison = compare(
        truth, heard, collar_s=collar_s, percentage_of_length=share, evaluate_offset=offsets
    )
    assert_same(event_based(truth, heard, LABELS, comparison), theirs)


def test_the_defaults_are_sed_evals() -> None:
    shuffled = random.Random(7)  # noqa: S311  # no secret
    truth, heard = [], []
    for _ in range(200):
        onset_s, label = shuffled.uniform(0, 60), shuffled.choice(LABELS)
        offset_s = onset_s + shuffled.uniform(0, 3)
        truth.append(TrueEvent(onset_s, offset_s, label))
        shift_s = shuffled.uniform(0, 0.4)
        heard.append(Event(onset_s + shift_s, offset_s + 2 * shift_s, label, 0.5, 0.5))
    ours = evaluate(truth, heard, LABELS)
    segments = sed_eval.sound_event.SegmentBasedMetrics(LABELS)
    events = sed_eval.sound_event.EventBasedMetrics(LABELS)
    for theirs in (segments, events):
        theirs.evaluate(as_dicts(truth), as_dicts(heard))
    assert_same(ours.segments, segments)
    assert_same(ours.events, events)
    assert 0.3 < ours.events.overall.f1 < 0.9  # both hits and misses, or the test says nothing


@settings(deadline=None)  # machines are busy at times
@given(*both, st.booleans())
def test_each_event_is_hit_missed_or_false(
    truth: list[TrueEvent], heard: list[Event], offsets: bool
) -> None:
    found = compare(truth, heard, evaluate_offset=offsets)
    assert sorted([i for i, _ in found.hits] + list(found.misses)) == list(range(len(truth)))
    assert sorted([j for _, j in found.hits] + list(found.false_alarms)) == list(range(len(heard)))
    for i, j in found.hits:
        true, estimated = truth[i], heard[j]
        assert true.label == estimated.label
        assert abs(true.onset_s - estimated.onset_s) <= 0.2
        if offsets:
            leeway_s = max(0.2, 0.5 * (true.offset_s - true.onset_s))
            assert abs(true.offset_s - estimated.offset_s) <= leeway_s


@settings(deadline=None)  # machines are busy at times
@given(*both)
def test_the_right_class_with_edges_off_is_told(truth: list[TrueEvent], heard: list[Event]) -> None:
    def overlap(one: TrueEvent | Event, other: TrueEvent | Event) -> bool:
        inside = one.onset_s < other.offset_s and other.onset_s < one.offset_s
        return one.label == other.label and inside

    found = compare(truth, heard)
    near = [i for i in found.misses if any(overlap(truth[i], event) for event in heard)]
    alarms = [j for j in found.false_alarms if any(overlap(heard[j], event) for event in truth)]
    assert list(found.near_misses) == near
    assert list(found.near_false_alarms) == alarms


def test_pairs_are_chosen_so_that_there_are_as_many_as_can_be() -> None:
    # The first true event could take either, the second only the first one heard.
    truth = [TrueEvent(1.0, 2.0, "Dog"), TrueEvent(0.8, 2.0, "Dog")]
    heard = [Event(0.9, 2.0, "Dog", 0.5, 0.5), Event(1.1, 2.0, "Dog", 0.5, 0.5)]
    assert compare(truth, heard) == Comparison(hits=((0, 1), (1, 0)), misses=(), false_alarms=())


def test_a_long_chain_of_events_is_paired_in_time() -> None:
    n_events = 20_000
    truth = [TrueEvent(i * 0.3, i * 0.3 + 0.1, "Dog") for i in range(n_events)]
    heard = [Event(i * 0.3 + 0.15, i * 0.3 + 0.25, "Dog", 0.5, 0.5) for i in range(n_events)]
    assert len(compare(truth, heard[1:]).hits) == n_events - 1


def test_labels_that_the_model_does_not_have_are_told_and_not_counted() -> None:
    truth = [TrueEvent(0, 1, "Speech"), TrueEvent(1, 2, "Zebra"), TrueEvent(1, 2, "Aardvark")]
    heard = [Event(0, 1, "Speech", 0.5, 0.5), Event(0, 1, "Music", 0.5, 0.5)]
    result = evaluate(truth, heard, ["Music", "Speech"])
    assert result.unknown_labels == ("Aardvark", "Zebra")
    assert result.labels == ("Speech",)
    assert result.segments.overall == result.events.overall == Counts(1, 0, 0)
    assert result.comparison == Comparison(hits=((0, 0),), misses=(), false_alarms=())


def test_labels_under_evaluation_can_be_chosen() -> None:
    truth = [TrueEvent(0, 1, "Speech")]
    heard = [Event(3, 5, "Music", 0.5, 0.5)]
    result = evaluate(truth, heard, ["Music", "Speech"], labels=["Speech", "Music"])
    assert list(result.events.by_label.items()) == [
        ("Music", Counts(0, 1, 0)),
        ("Speech", Counts(0, 0, 1)),
    ]
    assert result.segments.by_label["Music"] == Counts(0, 2, 0)
    assert result.comparison == Comparison(hits=(), misses=(0,), false_alarms=(0,))


def test_nothing_to_count_is_none() -> None:
    result = evaluate([], [], LABELS, labels=["Dog"])
    for agreement in (result.segments, result.events):
        for counts in (agreement.overall, agreement.by_label["Dog"]):
            assert (counts.precision, counts.recall, counts.f1) == (None, None, None)
    assert evaluate([], [], LABELS).events.by_label == {}


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("time_resolution_s", 0.0),
        ("time_resolution_s", math.nan),
        ("time_resolution_s", math.inf),
        ("collar_s", -0.1),
        ("collar_s", math.nan),
        ("percentage_of_length", 50.0),
        ("percentage_of_length", math.nan),
    ],
)
def test_settings_out_of_range_are_refused(setting: str, value: float) -> None:
    with pytest.raises(SettingError) as caught:
        evaluate([], [], LABELS, **{setting: value})
    assert ("percent?" in str(caught.value)) == (value == 50.0)


def timeline(*columns: list[float], labels: tuple[str, ...] = ("Dog", "Speech")) -> Timeline:
    """One frame for each second."""
    scores = np.array(columns, np.float32).T
    onsets_s = timing.frame_onsets_s(len(scores), 16_000, 16_000)
    return Timeline(scores, onsets_s, 1.0, 1.0, labels, float(len(scores)))


def test_the_middle_of_the_best_range_is_suggested() -> None:
    # With pauses bridged, 0.4, 0.6, 0.8 and 0.9 give the same five seconds; 0.6 is nearest to 0.65.
    scores = timeline([0.2, 0.9, 0.4, 0.6, 0.8, 0.9, 0.2], [0.0] * 7)
    found = suggest_thresholds(scores, [TrueEvent(1, 6, "Dog")], 0.1, merge_gap_s=3.0)["Dog"]
    assert found.threshold == pytest.approx(0.6)
    assert found.f1 == 1.0


def test_what_is_in_force_is_compared_with_the_best() -> None:
    scores = timeline([0.1, 0.2, 0.8, 0.9, 0.3, 0.0], [0.0] * 6)
    truth = [TrueEvent(2, 4, "Dog"), TrueEvent(0, 1, "Zebra")]
    (label, found), *rest = suggest_thresholds(scores, truth, 0.25).items()
    assert (label, rest) == ("Dog", [])
    assert found.threshold == pytest.approx(0.8)
    assert (found.f1, found.f1_before) == (1.0, 0.8)


def test_of_several_best_ranges_the_nearest_is_taken() -> None:
    # With 0.9 one of two seconds is heard, and with 0.2 two true and two wrong ones: both 2/3.
    scores = timeline([0.9, 0.2, 0.5, 0.5, 0.0, 0.0], [0.0] * 6)
    truth = [TrueEvent(0, 2, "Dog")]
    for in_force, expected in ((0.0, 0.2), (0.95, 0.9)):
        found = suggest_thresholds(scores, truth, in_force)["Dog"]
        assert found.threshold == pytest.approx(expected)
        assert found.f1 == pytest.approx(2 / 3)
        assert found.f1 > found.f1_before


def test_a_threshold_that_cannot_be_bettered_stays() -> None:
    scores = timeline([0.0, 0.9, 0.9, 0.0], [0.0] * 4)
    truth = [TrueEvent(1, 3, "Dog"), TrueEvent(0, 1, "Speech")]
    found = suggest_thresholds(scores, truth, 0.3, thresholds={"Dog": 0.7})
    assert (found["Dog"].threshold, found["Dog"].f1, found["Dog"].f1_before) == (0.7, 1.0, 1.0)
    assert (found["Speech"].threshold, found["Speech"].f1) == (0.3, 0.0)


@settings(deadline=None)  # machines are busy at times
@given(
    st.lists(st.integers(0, 256), min_size=3, max_size=30),
    st.lists(st.booleans(), min_size=30, max_size=30),
    st.floats(0, 1),
    st.sampled_from([{}, {"merge_gap_s": 1.0}, {"min_duration_s": 2.0}, {"offset_threshold": 0.0}]),
)
def test_no_threshold_does_better_than_the_suggested_one(
    steps: list[int], sounds: list[bool], in_force: float, rules: dict[str, Any]
) -> None:
    scores = timeline([step / 256 for step in steps], [0.0] * len(steps))
    truth = [TrueEvent(i, i + 1, "Dog") for i in range(len(steps)) if sounds[i]]
    suggestions = suggest_thresholds(scores, truth, in_force, **rules)
    assert set(suggestions) == {event.label for event in truth}
    for found in suggestions.values():

        def f1(threshold: float) -> float:
            heard = find_events(
                scores, in_force, thresholds={"Dog": threshold}, labels=["Dog"], **rules
            )
            return segment_based(truth, heard, ["Dog"]).overall.f1 or 0.0

        assert found.f1 == f1(found.threshold)
        assert found.f1_before == f1(in_force)
        assert found.f1 == max([f1(step / 256) for step in steps if step] + [found.f1_before])


def test_candidates_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[float] = []

    def noted(levels: Any, sounds: Any, thresholds: Any) -> Any:  # noqa: ANN401
        tried.extend(thresholds[1:].tolist())
        return _f1(levels, sounds, thresholds)

    monkeypatch.setattr(suggestions, "_f1", noted)
    many = np.linspace(0.001, 0.999, 1000).tolist()
    suggest_thresholds(timeline(many, many), [TrueEvent(0, 500, "Dog")])
    assert len(tried) == MAX_CANDIDATES
    assert min(tried) == pytest.approx(0.001)
    assert max(tried) == pytest.approx(0.999)


grids_s = st.sampled_from([(1.0, 1.0), (0.975, 0.48), (0.975, 0.1), (0.5, 2.0), (0.975, 0.975)])


@settings(deadline=None, max_examples=300)  # machines are busy at times
@given(
    steps=st.lists(st.integers(0, 16), min_size=1, max_size=40),
    true=st.lists(spans_s, min_size=1, max_size=6),
    grid_s=grids_s,
    in_force=st.floats(0, 1) | st.integers(0, 16).map(lambda step: step / 16),
    offset=st.none() | st.floats(0, 1) | st.integers(0, 16).map(lambda step: step / 16),
    merge_gap_s=st.sampled_from([0.0, 0.1, 0.48, 0.5, 1.0, 2.0, 3.7, math.inf]),
    min_duration_s=st.sampled_from([0.0, 0.1, 0.3, 0.975, 1.0, 1.44, 2.0, 5.0, math.inf]),
    shut=st.none() | st.sets(st.integers(0, 39)),
    time_resolution_s=st.sampled_from([0.01, 0.1, 0.48, 1.0, 3.0]),
)
def test_sweeping_finds_what_trying_each_threshold_finds(
    steps: list[int],
    true: list[list[float]],
    grid_s: tuple[float, float],
    in_force: float,
    offset: float | None,
    merge_gap_s: float,
    min_duration_s: float,
    shut: set[int] | None,
    time_resolution_s: float,
) -> None:
    window_s, hop_s = grid_s
    n_frames = len(steps)
    scores = np.array(steps, np.float32)[:, None] / 16
    onsets_s = timing.frame_onsets_s(n_frames, round(hop_s * 16_000), 16_000)
    heard = Timeline(scores, onsets_s, window_s, hop_s, ("Dog",), onsets_s[-1] + window_s)
    audible = None if shut is None else ~np.isin(np.arange(n_frames), list(shut))
    rules: dict[str, Any] = {
        "offset_threshold": None if offset is None else min(offset, in_force),
        "merge_gap_s": merge_gap_s,
        "min_duration_s": min_duration_s,
        "audible": audible,
    }
    truth = [TrueEvent(*span, "Dog") for span in true]

    def f1(threshold: float) -> float:
        found = find_events(heard, in_force, thresholds={"Dog": threshold}, **rules)
        figures = segment_based(truth, found, ["Dog"], time_resolution_s=time_resolution_s)
        return figures.overall.f1 or 0.0

    candidates = _candidates(heard.scores[:, 0])
    expected = _best(candidates, np.array([f1(t) for t in candidates]), in_force, f1(in_force))
    found = suggest_thresholds(heard, truth, in_force, time_resolution_s=time_resolution_s, **rules)
    assert found == {"Dog": expected}


def test_suggestions_tell_how_far_they_are_and_can_be_cancelled() -> None:
    scores = timeline([0.1, 0.9], [0.2, 0.8])
    truth = [TrueEvent(0, 1, "Dog"), TrueEvent(0, 1, "Speech"), TrueEvent(0, 1, "Zebra")]
    told: list[float] = []
    suggest_thresholds(scores, truth, progress=told.append)
    assert told == [0.5, 1.0]

    def stop(_done: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        suggest_thresholds(scores, truth, progress=stop)


def test_all_labels_take_no_longer_than_a_few_searches_for_events() -> None:
    """To search with each of 200 candidates of each label takes 600 times as long as once."""
    labels = tuple(f"label {number}" for number in range(521))
    rng = np.random.default_rng(1)
    scores = np.round(rng.random((4_500, 521)) * 256).astype(np.float32) / 256
    onsets_s = timing.frame_onsets_s(4_500, 1_600, 16_000)
    heard = Timeline(scores, onsets_s, 0.975, 0.1, labels, 450.0)
    truth = [
        TrueEvent(number % 400, number % 400 + 9, label) for number, label in enumerate(labels)
    ]
    began_s = time.thread_time()
    find_events(heard, 0.3, merge_gap_s=0.5)
    search_s = time.thread_time() - began_s
    began_s = time.thread_time()
    suggest_thresholds(heard, truth, merge_gap_s=0.5)
    assert time.thread_time() - began_s < 100 * search_s


def test_rules_of_events_hold_for_suggestions() -> None:
    # Under the level gate nothing sounds, so the false alarm there is none.
    scores = timeline([0.9, 0.9, 0.8, 0.8], [0.0] * 4)
    truth = [TrueEvent(2, 4, "Dog")]
    gate = np.array([False, False, True, True])
    assert suggest_thresholds(scores, truth, 0.5)["Dog"].f1 < 1
    assert suggest_thresholds(scores, truth, 0.85, audible=gate)["Dog"].f1 == 1.0


@pytest.mark.parametrize("value", [math.nan, 1.5])
def test_rules_out_of_range_are_refused(value: float) -> None:
    scores = timeline([0.9, 0.9], [0.0, 0.0])
    with pytest.raises(SettingError):
        suggest_thresholds(scores, [TrueEvent(0, 1, "Dog")], value)


def test_related_labels_count_where_that_is_chosen() -> None:
    truth = [TrueEvent(0, 1, "Chirp, tweet"), TrueEvent(5, 6, "Dog"), TrueEvent(8, 9, "Bark")]
    spans = [(0, 1, "Bird"), (5, 6, "Bark"), (8, 9, "Dog"), (3, 4, "Bird"), (3, 4, "Dog")]
    heard = [Event(*span, 0.5, 0.5) for span in spans]
    known = ["Chirp, tweet", "Bird", "Dog", "Bark"]
    strict = evaluate(truth, heard, known)
    assert strict.events.overall == strict.segments.overall == Counts(0, 3, 3)
    found = evaluate(truth, heard, known, related=True)
    assert found.comparison.hits == ((0, 0), (1, 1), (2, 2))
    # Nothing of the kind sounds at 3 s: the dog is a false alarm, and birds are not in the list.
    assert found.events.overall == found.segments.overall == Counts(3, 1, 0)
    assert found.events.by_label["Dog"] == found.segments.by_label["Dog"] == Counts(1, 1, 0)


@pytest.mark.parametrize(
    "labels", [("Animal", "Domestic animals, pets"), ("Domestic animals, pets", "Animal")]
)
def test_related_labels_give_as_many_hits_as_can_be(labels: tuple[str, str]) -> None:
    """A dog is both, wild animals are only the first."""
    truth = [TrueEvent(0, 1, label) for label in labels]
    heard = [Event(0, 1, label, 0.5, 0.5) for label in ("Dog", "Wild animals")]
    found = evaluate(truth, heard, [*labels, "Dog", "Wild animals"], related=True)
    assert found.events.overall == Counts(2, 0, 0)


@settings(deadline=None)  # machines are busy at times
@given(*both)
def test_unrelated_labels_make_no_difference(truth: list[TrueEvent], heard: list[Event]) -> None:
    chosen = evaluate(truth, heard, LABELS, related=True)
    assert chosen == evaluate(truth, heard, LABELS)
