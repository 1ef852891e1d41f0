import pytest

from components.compare import sides
from components.workspace.settings import ModelChoice
from components.workspace.shared import shared


def test_two_runtimes_are_proposed_or_else_two_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sides, "available_runtimes", lambda: ("litert", "tflite"))
    assert sides.defaults() == (ModelChoice("yamnet"), ModelChoice("yamnet", "tflite"))
    monkeypatch.setattr(sides, "available_runtimes", lambda: ("litert",))
    assert sides.defaults() == (ModelChoice("yamnet"), ModelChoice("starter"))


def test_titles_name_what_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = shared().registry.open_in_session()
    monkeypatch.setattr(sides, "current", lambda: workspace)
    yamnet, starter = ModelChoice("yamnet"), ModelChoice("starter")
    assert sides.titles(yamnet, starter) == ("YAMNet", "Starter")
    assert sides.titles(yamnet, ModelChoice("yamnet", "tflite")) == (
        "YAMNet on LiteRT",
        "YAMNet on TFLite Runtime",
    )
    assert sides.titles(starter, ModelChoice("yamnet", "tflite")) == (
        "Starter on LiteRT",
        "YAMNet on TFLite Runtime",
    )
