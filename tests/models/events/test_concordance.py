from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.audio import timing
from models.events import EventRules
from models.events.concordance import MIN_DIFFERENCE, Concordance, concordance
from models.events.evaluation import Counts
from models.events.timeline import Timeline

RULES = EventRules()
LABELS = ("Speech", "Bee, wasp, etc.", "Siren", "Music", "Silence")


def timeline(scores: np.ndarray, labels: tuple[str, ...], hop_s: float = 1.0) -> Timeline:
    """A window of one second."""
    onsets_s = timing.frame_onsets_s(len(scores), round(hop_s * 16_000), 16_000)
    duration_s = float(onsets_s[-1]) + 1.0
    return Timeline(np.asarray(scores, np.float32), onsets_s, 1.0, hop_s, labels, duration_s)


@st.composite
def timelines(draw: st.DrawFn, duration_s: int) -> Timeline:
    """What some model heard in a clip of so many seconds, at some hop."""
    labels = draw(st.lists(st.sampled_from(LABELS), min_size=1, unique=True))
    steps = draw(st.sampled_from((1, 2, 4)))
    shape = ((duration_s - 1) * steps + 1, len(labels))
    # Eighths, so that scores are often the same.
    scores = draw(arrays(np.float32, shape, elements=st.integers(0, 8).map(lambda n: n / 8)))
    return timeline(scores, tuple(labels), 1 / steps)


few = settings(max_examples=40)
pairs = st.integers(1, 6).flatmap(lambda s: st.tuples(timelines(s), timelines(s)))


def figures(found: Concordance) -> tuple[object, ...]:
    """All that is no array."""
    return (
        *(found.only_a, found.only_b, found.same_best, found.n_clear, found.same_best_when_clear),
        *(found.mean_difference, found.largest, found.classes, found.seconds),
    )


@few
@given(pairs)
def test_swapping_the_models_swaps_what_belongs_to_each(pair: tuple[Timeline, Timeline]) -> None:
    a, b = pair
    one, other = concordance(a, b, RULES), concordance(b, a, RULES)
    assert (one.only_a, one.only_b) == (other.only_b, other.only_a)
    assert (one.same_best, one.n_clear) == (other.same_best, other.n_clear)
    assert one.same_best_when_clear == other.same_best_when_clear
    assert one.mean_difference == other.mean_difference
    assert one.seconds.f1 == other.seconds.f1
    np.testing.assert_array_equal(one.aligned.scores(), other.aligned.scores()[::-1])
    for mine, theirs in zip(one.classes, other.classes, strict=True):
        assert (mine.label, mine.mean_a, mine.peak_b) == (
            theirs.label,
            theirs.mean_b,
            theirs.peak_a,
        )
        assert (mine.correlation, mine.mean_difference) == (
            theirs.correlation,
            theirs.mean_difference,
        )
        assert (mine.seconds.tp, mine.seconds.fp) == (theirs.seconds.tp, theirs.seconds.fn)


@few
@given(st.integers(1, 6).flatmap(timelines))
def test_a_model_agrees_with_itself(one: Timeline) -> None:
    found = concordance(one, one, RULES)
    assert found.only_a == found.only_b == ()
    assert found.same_best == (1.0 if len(one.labels) > 1 else None)
    assert found.same_best_when_clear in (1.0, None)
    assert found.mean_difference == found.largest.size == 0.0
    assert found.seconds.f1 in (1.0, None)
    for each in found.classes:
        assert (each.mean_a, each.peak_a) == (each.mean_b, each.peak_b)
        changes = np.ptp(one.scores[:, one.labels.index(each.label)]) > 0
        assert each.correlation == (pytest.approx(1.0) if changes else None)


@few
@given(pairs, st.randoms(use_true_random=False))
def test_the_order_of_the_labels_changes_nothing(pair: tuple[Timeline, Timeline], random) -> None:  # noqa: ANN001
    a, b = pair
    order = list(range(len(b.labels)))
    random.shuffle(order)
    shuffled = replace(b, scores=b.scores[:, order], labels=tuple(b.labels[i] for i in order))
    assert figures(concordance(a, b, RULES)) == figures(concordance(a, shuffled, RULES))


@few
@given(pairs)
def test_every_figure_is_a_number_in_its_range_or_none(pair: tuple[Timeline, Timeline]) -> None:
    found = concordance(*pair, RULES)
    for share in (found.same_best, found.same_best_when_clear, found.mean_difference):
        assert share is None or 0 <= share <= 1
    assert 0 <= found.n_clear <= found.aligned.n_moments
    assert (found.largest is None) == (found.classes == ())
    for each in found.classes:
        assert 0 <= each.mean_difference <= each.largest.size <= found.largest.size
        assert each.correlation is None or -1 <= each.correlation <= 1
    interest = [each.interest for each in found.classes]
    assert interest == sorted(interest, reverse=True)


@few
@given(pairs)
def test_the_grid_is_the_coarser_ones(pair: tuple[Timeline, Timeline]) -> None:
    a, b = pair
    aligned = concordance(a, b, RULES).aligned
    coarser = a if a.hop_s >= b.hop_s else b
    np.testing.assert_array_equal(aligned.edges_s, coarser.edges_s)
    np.testing.assert_allclose(aligned.times_s, coarser.onsets_s + 0.5)
    for scores, own in zip(aligned.scores(), pair, strict=True):
        for time_s, row in zip(aligned.times_s, scores, strict=True):
            expected = own.scores[own.frame_at(time_s)]
            assert row.tolist() == [expected[own.labels.index(label)] for label in aligned.labels]


def test_two_models_are_compared_by_hand() -> None:
    a = timeline([[0.9, 0.1, 0.5], [0.2, 0.8, 0.5], [0.1, 0.0, 0.5]], ("Speech", "Dog", "Wombat"))
    b = timeline([[0.1, 0.7], [0.9, 0.5], [0.0, 0.2]], ("Dog", "Speech"))
    found = concordance(a, b, RULES)
    assert found.aligned.labels == ("Dog", "Speech")
    assert (found.only_a, found.only_b) == (("Wombat",), ())
    assert (found.same_best, found.n_clear, found.same_best_when_clear) == (1.0, 2, 1.0)
    dog, speech = found.classes
    assert (dog.label, speech.label) == ("Dog", "Speech")  # the same peak: by the alphabet
    assert dog.mean_difference == pytest.approx(0.1 / 3)
    assert speech.mean_difference == pytest.approx((0.2 + 0.3 + 0.1) / 3)
    assert found.mean_difference == pytest.approx((0.1 / 3 + 0.2) / 2)
    assert (found.largest.label, found.largest.at_s) == ("Speech", 1.5)
    assert found.largest.size == pytest.approx(0.3)
    assert speech.seconds == Counts(tp=1, fp=0, fn=1)
    assert dog.seconds == Counts(tp=1, fp=0, fn=0)
    assert found.seconds.f1 == pytest.approx(0.8)
    x, y = np.array([[0.9, 0.2, 0.1], [0.7, 0.5, 0.2]])
    assert speech.correlation == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-6)


def test_two_models_with_nothing_in_common() -> None:
    found = concordance(timeline([[0.9]], ("Dog",)), timeline([[0.9]], ("Cat",)), RULES)
    assert figures(found) == (("Dog",), ("Cat",), None, 0, None, None, None, (), Counts(0, 0, 0))
    assert found.aligned.scores()[0].shape == (1, 0)


def test_a_quiet_clip_has_no_clear_moment() -> None:
    quiet = timeline([[0.1, 0.2]], ("Dog", "Cat"))
    found = concordance(quiet, quiet, RULES)
    assert (found.same_best, found.n_clear, found.same_best_when_clear) == (1.0, 0, None)
    assert found.seconds.f1 is None


def test_among_equally_good_classes_any_may_be_the_best() -> None:
    tied, one = timeline([[0.5, 0.5]], ("Cat", "Dog")), timeline([[0.1, 0.6]], ("Cat", "Dog"))
    other = timeline([[0.6, 0.1]], ("Cat", "Dog"))
    assert concordance(tied, one, RULES).same_best == 1.0
    assert concordance(tied, other, RULES).same_best == 1.0
    assert concordance(one, other, RULES).same_best == 0.0


def test_a_threshold_of_a_class_that_one_does_not_know_is_passed_over() -> None:
    rules = EventRules(thresholds=(("Wombat", 0.5), ("Dog", 0.95)))
    a, b = timeline([[0.9, 0.9]], ("Dog", "Wombat")), timeline([[0.96]], ("Dog",))
    assert concordance(a, b, rules).classes[0].seconds == Counts(tp=0, fp=0, fn=1)


def test_two_recordings_are_refused() -> None:
    short, long = timeline(np.zeros((1, 1)), ("Dog",)), timeline(np.zeros((9, 1)), ("Dog",))
    with pytest.raises(ValueError, match="two recordings"):
        concordance(short, long, RULES)


@few
@given(pairs)
def test_differences_are_maxima_the_largest_first(pair: tuple[Timeline, Timeline]) -> None:
    found = concordance(*pair, RULES)
    sizes = [one.size for one in found.differences]
    assert sizes == sorted(sizes, reverse=True)
    assert all(size >= MIN_DIFFERENCE for size in sizes)
    if found.largest is not None and found.largest.size >= MIN_DIFFERENCE:
        assert found.differences[0] == found.largest
    else:
        assert not found.differences
    for label in found.aligned.labels:
        times_s = sorted(one.at_s for one in found.differences if one.label == label)
        assert all(np.diff(times_s) >= 1.0), "a window apart"
    a, b = found.aligned.scores(found.aligned.labels)
    for one in found.differences:
        at = found.aligned.times_s.tolist().index(one.at_s)
        column = found.aligned.labels.index(one.label)
        assert (one.a, one.b) == (a[at, column], b[at, column])


def test_each_separate_difference_is_listed_once() -> None:
    one = timeline([[0.0], [0.9], [0.8], [0.0], [0.0], [0.5], [0.05]], ("Dog",))
    other = timeline([[0.0]] * 7, ("Dog",))
    found = concordance(one, other, RULES)
    assert [(d.at_s, round(d.a, 2), d.b) for d in found.differences] == [
        (1.5, 0.9, 0.0),
        (5.5, 0.5, 0.0),
    ]
