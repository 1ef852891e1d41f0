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
