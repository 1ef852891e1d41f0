import numpy as np
import pytest

from models.errors import SettingError
from models.timeline import Timeline


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
        timeline().top(by="median")  # type: ignore[arg-type]


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
