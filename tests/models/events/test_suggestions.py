import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import Cancelled, SettingError
from models.events import Event, EventRules
from models.events.band_levels import band_levels
from models.events.evaluation import Case, Counts, Suggestions, evaluate, pool, suggest_thresholds
from models.events.evaluation.suggestions import (
    MAX_CANDIDATES,
    MIN_CANDIDATES,
    _candidates,
    _Search,
)
from models.events.truth import TrueEvent
from tests.models.events.cases import LABELS, random_case, scored

GRID = {"labels": ("Dog", "Speech"), "window_s": 1.0, "hop_s": 1.0}
"""One frame for each second."""


def case(dog: list[float], truth: list[TrueEvent], **more: Any) -> Case:  # noqa: ANN401
    made = Case.of(scored([(score, 0.0) for score in dog], **GRID), truth)
    return replace(made, **more)


def dog(onset_s: float, offset_s: float) -> TrueEvent:
    return TrueEvent(onset_s, offset_s, "Dog")


def counted(
    cases: list[Case],
    rules: EventRules,
    thresholds: dict[str, float],
    **leeway: Any,  # noqa: ANN401
) -> tuple[Counts, Counts]:
    """Overall counts with some other thresholds, by way of `evaluate`."""
    own = {**dict(rules.thresholds), **thresholds}
    changed = replace(rules, thresholds=tuple(sorted(own.items())))
    pooled = pool(
        {
            str(n): evaluate(
                one.truth, one.events(changed), one.timeline.labels, labels=one.labels, **leeway
            )
            for n, one in enumerate(cases)
        }
    )
    return pooled.events.overall, pooled.segments.overall


def test_the_best_threshold_of_one_clip_is_suggested() -> None:
    one = case([0.1, 0.2, 0.8, 0.9, 0.3, 0.0], [dog(2, 4), TrueEvent(0, 1, "Zebra")])
    found = suggest_thresholds([one], EventRules(0.25))
    assert list(found.by_label) == ["Dog"]
    best = found.by_label["Dog"]
    assert (best.threshold_before, best.threshold) == (0.25, 0.55)  # between 0.3 and 0.8
    # From 2 to 5 s the offset lies within half of the true length; per second it does not count.
    assert (best.before.events, best.before.segments) == (Counts(1, 0, 0), Counts(2, 1, 0))
    assert (best.after.events, best.after.segments) == (Counts(1, 0, 0), Counts(2, 0, 0))
    assert found.held_out is best.held_out is None
    assert found.better == {"Dog": 0.55}


def test_the_middle_of_the_best_range_is_suggested() -> None:
    # With pauses bridged, all between 0.2 and 0.9 give the same five seconds.
    one = case([0.2, 0.9, 0.4, 0.6, 0.8, 0.9, 0.2], [dog(1, 6)])
    found = suggest_thresholds([one], EventRules(0.1, merge_gap_s=3.0))
    assert found.better == {"Dog": pytest.approx(0.555, abs=0.006)}


def test_of_several_best_ranges_the_nearest_is_taken() -> None:
    # Above 0.5 one of two is found; up to 0.2 both, and two false alarms: 2/3 by both.
    one = case([0.9, 0.0, 0.2, 0.0, 0.5, 0.0, 0.5], [dog(0, 1), dog(2, 3)])
    for in_force, expected in ((0.0, 0.105), (0.95, 0.705)):
        found = suggest_thresholds([one], EventRules(in_force))
        assert found.better == {"Dog": pytest.approx(expected, abs=0.006)}
        assert found.after.events.f1 == found.after.segments.f1 == pytest.approx(2 / 3)


def test_a_threshold_that_cannot_be_bettered_stays() -> None:
    one = case([0.0, 0.9, 0.9, 0.0], [dog(1, 3), TrueEvent(0, 1, "Speech")])
    found = suggest_thresholds([one], EventRules(0.3, thresholds=(("Dog", 0.7),)))
    assert found.better == {}
    assert found.by_label["Dog"].threshold == 0.7
    assert found.by_label["Speech"].after.events == Counts(0, 0, 1)


def test_the_collar_decides_what_is_best() -> None:
    """An onset half a second late is a hit within a collar of 0.6 s alone."""
    one = case([0.0, 0.4, 0.8, 0.8, 0.0, 0.0], [dog(1.5, 4)])
    narrow = suggest_thresholds([one], EventRules(0.9), collar_s=0.2)
    wide = suggest_thresholds([one], EventRules(0.9), collar_s=0.6)
    assert narrow.after.events == Counts(0, 1, 1)
    assert wide.after.events == Counts(1, 0, 0)


def test_related_labels_decide_what_is_best() -> None:
    """A bark is found as a dog; a threshold for Bark that finds it too makes a false alarm."""
    scores = scored([(0.9, 0.0), (0.0, 0.0), (0.4, 0.9)], ("Dog", "Bark"), 1.0, 1.0)
    one = replace(
        Case.of(scores, [TrueEvent(0, 1, "Dog"), TrueEvent(2, 3, "Bark")]), allowed=("Dog", "Bark")
    )
    strict = suggest_thresholds([one], EventRules(0.95), related=False)
    assert strict.after.events == Counts(2, 0, 0)
    first = replace(one, truth=(TrueEvent(2, 3, "Bark"),), labels=("Bark",))
    dogs = EventRules(0.95, thresholds=(("Dog", 0.3),))
    assert suggest_thresholds([first], dogs, related=False).better == {
        "Bark": pytest.approx(0.455, abs=0.006)
    }
    found = suggest_thresholds([first], dogs, related=True)
    assert found.better == {}
    assert found.after.events == Counts(1, 0, 0)


@settings(deadline=None, max_examples=15)  # machines are busy at times
@given(
    seed=st.integers(0, 10_000),
    in_force=st.floats(0, 1),
    rules=st.sampled_from(
        [{}, {"merge_gap_s": 0.5}, {"min_duration_s": 0.6}, {"offset_threshold": 0.0}]
    ),
    collar_s=st.sampled_from([0.2, 0.5, 1.0]),
)
def test_no_other_threshold_of_a_label_does_better(
    seed: int, in_force: float, rules: dict[str, float], collar_s: float
) -> None:
    rng = np.random.default_rng(seed)
    cases = [
        replace(random_case(rng, int(rng.integers(2, 40)), 16), labels=("Dog",))
        for _ in range(rng.integers(1, 4))
    ]
    made = EventRules(in_force, **rules)
    found = suggest_thresholds(cases, made, collar_s=collar_s)
    for best in found.by_label.values():

        def figures(threshold: float) -> tuple[float, float]:
            events, segments = counted(cases, made, {"Dog": threshold}, collar_s=collar_s)
            return events.f1 or 0.0, segments.f1 or 0.0

        after = (best.after.events.f1 or 0.0, best.after.segments.f1 or 0.0)
        candidates = np.unique(np.concatenate([one.scores("Dog") for one in cases]))
        tried = [figures(float(score)) for score in candidates if score > 0]
        assert after == figures(best.threshold) == max([*tried, figures(in_force)])
        assert (best.before.events.f1 or 0.0, best.before.segments.f1 or 0.0) == figures(in_force)


def test_held_out_figures_are_those_of_thresholds_fitted_to_the_others() -> None:
    cases = [random_case(np.random.default_rng(seed), 60, 16) for seed in range(4)]
    rules = EventRules(0.9, merge_gap_s=0.5)
    found = suggest_thresholds(cases, rules, collar_s=0.5)
    expected = np.zeros(3, int)
    for n, one in enumerate(cases):
        others = suggest_thresholds(cases[:n] + cases[n + 1 :], rules, collar_s=0.5)
        events, _ = counted([one], rules, others.better, collar_s=0.5)
        expected += (events.tp, events.fp, events.fn)
    assert found.held_out == Counts(*expected.tolist())
    assert (found.held_out.f1 or 0) < (found.after.events.f1 or 0)
    assert set(found.by_label) == set(LABELS)
    per_label = [one.held_out for one in found.by_label.values()]
    assert sum(one.tp for one in per_label) == found.held_out.tp


def test_a_label_counts_only_in_clips_that_are_evaluated_for_it() -> None:
    first = case([0.9, 0.0, 0.4, 0.0], [dog(0, 1)])
    other = case([0.0, 0.4, 0.0, 0.4], [TrueEvent(0, 1, "Speech")])
    found = suggest_thresholds([first, other], EventRules(0.3))
    assert found.by_label["Dog"].before.events == Counts(1, 1, 0)
    assert found.by_label["Dog"].after.events == Counts(1, 0, 0)


def test_edges_are_refined_where_levels_are_known() -> None:
    samples = np.zeros(6 * 16_000, np.float32)
    samples[40_000:56_000] = np.sin(np.arange(16_000) * 0.4)
    one = case([0.0, 0.0, 0.9, 0.9, 0.0, 0.0], [dog(2.5, 3.5)])
    assert suggest_thresholds([one], EventRules(0.3)).after.events.tp == 0
    refined = replace(one, levels=band_levels(samples, 16_000))
    assert suggest_thresholds([refined], EventRules(0.3)).after.events == Counts(1, 0, 0)


def test_rules_of_events_hold_for_suggestions() -> None:
    # Below the level gate nothing sounds, so the false alarm there is none.
    one = case([0.9, 0.0, 0.8, 0.8], [dog(2, 4)])
    gate = np.array([False, False, True, True])
    assert suggest_thresholds([one], EventRules(0.5)).after.events == Counts(1, 1, 0)
    gated = suggest_thresholds([replace(one, audible=gate)], EventRules(0.85))
    assert gated.after.events == Counts(1, 0, 0)


def test_candidates_are_hundredths() -> None:
    assert _candidates(MAX_CANDIDATES).tolist() == [number / 100 for number in range(1, 100)]
    assert _candidates(3).tolist() == [0.01, 0.5, 0.99]


def test_long_clips_with_many_labels_are_tried_with_fewer_thresholds() -> None:
    labels = tuple(f"label {number}" for number in range(521))
    truth = tuple(TrueEvent(0, 1, label) for label in labels)
    few = Case(scored(np.zeros((60, 521)), labels), truth, labels[:20])
    many = Case(scored(np.zeros((4_500, 521)), labels), truth, labels)
    chosen = [
        _Search([one] * count, EventRules(), 0.2, related=False)._n_candidates
        for one, count in ((few, 20), (many, 1), (many, 20))
    ]
    assert chosen[0] == MAX_CANDIDATES
    assert MIN_CANDIDATES < chosen[1] < MAX_CANDIDATES
    assert chosen[2] == MIN_CANDIDATES


def test_suggestions_tell_how_far_they_are_and_can_be_cancelled() -> None:
    cases = [random_case(np.random.default_rng(1), 60, 16)] * 2
    told: list[float] = []
    suggest_thresholds(cases, EventRules(), progress=told.append)
    assert told == sorted(told)
    assert len(told) > len(LABELS)
    assert told[-1] == 1.0

    def stop(_done: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        suggest_thresholds(cases, EventRules(), progress=stop)


def test_without_a_true_event_nothing_is_suggested() -> None:
    empty = replace(case([0.9], []), labels=("Dog",))
    found = suggest_thresholds([empty], EventRules())
    assert found == Suggestions({}, found.before, found.after, None)
    assert found.before.events == Counts(0, 1, 0)


@pytest.mark.parametrize("collar_s", [math.nan, -0.1])
def test_a_collar_out_of_range_is_refused(collar_s: float) -> None:
    with pytest.raises(SettingError):
        suggest_thresholds([], EventRules(), collar_s=collar_s)


def test_events_of_a_case_have_allowed_labels_alone() -> None:
    scores = scored([(0.9, 0.9)], ("Dog", "Speech"), 1.0, 1.0)
    one = replace(Case.of(scores, [dog(0, 1)]), allowed=("Dog",))
    assert one.events(EventRules()) == [
        Event(0.0, 1.0, "Dog", pytest.approx(0.9), pytest.approx(0.9))
    ]
