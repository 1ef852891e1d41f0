"""Channels that cancel each other out, and the choice of one."""

import re
from typing import Any, BinaryIO, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from models.audio import load_clip
from models.audio.downmix import Downmix
from models.errors import SettingError
from tests.models.audio.recording_files import Recipe, encode, level, sine

RATE_HZ = 16_000
WAVE = sine(4.0, RATE_HZ)
NOISE = np.random.default_rng(0).uniform(-0.5, 0.5, len(WAVE)).astype(np.float32)
OTHER = np.random.default_rng(1).uniform(-0.5, 0.5, len(WAVE)).astype(np.float32)


def recording(*channels: NDArray[np.float32], codec: str = "pcm_f32le") -> bytes:
    layout = {1: "mono", 2: "stereo", 4: "quad"}[len(channels)]
    container = "flac" if codec == "flac" else "wav"
    return encode(Recipe(container, codec, RATE_HZ, layout), np.stack(channels))


@pytest.mark.parametrize("codec", ["pcm_s16le", "pcm_f32le", "pcm_s24le", "pcm_u8", "flac"])
@pytest.mark.parametrize(("gain", "number"), [(-1.0, 1), (-0.8, 1), (-1.2, 2)])
def test_opposite_channels(codec: str, gain: float, number: int) -> None:
    clip = load_clip(recording(0.8 * WAVE, np.float32(0.8 * gain) * WAVE, codec=codec))
    assert level(clip.samples) == pytest.approx(0.4 * max(1, -gain), rel=0.03)
    (told,) = clip.notices
    assert f"cancel each other out: mixed, next to nothing would be left. Channel {number} " in told


@pytest.mark.parametrize(
    "channels",
    [
        (WAVE, WAVE),
        (WAVE, 0 * WAVE),
        (NOISE, OTHER),
        (NOISE, 0.5 * NOISE),
        (0 * WAVE, 0 * WAVE),
        (WAVE, 0 * WAVE, 0 * WAVE, 0 * WAVE),
        (NOISE, -0.3 * NOISE),
    ],
    ids=["same", "one silent", "unrelated", "louder", "silence", "one of four", "a little"],
)
def test_channels_that_do_not_cancel_are_averaged(channels: tuple[NDArray[np.float32]]) -> None:
    clip = load_clip(recording(*channels))
    np.testing.assert_allclose(clip.samples, np.mean(channels, axis=0), atol=1e-6)
    assert clip.notices == ()


def test_channels_that_cancel_later_on() -> None:
    """Nothing of it is lost but the quarter of a second in which it begins."""
    clip = load_clip(recording(np.tile(WAVE, 2), np.concatenate([WAVE, -WAVE])))
    powers = (clip.samples.reshape(-1, RATE_HZ // 4) ** 2).mean(axis=1)
    assert powers.min() > 0.02
    assert re.search(r"cancel each other out for (3\.[89]|4)", clip.notices[0])


def test_a_recording_that_goes_on_with_fewer_channels() -> None:
    """The channel that was taken is no longer there."""
    downmix = Downmix()
    block = np.stack([0.1 * NOISE, -0.1 * NOISE, WAVE, -WAVE])
    downmix.process(block, RATE_HZ)
    assert downmix.taken == [2]
    mono, _ = downmix.process(np.stack([NOISE, NOISE]), RATE_HZ)
    np.testing.assert_allclose(mono, NOISE, atol=1e-6)
    downmix.process(block, RATE_HZ)
    silence, _ = downmix.process(np.zeros((2, RATE_HZ), np.float32), RATE_HZ)
    assert not silence.any()


def test_the_channel_does_not_change_to_and_fro() -> None:
    """Or each change would be heard: the two are opposite."""
    wave = WAVE * np.float32(0.8)
    loud = np.where(np.arange(len(wave)) // RATE_HZ % 2, 1.1, 0.9).astype(np.float32)
    clip = load_clip(recording(wave, -loud * wave))
    np.testing.assert_allclose(clip.samples, clip.samples[0] * 0 + wave, atol=0.1)


def test_four_channels_of_two_pairs() -> None:
    clip = load_clip(recording(0.5 * NOISE, -0.5 * NOISE, WAVE, -WAVE))
    np.testing.assert_allclose(clip.samples[200:], WAVE[200:], atol=1e-6)


@pytest.mark.parametrize("isolated", [False, True])
def test_channels_are_chosen(isolated: bool) -> None:
    stereo = recording(NOISE, OTHER)
    for choice, expected in (("left", NOISE), ("right", OTHER), (0, NOISE), (1, OTHER)):
        clip = load_clip(stereo, channels=choice, isolated=isolated)
        np.testing.assert_allclose(clip.samples, expected, atol=1e-6)
        assert clip.source.channels == 2
    clips = load_clip(stereo, channels="each", isolated=isolated)
    assert len(clips) == 2
    for clip, expected in zip(clips, (NOISE, OTHER), strict=True):
        np.testing.assert_allclose(clip.samples, expected, atol=1e-6)


def test_each_of_a_stream_that_cannot_go_back() -> None:
    import io

    class Minimal:
        def __init__(self, content: bytes) -> None:
            self._file = io.BytesIO(content)

        def read(self, n_bytes: int) -> bytes:
            return self._file.read(n_bytes)

    told: list[float] = []
    source = cast(BinaryIO, Minimal(recording(NOISE, OTHER)))
    clips = load_clip(source, channels="each", progress=told.append)
    assert len(clips) == 2
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_mono_is_left_and_right() -> None:
    mono = recording(NOISE)
    for choice in ("left", "right", "mix", 0):
        np.testing.assert_allclose(load_clip(mono, channels=choice).samples, NOISE, atol=1e-6)
    assert len(load_clip(mono, channels="each")) == 1


@pytest.mark.parametrize("isolated", [False, True])
def test_a_channel_that_is_not_there(isolated: bool) -> None:
    with pytest.raises(SettingError, match="Channel 2 is chosen, and the recording has 2"):
        load_clip(recording(NOISE, OTHER), channels=2, isolated=isolated)


@pytest.mark.parametrize("channels", ["middle", -1, True, None, 0.5, [0]])
def test_choices_that_make_no_sense(channels: Any) -> None:  # noqa: ANN401
    with pytest.raises(SettingError, match="channels is"):
        load_clip(recording(NOISE), channels=channels)
