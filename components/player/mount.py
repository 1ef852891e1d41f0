"""Puts the player on the page."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, cast

from components.frontend import bundle

FOLDER = Path(__file__).parent


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
    reply = bundle.component("player", FOLDER)(
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
