"""The microphone without WebRTC: a component on every page, which survives changes of page.

The entrypoint draws it, so that the browser keeps it while pages come and go. It sends sound over
the application's WebSocket (`components.server.live`) where WebRTC does not connect, and goes on
where WebRTC ends because its page was left.
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
"""Time after which WebRTC is taken not to connect, in seconds; otherwise it takes about one."""

_KEY = "live-microphone"


def show(page: str) -> None:
    """Draw the component, and a bar that says on other pages that the microphone is on.

    Parameters
    ----------
    page : str
        Path of the page that is shown.
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
    """Take over from WebRTC where its page was left: the browser closed that connection."""
    if page == ways.listening_page():
        return
    webrtc.put_down()
    source = session.source
    if source is not None and source.way == "webrtc" and ways.is_own(session):
        ways.take(session.take_over("websocket"))


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
        on_no_webrtc_change=ways.rule_out_webrtc,
    )


def _on_stuck() -> None:
    """Go on over the WebSocket where WebRTC does not connect."""
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
    ways.take(session.take_over("websocket"))


def _on_failed() -> None:
    """End a session whose microphone the browser does not give."""
    session = current().live
    told = widgets.reply(_KEY, "failed") or {}
    source = session.source
    if source is not None and source.number == told.get("source"):
        ways.note_failure(str(told.get("reason")))
        session.stop()


def _show_bar(session: LiveSession) -> None:
    with st.container(key="live-bar", horizontal=True, vertical_alignment="center"):
        st.markdown(":material/mic: Listening live")
        st.button("Stop", key="live-bar-stop", icon=":material/stop:", on_click=session.stop)
