"""Adapter to streamlit-webrtc: microphone audio over WebRTC.

Conventions
-----------
The callback only moves a packet from the connection into a bounded buffer: work of 15 ms in the
callback already starves the server (measured). The component's own Start button opens the
connection; opening it from Python on the first run mixes up the candidates of the offers.
"""

import time
from collections.abc import Callable
from enum import Enum
from typing import Any, cast

from components.live import ice
from components.live.offers import check_offer
from components.live.pacing import pace_decoders
from components.ui import tab
from models.errors import RecordingError
from models.live import Packet, Source

_KEY = "microphone-live"  # key of the component's connection state
_DRAWN, _SINK = "_microphone_drawn", "_microphone_sink"
_NAMED = "_microphone_addresses"  # those that the browser has named

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
    """State of the connection to the microphone."""

    IDLE = "not connected"
    CONNECTING = "connecting"
    OPEN = "connected"
    REFUSED = "refused"
    OVER = "over"


def listen(
    *,
    begin: Callable[[], Source],
    goes_on: Callable[[], bool],
    clean: bool,
    admit: Callable[[], bool],
) -> Connection:
    """Draw the component with its Start button and choice of microphone.

    Parameters
    ----------
    begin : callable
        Called once for each connection that the browser requests; returns the source that
        receives its packets.
    goes_on : callable
        Whether the session still uses these packets. Otherwise the connection is closed.
    clean : bool
        Whether the browser cancels echo, suppresses noise and controls the gain. This processing is
        made for calls: it removes claps, barks and music as noise.
    admit : callable
        Called whenever the browser requests or has a connection; if it returns False, the
        connection is refused.

    Returns
    -------
    Connection
        State of the connection.

    Raises
    ------
    RecordingError
        If the browser offers anything else than a microphone; then there is no connection.
    """
    # Importing the media stack takes a second, and the page "Clip" does not need it.
    from streamlit_webrtc import Translations, WebRtcMode, webrtc_streamer

    pace_decoders()
    _refuse_offers()
    before = tab.kept(_KEY) if tab.kept(_DRAWN) else None
    wanted = before is not None and any(before.state)
    if wanted and not admit():
        put_down()
        return Connection.REFUSED  # the browser closes what is not drawn
    if wanted and tab.kept(_SINK) is not None and not goes_on():
        put_down()
        return Connection.OVER
    if wanted and tab.kept(_SINK) is None:
        tab.keep(_SINK, _sink(begin()))
    tab.keep(_DRAWN, True)
    constraints: dict[str, Any] = {"audio": constrain(clean), "video": False}
    context = webrtc_streamer(
        key=_KEY,
        mode=WebRtcMode.SENDONLY,
        frontend_rtc_configuration={"iceServers": ice.for_browser()},
        server_rtc_configuration={"iceServers": ice.for_server()},
        media_stream_constraints=constraints,
        sink_audio_track=tab.kept(_SINK),
        sendback_audio=False,
        translations=cast(Translations, WORDS),
    )
    if context.state.playing:
        return Connection.OPEN
    if context.state.signalling:
        return Connection.CONNECTING
    tab.take(_SINK)
    return Connection.IDLE


def constrain(clean: bool) -> dict[str, bool]:
    """Return the constraints of the microphone's track (MediaTrackConstraints)."""
    return {"echoCancellation": clean, "noiseSuppression": clean, "autoGainControl": clean}


def put_down() -> None:
    """Note that this run does not draw the component, so that the browser closes its connection."""
    tab.take(_DRAWN)
    tab.take(_SINK)


def _refuse_offers() -> None:
    """Check the browser's offer before it is passed on to aiortc.

    Raises
    ------
    RecordingError
        If the browser offers anything else than a microphone.
    """
    from streamlit_webrtc.component import generate_frontend_component_key

    named = tab.kept(_NAMED, set())
    tab.keep(_NAMED, named)
    try:
        check_offer(tab.kept(generate_frontend_component_key(_KEY)), named)
    except RecordingError:
        put_down()  # a component that is not drawn loses its state
        raise


def _sink(source: Source) -> Any:  # noqa: ANN401  # its class is imported lazily
    from streamlit_webrtc import AudioSinkTrack

    class Sink(AudioSinkTrack):
        """Track that passes packets to a source, and ends it with the track."""

        def stop(self) -> None:
            super().stop()
            source.end()

    return Sink(lambda frame: source.push(Packet.from_frame(frame, time.monotonic())))
