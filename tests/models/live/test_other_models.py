"""Live streams and whole clips heard by models of other rates and windows than YAMNet's."""

from pathlib import Path

import numpy as np
import pytest

from models.analysis import analyse
from models.audio.framing import Framing
from models.audio.levels import measure_levels
from models.audio.playback import wav_file
from models.inference import Classifier
from models.live import LiveSettings, LiveStream
from tests.models.inference.building import HeadPlan, Plan
from tests.models.live.parts import Clock, cut, feed, noise, until

KINDS = [
    (44_100, 44_032, "float32"),  # Teachable Machine
    (22_050, 5_512, "float32"),  # a quarter of a second
    (8_000, 8_000, "int16"),
    (48_000, 144_000, "float32"),  # BirdNET's three seconds
]


def opened(folder: Path, rate: int, window: int, dtype: str) -> Classifier:
    scale = 0.0 if dtype == "float32" else 1 / 32_768
    plan = Plan((1, window), (HeadPlan(3, "SOFTMAX"),), dtype, scale)
    return Classifier(plan.save(folder), workers=1, sample_rate=rate)


@pytest.mark.parametrize(("rate", "window", "dtype"), KINDS)
@pytest.mark.parametrize("interval_s", [0.1, 0.5])
def test_a_live_stream_is_heard_at_the_models_rate(
    tmp_path: Path, rate: int, window: int, dtype: str, interval_s: float
) -> None:
    classifier, clock = opened(tmp_path, rate, window, dtype), Clock()
    settings = LiveSettings(interval_s=interval_s, watched=("Class 1",))
    n_windows = int((5.5 - window / rate) / interval_s)
    with LiveStream(classifier, settings, clock=clock) as stream:
        sound = noise(6.0, sample_rate=48_000) / 8  # none beyond full scale, where a recording ends
        feed(stream, cut(sound, sample_rate=48_000, sizes=(960,), clock=clock))
        until(lambda: stream.snapshot().n_frames >= n_windows)
        frames = stream.snapshot(since=0).frames
    clip = stream.recording().clip
    assert clip.sample_rate == rate
    assert clip.duration_s == pytest.approx(6.0, abs=0.01)
    starts = np.round(frames.onsets_s * rate).astype(int)
    np.testing.assert_array_equal(np.diff(starts), round(interval_s * rate))
    heard = np.stack([clip.samples[start : start + window] for start in starts])
    # A session is kept in 16 bits, and the last minute as it is.
    np.testing.assert_allclose(frames.scores, classifier.score(heard), atol=1e-3)
    classifier.close()


@pytest.mark.parametrize(("rate", "window", "dtype"), KINDS)
def test_a_clip_is_analysed_at_the_models_rate(
    tmp_path: Path, rate: int, window: int, dtype: str
) -> None:
    classifier = opened(tmp_path, rate, window, dtype)
    with LiveStream(classifier, clock=Clock()) as stream:
        feed(stream, cut(noise(4.0, sample_rate=48_000), sample_rate=48_000, sizes=(960,)))
        until(lambda: stream.snapshot().duration_s > 3.9)
    clip = stream.recording().clip
    hop_s = classifier.contract.usual_hop_s
    analysis = analyse(
        wav_file(clip), classifier, hop_s=hop_s, max_duration_s=10, progress=lambda _done: None
    )
    assert analysis.timeline.duration_s == pytest.approx(clip.duration_s, abs=1e-3)
    np.testing.assert_allclose(
        analysis.timeline.scores, classifier.classify(clip).scores, atol=1e-3
    )
    framing = Framing.from_seconds(hop_s, sample_rate=rate, window_samples=window)
    windows = framing.windows(clip.samples, 0, analysis.timeline.n_frames)
    levels_dbfs = [measure_levels(one).rms_dbfs for one in windows]
    np.testing.assert_allclose(analysis.window_levels_dbfs, levels_dbfs, atol=0.01)
    columns_s = analysis.spectrogram.levels.shape[1] * analysis.spectrogram.step_s
    assert columns_s == pytest.approx(clip.duration_s, abs=0.05)
    stretches_s = len(analysis.envelope.extremes) * analysis.envelope.step_s
    assert stretches_s == pytest.approx(clip.duration_s, abs=0.05)
    assert analysis.playable.mime_type == "audio/wav"
    classifier.close()
