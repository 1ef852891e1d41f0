"""Microphone component without WebRTC, drawn on every page.

The entry point draws it, so that it survives changes of page. It sends audio over the application's
WebSocket (`components.server.live`) if WebRTC does not connect, and takes over from WebRTC when its
page is left.
"""

from pathlib import Path
from typing import Any

import streamlit as st

from components.frontend import bundle
from components.live import ways, webrtc
from components.protocol import serving
from components.ui import widgets
from components.workspace.current import current
from models.live import LiveSession

CONNECTING_S = 4.0
"""Timeout of a WebRTC connection attempt, in seconds; a successful one takes about 1 s."""

_KEY = "live-microphone"


def show(page: str) -> None:
    """Draw the component, and on other pages a bar that shows that the microphone is on.

    Parameters
    ----------
    page : str
        Path of the current page.
    """
    if not serving.is_serving():
        return
    session = current().live
    _leave_page(session, page)
    with st.container(key="live-microphone-place"):
        _mount(_data(session))
    if session.listening and page != ways.listening_page():
        _show_bar(session)


def _leave_page(session: LiveSession, page: str) -> None:
    """Take over from WebRTC if its page was left, which closes its connection."""
    if page == ways.listening_page():
        return
    webrtc.put_down()
    source = session.source
    if source is not None and source.way == "webrtc" and ways.is_own(session):
        ways.begin(lambda: session.take_over("websocket"))


def _data(session: LiveSession) -> dict[str, Any]:
    source = session.source if ways.is_own(session) else None
    is_here = source is not None and source.way == "websocket"
    is_connecting = source is not None and source.way == "webrtc" and not session.has_heard
    return {
        "address": ways.address(),
        "source": source.number if source is not None and is_here else None,
        "connecting": source.number if source is not None and is_connecting else None,
        "patience_ms": 1000 * CONNECTING_S,
        "constraints": webrtc.constrain(ways.is_clean()),
    }


def _mount(data: dict[str, Any]) -> None:
    bundle.component("capture", Path(__file__).parent)(
        key=_KEY,
        data=data,
        on_stuck_change=_on_stuck,
        on_failed_change=_on_failed,
        on_no_webrtc_change=ways.note_lack,
    )


def _on_stuck() -> None:
    """Switch to the WebSocket if WebRTC does not connect, unless WebRTC was chosen explicitly."""
    session = current().live
    source = session.source
    told = widgets.reply(_KEY, "stuck")
    if source is None or source.number != told or session.has_heard or not ways.is_own(session):
        return
    if ways.chosen() == "webrtc":
        ways.note_stuck()
        return
    ways.rule_out_webrtc()
    webrtc.put_down()
    ways.begin(lambda: session.take_over("websocket"))


def _on_failed() -> None:
    """Stop a session whose microphone the browser denies."""
    session = current().live
    told = widgets.reply(_KEY, "failed") or {}
    source = session.source
    if source is not None and source.number == told.get("source"):
        ways.note_failure(str(told.get("reason")))
        session.stop()


def _show_bar(session: LiveSession) -> None:
    with st.container(key="live-bar", horizontal=True, vertical_alignment="center"):
        is_playback = session.playback is not None
        st.markdown(
            ":material/play_circle: Playing" if is_playback else ":material/mic: Listening live"
        )
        st.button("Stop", key="live-bar-stop", icon=":material/stop:", on_click=session.stop)
