import numpy as np

from models.audio import timing
from models.events.highlights import highlights
from models.events.timeline import Timeline

LABELS = ("Parent", "Child", "Other", "Faint")


def timeline() -> Timeline:
    """Parent and child sound together, then something else for a shorter time."""
    scores = np.zeros((10, 4), np.float32)
    scores[:7, 0] = 0.9
    scores[:7, 1] = 0.8
    scores[7:, 2] = 0.5
    scores[:, 3] = 0.05
    onsets_s = timing.frame_onsets_s(10, 7_680, 16_000)
    return Timeline(scores, onsets_s, 0.975, 0.48, LABELS, 5.3)


def test_each_place_goes_to_what_adds_most() -> None:
    assert highlights(timeline(), LABELS, 2) == ["Parent", "Other"]


def test_where_nothing_is_left_to_add_the_loudest_follow() -> None:
    assert highlights(timeline(), LABELS, 4) == ["Parent", "Other", "Child", "Faint"]


def test_only_what_may_be_shown() -> None:
    assert highlights(timeline(), ["Child", "Faint"], 3) == ["Child", "Faint"]
    assert highlights(timeline(), [], 3) == []
