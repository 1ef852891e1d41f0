"""Page notices for microphone errors of WebRTC, in place of the browser's messages.

streamlit-webrtc 0.79 shows the error's name and message, and has no translation for them.
"""

from pathlib import Path

import streamlit as st

from components.frontend import bundle
from components.live import transport
from components.ui import widgets

_KEY = "live-refusals"


def watch() -> None:
    """Mount the component that reports the errors of streamlit-webrtc's frame."""
    component = bundle.component("refusals", Path(__file__).parent)
    with st.container(key="live-refusals-place"):
        component(key=_KEY, on_refused_change=_on_refused)


def _on_refused() -> None:
    name = widgets.reply(_KEY, "refused")
    if name is not None:
        transport.note_failure(str(name))
