"""Fallback from WebRTC to the WebSocket where WebRTC does not connect."""

import streamlit as st

from components.live import transport, webrtc
from components.workspace.current import current

CONNECTING_S = 4.0
"""Timeout of a WebRTC connection attempt, in seconds; a successful one takes about 1 s."""


def switch(number: object) -> None:
    """Switch to the WebSocket, unless WebRTC was chosen explicitly.

    Parameters
    ----------
    number : object
        Number of the source that the browser reports as not connected, as it arrived.
    """
    session = current().live
    source = session.source
    if (
        source is None
        or source.number != number
        or session.has_heard
        or not transport.is_own(session)
    ):
        return
    if transport.chosen() == "webrtc":
        transport.note_stuck()
        return
    transport.rule_out_webrtc()
    webrtc.put_down()
    transport.begin(lambda: session.take_over("websocket"))


def show_stuck() -> None:
    """Show that WebRTC was chosen explicitly but does not connect, once."""
    if not transport.take_stuck():
        return
    st.warning(
        "The microphone does not connect by WebRTC: a firewall between this browser and the server "
        "needs a TURN server (see docs/deployment.md). Choose **Connection: Automatic** in the "
        "sidebar to listen over the WebSocket.",
        icon=":material/wifi_off:",
    )
