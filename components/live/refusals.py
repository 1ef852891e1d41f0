"""Why the browser gives WebRTC no microphone, in the page's words and not in the browser's.

streamlit-webrtc 0.79 shows an error's name and message, and offers no translation for them.
"""

from pathlib import Path

import streamlit as st

from components.frontend import bundle
from components.live import ways
from components.ui import widgets

_KEY = "live-refusals"


def watch() -> None:
    """Have the page say what streamlit-webrtc's frame would say."""
    component = bundle.component("refusals", Path(__file__).parent)
    with st.container(key="live-refusals-place"):
        component(key=_KEY, on_refused_change=_on_refused)


def _on_refused() -> None:
    name = widgets.reply(_KEY, "refused")
    if name is not None:
        ways.note_failure(str(name))
