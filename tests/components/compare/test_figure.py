import json

import numpy as np
import plotly.graph_objects as go
import pytest

from components.compare.figure import MAX_COLUMNS, lanes_figure, legend, reduced
from components.style.palette import DARK, LIGHT, Palette
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


def drawn(found: Concordance, palette: Palette = LIGHT) -> go.Figure:
    return lanes_figure(found.aligned, found.classes, titles=TITLES, palette=palette)


def heights(trace: go.Scatter, lane: int, middle: float) -> list[float]:
    """Greatest distance from a lane's middle in each of its two columns, in lanes."""
    x, y = np.asarray(trace.x), np.asarray(trace.y)
    inside = (y > lane) & (y < lane + 1)
    return [
        float(np.abs(y[inside & (x >= begin) & (x <= begin + 1)] - middle).max())
        for begin in (0.0, 1.0)
    ]


def test_one_model_is_drawn_upwards_and_the_other_downwards_by_one_measure() -> None:
    figure = drawn(compared())
    grounds = [trace for trace in figure.data if isinstance(trace, go.Heatmap)]
    up, down = (trace for trace in figure.data if getattr(trace, "fill", None) == "toself")
    for lane, ground in enumerate(grounds):
        bottom, top = ground.y
        middle, reach = (bottom + top) / 2, (top - bottom) / 2
        own_up, own_down = (
            np.asarray(trace.y)[(np.asarray(trace.y) > lane) & (np.asarray(trace.y) < lane + 1)]
            for trace in (up, down)
        )
        assert (own_up <= middle + 1e-6).all()  # the axis runs downwards
        assert (own_down >= middle - 1e-6).all()
        assert heights(up, lane, middle)[1] == pytest.approx(reach * ground.z[0][1], abs=1e-5)
        assert heights(down, lane, middle)[1] == pytest.approx(
            reach * ground.customdata[0][1], abs=1e-5
        )
    assert figure.layout.yaxis.range == (2, 0)


def test_a_lane_answers_with_both_scores() -> None:
    dog, cat = (trace for trace in drawn(compared()).data if isinstance(trace, go.Heatmap))
    np.testing.assert_array_equal(dog.z, [[0.5, 1.0]])
    np.testing.assert_array_equal(dog.customdata, [[0.25, 0.75]])
    np.testing.assert_array_equal(cat.z, [[0.0, 0.25]])
    np.testing.assert_array_equal(dog.x, [0.0, 1.0, 2.0])
    for words in ("Dog", "%{z:.2f}", "%{customdata:.2f}"):
        assert words in dog.hovertemplate


def test_highest_scores_are_written_without_the_mouse() -> None:
    texts = [trace.text for trace in drawn(compared()).data if getattr(trace, "text", None)]
    (names, peaks) = texts
    assert list(names) == ["<b>Dog</b>", "<b>Cat</b>"]
    assert "1.00" in peaks[0] and "0.75" in peaks[0]
    assert "0.25" in peaks[1]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_each_model_has_its_colour(palette: Palette) -> None:
    fills = [t.fillcolor for t in drawn(compared(), palette).data if getattr(t, "fill", None)]
    assert tuple(fills) == palette.sides
    words = legend(TITLES, palette)
    assert words.index(palette.sides[0]) < words.index("YAMNet") < words.index(palette.sides[1])


def test_labels_and_titles_are_text_and_no_markup() -> None:
    figure = drawn(compared("Dog, <b>loud</b> %{y}"))
    told = json.dumps(figure.to_plotly_json(), default=list)
    for unwanted in ("<b>loud", "<b>new", "%{y}", "%{x}"):
        assert unwanted not in told
    assert "<b>" not in legend(TITLES, LIGHT)


def test_an_hour_becomes_a_small_figure_and_loses_no_peak() -> None:
    scores = np.zeros((36_000, 10), np.float32)
    scores[12_345, 3] = 1.0
    labels = tuple(f"class {index}" for index in range(10))
    hour = timeline(scores, labels, 0.1)
    found = concordance(hour, hour, EventRules())
    figure = drawn(found)
    grounds = [trace for trace in figure.data if isinstance(trace, go.Heatmap)]
    assert all(ground.z.shape == (1, MAX_COLUMNS) for ground in grounds)
    assert max(ground.z.max() for ground in grounds) == 1.0
    assert len(figure.to_json()) < 2_000_000


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
    assert drawn(found).layout.height > 0
