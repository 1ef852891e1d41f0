"""Microphone component without WebRTC, drawn on every page.

The entry point draws it, so that it survives changes of page. It sends audio over the application's
WebSocket (`components.server.live`) if WebRTC does not connect, and takes over from WebRTC when its
page is left.
"""

from pathlib import Path
from typing import Any

import streamlit as st

from components.frontend import bundle
from components.live import transport, webrtc, webrtc_fallback
from components.protocol import serving
from components.ui import widgets
from components.workspace.current import current
from models.live import LiveSession

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
    if session.listening and page != transport.listening_page():
        _show_bar(session)


def _leave_page(session: LiveSession, page: str) -> None:
    """Take over from WebRTC if its page was left, which closes its connection."""
    if page == transport.listening_page():
        return
    webrtc.put_down()
    source = session.source
    if source is not None and source.way == "webrtc" and transport.is_own(session):
        transport.begin(lambda: session.take_over("websocket"))


def _data(session: LiveSession) -> dict[str, Any]:
    source = session.source if transport.is_own(session) else None
    is_here = source is not None and source.way == "websocket"
    is_connecting = source is not None and source.way == "webrtc" and not session.has_heard
    return {
        "address": transport.address(),
        "source": source.number if source is not None and is_here else None,
        "connecting": source.number if source is not None and is_connecting else None,
        "patience_ms": 1000 * webrtc_fallback.CONNECTING_S,
        "constraints": webrtc.constrain(transport.is_clean()),
    }


def _mount(data: dict[str, Any]) -> None:
    bundle.component("capture", Path(__file__).parent)(
        key=_KEY,
        data=data,
        on_stuck_change=lambda: webrtc_fallback.switch(widgets.reply(_KEY, "stuck")),
        on_failed_change=_on_failed,
        on_no_webrtc_change=transport.note_lack,
    )


def _on_failed() -> None:
    """Stop a session whose microphone the browser denies."""
    session = current().live
    told = widgets.reply(_KEY, "failed") or {}
    source = session.source
    if source is not None and source.number == told.get("source"):
        transport.note_failure(str(told.get("reason")))
        session.stop()


def _show_bar(session: LiveSession) -> None:
    with st.container(key="live-bar", horizontal=True, vertical_alignment="center"):
        is_playback = session.playback is not None
        st.markdown(
            ":material/play_circle: Playing" if is_playback else ":material/mic: Listening live"
        )
        st.button("Stop", key="live-bar-stop", icon=":material/stop:", on_click=session.stop)
