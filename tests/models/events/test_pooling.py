import pytest
import sed_eval

from models.events import Event
from models.events.evaluation import Counts, Evaluation, Means, evaluate, macro, pool
from models.events.truth import TrueEvent

LABELS = ["Dog", "Rain", "Speech"]
TRUTH = {
    "a.wav": [TrueEvent(0, 1, "Dog"), TrueEvent(2, 3, "Speech"), TrueEvent(5, 6, "Speech")],
    "b.wav": [TrueEvent(1, 4, "Rain"), TrueEvent(6, 7, "Dog")],
    "c.wav": [],
}
FOUND = {
    "a.wav": [Event(0.1, 1, "Dog", 0.5, 0.5), Event(2.5, 3, "Speech", 0.5, 0.5)],
    "b.wav": [Event(1, 4, "Rain", 0.5, 0.5), Event(4, 5, "Speech", 0.5, 0.5)],
    "c.wav": [Event(0, 1, "Dog", 0.5, 0.5)],
}


def evaluations() -> dict[str, Evaluation]:
    return {name: evaluate(TRUTH[name], FOUND[name], LABELS, labels=LABELS) for name in TRUTH}


def test_counts_of_clips_add_up() -> None:
    pooled = pool(evaluations())
    assert list(pooled.clips) == ["a.wav", "b.wav", "c.wav"]
    assert pooled.events.by_label == {
        "Dog": Counts(1, 1, 1),
        "Rain": Counts(1, 0, 0),
        "Speech": Counts(0, 2, 2),
    }
    assert pooled.events.overall == Counts(2, 3, 3)
    assert pooled.n_edges_off == 1  # the speech at 2 s
    assert macro(pooled.events) == Means(pytest.approx(0.5), pytest.approx(0.5), pytest.approx(0.5))


def test_pooled_figures_are_sed_evals_over_several_files() -> None:
    pooled = pool(evaluations())
    for ours, theirs in (
        (pooled.segments, sed_eval.sound_event.SegmentBasedMetrics(LABELS)),
        (pooled.events, sed_eval.sound_event.EventBasedMetrics(LABELS)),
    ):
        for name in TRUTH:
            as_dicts = (
                [
                    {"onset": one.onset_s, "offset": one.offset_s, "event_label": one.label}
                    for one in events
                ]
                for events in (TRUTH[name], FOUND[name])
            )
            theirs.evaluate(*as_dicts)
        micro = theirs.results_overall_metrics()["f_measure"]
        assert ours.overall.f1 == pytest.approx(micro["f_measure"])
        assert ours.overall.precision == pytest.approx(micro["precision"])
        assert ours.overall.recall == pytest.approx(micro["recall"])
        means, averages = macro(ours), theirs.results_class_wise_average_metrics()["f_measure"]
        assert means.precision == pytest.approx(averages["precision"])
        assert means.recall == pytest.approx(averages["recall"])
        assert means.f1 == pytest.approx(averages["f_measure"])


def test_a_label_that_was_never_found_has_an_f1_of_zero() -> None:
    """sed_eval has none, and leaves the label out of the mean."""
    missed = evaluate(TRUTH["a.wav"], FOUND["a.wav"][:1], LABELS)
    assert macro(missed.events) == Means(1.0, 0.5, 0.5)


def test_a_label_counts_in_those_clips_where_it_is_evaluated() -> None:
    only = {name: evaluate(TRUTH[name], FOUND[name], LABELS) for name in TRUTH}
    assert pool(only).events.by_label["Dog"] == Counts(1, 0, 1)
    assert pool(only).events.by_label["Speech"] == Counts(0, 1, 2)


def test_nothing_to_pool_has_no_figures() -> None:
    pooled = pool({})
    assert pooled.events.overall == Counts(0, 0, 0)
    assert macro(pooled.events) == Means(None, None, None)
