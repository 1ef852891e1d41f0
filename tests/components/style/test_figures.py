import numpy as np
import pytest

from components.style.figures import bars_figure, course_figure, time_ticks
from components.style.palette import LIGHT
from models.events import EventRules
from models.events.totals import Rank, Ranking

LOUD = "Conversation, <b>loud</b>"


def test_labels_are_text_and_no_markup() -> None:
    drawn = bars_figure([Rank(LOUD, 0.5, 1.0, 0.9)], by="mean", rules=EventRules(), palette=LIGHT)
    text = drawn.to_json()
    assert "<b>loud" not in text
    assert "&lt;b&gt;loud" in text or "\\u0026lt;b\\u0026gt;loud" in text


@pytest.mark.parametrize(
    ("by", "lengths", "first"),
    [
        ("time", [0.75, 0.0, 0.1], "75%"),
        ("mean", [0.2, 0.1, 0.15], "0.20"),
        ("max", [0.8, 0.1, 0.4], "0.80"),
    ],
)
def test_bars_show_what_is_ranked_by_and_colour_what_was_heard(
    by: Ranking, lengths: list[float], first: str
) -> None:
    ranks = [
        Rank("Speech", 0.75, 0.8, 0.2),
        Rank("Dog", 0.0, 0.1, 0.1),
        Rank("Siren", 0.1, 0.4, 0.15),
    ]
    rules = EventRules(thresholds=(("Siren", 0.5),))
    _, bars, ticks, _, numbers = bars_figure(ranks, by=by, rules=rules, palette=LIGHT).data
    assert list(bars.marker.color) == [LIGHT.category("Speech"), LIGHT.below, LIGHT.below]
    assert list(bars.x) == lengths
    assert list(ticks.x) == [0.8, 0.1, 0.4]
    assert numbers.text[0] == f"<b>{first}</b>"


def test_no_class_at_all_is_drawn_without_complaint() -> None:
    assert bars_figure([], by="time", rules=EventRules(), palette=LIGHT).layout.height > 0


def test_a_course_shows_score_instant_and_threshold() -> None:
    times_s, scores = np.array([1.0, 1.5, 2.0]), np.array([0.1, 0.9, 0.2], np.float32)
    drawn = course_figure(
        times_s, scores, label="Dog", at_s=1.6, threshold=0.4, palette=LIGHT, clip_s=10.0
    )
    threshold, instant, course = drawn.data
    assert list(threshold.y) == [0.4, 0.4]
    assert list(instant.x) == [1.6, 1.6]
    np.testing.assert_array_equal(course.x, times_s)
    np.testing.assert_array_equal(course.y, scores)
    assert course.line.color == LIGHT.category("Dog")


def test_times_of_clips_above_a_minute_have_minutes() -> None:
    assert time_ticks(0.0, 8.0, 59.0) == {"ticksuffix": " s"}
    axis = time_ticks(57.2, 63.2, 75.0)
    assert axis["tickvals"] == [58, 59, 60, 61, 62, 63]
    assert axis["ticktext"] == ["0:58", "0:59", "1:00", "1:01", "1:02", "1:03"]
    drawn = course_figure(
        np.array([61.0, 61.48]),
        np.array([0.1, 0.9], np.float32),
        label="Dog",
        at_s=61.2,
        threshold=0.4,
        palette=LIGHT,
        clip_s=75.0,
    )
    assert list(drawn.data[2].customdata) == ["1:01.00", "1:01.48"]
