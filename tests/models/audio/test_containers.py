"""Containers of cameras, broadcasts and archives, on real bytes."""

from pathlib import Path

import numpy as np
import pytest

from models.audio import load_clip
from models.errors import RecordingError
from tests.models.audio.formats_table import table
from tests.models.audio.recording_files import (
    FREQUENCY_HZ,
    MUSEPACK,
    RECIPES,
    ape_silence,
    dominant_hz,
    dsf,
    level,
    make,
    sine,
    sphere,
)


def test_the_documentation_lists_what_is_read_here() -> None:
    documented = (Path(__file__).parents[3] / "docs" / "formats.md").read_text(encoding="utf-8")
    assert table() in documented, "run python -m tests.models.audio.formats_table"


def test_sphere() -> None:
    samples = (32_767 * sine(1.5, 16_000)).astype(np.int16)
    clip = load_clip(sphere(samples, 16_000))
    assert (clip.source.container, clip.source.codec) == ("nistsphere", "pcm_s16le")
    np.testing.assert_array_equal(clip.samples, samples / np.float32(32_768))


def test_dsf() -> None:
    clip = load_clip(dsf(0.3))
    assert (clip.source.container, clip.source.channels) == ("dsf", 1)
    assert clip.duration_s == pytest.approx(0.3, abs=0.02)
    assert dominant_hz(clip.samples, 16_000) == pytest.approx(FREQUENCY_HZ, abs=4)
    assert level(clip.samples) == pytest.approx(0.5, rel=0.06)


def test_monkeys_audio() -> None:
    """FFmpeg has no encoder for it."""
    clip = load_clip(ape_silence(3))
    assert (clip.source.container, clip.source.codec) == ("ape", "ape")
    assert clip.duration_s == pytest.approx(73_728 / 44_100, abs=1e-4)
    assert not clip.samples.any()


def test_musepack() -> None:
    clip = load_clip(MUSEPACK)
    assert (clip.source.container, clip.source.codec) == ("mpc8", "musepack8")
    assert clip.duration_s == pytest.approx(0.2, abs=0.04)
    assert level(clip.samples) == pytest.approx(0.5, rel=0.1)
    assert dominant_hz(clip.samples, 16_000) == pytest.approx(FREQUENCY_HZ, abs=5)


@pytest.mark.parametrize("name", ["avi", "ts", "vob", "mxf"])
def test_video_of_a_camera_begins_at_zero(name: str) -> None:
    """Time stamps of MPEG streams begin anywhere: here at 0.5 s and 1.4 s."""
    clip = load_clip(make(RECIPES[name][0], 1.0))
    assert clip.source.start_s == 0
    assert np.flatnonzero(np.abs(clip.samples) > 0.1)[0] < 0.05 * 16_000


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"RIFF\0\0\1\0AVI " + bytes(200), "it is an AVI file, and what follows"),
        (b"RIFF" + bytes(4) + b"WAVE" + bytes(32), "its first 44 bytes have no format chunk"),
        (b"OFR " + bytes(100), "OptimFROG"),
        (b"LA04" + bytes(100), "Lossless Audio"),
        (b"wvpk" + bytes(100), "begins as a WavPack file does"),
        (b"MAC " + bytes(100), "begins as a Monkey's Audio file does"),
        (b"RIFF\0\1\0\0sfbk" + bytes(100), "SoundFont"),
    ],
    ids=["avi", "wav", "ofr", "la", "wavpack", "ape", "sf2"],
)
def test_what_cannot_be_opened_is_called_what_it_is(content: bytes, what: str) -> None:
    with pytest.raises(RecordingError) as caught:
        load_clip(content)
    assert what in caught.value.arrived
    assert "Hz" not in caught.value.arrived
