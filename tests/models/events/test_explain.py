import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.audio import timing
from models.errors import SettingError
from models.events import Event, EventRules, taxonomy
from models.events.explain import Reason, Verdict, course, explain
from models.events.timeline import Timeline

LABELS = ("Speech", "Dog", "Music")

tenths = st.integers(0, 10)


def timeline(*columns: list[float], hop_s: float = 1.0) -> Timeline:
    """A window of one second; one second per frame unless told otherwise."""
    scores = np.array(columns, dtype=np.float32).T
    onsets_s = timing.frame_onsets_s(len(scores), round(hop_s * 16_000), 16_000)
    duration_s = float(onsets_s[-1]) + 1.0
    return Timeline(scores, onsets_s, 1.0, hop_s, LABELS[: len(columns)], duration_s)


def verdict(scores: list[float], frame: int, rules: EventRules, **given: object) -> Verdict:
    (only,) = explain(timeline(scores), frame + 0.5, rules, **given).verdicts
    return only


def test_heard_with_its_event() -> None:
    found = verdict([0.1, 0.4, 0.8, 0.1], 1, EventRules(0.3))
    assert found.reason is Reason.HEARD
    assert found.event is not None
    assert (found.event.onset_s, found.event.offset_s) == (1.0, 3.0)
    assert found.score == pytest.approx(0.4)
    assert found.missing == 0


def test_below_the_threshold_by_so_much() -> None:
    found = verdict([0.1, 0.24], 1, EventRules(0.3))
    assert found.reason is Reason.BELOW_THRESHOLD
    assert found.event is None
    assert found.threshold == 0.3
    assert found.missing == pytest.approx(0.06)


def test_between_the_thresholds_without_an_onset() -> None:
    rules = EventRules(0.7, 0.3)
    assert verdict([0.1, 0.4, 0.1, 0.8], 1, rules).reason is Reason.NO_ONSET
    assert verdict([0.1, 0.4, 0.8], 1, rules).reason is Reason.HEARD
    assert verdict([0.1, 0.4, 0.8], 0, rules).reason is Reason.BELOW_THRESHOLD


def test_under_the_gate_only_where_the_score_would_do() -> None:
    audible = np.array([False, False, True])
    assert verdict([0.9, 0.1, 0.9], 0, EventRules(0.3), audible=audible).reason is Reason.GATED
    below = verdict([0.9, 0.1, 0.9], 1, EventRules(0.3), audible=audible)
    assert below.reason is Reason.BELOW_THRESHOLD
    assert not below.is_audible


def test_too_short_with_what_would_be_an_event() -> None:
    found = verdict([0.1, 0.9, 0.1], 1, EventRules(0.3, min_duration_s=2))
    assert found.reason is Reason.TOO_SHORT
    assert found.event is None
    assert found.run is not None
    assert (found.run.onset_s, found.run.offset_s) == (1.0, 2.0)


def test_hidden_only_where_it_would_be_an_event() -> None:
    rules = EventRules(0.3)
    hidden = verdict([0.9, 0.1], 0, rules, labels=[])
    assert hidden.reason is Reason.HIDDEN
    assert hidden.event is None
    assert hidden.run is not None
    assert verdict([0.9, 0.1], 1, rules, labels=[]).reason is Reason.BELOW_THRESHOLD
    assert verdict([0.9, 0.1], 0, rules, labels=["Speech"]).reason is Reason.HEARD


def test_covered_where_only_the_most_specific_are_shown() -> None:
    given = Timeline(
        timeline([0.9, 0.1, 0.9], [0.9, 0.1, 0.1]).scores,
        *(np.arange(3.0), 1.0, 1.0),
        ("Animal", "Bark"),
        3.0,
    )
    rules = EventRules(0.3)
    events = taxonomy.most_specific(rules.find(given))
    reasons = [
        {found.label: found.reason for found in explain(given, at_s, rules, events=events).verdicts}
        for at_s in (0.5, 1.5, 2.5)
    ]
    assert reasons == [
        {"Animal": Reason.COVERED, "Bark": Reason.HEARD},
        {"Animal": Reason.BELOW_THRESHOLD, "Bark": Reason.BELOW_THRESHOLD},
        {"Animal": Reason.HEARD, "Bark": Reason.BELOW_THRESHOLD},
    ]
    every = rules.find(given)
    (animal, _) = explain(given, 0.5, rules, events=events, found=every).verdicts
    assert animal.reason is Reason.COVERED
    # Neither shown nor covered: with its edges moved it was too short.
    (animal, _) = explain(given, 0.5, rules, events=events, found=events).verdicts
    assert animal.reason is Reason.SHORTENED
    (animal, _) = explain(given, 0.5, rules, events=events).verdicts
    assert animal.event is None
    assert animal.run is not None


def test_a_bridged_pause_is_heard_as_merged() -> None:
    rules = EventRules(0.3, merge_gap_s=1)
    paused = verdict([0.9, 0.1, 0.9], 1, rules)
    assert paused.reason is Reason.MERGED
    assert paused.event is not None
    assert (paused.event.onset_s, paused.event.offset_s) == (0.0, 3.0)
    gated = verdict([0.9, 0.9, 0.9], 1, rules, audible=np.array([True, False, True]))
    assert gated.reason is Reason.MERGED
    assert not gated.is_audible


def test_scores_are_compared_in_their_own_precision() -> None:
    assert verdict([0.7], 0, EventRules(0.7)).reason is Reason.HEARD
    hysteresis = EventRules(0.9, 0.7)
    assert verdict([0.7, 0.9], 0, hysteresis).reason is Reason.HEARD


def test_each_class_has_its_own_thresholds() -> None:
    rules = EventRules(0.6, 0.5, thresholds=(("Dog", 0.2),))
    speech, dog = explain(timeline([0.4], [0.3]), 0.5, rules).verdicts
    assert (speech.label, speech.reason) == ("Speech", Reason.BELOW_THRESHOLD)
    assert (speech.threshold, speech.offset_threshold) == (0.6, 0.5)
    assert (dog.label, dog.reason) == ("Dog", Reason.HEARD)
    assert (dog.threshold, dog.offset_threshold) == (0.2, 0.2)


def test_an_instant_has_its_frame_its_window_and_its_level() -> None:
    scores = timeline([0.1, 0.2, 0.3, 0.4], hop_s=0.5)
    levels_dbfs = np.array([-10.0, -20.0, -30.0, -40.0])
    audible = levels_dbfs > -25
    found = explain(scores, 1.3, EventRules(), levels_dbfs=levels_dbfs, audible=audible)
    assert found.frame == 2
    assert (found.begin_s, found.end_s) == (1.25, 1.75)
    assert (found.window_begin_s, found.window_end_s) == (1.0, 2.0)
    assert (found.level_dbfs, found.is_audible) == (-30.0, False)
    assert explain(scores, 0.0, EventRules()).level_dbfs is None


def test_a_padded_window_ends_with_the_clip() -> None:
    short = Timeline(np.zeros((1, 1), np.float32), np.zeros(1), 1.0, 0.5, ("Speech",), 0.4)
    found = explain(short, 0.2, EventRules())
    assert (found.begin_s, found.end_s, found.window_end_s) == (0.0, 0.4, 0.4)


def test_the_best_classes_come_first_and_others_if_asked_for() -> None:
    scores = timeline([0.1], [0.9], [0.5])
    rules = EventRules()
    assert [v.label for v in explain(scores, 0, rules).verdicts] == ["Dog", "Music", "Speech"]
    assert [v.label for v in explain(scores, 0, rules, k=1).verdicts] == ["Dog"]
    asked = explain(scores, 0, rules, k=1, also=["Speech", "Dog"])
    assert [v.label for v in asked.verdicts] == ["Dog", "Speech"]
    assert explain(scores, 0, rules, k=0).verdicts == ()


def test_what_cannot_be_explained_is_refused() -> None:
    with pytest.raises(SettingError, match="nan"):
        explain(timeline([0.1]), float("nan"), EventRules())
    with pytest.raises(SettingError, match="Wombat"):
        explain(timeline([0.1]), 0, EventRules(), also=["Wombat"])


@given(
    rows=st.lists(st.lists(tenths, min_size=3, max_size=3), min_size=1, max_size=20),
    levels=st.tuples(tenths, tenths),
    own=tenths,
    durations=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    shown=st.sets(st.sampled_from(LABELS)),
    seed=st.integers(0, 99),
)
def test_heard_means_that_an_event_covers_the_frame(
    rows: list[list[int]],
    levels: tuple[int, int],
    own: int,
    durations: tuple[int, int],
    shown: set[str],
    seed: int,
) -> None:
    offset, onset = (level / 10 for level in sorted(levels))
    rules = EventRules(onset, offset, *durations, thresholds=(("Dog", own / 10),))
    scores = timeline(*(np.array(rows, np.float64).T / 10).tolist())
    audible = np.random.default_rng(seed).random(len(rows)) < 0.8
    events = rules.find(scores, labels=shown, audible=audible)
    for frame in range(len(rows)):
        for found in explain(scores, frame + 0.5, rules, labels=shown, audible=audible).verdicts:
            covering = [
                event
                for event in events
                if event.label == found.label and event.onset_s <= frame < event.offset_s
            ]
            assert ([found.event] if found.is_heard else []) == covering
            agrees(found, rules)


def agrees(found: Verdict, rules: EventRules) -> None:
    """What a reason says of the score, the gate and the run is so."""
    sounds = np.float32(found.score) >= np.float32(found.offset_threshold)
    long_enough = found.run is not None and rules.is_long_enough(found.run)
    facts = {
        Reason.HEARD: sounds and found.is_audible and long_enough,
        Reason.MERGED: not (sounds and found.is_audible) and long_enough,
        Reason.BELOW_THRESHOLD: not sounds and found.run is None,
        Reason.GATED: sounds and not found.is_audible and found.run is None,
        Reason.NO_ONSET: sounds
        and found.is_audible
        and found.run is None
        and np.float32(found.score) < np.float32(found.threshold),
        Reason.TOO_SHORT: found.run is not None and not long_enough,
        Reason.HIDDEN: long_enough,
        Reason.COVERED: False,
        Reason.SHORTENED: False,
    }
    assert facts[found.reason]


def test_the_course_around_an_instant() -> None:
    scores = timeline([0.0, 0.1, 0.2, 0.3, 0.4, 0.5], [0.9] * 6)
    times_s, found = course(scores, "Speech", 2.5, 2.0)
    assert times_s.tolist() == [1.5, 2.5, 3.5]
    np.testing.assert_array_equal(found, np.array([0.1, 0.2, 0.3], np.float32))
    times_s, found = course(scores, "Speech", 0.2, 0.0)
    assert (times_s.tolist(), found.tolist()) == ([0.5], [0.0])
    assert len(course(scores, "Dog", 3.0, 99.0)[0]) == 6


def test_the_course_keeps_no_hold_of_all_scores() -> None:
    assert course(timeline([0.0, 0.1]), "Speech", 0.5, 9.0)[1].base is None


def test_a_course_that_cannot_be_is_refused() -> None:
    with pytest.raises(SettingError, match="Wombat"):
        course(timeline([0.1]), "Wombat", 0, 1)
    with pytest.raises(SettingError, match="span"):
        course(timeline([0.1]), "Speech", 0, -1)
    with pytest.raises(SettingError, match="inf"):
        course(timeline([0.1]), "Speech", float("inf"), 1)


def test_edges_that_were_moved_are_told_of() -> None:
    """Frames 1 to 3 are an event; its sound lasts from 1.6 s to 4.8 s."""
    scores, rules = [0.1, 0.8, 0.8, 0.8, 0.1, 0.1], EventRules(0.3)
    moved = Event(1.6, 4.8, "Speech", 0.8, 0.8)

    def at(at_s: float) -> Verdict:
        (only,) = explain(timeline(scores), at_s, rules, events=[moved]).verdicts
        return only

    assert at(2.5).reason is Reason.HEARD
    assert at(2.5).event == moved
    assert at(1.2).reason is Reason.OFF_EDGES
    assert at(1.2).run == moved
    assert at(1.2).event is None
    assert at(4.5).reason is Reason.SOUNDS_ON
    assert at(4.5).event == moved
    assert at(5.5).reason is Reason.BELOW_THRESHOLD
