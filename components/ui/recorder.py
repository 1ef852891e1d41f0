"""Recorder component: a button that records the microphone, decoded on the server.

`st.audio_input` asks the browser for WebM and decodes it there, which fails in WebKit and in Safari
before 18.4; this one collects samples and sends a WAV file.
"""

from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from components.frontend import bundle
from components.style import text
from components.ui import widgets
from components.workspace.shared import shared

LONGEST_S = 20.0
"""Maximum duration of a recording while the button is held, in seconds, unless the server's limit
is lower: an example is a few seconds long."""

FREE_S = 6.0
"""Duration of a recording after a count-in, in seconds: half a dozen claps."""

RECORDING_TYPE = "audio/vnd.earmark.recording"
"""Media type by which an uploader tells a recording from other files, as in recorder.js."""

RECORDED_NAME = "Microphone recording.wav"


def show_hold(label: str, *, key: str, take: Callable[[], None]) -> None:
    """Draw a button that records while it is held, with an uploader that only it uses.

    Parameters
    ----------
    label : str
        Label of the class to record.
    key : str
        Key of the uploader, see `components.ui.widgets.uploader`.
    take : callable
        Called when a recording has arrived; ``widgets.take_files(key)`` returns its file.
    """
    longest_s = min(LONGEST_S, _longest_s())
    _mount(
        f"recorder-{key}", "hold", label=label, longest_s=longest_s, uploader=_uploader_place(key)
    )
    _hidden_uploader(f"Record {text.escape_markdown(label)}", key, take)


def show_press(*, key: str, uploader: str) -> None:
    """Draw a button that begins and ends a recording, and puts it into a file uploader.

    Parameters
    ----------
    key : str
        Key of the component.
    uploader : str
        Key of the container of the uploader; its files of the type `RECORDING_TYPE` are recordings.
    """
    _mount(key, "press", longest_s=_longest_s(), uploader=uploader)


def show_alone(label: str, key: str, take: Callable[[], None]) -> None:
    """Draw such a button with an uploader of its own, which only the button uses.

    Parameters
    ----------
    label : str
        Label of the uploader.
    key : str
        Key of the uploader, see `components.ui.widgets.uploader`.
    take : callable
        Called when a recording has arrived; ``widgets.take_files(key)`` returns its file.
    """
    show_press(key=f"recorder-{key}", uploader=_uploader_place(key))
    _hidden_uploader(label, key, take)


def is_recording(file: UploadedFile) -> bool:
    """Whether a file of an uploader comes from the recorder."""
    return bool(file.type == RECORDING_TYPE)


def _uploader_place(key: str) -> str:
    return f"recorder-files-{key}"  # hidden by the style sheet


def _hidden_uploader(label: str, key: str, take: Callable[[], None]) -> None:
    with st.container(key=_uploader_place(key)):
        widgets.uploader(label, key=key, take=take, accept_multiple_files=True)


def _longest_s() -> float:
    return shared().limits.max_recorded_s


def _mount(
    key: str,
    mode: str,
    *,
    longest_s: float,
    uploader: str,
    label: str = "",
) -> None:
    bundle.component("recorder", Path(__file__).parent)(
        key=key,
        data={
            "mode": mode,
            "label": label,
            "longest_s": longest_s,
            "free_s": FREE_S,
            "uploader": uploader,
            "name": RECORDED_NAME,
        },
    )
