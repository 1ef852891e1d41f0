"""Settings of the player's sound, as the browser sends them and the workspace keeps them."""

import re
from pathlib import Path

import pytest

from components.view.settings import SPEEDS
from components.workspace.workspace import Workspace
from tests.components.pages import new_tab, workspace_of

MODULE = Path(__file__).parents[3] / "components" / "player" / "sound_controls.js"


def _script(changes: list[object]) -> None:
    import streamlit as st

    from components.clip import playback_settings

    for change in changes:
        playback_settings.take(change)
    st.json(vars(playback_settings.read()))


def _taken(*changes: object, workspace: Workspace | None = None) -> dict[str, object]:
    import json

    page = new_tab(_script, workspace, changes=list(changes))
    page.run()
    assert not page.exception
    found = json.loads(page.json[0].value)
    found["kept"] = dict(workspace_of(page).settings)
    return found


USUAL = {"volume": 1.0, "speed": 1.0, "keeps_pitch": True, "kept": {}}


def test_what_is_chosen_is_kept_in_the_workspace() -> None:
    found = _taken({"volume": 0.35, "speed": 0.5, "keeps_pitch": False})
    kept = {"volume": ("0.35",), "speed": ("0.5",), "pitch": ("false",)}
    assert found == {"volume": 0.35, "speed": 0.5, "keeps_pitch": False, "kept": kept}


def test_the_usual_settings_are_not_kept() -> None:
    chosen = {"volume": 0, "speed": 4, "keeps_pitch": False}
    assert _taken(chosen)["volume"] == 0
    assert _taken(chosen, {"volume": 1, "speed": 1, "keeps_pitch": True}) == USUAL


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "loud",
        [0.5],
        {},
        {"volume": float("nan"), "speed": float("inf")},
        {"volume": -1, "speed": 5},
        {"volume": "loud", "speed": [2], "keeps_pitch": "no"},
        {"volume": 10**400, "speed": {}},
    ],
)
def test_what_is_no_setting_changes_nothing(sent: object) -> None:
    assert _taken(sent) == USUAL


def test_browser_and_server_have_the_same_speeds() -> None:
    listed = re.search(r"SPEEDS = \[([^\]]*)\]", MODULE.read_text())
    assert listed is not None
    assert tuple(map(float, listed[1].split(","))) == SPEEDS
