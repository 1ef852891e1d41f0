import io
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.audio import Clip, load_clip, open_flow
from models.audio.playback import OPTIONAL_TYPES, Playable, flac_file, playable, wav_file
from tests.models.audio.recording_files import Recipe, encode


def sound_of(clip: Clip, recording: bytes, unplayable: Collection[str] = ()) -> Playable:
    even = False
    if recording:
        with open_flow(recording) as flow:
            assert sum(map(len, flow.blocks())) == len(clip.samples)
            even = flow.packets_are_even
    whole = clip.broke_at_s is None
    return playable(
        clip.source,
        recording,
        lambda: flac_file(clip),
        whole=whole,
        even=even,
        unplayable=unplayable,
    )


@pytest.mark.recordings
def test_what_a_browser_plays_is_left_alone(recordings: Path) -> None:
    data = (recordings / "robin.ogg").read_bytes()
    sound = sound_of(load_clip(data), data)
    assert sound.mime_type == "audio/ogg"
    assert sound.converted is None


@pytest.mark.parametrize("kind", ["AIFF", "CAF", "WAV"])
def test_what_no_browser_plays_is_converted_without_loss(kind: str) -> None:
    samples = np.sin(np.arange(16_000) / 7) / 2
    file = io.BytesIO()
    subtype = "ALAW" if kind == "WAV" else "PCM_16"
    soundfile.write(file, samples, 16_000, format=kind, subtype=subtype)
    clip = load_clip(file.getvalue())
    sound = sound_of(clip, file.getvalue())
    assert sound.mime_type == "audio/flac"
    heard, sample_rate = soundfile.read(io.BytesIO(sound.converted))
    assert sample_rate == 16_000
    np.testing.assert_allclose(heard, clip.samples, atol=1 / 32_768)


def test_samples_without_a_file_can_be_heard_too() -> None:
    sound = sound_of(Clip.from_samples(np.zeros(16_000, np.float32), 16_000), b"")
    assert sound.converted is not None


def encoded(container: str, codec: str, sample_rate: int, options: Mapping[str, str]) -> bytes:
    """Make twenty seconds, first faint and then loud, so that a variable bit rate varies."""
    samples = np.random.default_rng(0).uniform(-0.4, 0.4, 20 * sample_rate).astype(np.float32)
    samples[: 10 * sample_rate] *= 0.001
    recipe = Recipe(container, codec, sample_rate, layout="mono", codec_options=options)
    return encode(recipe, samples)


def vorbis() -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.sin(np.arange(48_000) / 7) / 2, 48_000, format="OGG")
    return file.getvalue()


VARIABLE = {"flags": "+qscale", "global_quality": "590"}  # libmp3lame's -q:a 5


@pytest.mark.parametrize(
    ("container", "codec", "sample_rate", "options", "mime_type"),
    [
        ("mp3", "libmp3lame", 44_100, {}, "audio/mpeg"),
        ("mp3", "libmp3lame", 44_100, VARIABLE, "audio/mp4"),
        ("mp3", "libmp3lame", 22_050, {}, "audio/flac"),
        ("adts", "aac", 44_100, {}, "audio/mp4"),
    ],
)
def test_what_has_no_index_is_given_one(
    container: str, codec: str, sample_rate: int, options: dict[str, str], mime_type: str
) -> None:
    data = encoded(container, codec, sample_rate, options)
    clip = load_clip(data)
    sound = sound_of(clip, data)
    assert sound.mime_type == mime_type
    if sound.converted is not None:
        same = load_clip(sound.converted)
        assert same.duration_s == pytest.approx(clip.duration_s, abs=0.06)


@pytest.mark.parametrize(
    ("container", "codec", "asked", "unchanged"),
    [
        ("ogg", "libopus", "audio/ogg; codecs=opus", "audio/ogg"),
        ("ogg", "libvorbis", "audio/ogg; codecs=vorbis", "audio/ogg"),
        ("webm", "libopus", "audio/webm; codecs=opus", "audio/webm"),
        ("mp4", "aac", "audio/mp4; codecs=mp4a.40.2", "audio/mp4"),
        ("adts", "aac", "audio/mp4; codecs=mp4a.40.2", "audio/mp4"),
    ],
)
def test_what_this_browser_does_not_play_is_converted(
    container: str, codec: str, asked: str, unchanged: str
) -> None:
    is_vorbis = codec == "libvorbis"  # PyAV has no good encoder of it
    data = vorbis() if is_vorbis else encoded(container, codec, 48_000, {})
    clip = load_clip(data)
    assert sound_of(clip, data, set(OPTIONAL_TYPES) - {asked}).mime_type == unchanged
    sound = sound_of(clip, data, {asked})
    assert sound.mime_type == "audio/flac"
    assert load_clip(sound.converted).duration_s == pytest.approx(clip.duration_s, abs=1e-3)


def test_what_breaks_off_is_played_as_it_was_decoded() -> None:
    data = encoded("mp3", "libmp3lame", 44_100, VARIABLE)
    cut = data[: len(data) * 3 // 5]
    clip = load_clip(cut)
    assert clip.broke_at_s is not None
    assert sound_of(clip, cut).mime_type == "audio/flac"


@pytest.mark.parametrize("write", [flac_file, wav_file])
def test_samples_beyond_full_scale_are_clipped_for_playing(write: Callable[[Clip], bytes]) -> None:
    samples = np.array([0.5, 1.5, -1.5, 32_768.0, -1e30, -0.5], np.float32)
    heard, _ = soundfile.read(io.BytesIO(write(Clip.from_samples(samples, 16_000))))
    np.testing.assert_allclose(heard, np.clip(samples, -1, 1), atol=1.01 / 32_768)
