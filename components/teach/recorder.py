"""The button that records while it is held."""

import base64
import binascii
from collections.abc import Callable
from pathlib import Path

from components.frontend import bundle
from components.ui import widgets
from components.workspace.shared import shared
from models.errors import RecordingError

LONGEST_S = 20.0
"""Longest recording while the button is held, unless the server allows less: 2.6 MB on the way to
it."""

FREE_S = 6.0
"""Length of a recording after a count-in: half a dozen claps."""


def show(label: str, *, key: str, take: Callable[[], None]) -> None:
    """Draw the button with its meter.

    Parameters
    ----------
    label : str
        What is to be recorded.
    key : str
        The button's key.
    take : callable
        Called when something was recorded: `recorded` then gives it.
    """
    longest_s = min(LONGEST_S, shared().limits.max_recorded_s)
    bundle.component("recorder", Path(__file__).parent)(
        key=key,
        data={"label": label, "longest_s": longest_s, "free_s": FREE_S},
        on_taken_change=take,
    )


def recorded(key: str) -> bytes:
    """Give what was recorded just now, as a WAV file.

    Raises
    ------
    RecordingError
        If what the browser sent is none.
    """
    told = widgets.reply(key, "taken")
    try:
        return base64.b64decode(told["wav"], validate=True)
    except (TypeError, KeyError, binascii.Error) as error:
        raise RecordingError(
            "The browser sent no recording.",
            allowed="It sends a WAV file.",
            remedy="Record it once more, or upload a file.",
        ) from error
