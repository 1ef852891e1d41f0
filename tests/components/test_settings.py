import numpy as np
import pytest

from components.report import lanes
from components.settings import ViewSettings
from models import timing
from models.events import Event
from models.timeline import Timeline


def timeline() -> Timeline:
    scores = np.array([[0.5, 0.1, 0.0, 0.2], [0.5, 0.8, 0.0, 0.2]], np.float32)
    onsets_s = timing.frame_onsets_s(2, 7_680, 16_000)
    return Timeline(scores, onsets_s, 0.975, 0.48, ("Speech", "Dog", "Cat", "Wind"), 1.455)


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (ViewSettings(), ["Speech", "Dog", "Wind", "Cat"]),
        (ViewSettings(by="max"), ["Dog", "Speech", "Wind", "Cat"]),
        (ViewSettings(n_classes=2), ["Speech", "Dog"]),
        (ViewSettings(hidden=("Speech",), n_classes=2), ["Dog", "Wind"]),
        (ViewSettings(only=("Cat", "Wind")), ["Wind", "Cat"]),
        (ViewSettings(only=("Cat",), hidden=("Cat",)), []),
    ],
)
def test_the_best_of_the_classes_that_may_be_shown(view: ViewSettings, expected: list[str]) -> None:
    assert [label for label, _ in view.top(timeline())] == expected
    assert set(expected) <= set(view.labels(timeline()))


def test_lanes_stand_in_the_order_in_which_they_are_heard() -> None:
    events = [Event(0.5, 1.0, "Dog", 0.7, 0.7), Event(2.0, 3.0, "Speech", 0.9, 0.9)]
    assert lanes(["Speech", "Wind", "Dog"], events) == ["Dog", "Speech", "Wind"]
