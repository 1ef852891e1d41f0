"""Offers of WebRTC: a microphone passes, others are refused before aiortc sees them."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from components.live.offers import (
    MAX_CANDIDATES,
    MAX_CANDIDATES_OF_PAGE,
    MAX_CHARACTERS,
    check_offer,
)
from models.errors import RecordingError

CANDIDATE = "candidate:1 1 udp 2130706431 192.0.2.7 40000 typ host"


def described(*kinds: str, channel: bool = False) -> str:
    """Describe a connection with these kinds of sound or pictures, as aiortc does."""

    async def describe() -> str:
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        for kind in kinds:
            connection.addTransceiver(kind, direction="sendonly")
        if channel:
            connection.createDataChannel("any")
        description: str = (await connection.createOffer()).sdp
        await connection.close()
        return description

    return asyncio.run(describe())


def value(sdp: str, n_candidates: int = 0) -> dict[str, Any]:
    """Give the component's value for an offer, as the browser sends it."""
    candidates = {str(n): {"candidate": CANDIDATE, "sdpMid": "0"} for n in range(n_candidates)}
    offer = {"type": "offer", "sdp": sdp}
    return {"playing": False, "sdpOffer": offer, "iceCandidates": candidates}


@pytest.mark.parametrize(
    "told",
    [
        None,
        {},
        {"playing": False, "sdpOffer": "", "iceCandidates": {}},
        {"playing": True},
        value(described("audio"), MAX_CANDIDATES),
    ],
)
def test_a_microphone_passes(told: object) -> None:
    check_offer(told, set())


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (value(described("audio", "audio")), "2 sections"),
        (value(described("audio", "video")), "2 sections"),
        (value(described("audio", channel=True)), "2 sections"),
        (value(described("video")), "something else than sound"),
        (value(described(channel=True)), "something else than sound"),
        (value("\r\n"), "0 sections"),
        (value("v=0\r\n"), "0 sections"),
        (value(described("audio") + "a=x:\x0bm=video 9 RTP/AVP 96\r\n"), "2 sections"),
        (value(described("audio") + f"a={CANDIDATE}\r\n" * (MAX_CANDIDATES + 1)), "addresses"),
        (value(described("audio") + "a=x:" + "x" * MAX_CHARACTERS), "characters"),
        (value(described("audio"), MAX_CANDIDATES + 1), "addresses"),
        ({"iceCandidates": {"0": {"candidate": "x" * 5_000}}}, "unknown way"),
        ({"iceCandidates": {"0": {"candidate": 7}}}, "unknown way"),
        ({"iceCandidates": {"0": "x"}}, "unknown way"),
        ({"iceCandidates": [CANDIDATE]}, "unknown way"),
        ({"sdpOffer": "v=0"}, "unknown way"),
        ({"sdpOffer": {"type": "answer", "sdp": described("audio")}}, "unknown way"),
        ({"sdpOffer": {"type": "offer", "sdp": ["m=audio "]}}, "unknown way"),
        ({"iceCandidates": {"0": {"candidate": CANDIDATE, "sdpMid": []}}}, "unknown way"),
        ({"iceCandidates": {"0": {"candidate": CANDIDATE, "sdpMLineIndex": "0"}}}, "unknown way"),
        (value(described("audio").replace("opus/48000/2", "opus")), "incompletely"),
        ([1, 2, 3], "unknown way"),
        ("offer", "unknown way"),
    ],
)
def test_anything_else_is_refused(told: object, why: str) -> None:
    with pytest.raises(RecordingError, match=why):
        check_offer(told, set())


def changed(sdp: str) -> Iterator[str]:
    """Yield a description with each of its lines left out, cut off, or made nonsense."""
    lines = sdp.splitlines()
    for at, line in enumerate(lines):
        name, colon, _ = line.partition(":")
        for instead in ([], [line[: len(line) // 2]], [name + colon], [f"{name}{colon}x x x"]):
            yield "\r\n".join([*lines[:at], *instead, *lines[at + 1 :]]) + "\r\n"


def test_what_passes_is_answered_by_aiortc() -> None:
    async def answer(sdp: str) -> None:
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        try:
            await connection.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
            await connection.setLocalDescription(await connection.createAnswer())
        finally:
            await connection.close()

    offers, refused = list(changed(described("audio"))), 0
    for sdp in offers:
        try:
            check_offer(value(sdp), set())
        except RecordingError:
            refused += 1
        else:
            asyncio.run(answer(sdp))  # raises nothing
    assert 20 < refused < len(offers)


def test_a_page_that_names_more_and_more_addresses_is_refused() -> None:
    """Each of them was sent packets: 6,000 in half a minute."""

    def naming(first: int) -> dict[str, Any]:
        lines = [CANDIDATE.replace("40000", str(first + n)) for n in range(MAX_CANDIDATES)]
        return {"iceCandidates": {line: {"candidate": line, "sdpMid": "0"} for line in lines}}

    named: set[str] = set()
    for first in range(0, MAX_CANDIDATES_OF_PAGE, MAX_CANDIDATES):
        check_offer(naming(first), named)
        check_offer(naming(first), named)  # drawn again
    for first in range(MAX_CANDIDATES_OF_PAGE, 3 * MAX_CANDIDATES_OF_PAGE, MAX_CANDIDATES):
        with pytest.raises(RecordingError, match="has named 1,100 addresses"):
            check_offer(naming(first), named)
    assert len(named) == MAX_CANDIDATES_OF_PAGE + MAX_CANDIDATES, "no more are kept"
