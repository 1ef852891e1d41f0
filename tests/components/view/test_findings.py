from types import SimpleNamespace

import numpy as np
import pytest

from components.view.findings import Findings, find, shaped
from components.view.settings import ViewSettings
from models.audio import timing
from models.events.band_levels import BandLevels
from models.events.timeline import Timeline

LOUD_STEPS = 200

LABELS = ("Speech", "Animal", "Dog", "Bark", "Wind")


def timeline() -> Timeline:
    scores = np.zeros((8, 5), np.float32)
    scores[1:4, 0] = 0.6
    scores[5:8, 1:4] = (0.9, 0.8, 0.7)
    scores[2, 4] = 0.5
    onsets_s = timing.frame_onsets_s(8, 7_680, 16_000)
    return Timeline(scores, onsets_s, 0.975, 0.48, LABELS, float(onsets_s[-1] + 0.975))


def found(view: ViewSettings, **own: float) -> Findings:
    levels_dbfs = np.array([-20.0] * 5 + [-60.0] * 3)
    # Half of the time a level, half of it another: the last three seconds are quieter.
    bands = np.full((440, 12), 180, np.uint8)
    bands[LOUD_STEPS:] = 100
    analysis = SimpleNamespace(window_levels_dbfs=levels_dbfs, band_levels=BandLevels(bands))
    return find(shaped(timeline(), view), analysis, view, own)


def labels(view: ViewSettings, **own: float) -> list[str]:
    return [event.label for event in found(view, **own).events]


def test_the_most_specific_classes_are_told_of_by_default() -> None:
    assert labels(ViewSettings()) == ["Speech", "Wind", "Bark"]
    assert [event.label for event in found(ViewSettings()).found] == [
        *("Speech", "Wind", "Animal", "Bark", "Dog")
    ]
    assert labels(ViewSettings(roll_up="all")) == ["Speech", "Wind", "Animal", "Bark", "Dog"]


def test_only_the_most_specific_or_only_the_broadest() -> None:
    assert labels(ViewSettings(roll_up="specific")) == ["Speech", "Wind", "Bark"]
    assert labels(ViewSettings(roll_up="broad")) == ["Speech", "Wind", "Animal"]


def test_a_hidden_class_lends_its_score_to_no_broader_one() -> None:
    view = ViewSettings(roll_up="broad", hidden=("Animal", "Dog"), threshold=0.75)
    assert labels(view) == []
    assert labels(ViewSettings(roll_up="broad", hidden=("Animal", "Bark"), threshold=0.75)) == [
        "Dog"
    ]


def test_what_is_quieter_than_the_gate_is_passed_over() -> None:
    assert labels(ViewSettings(gate_dbfs=-50.0)) == ["Speech", "Wind"]


def test_smoothing_passes_over_what_one_window_alone_has() -> None:
    assert "Wind" not in labels(ViewSettings(smooth=3))


def test_a_class_may_have_a_threshold_of_its_own() -> None:
    assert labels(ViewSettings(threshold=0.55, roll_up="all"), Wind=0.5, Siren=0.1) == [
        *("Speech", "Wind", "Animal", "Bark", "Dog")
    ]


def test_lanes_stand_in_the_order_in_which_they_are_heard() -> None:
    assert found(ViewSettings(hidden=("Dog", "Bark"))).lanes(5) == ["Speech", "Wind", "Animal"]
    assert len(found(ViewSettings()).lanes(2)) == 2


def test_edges_move_to_the_sound_unless_that_is_off() -> None:
    """The level falls at 2 s."""
    for refine, expected_s in ((True, 2.0), (False, 2.1675)):
        speech, *_ = found(ViewSettings(refine=refine)).events
        assert speech.label == "Speech"
        assert speech.offset_s == pytest.approx(expected_s)


def test_classes_far_below_their_threshold_have_no_lane() -> None:
    assert found(ViewSettings(roll_up="all")).lanes(5) == [
        *("Speech", "Wind", "Animal", "Dog", "Bark")
    ]
    assert found(ViewSettings()).lanes(5) == ["Speech", "Wind", "Bark"]  # all say the same
    assert found(ViewSettings(threshold=0.75)).lanes(5) == ["Dog", "Speech", "Bark"]
    assert found(ViewSettings(threshold=1.0, hidden=("Animal",))).lanes(5) == ["Dog"]


def test_classes_are_ranked_by_time_and_peak() -> None:
    ranks = found(ViewSettings()).ranking(3)
    assert [one.label for one in ranks] == ["Speech", "Bark", "Wind"]
    assert ranks[0].share == pytest.approx(2.0 / 4.335, abs=0.01)
    by_mean = found(ViewSettings(by="mean")).ranking(5)
    assert by_mean[0].mean == max(one.mean for one in by_mean)
    by_peak = found(ViewSettings(by="max")).ranking(1)
    assert [(one.label, round(one.peak, 3)) for one in by_peak] == [("Animal", 0.9)]


def test_the_sentence_names_what_may_be_shown() -> None:
    assert found(ViewSettings()).summary.startswith("Speech")
    unclear = found(ViewSettings(threshold=1.0, hidden=("Animal",))).summary
    assert unclear == "Unclear: the best guess is dog, with a score of 0.80."
