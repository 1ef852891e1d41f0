"""Which runtimes are installed."""

import importlib.util
from typing import NoReturn

import pytest

from models.tflite.runtimes import available_runtimes


def test_runtimes_are_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run of the script asks for them: the import lock would let one go on at a time."""

    def refuse(name: str) -> NoReturn:
        raise AssertionError(f"{name} is looked for again")

    found = available_runtimes()
    assert found[0] == "litert"
    monkeypatch.setattr(importlib.util, "find_spec", refuse)
    assert available_runtimes() == found
