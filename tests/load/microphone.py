"""Microphone without a browser: aiortc follows the protocol of the app's WebRTC component.

The component's value carries the offer; its arguments then carry the answer; once connected, its
value reports that it plays (observed with streamlit-webrtc 0.79).
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction
from typing import Any

import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack
from av import AudioFrame
from numpy.typing import NDArray
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.load.wire import PATIENCE_S, Visitor, frame

RATE_HZ = 48_000
_FRAME_SAMPLES = 960  # 20 ms, WebRTC's usual packet


class Looped(AudioStreamTrack):
    """A sound in a loop, at the pace of a microphone.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        At 48 kHz, in [-1, 1].
    """

    def __init__(self, samples: NDArray[np.float32]) -> None:
        super().__init__()
        self._samples = (samples * 32_767).astype(np.int16)
        self._position = 0
        self._began: float | None = None

    @property
    def given_s(self) -> float:
        """Amount of sound delivered so far, in seconds."""
        return self._position / RATE_HZ

    async def recv(self) -> AudioFrame:
        """Return the next 20 ms, when they are due."""
        self._began = time.monotonic() if self._began is None else self._began
        await asyncio.sleep(max(0.0, self._began + self._position / RATE_HZ - time.monotonic()))
        at = np.arange(self._position, self._position + _FRAME_SAMPLES) % len(self._samples)
        sound = AudioFrame.from_ndarray(self._samples[at][np.newaxis], "s16", "mono")
        sound.sample_rate, sound.pts, sound.time_base = (
            RATE_HZ,
            self._position,
            Fraction(1, RATE_HZ),
        )
        self._position += _FRAME_SAMPLES
        return sound


@asynccontextmanager
async def microphone(
    visitor: Visitor, samples: NDArray[np.float32]
) -> AsyncIterator[RTCPeerConnection]:
    """Press Start on the page "Live", and Stop at the end; yields the connection.

    Parameters
    ----------
    visitor : Visitor
        On that page.
    samples : ndarray of float32, shape (n_samples,)
        The microphone's input, in a loop: at 48 kHz, in [-1, 1].
    """
    number, _ = await visitor.wait_for(frame("webrtc_streamer"))
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    try:
        connection.addTrack(Looped(samples))
        await connection.setLocalDescription(await connection.createOffer())
        offer = connection.localDescription
        await visitor.rerun(_value(number, {"type": offer.type, "sdp": offer.sdp}))
        answer = await visitor.wait_for(_answer)
        await connection.setRemoteDescription(RTCSessionDescription(**json.loads(answer)))
        await asyncio.wait_for(_connected(connection), PATIENCE_S)
        await visitor.rerun(_value(number, playing=True))
        yield connection
        if visitor.connected:
            await visitor.rerun(_value(number))
        else:
            visitor.note(_value(number))
    finally:
        await connection.close()


def lose_network(connection: RTCPeerConnection) -> None:
    """Abort the transports of a connection without notifying the peer."""
    for transport in connection._RTCPeerConnection__iceTransports:
        for protocol in transport._connection._protocols:
            protocol.transport.abort()


def _value(number: str, offer: dict[str, Any] | None = None, playing: bool = False) -> WidgetState:
    value = {"playing": playing, "sdpOffer": offer or "", "iceCandidates": {}}
    return WidgetState(id=number, json_value=json.dumps(value))


def _answer(element: Element) -> str | None:
    picked = frame("webrtc_streamer")(element)
    answer: str | None = None if picked is None else picked[1].get("sdp_answer_json")
    return answer


async def _connected(connection: RTCPeerConnection) -> None:
    while connection.connectionState != "connected":
        assert connection.connectionState not in ("failed", "closed")
        await asyncio.sleep(0.05)
