"""Recorder component: a button that records while it is held."""

import base64
import binascii
from collections.abc import Callable
from pathlib import Path

from components.frontend import bundle
from components.ui import widgets
from components.workspace.shared import shared
from models.errors import RecordingError

LONGEST_S = 20.0
"""Maximum duration of a recording while the button is held, in seconds, unless the server's limit
is lower. Its message to the server has 2.6 MB."""

FREE_S = 6.0
"""Duration of a recording after a count-in, in seconds: half a dozen claps."""


def show(label: str, *, key: str, take: Callable[[], None]) -> None:
    """Draw the button with its level meter.

    Parameters
    ----------
    label : str
        Label of the class to record.
    key : str
        Key of the component.
    take : callable
        Called when a recording has arrived, which `recorded` then returns.
    """
    longest_s = min(LONGEST_S, shared().limits.max_recorded_s)
    bundle.component("recorder", Path(__file__).parent)(
        key=key,
        data={"label": label, "longest_s": longest_s, "free_s": FREE_S},
        on_taken_change=take,
    )


def recorded(key: str) -> bytes:
    """Return the latest recording as the contents of a WAV file.

    Raises
    ------
    RecordingError
        If the browser sent no valid recording.
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
