"""Recordings that break off say where; whole ones do not."""

import io
import random
from dataclasses import replace

import av
import numpy as np
import pytest

from models.audio import load_clip
from models.errors import RecordingError
from tests.models.audio.recording_files import (
    RECIPES,
    Recipe,
    amr,
    damaged,
    dominant_hz,
    encode,
    make,
    sine,
    wav,
)

DURATION_S = 3.0

# Without the index at their end these cannot be decoded at all, and a browser's WebM says nothing
# of its length: cut anywhere, it looks whole.
INDEX_AT_END = ("m4a aac", "m4a aac 8 khz", "m4a alac", "3gp", "mp4 with video", "mov with video")
SAYS_NOTHING = (
    *("webm without duration", "ts", "ts aac", "mts", "vob", "mpg", "ac3", "eac3", "mp2", "voc"),
    "mxf",  # its video is shorter here, and what is cut off is sound without any
)


@pytest.mark.parametrize("name", [n for n in RECIPES if n not in INDEX_AT_END + SAYS_NOTHING])
@pytest.mark.parametrize("kept", [0.6, 0.9])
def test_cut_recording_gives_what_is_left(name: str, kept: float) -> None:
    whole = make(RECIPES[name][0], DURATION_S)
    clip = load_clip(whole[: round(kept * len(whole))])
    # Ogg is lost by the page, of about a second.
    assert kept * DURATION_S - 1.2 < clip.duration_s < kept * DURATION_S + 0.2
    assert clip.broke_at_s == pytest.approx(clip.duration_s, abs=1 / 16000)
    assert dominant_hz(clip.samples, 16000) == pytest.approx(440, abs=2)


@pytest.mark.parametrize("wide", [False, True])
def test_cut_amr(wide: bool) -> None:
    clip = load_clip(amr(DURATION_S, wide=wide)[:-10])
    assert clip.broke_at_s == clip.duration_s == pytest.approx(DURATION_S - 0.02)


@pytest.mark.parametrize("name", INDEX_AT_END)
def test_cut_without_index_is_refused(name: str) -> None:
    whole = make(RECIPES[name][0], DURATION_S)
    with pytest.raises(RecordingError, match=r"index \(the moov box"):
        load_clip(whole[: round(0.6 * len(whole))])


def test_cut_within_the_index_is_refused_as_such() -> None:
    whole = make(RECIPES["m4a aac"][0], DURATION_S)
    with pytest.raises(RecordingError, match=r"cut off: 400 bytes are missing|moov box"):
        load_clip(whole[:-400])


def test_flac_from_a_pipe_states_no_length_and_breaks_all_the_same() -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 48000)
    whole = encode(Recipe("flac", "flac", 16000, "mono"), noise, seekable=False)
    assert load_clip(whole).broke_at_s is None
    clip = load_clip(whole[: len(whole) // 2])
    assert clip.broke_at_s == clip.duration_s < 1.6


@pytest.mark.parametrize("codec", ["pcm_s16le", "pcm_f32le"])
def test_wav_from_a_pipe_is_whole(codec: str) -> None:
    recipe = Recipe("wav", codec, 16000, "mono")
    clip = load_clip(encode(recipe, sine(DURATION_S, 16000), seekable=False))
    assert clip.duration_s == DURATION_S
    assert clip.broke_at_s is None


@pytest.mark.parametrize("stated_bytes", [0, 2**32 - 1, 2**32 - 37, 2**31, 2**31 - 4096 - 36])
def test_wav_that_does_not_know_its_length_is_whole(stated_bytes: int) -> None:
    data = (sine(DURATION_S, 16000) * 32767).astype("<i2").tobytes()
    clip = load_clip(wav(data, stated_bytes=stated_bytes))
    assert clip.duration_s == DURATION_S
    assert clip.broke_at_s is None


def test_wav_that_states_a_little_too_much_is_whole() -> None:
    data = bytes(2 * 48000)
    assert load_clip(wav(data, stated_bytes=len(data) + 44)).broke_at_s is None


def test_wav_with_chunks_around_the_sound_is_whole() -> None:
    data = bytes(2 * 48000)
    junk = b"LIST" + (5).to_bytes(4, "little") + b"hello\0"
    plain = wav(data)
    clip = load_clip(plain[:36] + junk + plain[36:] + junk)
    assert (clip.duration_s, clip.broke_at_s) == (DURATION_S, None)


@pytest.mark.parametrize("name", ["flac", "mp3 cbr", "m4a aac", "ogg opus"])
def test_damage_in_the_middle_is_got_over(name: str) -> None:
    """A packet or two are lost, or a page; what comes behind is not."""
    whole = make(RECIPES[name][0], 2 * DURATION_S)
    clip = load_clip(damaged(whole, [(0.4, 200)]))
    assert 2 * DURATION_S - 1.2 < clip.duration_s < 2 * DURATION_S + 0.2
    assert clip.broke_at_s is None
    assert dominant_hz(clip.samples[-16000:], 16000) == pytest.approx(440, abs=2)


@pytest.mark.parametrize("name", ["flac", "mp3 cbr", "m4a aac, index first"])
def test_half_of_a_download_that_was_made_room_for(name: str) -> None:
    """The file has its full size, but from the middle on only zeros."""
    whole = make(RECIPES[name][0], DURATION_S)
    clip = load_clip(damaged(whole, [(0.5, len(whole))]))
    assert clip.broke_at_s is not None
    assert clip.broke_at_s == pytest.approx(DURATION_S / 2, abs=0.4)


def test_noise_in_variable_bit_rate_without_header_is_whole() -> None:
    """FFmpeg guesses the length from the first frames, here a third too long."""
    quiet_first = np.concatenate([np.zeros(44100), np.random.default_rng(0).uniform(-1, 1, 88200)])
    recording = encode(RECIPES["mp3 vbr without xing"][0], quiet_first)
    with av.open(io.BytesIO(recording)) as opened:
        assert opened.duration > 1.3 * 3_000_000
    clip = load_clip(recording)
    assert clip.duration_s == pytest.approx(3.0, abs=0.1)
    assert clip.broke_at_s is None


@pytest.mark.parametrize("name", ["mkv with video", "mp4 with video", "mov with video"])
def test_sound_that_ends_before_its_video_is_whole(name: str) -> None:
    clip = load_clip(make(replace(RECIPES[name][0], video_s=3 * DURATION_S), DURATION_S))
    assert clip.duration_s == pytest.approx(DURATION_S, abs=0.1)
    assert clip.broke_at_s is None


def test_any_cut_of_a_real_encoding_never_says_more_than_there_is() -> None:
    """At twenty random places; neither a false length nor anything but a clip."""
    places = random.Random(1)  # noqa: S311 - no secret
    whole = make(RECIPES["mp3 cbr"][0], DURATION_S)
    for _ in range(20):
        n_bytes = places.randrange(2000, len(whole))
        clip = load_clip(whole[:n_bytes])
        assert clip.duration_s <= DURATION_S * n_bytes / len(whole) + 0.1
        if n_bytes < 0.95 * len(whole):
            assert clip.broke_at_s is not None
