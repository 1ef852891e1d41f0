import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models import load_clip
from models.analysis import Analysis, analyse
from models.audio.envelope import min_max_envelope
from models.audio.levels import frame_levels_dbfs, measure_levels
from models.audio.playback import flac_file
from models.audio.spectrogram import log_mel
from models.demonstration import demonstration_recording
from models.errors import Cancelled, RecordingError, SettingError
from models.inference import Classifier
from tests.models.audio.recording_files import Recipe, encode, wav

ROOT = Path(__file__).parents[2]


def analysis_of(recording: bytes, classifier: Classifier, hop_s: float = 0.48) -> Analysis:
    return analyse(
        recording, classifier, hop_s=hop_s, max_duration_s=60, progress=lambda _fraction: None
    )


def test_everything_about_a_recording(builtin: Classifier) -> None:
    fractions: list[float] = []
    data = demonstration_recording()
    analysis = analyse(data, builtin, hop_s=0.48, max_duration_s=60, progress=fractions.append)
    assert analysis.source.codec == "pcm_s16le"
    assert analysis.timeline.duration_s == pytest.approx(53.75)
    assert analysis.timeline.labels == builtin.labels
    assert -40 < analysis.levels.rms_dbfs < analysis.levels.peak_dbfs <= 0
    assert analysis.speed == analysis.timeline.duration_s / analysis.analysis_s
    assert analysis.playable.converted is None
    assert fractions == sorted(fractions)
    assert len(fractions) > 20
    assert fractions[-1] == pytest.approx(1.0)


def sounds(sample_rate: int, duration_s: float = 14.3) -> np.ndarray:
    generator = np.random.default_rng(sample_rate)
    times_s = np.arange(round(sample_rate * duration_s)) / sample_rate
    tones = np.sin(2 * np.pi * 300 * times_s * (1 + times_s % 3)) * np.abs(np.sin(times_s))
    return (0.3 * tones + 0.05 * generator.normal(size=len(times_s))).astype(np.float32)


RECORDINGS = {
    "mp3 44100": encode(Recipe("mp3", "libmp3lame", 44_100), sounds(44_100)),
    "mp3 22050, which is converted": encode(Recipe("mp3", "libmp3lame", 22_050), sounds(22_050)),
    "flac 48000": encode(Recipe("flac", "flac", 48_000), sounds(48_000)),
    "wav 16000": wav((sounds(16_000) * 32_767).astype("<i2").tobytes()),
    "wav beyond full scale": wav((10 * sounds(16_000)).tobytes(), bits=32, codec=3),
    "aiff far beyond it": encode(Recipe("aiff", "pcm_f32be"), 1e30 * sounds(44_100)),
    "wav of 100 ms": wav((sounds(16_000, 0.1) * 32_767).astype("<i2").tobytes()),
}
RECORDINGS["mp3 cut off"] = RECORDINGS["mp3 44100"][:-50_000]
RECORDINGS["mp3 with a hole"] = (
    RECORDINGS["mp3 44100"][:60_000] + bytes(30_000) + RECORDINGS["mp3 44100"][90_000:]
)


@pytest.mark.parametrize("name", RECORDINGS)
@pytest.mark.parametrize("hop_s", [0.1, 0.48, 0.975])
def test_what_passes_is_found_out_as_of_the_whole_clip(
    builtin: Classifier, name: str, hop_s: float
) -> None:
    recording = RECORDINGS[name]
    found, clip = analysis_of(recording, builtin, hop_s), load_clip(recording)
    np.testing.assert_array_equal(found.timeline.scores, builtin.classify(clip, hop_s).scores)
    assert found.timeline.duration_s == clip.duration_s
    assert (found.source, found.broke_at_s) == (clip.source, clip.broke_at_s)
    assert set(found.notices) <= set(clip.notices)  # which tells damage besides
    levels = frame_levels_dbfs(clip.samples, builtin.framing(hop_s))
    np.testing.assert_array_equal(found.window_levels_dbfs, levels)
    assert found.levels.peak_dbfs == measure_levels(clip.samples).peak_dbfs
    assert found.levels.rms_dbfs == pytest.approx(measure_levels(clip.samples).rms_dbfs)
    envelope, picture = min_max_envelope(clip.samples, 16_000), log_mel(clip.samples, 16_000)
    np.testing.assert_array_equal(found.envelope.extremes, envelope.extremes)
    np.testing.assert_array_equal(found.spectrogram.levels, picture.levels)
    if found.playable.mime_type == "audio/flac" and clip.source.container != "flac":
        assert found.playable.converted is not None
        played = load_clip(found.playable.converted)
        np.testing.assert_array_equal(played.samples, load_clip(flac_file(clip)).samples)


def test_one_that_breaks_off_is_told_and_played_as_decoded(builtin: Classifier) -> None:
    variable = {"flags": "+qscale", "global_quality": "590"}
    recording = encode(Recipe("mp3", "libmp3lame", 44_100, codec_options=variable), sounds(44_100))[
        :-60_000
    ]
    found = analysis_of(recording, builtin)
    assert found.broke_at_s == pytest.approx(found.timeline.duration_s, abs=0.1)
    assert found.playable.mime_type == "audio/flac"
    assert found.playable.converted is not None
    assert load_clip(found.playable.converted).duration_s == found.timeline.duration_s


@pytest.mark.parametrize("at_call", [1, 7, 30])
def test_what_progress_raises_ends_it(builtin: Classifier, at_call: int) -> None:
    calls: list[float] = []

    def cancel(fraction: float) -> None:
        calls.append(fraction)
        if len(calls) == at_call:
            raise Cancelled

    with pytest.raises(Cancelled):
        analyse(demonstration_recording(), builtin, hop_s=0.48, max_duration_s=60, progress=cancel)
    assert len(calls) == at_call
    assert analysis_of(RECORDINGS["wav of 100 ms"], builtin).timeline.n_frames == 1


def test_the_limit_on_duration_holds(builtin: Classifier) -> None:
    data = demonstration_recording()
    with pytest.raises(RecordingError):
        analyse(data, builtin, hop_s=0.48, max_duration_s=30, progress=lambda _fraction: None)


def test_the_limit_on_scores_holds_and_what_is_advised_fits(builtin: Classifier) -> None:
    data, most = demonstration_recording(), 521 * 100

    def scores(hop_s: float, max_scores: int) -> int:
        found = analyse(
            data,
            builtin,
            hop_s=hop_s,
            max_duration_s=60,
            max_scores=max_scores,
            progress=lambda _fraction: None,
        )
        return found.timeline.scores.size

    with pytest.raises(SettingError, match="57,831 scores") as refused:
        scores(0.48, most)
    advised_s = float(refused.value.remedy.split()[4])
    assert scores(advised_s, most) <= most
    assert "0 min 48 s would fit" in refused.value.remedy
    with pytest.raises(SettingError, match="Choose a model of fewer classes"):
        scores(0.975, 521 * 10)  # no hop would do


def test_scores_that_no_header_foretold_are_bounded_too(builtin: Classifier) -> None:
    recording = wav((sounds(16_000) * 32_767).astype("<i2").tobytes(), stated_bytes=2**32 - 1)
    n_windows = builtin.framing(0.48).n_frames(len(sounds(16_000)))
    with pytest.raises(SettingError, match=f"{n_windows} windows of 521 classes"):
        analyse(
            recording,
            builtin,
            hop_s=0.48,
            max_duration_s=60,
            max_scores=521 * 5,
            progress=lambda _fraction: None,
        )


def test_memory_is_reserved_as_the_scores_come_and_a_refusal_ends_it(builtin: Classifier) -> None:
    asked: list[int] = []

    def analyse_within(max_bytes: int) -> Analysis:
        def reserve(n_bytes: int) -> None:
            asked.append(n_bytes)
            if n_bytes > max_bytes:
                raise SettingError("Memory is full.", allowed="Less.", remedy="Wait.")

        asked.clear()
        return analyse(
            demonstration_recording(),
            builtin,
            hop_s=0.48,
            max_duration_s=60,
            reserve=reserve,
            progress=lambda _fraction: None,
        )

    whole = analyse_within(10**9).timeline.scores.nbytes
    assert asked == sorted(asked)
    assert asked[-1] == whole
    with pytest.raises(SettingError, match="Memory is full"):
        analyse_within(whole // 2)
    assert whole // 2 < asked[-1] < whole, "nothing more was decoded"


def test_a_hop_that_is_none_is_refused_before_anything_is_decoded(builtin: Classifier) -> None:
    with pytest.raises(SettingError, match="hop"):
        analysis_of(b"no recording", builtin, hop_s=9.0)


GROWTH = """
import re, sys
from pathlib import Path
from models.analysis import analyse
from models.inference import Classifier

def peak():
    with open("/proc/self/status") as status:
        return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", status.read())[1])

classifier = Classifier(Path(sys.argv[1]))
for path in map(Path, sys.argv[2:]):
    recording = path.read_bytes()
    found = analyse(
        recording, classifier, hop_s=0.96, max_duration_s=1e6, progress=lambda _fraction: None
    )
    print(found.timeline.duration_s, len(recording) + found.timeline.scores.nbytes, peak())
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_twenty_minutes_take_no_more_memory_than_five(builtin_path: Path, tmp_path: Path) -> None:
    """Beside the recording and the result: as a whole clip they would be 77 MB."""
    minutes = (5, 20)
    paths = [tmp_path / f"{count}.wav" for count in minutes]
    minute = (sounds(8_000, 60.0) * 100 + 128).astype(np.uint8).tobytes()
    for path, count in zip(paths, minutes, strict=True):
        path.write_bytes(wav(minute * count, sample_rate=8_000, bits=8))
    child = subprocess.run(
        [sys.executable, "-c", GROWTH, str(builtin_path), *map(str, paths)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    (short_s, short, before), (long_s, long, after) = (
        map(float, line.split()) for line in child.stdout.splitlines()
    )
    assert (short_s, long_s) == (300, 1200)
    assert after - before < long - short + 40e6
