import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.audio import timing
from models.errors import SettingError
from models.events.timeline import SMOOTHING_WIDTHS, Timeline


def timeline() -> Timeline:
    scores = np.array([[0.1, 0.9, 0.2], [0.5, 0.1, 0.2]], dtype=np.float32)
    return Timeline(scores, np.array([0.0, 0.48]), 0.975, 0.48, ("a", "b, c", "d"), 1.455)


def test_top_by_mean_and_by_maximum() -> None:
    assert timeline().top(2, by="mean") == [("b, c", pytest.approx(0.5)), ("a", pytest.approx(0.3))]
    assert timeline().top(2, by="max") == [("b, c", pytest.approx(0.9)), ("a", pytest.approx(0.5))]


def test_top_gives_no_more_than_there_are() -> None:
    assert len(timeline().top(99)) == 3
    assert timeline().top(0) == []


def test_another_aggregation_is_refused() -> None:
    with pytest.raises(SettingError, match="'median'"):
        timeline().top(by="median")


def test_scores_must_fit_their_grid() -> None:
    with pytest.raises(ValueError, match="shape"):
        Timeline(np.zeros((2, 2), np.float32), np.zeros(2), 0.975, 0.48, ("a",), 1.0)


def test_smoothing_drops_what_is_heard_once_and_keeps_edges() -> None:
    scores = np.array([[0.1, 0.9, 0.1, 0.1, 0.8, 0.8, 0.8, 0.1]], np.float32).T
    onsets_s = np.arange(8) * 0.48
    smoothed = Timeline(scores, onsets_s, 0.975, 0.48, ("a",), 4.335).smoothed()
    expected = np.array([0.1, 0.1, 0.1, 0.1, 0.8, 0.8, 0.8, 0.1], np.float32)
    np.testing.assert_array_equal(smoothed.scores[:, 0], expected)
    assert scores[1, 0] == np.float32(0.9)


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_frames_to_smooth_stay_as_they_are(count: int) -> None:
    given = Timeline(np.full((count, 1), 0.5, np.float32), np.arange(count), 1, 1, ("a",), 2.0)
    np.testing.assert_array_equal(given.smoothed().scores, given.scores)


def of_scores(scores: np.ndarray) -> Timeline:
    """One second per frame: a window of one second, stepped by its own length."""
    labels = tuple(f"class {index}" for index in range(scores.shape[1]))
    onsets_s = timing.frame_onsets_s(len(scores), 16_000, 16_000)
    return Timeline(scores, onsets_s, 1.0, 1.0, labels, float(len(scores)))


@given(
    count=st.integers(1, 40),
    width=st.sampled_from(SMOOTHING_WIDTHS),
    seed=st.integers(0, 1_000),
)
def test_a_smoothed_score_is_the_median_of_as_many_frames_as_there_are(
    count: int, width: int, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    scores = (generator.integers(0, 6, (count, 3)) / 5).astype(np.float32)  # with many ties
    smoothed = of_scores(scores).smoothed(width)
    for frame in range(count):
        reach = min(width // 2, frame, count - 1 - frame)
        expected = np.median(scores[frame - reach : frame + reach + 1], axis=0)
        np.testing.assert_array_equal(smoothed.scores[frame], expected)
    assert smoothed.scores.dtype == np.float32


@pytest.mark.parametrize("width", SMOOTHING_WIDTHS)
def test_long_timelines_are_smoothed_block_by_block(width: int) -> None:
    scores = np.random.default_rng(0).random((500, 2), dtype=np.float32)
    smoothed = of_scores(scores).smoothed(width).scores
    reach = width // 2
    stretches = np.lib.stride_tricks.sliding_window_view(scores, width, axis=0)
    np.testing.assert_array_equal(smoothed[reach : 500 - reach], np.median(stretches, axis=-1))


def test_a_width_of_one_changes_nothing_and_three_is_the_default() -> None:
    given = of_scores(np.random.default_rng(0).random((9, 2), dtype=np.float32))
    assert given.smoothed(1) is given
    np.testing.assert_array_equal(given.smoothed().scores, given.smoothed(3).scores)
    assert not np.array_equal(given.smoothed().scores, given.scores)


@pytest.mark.parametrize("width", [0, -1, 2, 4, 11])
def test_other_widths_are_refused(width: int) -> None:
    with pytest.raises(SettingError, match=f"width is {width} frames"):
        of_scores(np.zeros((9, 1), np.float32)).smoothed(width)


def test_a_frame_is_found_by_its_time() -> None:
    given = Timeline(np.zeros((3, 1), np.float32), np.arange(3) * 0.5, 1.0, 0.5, ("a",), 2.0)
    assert given.edges_s.tolist() == [0.0, 0.75, 1.25, 2.0]
    instants_s = (-1.0, 0.0, 0.74, 0.75, 1.24, 1.25, 1.99, 2.0, 99.0)
    assert [given.frame_at(at_s) for at_s in instants_s] == [0, 0, 0, 1, 1, 2, 2, 2, 2]


def test_frames_between_two_instants_are_at_least_one() -> None:
    given = of_scores(np.zeros((5, 1), np.float32))
    assert given.frames_between(1.5, 3.5) == given.frames_between(3.5, 1.5) == slice(1, 4)
    assert given.frames_between(2.5, 2.5) == slice(2, 3)
    assert given.frames_between(-9, 99) == slice(0, 5)


def test_a_stretch_has_scores_of_its_own() -> None:
    given = of_scores(np.array([[0.9, 0.1], [0.2, 0.6], [0.4, 0.2]], np.float32))
    stretch = given.frames_between(1.5, 2.5)
    assert given.aggregate("mean", frames=stretch).tolist() == pytest.approx([0.3, 0.4])
    assert given.aggregate("max", frames=stretch).tolist() == pytest.approx([0.4, 0.6])
    assert given.top(1) == [("class 0", pytest.approx(0.5))]
    assert given.top(1, frames=stretch) == [("class 1", pytest.approx(0.4))]


@given(
    steps=st.sampled_from((1, 2, 5)),
    count=st.integers(1, 12),
    times_s=st.lists(st.floats(-1, 15), max_size=20),
)
def test_frames_at_many_instants_are_those_at_each(
    steps: int, count: int, times_s: list[float]
) -> None:
    onsets_s = np.arange(count) / steps
    given_scores = np.zeros((count, 1), np.float32)
    one = Timeline(given_scores, onsets_s, 1.0, 1 / steps, ("a",), float(onsets_s[-1]) + 1)
    frames = one.frames_at(np.array(times_s, np.float64))
    assert frames.tolist() == [one.frame_at(time_s) for time_s in times_s]
    edges_s = one.edges_s
    for time_s, frame in zip(times_s, frames, strict=True):
        if 0 <= time_s < one.duration_s:
            assert edges_s[frame] <= time_s < edges_s[frame + 1]
