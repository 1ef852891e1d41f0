import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.audio import Clip, load_clip
from models.audio.playback import wav_file
from models.errors import RecordingError
from models.inference import Classifier
from models.live import LiveSession, LiveSettings, Seats
from models.live.packets import MAX_SAMPLES, read_message
from tests.models.live.parts import Clock, PlainScorer, noise, until, write_message

RATES_HZ = (8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000)


def wav(samples: np.ndarray, sample_rate: int) -> bytes:
    """Write a file of 16 bits."""
    data = wav_file(Clip.from_samples(samples / np.float32(32_768), sample_rate))
    assert data[44:] == samples.tobytes()
    return data


@given(
    rate_hz=st.sampled_from(RATES_HZ),
    size=st.integers(128, 4_096),
    hop_s=st.sampled_from([0.1, 0.25, 0.4]),
    duration_s=st.floats(1.2, 2.5),
    seed=st.integers(0, 99),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pcm_gives_the_scores_of_a_clip_of_the_same_samples_to_the_bit(
    builtin: Classifier, rate_hz: int, size: int, hop_s: float, duration_s: float, seed: int
) -> None:
    sound = noise(duration_s + 0.5, sample_rate=rate_hz, seed=seed)[0]
    samples = (sound * 32_767).astype(np.int16)
    timeline = builtin.classify(load_clip(wav(samples, rate_hz)), hop_s)
    n_frames = 1 + int((duration_s - 0.975) / hop_s)

    session = LiveSession(Seats(1), lambda _: None, clock=Clock())
    source = session.begin("websocket", builtin, LiveSettings(interval_s=hop_s))
    for first in range(0, len(samples), size):
        message = write_message(source.number, rate_hz, first, samples[first : first + size])
        number, packet = read_message(message, 100.0 + first / rate_hz)
        assert number == source.number
        source.push(packet)
        if len(session._stream.inlet) > 500:
            session._stream.inlet.wake()
            until(lambda: not len(session._stream.inlet), every_s=0.001)
    until(lambda: session.snapshot().n_frames >= n_frames, within_s=5)
    live = session.snapshot(since=0)
    session.stop()

    assert live.health.lost_packets == live.health.dropped_windows == 0
    count = min(len(live.frames.scores), len(timeline.scores) - 1)
    assert count >= n_frames
    np.testing.assert_array_equal(live.frames.scores[:count], timeline.scores[:count])


def test_a_message_gives_its_samples_back() -> None:
    samples = np.array([0, 1, -1, 32_767, -32_768], np.int16)
    source, packet = read_message(write_message(7, 44_100, 1 << 40, samples), 3.0)
    assert source == 7
    np.testing.assert_array_equal(packet.samples, samples[None])
    assert (packet.sample_rate, packet.channels, packet.arrived_at) == (44_100, 1, 3.0)
    assert packet.pts == 1 << 40


def test_a_gap_in_the_numbers_is_told() -> None:
    kept = []
    session = LiveSession(Seats(1), kept.append, clock=Clock())
    source = session.begin("websocket", PlainScorer(), LiveSettings())
    block = np.full(480, 5_000, np.int16)
    for index in [*range(100), *range(125, 200)]:
        source.push(read_message(write_message(1, 48_000, 480 * index, block), 0.01 * index)[1])
    session.stop()
    (gap,) = kept[0].gaps
    assert (gap.onset_s, gap.offset_s) == pytest.approx((1.0, 1.25), abs=0.005)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\0" * 16,
        write_message(1, 48_000, 0, np.zeros(4, np.int16))[:-1],
        write_message(1, 48_000, 0, np.zeros(MAX_SAMPLES + 1, np.int16)),
        write_message(1, 7_999, 0, np.zeros(4, np.int16)),
        write_message(1, 192_001, 0, np.zeros(4, np.int16)),
        struct.pack("<II", 1, 48_000),
    ],
    ids=["nothing", "no samples", "half a sample", "too long", "too slow", "too fast", "no header"],
)
def test_what_is_malformed_is_refused(message: bytes) -> None:
    with pytest.raises(RecordingError, match="browser's microphone"):
        read_message(message, 0.0)


@given(st.binary(max_size=200))
def test_any_bytes_are_sound_or_refused(message: bytes) -> None:
    try:
        _, packet = read_message(message, 0.0)
    except RecordingError:
        return
    assert packet.mono().dtype == np.float32
