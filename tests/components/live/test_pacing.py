"""Decoders of WebRTC keep to the clock."""

from types import SimpleNamespace
from typing import Any

from aiortc.codecs import get_decoder
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from components.live.pacing import PacedDecoder, RealTimeBudget, pace_decoders
from models.live.session import MAX_AHEAD_S

PACKET_S = 0.02
OPUS = RTCRtpCodecParameters("audio/opus", 48_000, 2, 96)


class Clock:
    """A clock that is set."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Counting:
    """A decoder that counts its packets."""

    n_packets = 0

    def decode(self, _encoded: object) -> list[Any]:
        self.n_packets += 1
        return [SimpleNamespace(samples=960, sample_rate=48_000)]


def test_a_flood_is_dropped_and_what_comes_in_time_is_not() -> None:
    clock, inner = Clock(), Counting()
    decoder = PacedDecoder(inner, RealTimeBudget(clock))
    for _ in range(100_000):
        decoder.decode(None)
    assert inner.n_packets <= MAX_AHEAD_S / PACKET_S + 2
    clock.now_s = 1000.0
    before = inner.n_packets
    for _ in range(500):
        clock.now_s += PACKET_S
        assert decoder.decode(None)
    assert inner.n_packets == before + 500


def test_another_codec_begins_no_new_account() -> None:
    clock, inner = Clock(), Counting()
    pace = RealTimeBudget(clock)
    for _ in range(10_000):
        PacedDecoder(inner, pace).decode(None)
    assert inner.n_packets <= MAX_AHEAD_S / PACKET_S + 2


def test_packets_without_sound_count_too() -> None:
    class Silent(Counting):
        def decode(self, encoded: object) -> list[Any]:
            super().decode(encoded)
            return []

    inner = Silent()
    decoder = PacedDecoder(inner, RealTimeBudget(Clock()))
    for _ in range(100_000):
        decoder.decode(None)
    assert inner.n_packets < 10_000


def test_receivers_get_such_decoders() -> None:
    from aiortc import rtcrtpreceiver

    pace_decoders()
    pace_decoders()
    assert isinstance(rtcrtpreceiver.get_decoder(OPUS), PacedDecoder)
    assert not isinstance(get_decoder(OPUS), PacedDecoder)
