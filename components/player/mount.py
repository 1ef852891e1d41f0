"""Puts the player on the page."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Protocol, cast

import streamlit as st

_FOLDER = Path(__file__).parent

SCRIPTS = ("axis.js", "grid.js", "picture.js", "sound.js", "layers.js", "player.js")
"""In this order they make one module: a component's script cannot import others."""


@cache
def source(file_name: str) -> str:
    """Read one of the player's files."""
    return (_FOLDER / file_name).read_text(encoding="utf-8")


@cache
def script() -> str:
    """Join the player's scripts to one module, which exports ``mountPlayer``."""
    return "\n".join(source(name) for name in SCRIPTS)


class Reply(Protocol):
    """What the player has told.

    Attributes
    ----------
    instant : float or None
        The instant asked about, in seconds.
    selection : list of float or None
        Begin and end of what is selected, in seconds.
    event : dict or None
        ``label``, ``onset_s`` and ``offset_s`` of the event that was clicked last.
    """

    instant: float | None
    selection: list[float] | None
    event: dict[str, Any] | None


def player(data: dict[str, Any], *, key: str, on_threshold: Callable[[], None]) -> Reply:
    """Draw the player, or hand it what is new.

    Parameters
    ----------
    data : dict
        From `components.player.data.clip_data`, with the addresses of sound and picture.
    key : str
        The player's key.
    on_threshold : callable
        Called when somebody moved a class's threshold, which then is in the state ``threshold``:
        ``{"label": ..., "value": ...}``.
    """
    component = st.components.v2.component(
        "earmark_player", html=source("player.html"), css=source("player.css"), js=script()
    )
    reply = component(
        key=key,
        data=data,
        default={"instant": None, "selection": None, "event": None},
        # A state is declared by its callback, even where the run that follows is all it needs.
        on_instant_change=_nothing,
        on_selection_change=_nothing,
        on_event_change=_nothing,
        on_threshold_change=on_threshold,
    )
    return cast(Reply, reply)


def _nothing() -> None:
    return None
