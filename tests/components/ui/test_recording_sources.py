"""Uploaded files on their way into the workspace."""

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from components.ui import recording_sources, widgets
from tests.components.pages import new_tab, workspace_of
from tests.models.teaching.sounds import MAKERS, wav


def script() -> None:
    from components.ui import recording_sources

    recording_sources._take_uploads()


def test_nothing_is_lost_once_the_uploader_is_emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["a.wav", "b.wav"]
    data = [wav(MAKERS["Clapping"](1.0, seed)) for seed in range(len(names))]

    def ended() -> None:
        raise AssertionError("the session state is accessed, where Streamlit ends callbacks")

    def empty(_key: str) -> list[SimpleNamespace]:
        monkeypatch.setattr(recording_sources, "current", ended)
        return [
            SimpleNamespace(name=name, type="audio/wav", getvalue=lambda held=held: held)
            for name, held in zip(names, data, strict=True)
        ]

    monkeypatch.setattr(widgets, "take_files", empty)
    page: AppTest = new_tab(script).run()
    assert not page.exception
    assert sorted(one.name for one in workspace_of(page).recordings.all) == names
