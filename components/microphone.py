"""The browser's microphone over WebRTC: the only module that knows streamlit-webrtc.

Conventions
-----------
A packet goes from the connection into a bounded buffer, and nothing else is done on the way: work
of 15 ms in the callback already starves the server (measured). The component's own Start button
opens the connection; opening it from Python on the first run mixes up the offers' candidates.
"""

import time
from collections.abc import Callable
from enum import Enum
from typing import Any, cast

from components import ice
from components.ui import widgets
from models.live import Packet

_KEY = "microphone-live"  # under which the component keeps how far its connection is

WORDS = {
    "start": "Start listening",
    "stop": "Stop",
    "select_device": "Choose the microphone",
    "media_api_not_available": "This browser offers no microphone to this page.",
    "device_ask_permission": "Allow the microphone when the browser asks.",
    "device_not_available": "No microphone was found.",
    "device_access_denied": "The browser refused the microphone.",
}


class Connection(Enum):
    """How far the connection to the microphone is."""

    IDLE = "not connected"
    CONNECTING = "connecting"
    OPEN = "connected"
    REFUSED = "refused"


def listen(
    push: Callable[[Packet], None],
    *,
    ended: Callable[[], None],
    clean: bool,
    admit: Callable[[], bool],
) -> Connection:
    """Draw the component with its Start button and choice of microphone.

    Parameters
    ----------
    push : callable
        Gets each packet, on the connection's thread. It must do next to nothing.
    ended : callable
        Called on that thread when no more will come: at once after Stop, 30 s after the network
        went.
    clean : bool
        Whether the browser cancels echo, suppresses noise and controls the gain. That is made for
        calls: it takes claps, barks and music for noise.
    admit : callable
        Asked whenever the browser wants a connection, or has one; where it says no, there is none.

    Returns
    -------
    Connection
        How far the connection is.
    """
    # It brings a media stack along, a second of imports that the page "Clip" never needs.
    from streamlit_webrtc import (
        Translations,
        WebRtcMode,
        create_audio_sink_track,
        webrtc_streamer,
    )

    before = widgets.value(_KEY)
    if before is not None and any(before.state) and not admit():
        return Connection.REFUSED  # what is not drawn is closed by the browser
    sink = create_audio_sink_track(
        lambda frame: push(Packet.from_frame(frame, time.monotonic())),
        key="microphone-sink",
        on_ended=ended,
    )
    audio: dict[str, bool] = {
        "echoCancellation": clean,
        "noiseSuppression": clean,
        "autoGainControl": clean,
    }
    constraints: dict[str, Any] = {"audio": audio, "video": False}
    context = webrtc_streamer(
        key=_KEY,
        mode=WebRtcMode.SENDONLY,
        frontend_rtc_configuration={"iceServers": ice.for_browser()},
        server_rtc_configuration={"iceServers": ice.for_server()},
        media_stream_constraints=constraints,
        sink_audio_track=sink,
        sendback_audio=False,
        translations=cast(Translations, WORDS),
    )
    if context.state.playing:
        return Connection.OPEN
    return Connection.CONNECTING if context.state.signalling else Connection.IDLE
