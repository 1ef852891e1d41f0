import math
import random
from collections.abc import Iterable
from typing import Any

import pytest
import sed_eval
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import SettingError
from models.events import Event
from models.events.evaluation import (
    Agreement,
    Comparison,
    Counts,
    compare,
    evaluate,
    event_based,
    segment_based,
)
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
