"""The browser's microphone over WebRTC: the only module that knows streamlit-webrtc.

Conventions
-----------
A packet goes from the connection into a bounded buffer, and nothing else is done on the way: work
of 15 ms in the callback already starves the server (measured). The component's own Start button
opens the connection; opening it from Python on the first run mixes up the offers' candidates.
"""

import json
import os
import time
from collections.abc import Callable
from enum import Enum
from typing import Any, cast

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from models.errors import SettingError
from models.live import Packet

ICE_VARIABLE = "EARMARK_ICE_SERVERS"
"""Environment variable with a JSON list of ICE servers, for where there is no secrets file."""

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


def ice_servers() -> list[dict[str, Any]]:
    """Read the ICE servers from the secrets' table ``webrtc``, else from the environment.

    Returns
    -------
    list of dict
        As the browser's ``RTCConfiguration`` takes them; empty where nothing is configured, which
        is enough on localhost and in a local network.

    Raises
    ------
    SettingError
        If what is configured is no list of servers.
    """
    try:
        configured = st.secrets.get("webrtc", {}).get("ice_servers")
    except StreamlitSecretNotFoundError:
        configured = None
    where = ".streamlit/secrets.toml"
    if configured is None:
        configured, where = _from_environment(), ICE_VARIABLE
    servers = [dict(server) for server in configured if "urls" in server]
    if len(servers) != len(configured):
        raise SettingError(
            f"An ICE server in {where} has no urls.",
            allowed="Each one has urls, and, for TURN, username and credential.",
            remedy="See .streamlit/secrets.toml.example.",
        )
    return servers


def _from_environment() -> list[dict[str, Any]]:
    text = os.environ.get(ICE_VARIABLE, "[]")
    try:
        servers = json.loads(text)
    except json.JSONDecodeError as error:
        servers = error
    if not (isinstance(servers, list) and all(isinstance(server, dict) for server in servers)):
        raise SettingError(
            f"{ICE_VARIABLE} is no JSON list of servers.",
            allowed='Such as [{"urls": "stun:stun.example.org:3478"}].',
            remedy="Correct it, or unset it and use .streamlit/secrets.toml.",
        )
    return servers


def listen(push: Callable[[Packet], None], *, clean: bool) -> Connection:
    """Draw the component with its Start button and choice of microphone.

    Parameters
    ----------
    push : callable
        Gets each packet, on the connection's thread. It must do next to nothing.
    clean : bool
        Whether the browser cancels echo, suppresses noise and controls the gain. That is made for
        calls: it takes claps, barks and music for noise.

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

    sink = create_audio_sink_track(
        lambda frame: push(Packet.from_frame(frame, time.monotonic())), key="microphone-sink"
    )
    audio: dict[str, bool] = {
        "echoCancellation": clean,
        "noiseSuppression": clean,
        "autoGainControl": clean,
    }
    constraints: dict[str, Any] = {"audio": audio, "video": False}
    context = webrtc_streamer(
        key="microphone-live",
        mode=WebRtcMode.SENDONLY,
        rtc_configuration={"iceServers": ice_servers()},
        media_stream_constraints=constraints,
        sink_audio_track=sink,
        sendback_audio=False,
        translations=cast(Translations, WORDS),
    )
    if context.state.playing:
        return Connection.OPEN
    return Connection.CONNECTING if context.state.signalling else Connection.IDLE
