"""Settings of the player's sound, which the browser changes and the workspace keeps."""

import math
from collections.abc import Mapping

from components.ui import address
from components.view.settings import SPEEDS, PlaybackSettings


def read() -> PlaybackSettings:
    """Return the visitor's settings."""
    usual = PlaybackSettings()
    volume = _number(address.find("volume")[-1:], usual.volume)
    speed = _number(address.find("speed")[-1:], usual.speed)
    return PlaybackSettings(
        volume=min(1.0, max(0.0, volume)),
        speed=speed if speed in SPEEDS else usual.speed,
        keeps_pitch=address.find("pitch") != ("false",),
    )


def take(changed: object) -> None:
    """Keep settings that the browser sent, as far as they are valid.

    Parameters
    ----------
    changed : object
        A mapping of the fields of `PlaybackSettings`; anything else changes nothing.
    """
    if not isinstance(changed, Mapping):
        return
    usual, told = PlaybackSettings(), read()
    volume = _number((changed.get("volume"),), told.volume)
    speed = _number((changed.get("speed"),), told.speed)
    keeps_pitch = changed.get("keeps_pitch", told.keeps_pitch) is not False
    if 0 <= volume <= 1:
        address.change("volume", () if volume == usual.volume else (f"{volume:g}",))
    if speed in SPEEDS:
        address.change("speed", () if speed == usual.speed else (f"{speed:g}",))
    address.change("pitch", () if keeps_pitch else ("false",))


def _number(values: tuple[object, ...], usual: float) -> float:
    """Return the only value as a finite number, or the usual one."""
    for value in values:
        if isinstance(value, str | int | float):
            try:
                number = float(value)
            except (ValueError, OverflowError):
                return usual
            return number if math.isfinite(number) else usual
    return usual
