from typing import Any

import numpy as np
import pytest

from components.compare.lanes import MAX_COLUMNS, lanes_data, legend, reduced
from components.style.palette import DARK, LIGHT, Palette
from components.view.picture import SCORE_STEPS
from models.events import EventRules
from models.events.concordance import Concordance, concordance
from models.events.timeline import Timeline

TITLES = ("YAMNet", "Mine <b>new</b> %{x}")


def timeline(scores: np.ndarray, labels: tuple[str, ...], hop_s: float = 1.0) -> Timeline:
    onsets_s = np.arange(len(scores)) * hop_s
    duration_s = float(onsets_s[-1]) + hop_s
    return Timeline(np.asarray(scores, np.float32), onsets_s, hop_s, hop_s, labels, duration_s)


def compared(label: str = "Dog") -> Concordance:
    a = timeline([[0.5, 0.0], [1.0, 0.25]], (label, "Cat"))
    b = timeline([[0.25, 0.0], [0.75, 0.0]], (label, "Cat"))
    return concordance(a, b, EventRules())


def drawn(found: Concordance, palette: Palette = LIGHT) -> dict[str, Any]:
    return lanes_data(found.aligned, found.classes, clip="a", titles=TITLES, palette=palette)


def scores(packed: np.ndarray, n_lanes: int) -> np.ndarray:
    return packed.reshape(n_lanes, -1) / SCORE_STEPS


def test_lanes_have_the_scores_of_both_models() -> None:
    data = drawn(compared())
    np.testing.assert_array_equal(data["edges_s"], [0.0, 1.0, 2.0])
    np.testing.assert_allclose(scores(data["up"], 2), [[0.5, 1.0], [0.0, 0.25]], atol=0.005)
    np.testing.assert_allclose(scores(data["down"], 2), [[0.25, 0.75], [0.0, 0.0]], atol=0.005)
    assert data["lanes"] == [["Dog", 1.0, 0.75], ["Cat", 0.25, 0.0]]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_each_model_has_its_colour(palette: Palette) -> None:
    assert tuple(drawn(compared(), palette)["sides"]) == palette.sides
    words = legend(TITLES, palette)
    assert words.index(palette.sides[0]) < words.index("YAMNet") < words.index(palette.sides[1])


def test_titles_are_text_and_no_markup() -> None:
    assert "<b>" not in legend(TITLES, LIGHT)


def test_an_hour_becomes_a_small_figure_and_loses_no_peak() -> None:
    silent = np.zeros((36_000, 10), np.float32)
    silent[12_345, 3] = 1.0
    labels = tuple(f"class {index}" for index in range(10))
    hour = timeline(silent, labels, 0.1)
    found = concordance(hour, hour, EventRules())
    data = drawn(found)
    assert scores(data["up"], 10).shape == (10, MAX_COLUMNS)
    assert scores(data["up"], 10).max() == pytest.approx(1.0, abs=0.005)
    assert sum(data[name].nbytes for name in ("up", "down", "edges_s")) < 60_000


@pytest.mark.parametrize("n_moments", [1, 7, 100, 101, 250])
def test_columns_are_joined_without_losing_time(n_moments: int) -> None:
    edges_s = np.linspace(0, 10, n_moments + 1)
    scores = np.random.default_rng(1).random((n_moments, 2)).astype(np.float32)
    new_edges_s, joined = reduced(edges_s, scores, limit=100)
    assert len(joined) == len(new_edges_s) - 1 <= 100
    assert (new_edges_s[0], new_edges_s[-1]) == (0, 10)
    for begin_s, end_s, row in zip(new_edges_s, new_edges_s[1:], joined, strict=False):
        inside = (edges_s[:-1] >= begin_s) & (edges_s[:-1] < end_s)
        np.testing.assert_array_equal(row, scores[inside].max(axis=0))


def test_no_class_at_all_is_drawn_without_complaint() -> None:
    found = concordance(timeline([[1.0]], ("Dog",)), timeline([[1.0]], ("Cat",)), EventRules())
    assert drawn(found)["lanes"] == []
    assert found.differences == ()
