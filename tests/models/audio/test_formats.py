"""Every kind of recording comes out as the same sound."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from models.audio import Clip, decoding, load_clip
from models.audio.decoding import open_recording
from models.audio.reading import open_source
from tests.models.audio.recording_files import (
    AMPLITUDE,
    FREQUENCY_HZ,
    RECIPES,
    Recipe,
    amr,
    caf,
    dominant_hz,
    encode,
    level,
    make,
    sine,
    with_cover,
)

DURATION_S = 1.5
# Codecs work in frames of up to 2048 samples, and some containers keep the last one whole.
PADDING_SAMPLES = 2 * 2048


def assert_is_sine(clip: Clip, *, padding_s: float, n_level: float = AMPLITUDE) -> None:
    assert clip.sample_rate == 16000
    assert clip.duration_s == pytest.approx(DURATION_S, abs=padding_s)
    assert clip.source.duration_s == pytest.approx(clip.duration_s, abs=1 / 16000)
    assert dominant_hz(clip.samples, 16000) == pytest.approx(FREQUENCY_HZ, abs=1.5)
    # FFmpeg's encoders keep within 6 %; mixing stereo as FFmpeg does would give 41 % more.
    assert level(clip.samples) == pytest.approx(n_level, rel=0.06)
    assert clip.non_finite_samples == 0
    assert clip.broke_at_s is None


@pytest.mark.parametrize("name", RECIPES)
def test_sine_in_every_format(name: str) -> None:
    recipe, container, codec = RECIPES[name]
    clip = load_clip(make(recipe, DURATION_S))
    assert (clip.source.container, clip.source.codec) == (container, codec)
    assert (clip.source.sample_rate, clip.source.channels) == (recipe.sample_rate, 2)
    assert_is_sine(clip, padding_s=PADDING_SAMPLES / recipe.sample_rate)


@pytest.mark.parametrize("name", ["wav s16", "wav s24", "wav s32", "wav f32", "wav f64", "flac"])
def test_lossless_formats_come_out_exactly(name: str) -> None:
    recipe = Recipe(RECIPES[name][0].container, RECIPES[name][0].codec, 16000)
    original = sine(DURATION_S, 16000)
    clip = load_clip(encode(recipe, original))
    np.testing.assert_allclose(clip.samples, original, atol=2**-15)
    assert clip.source.duration_s == DURATION_S


@pytest.mark.parametrize("labels", [(2, 1), (3, 1, 2, 4), (9, 8, 7, 6, 5, 4, 3, 2, 1), (1, 1)])
@pytest.mark.parametrize("by_decoder", [False, True], ids=["by container", "by decoder"])
def test_channels_in_an_order_of_their_own(
    monkeypatch: pytest.MonkeyPatch, labels: tuple[int, ...], by_decoder: bool
) -> None:
    """PyAV frees such an order twice where it is let, which ends the process."""
    noise = np.random.default_rng(0).integers(-9_000, 9_000, (len(labels), 16_000), np.int16)
    if by_decoder:  # no decoder at hand makes one: let that of the container reach the frames
        monkeypatch.setattr(decoding, "_forget_order", lambda _context: len(labels))
    clip = load_clip(caf(noise, 16_000, labels))
    assert clip.source.channels == len(labels)
    np.testing.assert_allclose(clip.samples, noise.mean(axis=0) / 32_768, atol=1e-6)


@pytest.mark.parametrize("layout", ["5.1(side)", "quad(side)", "stereo"])
def test_channels_in_a_usual_order_are_let_go(monkeypatch: pytest.MonkeyPatch, layout: str) -> None:
    """Only an order that may be freed twice is worth memory that never comes back."""
    kept, gone_alone = [], []
    goes_alone = decoding._Batch._goes_alone

    def counted(batch: decoding._Batch, frame: object) -> bool:
        gone_alone.append(goes_alone(batch, frame))
        return gone_alone[-1]

    monkeypatch.setattr(decoding, "_keep", kept.append)
    monkeypatch.setattr(decoding._Batch, "_goes_alone", counted)
    recording = encode(Recipe("matroska", "ac3", 48_000, layout), sine(DURATION_S, 48_000))
    clip = load_clip(recording)
    assert clip.source.codec == "ac3"
    assert_is_sine(clip, padding_s=PADDING_SAMPLES / 48_000)
    assert not kept
    assert gone_alone
    assert not any(gone_alone)


@pytest.mark.parametrize(("most", "n_alone"), [(4_000, 20), (10_000, 0)])
def test_long_frames_come_by_themselves(
    monkeypatch: pytest.MonkeyPatch, most: int, n_alone: int
) -> None:
    """FLAC's frames have 2,304 samples in two channels here, and the last one fewer."""
    recipe = Recipe("flac", "flac", 32_000)
    recording = encode(recipe, sine(DURATION_S, recipe.sample_rate))

    def lengths() -> list[int]:
        with open_source(recording) as source, open_recording(source) as opened:
            return [len(block.mono) for block in opened.blocks() if len(block.mono)]

    expected = load_clip(recording)
    monkeypatch.setattr(decoding, "_LONG_FRAME_VALUES", most)
    assert lengths().count(2_304) == n_alone
    assert sum(lengths()) == DURATION_S * recipe.sample_rate
    # Where blocks end decides the last bit of what the resampling filter gives.
    np.testing.assert_allclose(load_clip(recording).samples, expected.samples, atol=1e-6)


@pytest.mark.parametrize(
    ("container", "subtype", "codec"),
    [
        ("WAV", "PCM_U8", "pcm_u8"),
        ("WAV", "IMA_ADPCM", "adpcm_ima_wav"),
        ("WAV", "GSM610", "gsm_ms"),
        ("WAVEX", "PCM_24", "pcm_s24le"),
        ("RF64", "PCM_16", "pcm_s16le"),
        ("W64", "FLOAT", "pcm_f32le"),
        ("AIFF", "PCM_24", "pcm_s24be"),
        ("CAF", "ALAC_16", "alac"),
        ("CAF", "PCM_16", "pcm_s16be"),
        ("AU", "ULAW", "pcm_mulaw"),
        ("FLAC", "PCM_24", "flac"),
        ("OGG", "VORBIS", "vorbis"),
        ("OGG", "OPUS", "opus"),
        ("MP3", "MPEG_LAYER_III", "mp3"),
    ],
)
def test_files_by_another_writer(container: str, subtype: str, codec: str) -> None:
    """libsndfile writes headers that differ from FFmpeg's."""
    sample_rate = 8000 if subtype == "GSM610" else 48000
    file = io.BytesIO()
    soundfile.write(file, sine(DURATION_S, sample_rate), sample_rate, subtype, format=container)
    clip = load_clip(file)
    assert (clip.source.codec, clip.source.sample_rate) == (codec, sample_rate)
    assert_is_sine(clip, padding_s=PADDING_SAMPLES / sample_rate)


@pytest.mark.parametrize(
    ("wide", "codec", "rate"), [(False, "amr_nb", 8000), (True, "amr_wb", 16000)]
)
def test_amr(wide: bool, codec: str, rate: int) -> None:
    clip = load_clip(amr(DURATION_S, wide=wide))
    source = clip.source
    assert (source.codec, source.container, source.channels) == (codec, "amr", 1)
    assert (source.sample_rate, source.duration_s) == (rate, DURATION_S)
    assert clip.duration_s == DURATION_S
    assert level(clip.samples) > 0.01
    assert clip.broke_at_s is None


def test_mp3_with_cover_art() -> None:
    clip = load_clip(with_cover(make(RECIPES["mp3 cbr"][0], DURATION_S)))
    assert (clip.source.container, clip.source.codec) == ("mp3", "mp3")
    assert_is_sine(clip, padding_s=0.1)


@pytest.mark.parametrize("appended", [b"TAG" + b"title".ljust(125), b"\0" * 5000, b"\0"])
def test_mp3_with_something_appended_is_whole(appended: bytes) -> None:
    assert_is_sine(load_clip(make(RECIPES["mp3 cbr"][0], DURATION_S) + appended), padding_s=0.1)


LAYOUTS = ("mono", "stereo", "2.1", "quad", "5.0", "5.1", "6.1", "7.1")


@pytest.mark.parametrize("codec", ["pcm_s16le", "pcm_f32le", "flac"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_one_to_eight_channels(layout: str, codec: str) -> None:
    container = "flac" if codec == "flac" else "wav"
    clip = load_clip(make(Recipe(container, codec, layout=layout), DURATION_S))
    assert clip.source.channels == LAYOUTS.index(layout) + 1
    assert_is_sine(clip, padding_s=0)


@pytest.mark.parametrize(
    ("layout", "n_channels", "options"),
    [("mono", 1, {}), ("7.1", 8, {}), ("hexadecagonal", 16, {"mapping_family": "255"})],
)
def test_planar_channels(layout: str, n_channels: int, options: dict[str, str]) -> None:
    """Opus is decoded to one plane per channel; PyAV itself stumbles from eight on."""
    recipe = Recipe("ogg", "libopus", 48000, layout, codec_options=options)
    clip = load_clip(make(recipe, DURATION_S))
    assert clip.source.channels == n_channels
    assert_is_sine(clip, padding_s=0.1)


@pytest.mark.parametrize("codec", ["pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_f64le"])
def test_channels_are_averaged(codec: str) -> None:
    channels = np.zeros((4, 24000))
    channels[2] = 1.6 * sine(DURATION_S, 16000)
    clip = load_clip(encode(Recipe("wav", codec, 16000, "quad"), channels))
    np.testing.assert_allclose(clip.samples, channels.mean(axis=0), atol=2**-8)
    assert level(clip.samples) == pytest.approx(0.2, rel=0.05)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000, 192000])
@pytest.mark.parametrize("container", ["wav", "flac"])
def test_rates(rate: int, container: str) -> None:
    codec = "flac" if container == "flac" else "pcm_s16le"
    clip = load_clip(make(Recipe(container, codec, rate), DURATION_S))
    assert clip.source.sample_rate == rate
    assert len(clip.samples) == pytest.approx(DURATION_S * 16000, abs=1)
    assert_is_sine(clip, padding_s=1e-4)


def test_rate_and_channels_may_change_in_mid_stream() -> None:
    plain = {"write_xing": "0", "id3v2_version": "0"}
    first = Recipe("mp3", "libmp3lame", 44100, "stereo", 128000, container_options=plain)
    second = Recipe("mp3", "libmp3lame", 22050, "mono", 64000, container_options=plain)
    joined = make(first, 2.0) + encode(second, sine(2.0, 22050, 880.0))
    clip = load_clip(joined)
    assert (clip.source.sample_rate, clip.source.channels) == (44100, 2)
    assert clip.duration_s == pytest.approx(4.0, abs=0.3)
    assert clip.source.duration_s == pytest.approx(clip.duration_s, abs=0.001)
    assert dominant_hz(clip.samples[:24000], 16000) == pytest.approx(440, abs=1.5)
    assert dominant_hz(clip.samples[-24000:], 16000) == pytest.approx(880, abs=1.5)


@pytest.mark.recordings
def test_real_recordings_against_another_decoder(recordings: Path) -> None:
    for name in ("humpback", "robin", "speech_reading", "trumpet", "vibe_ace"):
        check_against_another_decoder(recordings / f"{name}.ogg")


def check_against_another_decoder(path: Path) -> None:
    channels, sample_rate = soundfile.read(path, dtype="float32", always_2d=True)
    expected = soxr.resample(channels.mean(axis=1), sample_rate, 16000, quality="HQ")
    clip = load_clip(path)
    assert clip.source.sample_rate == sample_rate
    assert clip.source.channels == channels.shape[1]
    assert len(clip.samples) == pytest.approx(len(expected), abs=1)
    n_samples = min(len(clip.samples), len(expected))
    np.testing.assert_allclose(clip.samples[:n_samples], expected[:n_samples], atol=1e-3)
    assert clip.broke_at_s is None
