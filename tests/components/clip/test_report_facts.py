"""Settings of a report in words."""

from dataclasses import asdict

from components.clip.html_report.facts import in_words
from components.view.settings import AnalysisSettings, ModelChoice, SoundChoice, ViewSettings


def test_every_setting_has_words() -> None:
    listener = ModelChoice("ab" * 32, "tflite", 16_000, 1, "softmax", "cd" * 32)
    analysed = AnalysisSettings(listener, 0.48, SoundChoice(1, 0))
    view = ViewSettings(smooth=3, gate_dbfs=-50.0, only=("Dog", "Bee, wasp, etc."), curves=True)
    told = in_words({**analysed.as_dict(), **asdict(view), "thresholds": {"Dog": 0.5}})
    assert not [name for name in told if "_" in name or name == name.lower()]
    assert not {"True", "False", "None"} & set(told.values())
    assert told["Quietest level that counts (level gate)"] == "−50.0 dBFS"
    assert told["Channels"] == "channel 1"
    assert told["Shown only"] == "Dog, Bee, wasp, etc."
    assert told["Thresholds of single classes"] == "Dog: 0.50"


def test_defaults_are_said_in_words() -> None:
    told = in_words({**AnalysisSettings().as_dict(), **asdict(ViewSettings()), "thresholds": {}})
    assert told["Step between windows (hop)"] == "0.48 s"
    assert (
        told["Quietest level that counts (level gate)"]
        == told["Smoothing"]
        == told["Drop until an event ends (hysteresis)"]
        == "off"
    )
    assert told["Edges"] == "from the sound"
    assert told["Shown only"] == "all classes"
    assert "model" not in told
