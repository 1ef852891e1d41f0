"""`load_clip` and `Clip`: sources, samples, progress, memory."""

import gc
import io
import os
import re
import struct
import subprocess
import sys
import threading
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soxr

from models.audio import Clip, SourceInfo, load_clip, reading
from models.audio.levels import measure_levels
from models.audio.resampling import LARGEST_SAMPLE
from models.errors import RecordingError, SettingError
from tests.models.audio.recording_files import RECIPES, Recipe, encode, make, sine, wav

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def recording() -> bytes:
    """Three seconds of stereo in MP3."""
    return make(RECIPES["mp3 cbr"][0], 3.0)


# Sources


class Minimal:
    """The least that can be read from: it cannot even go back."""

    def __init__(self, content: bytes) -> None:
        self._file = io.BytesIO(content)

    def read(self, n_bytes: int) -> bytes:
        return self._file.read(n_bytes)


class Named(io.BytesIO):
    """What Streamlit's uploader gives: a file with a name that says nothing true."""

    name = "../../etc/list.m3u8"


def test_every_kind_of_source_gives_the_same_clip(recording: bytes, tmp_path: Path) -> None:
    path = tmp_path / "with äöü and 'quotes'.bin"
    path.write_bytes(recording)
    expected = load_clip(recording)
    with path.open("rb") as file, path.open("rb", buffering=0) as raw:
        for source in (
            path,
            str(path),
            bytearray(recording),
            memoryview(recording),
            io.BytesIO(recording),
            Named(recording),
            Minimal(recording),
            file,
            raw,
        ):
            clip = load_clip(source)
            np.testing.assert_array_equal(clip.samples, expected.samples)
            assert clip.source == expected.source


def test_file_is_read_from_its_beginning_and_stays_open(recording: bytes) -> None:
    file = io.BytesIO(recording)
    file.seek(1000)
    first, second = load_clip(file), load_clip(file)
    np.testing.assert_array_equal(first.samples, second.samples)
    assert not file.closed


@pytest.mark.parametrize("source", [None, 3, 1.5, ["a.wav"], np.zeros(9), io.StringIO("abc")])
def test_wrong_type(source: Any) -> None:  # noqa: ANN401
    with pytest.raises(TypeError, match="a recording is a path, bytes or a file"):
        load_clip(source)


@pytest.mark.parametrize("answer", ["text", bytes(2**20 + 1)])
def test_reader_that_breaks_its_promise(answer: Any) -> None:  # noqa: ANN401
    class Liar:
        def read(self, _n_bytes: int) -> Any:  # noqa: ANN401
            return answer

    with pytest.raises(TypeError, match="must return at most"):
        load_clip(Liar())


def test_endless_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless:
        def read(self, n_bytes: int) -> bytes:
            return bytes(n_bytes)

    monkeypatch.setattr(reading, "_MAX_COPIED_BYTES", 2**22)
    with pytest.raises(RecordingError, match="Save it to a file"):
        load_clip(Endless())


def test_disk_that_fails(recording: bytes) -> None:
    class Failing(io.BytesIO):
        def read(self, n_bytes: int | None = -1, /) -> bytes:
            if self.tell() > 20000:
                raise OSError(5, "Input/output error")
            return super().read(n_bytes)

    with pytest.raises(RecordingError, match="Input/output error"):
        load_clip(Failing(recording))


@pytest.mark.parametrize("name", ["m4a aac", "mp4 with video", "webm", "ogg vorbis", "wma"])
def test_pipe_is_read_like_a_file(name: str) -> None:
    """Some containers have their index, or their length, at the end."""
    whole = make(RECIPES[name][0], 3.0)
    near_end, far_end = os.pipe()
    with os.fdopen(near_end, "rb") as pipe, os.fdopen(far_end, "wb") as other_end:
        thread = threading.Thread(target=lambda: (other_end.write(whole), other_end.close()))
        thread.start()
        clip = load_clip(pipe)
        thread.join()
    np.testing.assert_array_equal(clip.samples, load_clip(whole).samples)


# Samples


def test_resampling_is_as_good_as_on_the_whole() -> None:
    channels = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 5 * 44100 + 11)).astype(np.float32)
    clip = load_clip(encode(Recipe("wav", "pcm_f32le"), channels))
    expected = soxr.resample(channels.mean(axis=0), 44100, 16000, quality="HQ")
    assert len(clip.samples) == pytest.approx(len(expected), abs=1)
    n_samples = min(len(clip.samples), len(expected))
    np.testing.assert_allclose(clip.samples[:n_samples], expected[:n_samples], atol=1e-5)


@pytest.mark.parametrize("sample_rate", [8000, 22050, 44100, 48000])
def test_other_rates(recording: bytes, sample_rate: int) -> None:
    clip = load_clip(recording, sample_rate=sample_rate)
    assert clip.sample_rate == sample_rate
    assert len(clip.samples) == pytest.approx(3.0 * sample_rate, abs=1)


@pytest.mark.parametrize("isolated", [False, True])
def test_samples_beyond_full_scale_are_kept(*, isolated: bool) -> None:
    samples = (3 * sine(1.0, 16000)).astype("<f4")  # its peak is 1.5
    clip = load_clip(wav(samples.tobytes(), bits=32, codec=3), isolated=isolated)
    np.testing.assert_array_equal(clip.samples, samples)
    assert measure_levels(clip.samples).peak_dbfs == pytest.approx(3.52, abs=0.01)
    assert clip.notices == ()


@pytest.mark.parametrize(("container", "codec"), [("mp3", "libmp3lame"), ("ogg", "libopus")])
def test_overshoot_of_lossy_codecs_is_kept(container: str, codec: str) -> None:
    square = np.sign(sine(1.0, 48000)).astype(np.float32)
    clip = load_clip(encode(Recipe(container, codec, 48000, layout="mono"), square))
    assert 1.02 < np.abs(clip.samples).max() < 2
    assert clip.notices == ()


@pytest.mark.parametrize(
    ("scale", "notice"),
    [
        (20.0, r"reach 10, far beyond full scale \(\+20\.0 dBFS\). They are analysed as they are"),
        (65_536.0, r"reach 32,768, .*\(\+90\.3 dBFS\).*16-bit values, divide them by 32,768"),
        (1e30, r"reach 2,147,483,648, .*limited to that"),
    ],
)
@pytest.mark.parametrize("isolated", [False, True])
def test_samples_far_beyond_full_scale_are_told(
    scale: float, notice: str, *, isolated: bool
) -> None:
    samples = (scale * sine(1.0, 16000, 440.0)).astype("<f4")
    samples[4] = scale / 2  # the peak itself
    clip = load_clip(wav(samples.tobytes(), bits=32, codec=3), isolated=isolated)
    limited = np.clip(samples, -LARGEST_SAMPLE, LARGEST_SAMPLE)
    np.testing.assert_array_equal(clip.samples, limited)
    assert len(clip.notices) == 1
    assert re.search(notice, clip.notices[0])
    assert Clip.from_samples(samples, 16000).notices == clip.notices


@pytest.mark.parametrize("signature", [b"RIFF", b"RF64", b"BW64"])
@pytest.mark.parametrize("frequency_hz", [440.0, 1000.0, 2000.0])
def test_wav_is_known_by_its_signature_whatever_its_samples_are(
    signature: bytes, frequency_hz: float
) -> None:
    """FFmpeg 8.1 takes a loud sine of 1,000 Hz for another container."""
    samples = (65_536 * sine(1.0, 16000, frequency_hz)).astype("<f4")
    riff = wav(samples.tobytes(), bits=32, codec=3)
    if signature != b"RIFF":  # EBU Tech 3306: sizes of 64 bits in the chunk ds64
        sizes = struct.pack("<4sIQQQI", b"ds64", 28, len(riff) + 28, samples.nbytes, 16000, 0)
        riff = signature + b"\xff" * 4 + b"WAVE" + sizes + riff[12:]
    clip = load_clip(riff)
    assert (clip.source.container, clip.source.codec) == ("wav", "pcm_f32le")
    np.testing.assert_array_equal(clip.samples, samples)


@pytest.mark.parametrize(("dtype", "bits"), [("<f4", 32), ("<f8", 64)])
def test_samples_that_are_no_number_are_counted(dtype: str, bits: int) -> None:
    channels = np.full((16000, 2), 0.25, dtype)
    channels[100, 0] = np.nan
    channels[200] = np.inf
    channels[300, 1] = -np.inf
    clip = load_clip(wav(channels.tobytes(), n_channels=2, bits=bits, codec=3))
    assert clip.non_finite_samples == 4
    assert (clip.samples[100], clip.samples[200], clip.samples[300]) == (0.125, 0.0, 0.125)
    assert np.isfinite(clip.samples).all()


def test_clip_is_frozen(recording: bytes) -> None:
    clip = load_clip(recording)
    assert clip.samples.dtype == np.float32
    assert clip.samples.ndim == 1
    assert clip.duration_s == len(clip.samples) / 16000
    with pytest.raises(ValueError, match="read-only"):
        clip.samples[0] = 1.0
    with pytest.raises(FrozenInstanceError):
        clip.sample_rate = 8000


@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_nothing_is_lost_between_segments(extra: int) -> None:
    """A clip is gathered in segments of ten minutes."""
    n_samples = 600 * 16000 + extra
    data = np.random.default_rng(0).integers(-9000, 9000, n_samples, np.int16)
    clip = load_clip(wav(data.tobytes()))
    np.testing.assert_array_equal(clip.samples, data / np.float32(32768))


# Settings


@pytest.mark.parametrize("sample_rate", [0, -16000, 10, 10**7, 16000.5, float("nan")])
def test_senseless_sample_rate(recording: bytes, sample_rate: int) -> None:
    with pytest.raises(SettingError, match="sample rate"):
        load_clip(recording, sample_rate=sample_rate)


@pytest.mark.parametrize("max_duration_s", [0, -1.0, float("nan")])
def test_senseless_limit(recording: bytes, max_duration_s: float) -> None:
    with pytest.raises(SettingError, match="max_duration_s"):
        load_clip(recording, max_duration_s=max_duration_s)


def test_no_limit(recording: bytes) -> None:
    assert load_clip(recording, max_duration_s=float("inf")).duration_s == pytest.approx(3.0)


# Progress


@pytest.mark.parametrize(
    "name", ["wav s16", "flac", "mp3 vbr without xing", "m4a aac", "webm without duration"]
)
def test_progress_rises_to_one(name: str) -> None:
    told: list[float] = []
    load_clip(make(RECIPES[name][0], 20.0), progress=told.append)
    assert len(told) > 5
    assert told == sorted(told)
    assert 0 <= told[0] < 0.5
    assert told[-1] == 1.0


class Stop(Exception):  # noqa: N818
    pass


@pytest.mark.parametrize("when", [0.0, 0.5, 1.0])
def test_progress_may_cancel(tmp_path: Path, when: float) -> None:
    path = tmp_path / "long.flac"
    path.write_bytes(make(RECIPES["flac"][0], 10.0))
    stop = Stop()

    def progress(fraction: float) -> None:
        if fraction >= when:
            raise stop

    with pytest.raises(Stop) as caught:
        load_clip(path, progress=progress)
    assert caught.value is stop
    del caught
    gc.collect()
    assert path.resolve() not in open_files()
    assert load_clip(path).duration_s == 10.0


def test_files_are_closed_after_errors(tmp_path: Path) -> None:
    path = tmp_path / "text.wav"
    path.write_text("no sound")
    with pytest.raises(RecordingError):
        load_clip(path)
    assert path.resolve() not in open_files()


def open_files() -> set[Path]:
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("this system does not tell which files are open")
    return {Path(os.path.realpath(entry)) for entry in folder.iterdir()}


# Memory

LONG = """
import re, sys
import av, numpy, soxr
from models.audio import load_clip

def kilobytes(name):
    with open("/proc/self/status") as status:
        return int(re.search(name + r":\\s+(\\d+)", status.read())[1])

before = kilobytes("VmRSS")
clip = load_clip(sys.argv[1])
print(clip.duration_s, clip.samples.nbytes, 1024 * (kilobytes("VmHWM") - before))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_a_long_mp3_takes_little_more_than_its_clip(tmp_path: Path) -> None:
    plain = {"write_xing": "0", "id3v2_version": "0"}
    recipe = Recipe("mp3", "libmp3lame", 44100, "stereo", 64000, container_options=plain)
    minute = make(recipe, 60.0)
    path = tmp_path / "long.mp3"
    path.write_bytes(20 * minute)
    child = subprocess.run(
        [sys.executable, "-c", LONG, str(path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    duration_s, n_bytes, peak_bytes = map(float, child.stdout.split())
    assert duration_s == pytest.approx(1200, abs=2)
    assert n_bytes == pytest.approx(1200 * 16000 * 4, rel=0.01)
    assert peak_bytes < 160e6  # twice the clip would be 154 MB, and decoding takes 46 MB


# Clips from samples


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_clip_from_samples(dtype: Any) -> None:  # noqa: ANN401
    samples = sine(1.0, 16000).astype(dtype)
    clip = Clip.from_samples(samples, 16000)
    np.testing.assert_array_equal(clip.samples, samples.astype(np.float32))
    assert clip.duration_s == 1.0
    assert clip.source == SourceInfo(str(samples.dtype), "memory", 16000, 1, 1.0)
    samples[:] = 0
    assert clip.samples.any()


def test_clip_from_samples_keeps_and_counts() -> None:
    clip = Clip.from_samples(np.array([2.0, -3.0, np.nan, np.inf, 0.5]), 16000)
    np.testing.assert_array_equal(clip.samples, np.array([2, -3, 0, 0, 0.5], np.float32))
    assert clip.non_finite_samples == 2


@pytest.mark.parametrize(
    ("samples", "hint"),
    [
        (np.zeros(9, np.int16), "32768"),
        (np.zeros((9, 2)), "Average the channels"),
        (np.zeros(0), "none at all"),
        (np.zeros(9, complex), "of type complex"),
    ],
)
def test_clip_from_unfit_samples(samples: Any, hint: str) -> None:  # noqa: ANN401
    with pytest.raises(RecordingError, match=hint):
        Clip.from_samples(samples, 16000)


def test_clip_from_samples_at_a_senseless_rate() -> None:
    with pytest.raises(SettingError):
        Clip.from_samples(np.zeros(9), 0)


def test_clip_of_another_type_is_a_mistake() -> None:
    source = SourceInfo("pcm", "memory", 16000, 1, 1.0)
    with pytest.raises(TypeError, match="from_samples"):
        Clip(np.zeros(9), 16000, source)
