from pathlib import Path

import pytest

from components.compare import sides
from components.view.settings import ModelChoice
from components.workspace.shared import shared


@pytest.mark.parametrize("runtimes", [("litert", "tflite"), ("litert",)])
def test_yamnet_is_compared_with_the_built_in_model(
    monkeypatch: pytest.MonkeyPatch, runtimes: tuple[str, ...]
) -> None:
    monkeypatch.setattr(sides, "available_runtimes", lambda: runtimes)
    monkeypatch.setattr(sides, "find_model", lambda _entry: Path("yamnet.tflite"))
    assert sides.defaults() == (ModelChoice("yamnet"), ModelChoice("builtin"))


def test_without_yamnet_the_built_in_model_is_compared_on_two_runtimes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sides, "find_model", lambda _entry: None)
    monkeypatch.setattr(sides, "available_runtimes", lambda: ("litert", "tflite"))
    assert sides.defaults() == (ModelChoice("builtin"), ModelChoice("builtin", "tflite"))
    monkeypatch.setattr(sides, "available_runtimes", lambda: ("litert",))
    assert sides.defaults() == (ModelChoice("yamnet"), ModelChoice("builtin"))


def test_titles_name_what_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = shared().registry.open_in_session()
    monkeypatch.setattr(sides, "current", lambda: workspace)
    yamnet, builtin = ModelChoice("yamnet"), ModelChoice("builtin")
    assert sides.titles(yamnet, builtin) == ("YAMNet", "Built-in")
    assert sides.titles(yamnet, ModelChoice("yamnet", "tflite")) == (
        "YAMNet on LiteRT",
        "YAMNet on TFLite Runtime",
    )
    assert sides.titles(builtin, ModelChoice("yamnet", "tflite")) == (
        "Built-in on LiteRT",
        "YAMNet on TFLite Runtime",
    )
