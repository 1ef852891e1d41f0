import numpy as np

from components.style.figures import bars_figure, course_figure
from components.style.palette import LIGHT
from models.events import EventRules

LOUD = "Conversation, <b>loud</b>"


def test_labels_are_text_and_no_markup() -> None:
    drawn = bars_figure([(LOUD, 0.9)], peaks={LOUD: 1.0}, rules=EventRules(), palette=LIGHT)
    text = drawn.to_json()
    assert "<b>loud" not in text
    assert "&lt;b&gt;loud" in text or "\\u0026lt;b\\u0026gt;loud" in text


def test_bars_show_clip_scores_and_colour_what_was_heard() -> None:
    top = [("Speech", 0.2), ("Dog", 0.1), ("Siren", 0.1)]
    peaks = {"Speech": 0.8, "Dog": 0.1, "Siren": 0.4}
    rules = EventRules(thresholds=(("Siren", 0.5),))
    _, bars, ticks, _, _ = bars_figure(top, peaks=peaks, rules=rules, palette=LIGHT).data
    assert list(bars.marker.color) == [LIGHT.category("Speech"), LIGHT.below, LIGHT.below]
    assert list(bars.x) == [0.2, 0.1, 0.1]
    assert list(ticks.x) == [0.8, 0.1, 0.4]


def test_no_class_at_all_is_drawn_without_complaint() -> None:
    assert bars_figure([], peaks={}, rules=EventRules(), palette=LIGHT).layout.height > 0


def test_a_course_shows_score_instant_and_threshold() -> None:
    times_s, scores = np.array([1.0, 1.5, 2.0]), np.array([0.1, 0.9, 0.2], np.float32)
    drawn = course_figure(times_s, scores, label="Dog", at_s=1.6, threshold=0.4, palette=LIGHT)
    threshold, instant, course = drawn.data
    assert list(threshold.y) == [0.4, 0.4]
    assert list(instant.x) == [1.6, 1.6]
    np.testing.assert_array_equal(course.x, times_s)
    np.testing.assert_array_equal(course.y, scores)
    assert course.line.color == LIGHT.category("Dog")
