from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest

from models.errors import RecordingError
from models.live import Gap, Packet
from models.live.intake import MAX_FILL_S, MAX_GAPS, SPARE_FILL_S, Intake
from tests.models.live.parts import RATE_HZ, cut, in_format, noise


def take(intake: Intake, packets: Iterable[Packet]) -> np.ndarray:
    return np.concatenate([*(intake.take(packet) for packet in packets), intake.finish()])


@pytest.mark.parametrize("sample_format", ["s16", "s16p", "s32", "s32p", "flt", "fltp"])
@pytest.mark.parametrize("layout", ["mono", "stereo", "5.1"])
def test_frames_of_every_format_are_averaged(sample_format: str, layout: str) -> None:
    n_channels = {"mono": 1, "stereo": 2, "5.1": 6}[layout]
    sound = noise(0.02, channels=n_channels)
    array = in_format(sound, sample_format)
    frame = av.AudioFrame.from_ndarray(array, format=sample_format, layout=layout)
    frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, 640, Fraction(1, RATE_HZ)
    packet = Packet.from_frame(frame, arrived_at=3.0)
    assert (packet.n_samples, packet.channels, packet.onset_s) == (320, n_channels, 0.04)
    np.testing.assert_allclose(packet.mono(), sound.mean(axis=0), atol=1e-4)


def test_a_packet_that_is_not_what_it_says_is_refused() -> None:
    packet = next(cut(noise(0.02, channels=2)))
    for wrong in (
        replace(packet, sample_format="s16p"),
        replace(packet, sample_format="flt"),
        replace(packet, sample_format="mp3"),
        replace(packet, channels=3),
        replace(packet, samples=packet.samples[0]),
    ):
        with pytest.raises(RecordingError, match=wrong.sample_format):
            wrong.mono()


def test_lost_packets_become_silence_that_is_marked() -> None:
    sound = noise(2.0)
    packets = list(cut(sound))
    intake = Intake(RATE_HZ)
    heard = take(intake, packets[:20] + packets[23:70] + packets[71:])
    expected = take(Intake(RATE_HZ), packets)
    expected[20 * 320 : 23 * 320] = expected[70 * 320 : 71 * 320] = 0
    np.testing.assert_array_equal(heard, expected)
    assert list(intake.gaps) == [Gap(0.4, 0.46), Gap(1.4, 1.42)]
    assert intake.lost_packets == 4


def test_a_gap_has_its_length_at_other_rates() -> None:
    packets = list(cut(noise(2.0, sample_rate=44_100), sample_rate=44_100, sizes=(882,)))
    intake = Intake(RATE_HZ)
    heard = take(intake, packets[:20] + packets[70:])
    assert len(heard) == 2 * RATE_HZ
    (gap,) = intake.gaps
    assert (gap.onset_s, gap.offset_s) == pytest.approx((0.4, 1.4))
    inside = heard[round(0.42 * RATE_HZ) : round(1.38 * RATE_HZ)]
    assert np.abs(inside).max() < 1e-3 < np.abs(heard[:6_000]).max()


@pytest.mark.parametrize("first_pts", [0, 2**31])
def test_a_sender_that_counts_anew_loses_no_sound(first_pts: int) -> None:
    before, after = noise(0.5), noise(0.5, seed=1)
    intake = Intake(RATE_HZ)
    heard = take(intake, [*cut(before, first_pts=100_000), *cut(after, first_pts=first_pts)])
    both = take(Intake(RATE_HZ), cut(np.concatenate((before, after), axis=1)))
    np.testing.assert_array_equal(heard, both)
    assert list(intake.gaps) == [Gap(0.5, 0.5)]
    assert intake.lost_packets == 0


def leaping(n_packets: int, jump_s: float, every_s: float = 0.0) -> Iterator[Packet]:
    """Packets of a single sample whose numbers jump, as no honest sender's do."""
    rate_hz = 192_000
    for index in range(n_packets):
        samples, pts = np.full((1, 1), 9_000, np.int16), round(index * jump_s * rate_hz)
        arrived_at = 100.0 + index * every_s
        yield Packet(samples, "s16", rate_hz, 1, pts, Fraction(1, rate_hz), arrived_at)


@pytest.mark.parametrize("jump_s", [0.5, SPARE_FILL_S - 1, MAX_FILL_S - 1])
@pytest.mark.parametrize("every_s", [0.0, 0.01])
def test_time_stamps_do_not_make_silence_faster_than_the_clock(
    jump_s: float, every_s: float
) -> None:
    intake = Intake(RATE_HZ)
    heard = take(intake, leaping(1_000, jump_s, every_s))
    allowed_s = SPARE_FILL_S + 1.06 * 1_000 * every_s + 0.01  # that of the packets themselves
    assert len(heard) / RATE_HZ <= allowed_s
    assert len(intake.gaps) == 999, "each jump is told"


def test_silence_that_was_not_made_is_not_saved_up_for_ever() -> None:
    intake = Intake(RATE_HZ)
    for packet in leaping(2, 0.0, every_s=3_600.0):
        intake.take(packet)
    at_once = [replace(packet, arrived_at=3_700.0) for packet in leaping(500, MAX_FILL_S / 2)]
    assert len(take(intake, at_once)) / RATE_HZ <= MAX_FILL_S + SPARE_FILL_S + 0.01


def test_a_long_dropout_is_filled_where_its_time_has_passed() -> None:
    before, after = noise(1.0), noise(1.0, seed=1)
    missing_s = MAX_FILL_S - 1
    late = cut(after, first_pts=round((1 + missing_s) * RATE_HZ), clock=lambda: 1 + missing_s)
    intake = Intake(RATE_HZ)
    heard = take(intake, [*cut(before, clock=lambda: 1.0), *late])
    assert len(heard) / RATE_HZ == 2 + missing_s
    assert list(intake.gaps) == [Gap(1.0, 1 + missing_s)]


def test_gaps_take_bounded_memory() -> None:
    intake = Intake(RATE_HZ)
    take(intake, leaping(MAX_GAPS + 100, MAX_FILL_S + 1))
    assert len(intake.gaps) == MAX_GAPS


def test_a_change_of_format_in_mid_stream_loses_no_sound() -> None:
    low = cut(noise(0.5, sample_rate=8_000), sample_rate=8_000, sizes=(160,))
    high = cut(
        noise(0.5, sample_rate=48_000, channels=2),
        sample_rate=48_000,
        sample_format="fltp",
        sizes=(960,),
        first_pts=24_000,  # half a second, in its own unit
    )
    intake = Intake(RATE_HZ)
    heard = take(intake, [*low, *high])
    assert len(heard) == RATE_HZ
    assert not intake.gaps
    for half, rate, channels in ((heard[:8_000], 8_000, 1), (heard[8_000:], 48_000, 2)):
        sound = noise(0.5, sample_rate=rate, channels=channels)
        alone = take(Intake(RATE_HZ), cut(sound, sample_rate=rate, sample_format="fltp"))
        np.testing.assert_allclose(half, alone, atol=1e-4)


def test_packets_without_time_follow_each_other() -> None:
    packets = [replace(packet, pts=None) for packet in cut(noise(0.1))]
    intake = Intake(RATE_HZ)
    assert len(take(intake, packets[:2] + packets[4:])) == 3 * 320
    assert not intake.gaps


def test_only_digital_silence_is_muted() -> None:
    intake = Intake(RATE_HZ)
    quiet = np.zeros((1, 2 * RATE_HZ))
    quiet[0, ::8_000] = 3 / 32_767
    take(intake, cut(quiet))
    assert not intake.muted
    take(intake, cut(0 * quiet))
    assert intake.muted
    take(intake, cut(quiet[:, :320]))
    assert not intake.muted


def through_opus(sound: np.ndarray) -> Iterator[Packet]:
    """Send 48 kHz sound through Opus, as WebRTC does."""
    encoder = av.CodecContext.create("libopus", "w")
    decoder = av.CodecContext.create("libopus", "r")
    encoder.sample_rate = decoder.sample_rate = 48_000
    encoder.layout, decoder.layout = "mono", "stereo"
    encoder.format = decoder.format = "s16"
    encoder.time_base = Fraction(1, 48_000)
    encoder.options = {"b": "30000", "application": "voip"}
    for start in range(0, sound.shape[1], 960):
        array = in_format(sound[:, start : start + 960], "s16")
        frame = av.AudioFrame.from_ndarray(array, format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, start, encoder.time_base
        for data in encoder.encode(frame):
            for decoded in decoder.decode(data):
                yield Packet.from_frame(decoded, arrived_at=0.0)


def test_what_opus_makes_of_a_muted_track_is_muted() -> None:
    intake = Intake(RATE_HZ)
    sound = noise(1.0, sample_rate=48_000)
    take(intake, through_opus(sound))
    assert not intake.muted
    take(intake, through_opus(np.concatenate((sound, np.zeros((1, 96_000))), axis=1)))
    assert intake.muted


def test_empty_packets_change_nothing() -> None:
    intake = Intake(RATE_HZ)
    packet = next(cut(noise(0.02)))
    take(intake, [packet])
    assert len(intake.take(replace(packet, samples=packet.samples[:, :0]))) == 0
    assert intake.position_s == 0.02
