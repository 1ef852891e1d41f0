import numpy as np
import pytest

from components.view.settings import SpectrogramSettings, ViewSettings
from models.audio import timing
from models.audio.detailed_spectrogram import SpectrogramChoice
from models.events.timeline import Timeline


def timeline() -> Timeline:
    scores = np.array([[0.5, 0.1, 0.0, 0.2], [0.5, 0.8, 0.0, 0.2]], np.float32)
    onsets_s = timing.frame_onsets_s(2, 7_680, 16_000)
    return Timeline(scores, onsets_s, 0.975, 0.48, ("Speech", "Dog", "Cat", "Wind"), 1.455)


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (ViewSettings(), ["Speech", "Dog", "Cat", "Wind"]),
        (ViewSettings(hidden=("Speech",)), ["Dog", "Cat", "Wind"]),
        (ViewSettings(only=("Wind", "Cat")), ["Cat", "Wind"]),
        (ViewSettings(only=("Cat",), hidden=("Cat",)), []),
    ],
)
def test_classes_that_may_be_shown(view: ViewSettings, expected: list[str]) -> None:
    assert view.labels(timeline()) == expected


@pytest.mark.parametrize(
    ("threshold", "hysteresis", "expected"), [(0.3, 0.0, 0.3), (0.3, 0.1, 0.2), (0.2, 0.5, 0.0)]
)
def test_hysteresis_counts_down_from_the_threshold(
    threshold: float, hysteresis: float, expected: float
) -> None:
    rules = ViewSettings(threshold=threshold, hysteresis=hysteresis).rules({"Dog": 0.1})
    assert rules.offset_for("Cat") == expected
    assert rules.onset_for("Dog") == 0.1


@pytest.mark.parametrize(
    ("settings", "sample_rate", "expected"),
    [
        (SpectrogramSettings(), 44_100, None),
        (SpectrogramSettings(colours="Grey", range_db=40), 44_100, None),
        (SpectrogramSettings(), 8_000, None),
        (SpectrogramSettings(range_db=90), 44_100, SpectrogramChoice("mel", 8_000.0)),
        (SpectrogramSettings(axis="log"), 44_100, SpectrogramChoice("log", 8_000.0)),
        (SpectrogramSettings(top_hz=None), 44_100, SpectrogramChoice("mel", 22_050.0)),
        (SpectrogramSettings(top_hz=24_000), 44_100, SpectrogramChoice("mel", 22_050.0)),
        (SpectrogramSettings("linear", None), 8_000, SpectrogramChoice("linear", 4_000.0)),
    ],
)
def test_a_spectrogram_is_drawn_where_the_analysis_has_none(
    settings: SpectrogramSettings, sample_rate: int, expected: SpectrogramChoice | None
) -> None:
    assert settings.choice(sample_rate) == expected
