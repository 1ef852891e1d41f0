"""Mounting of the player component."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, cast

from components.frontend import bundle

FOLDER = Path(__file__).parent


class Reply(Protocol):
    """Values sent by the player.

    Attributes
    ----------
    instant : float or None
        The selected instant, in seconds.
    selection : list of float or None
        Start and end of the selection, in seconds.
    event : dict or None
        ``label``, ``onset_s`` and ``offset_s`` of the event that was clicked last.
    """

    instant: float | None
    selection: list[float] | None
    event: dict[str, Any] | None


def player(
    data: dict[str, Any],
    *,
    key: str,
    on_threshold: Callable[[], None],
    on_annotate: Callable[[], None],
    on_playback: Callable[[], None],
) -> Reply:
    """Draw the player, or update its data.

    Parameters
    ----------
    data : dict
        From `components.player.data.clip_data`, with the addresses of audio and picture.
    key : str
        Key of the component.
    on_threshold : callable
        Called when a class's threshold was moved; the state ``threshold`` then is
        ``{"label": ..., "value": ...}``.
    on_annotate : callable
        Called when changes of the annotation were requested; the state ``annotate`` then is what
        `components.clip.annotation.read_message` reads.
    on_playback : callable
        Called when volume, speed or pitch were changed; the state ``playback`` then has them, as
        `components.view.settings.PlaybackSettings` names them.
    """
    reply = bundle.component("player", FOLDER)(
        key=key,
        data=data,
        default={"instant": None, "selection": None, "event": None},
        # A callback declares a state, even if it does nothing but cause a run.
        on_instant_change=_nothing,
        on_selection_change=_nothing,
        on_event_change=_nothing,
        on_threshold_change=on_threshold,
        on_annotate_change=on_annotate,
        on_playback_change=on_playback,
    )
    return cast(Reply, reply)


def _nothing() -> None:
    return None
