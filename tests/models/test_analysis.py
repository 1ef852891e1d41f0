import numpy as np
import pytest

from models import load_clip
from models.analysis import analyse
from models.classifier import Classifier
from models.demonstration import demonstration_recording
from models.errors import RecordingError, SettingError
from models.framing import Framing
from models.levels import measure_levels
from tests.models.audio.recording_files import Recipe, make


def test_everything_about_a_recording(starter: Classifier) -> None:
    fractions: list[float] = []
    data = demonstration_recording()
    analysis = analyse(data, starter, hop_s=0.48, max_duration_s=60, progress=fractions.append)
    assert analysis.source.codec == "pcm_s16le"
    assert analysis.timeline.duration_s == pytest.approx(53.75)
    assert analysis.timeline.labels == starter.labels
    assert -40 < analysis.levels.rms_dbfs < analysis.levels.peak_dbfs <= 0
    framing = Framing.from_seconds(0.48, sample_rate=16_000, window_samples=15_600)
    windows = framing.windows(load_clip(data).samples, 0, analysis.timeline.n_frames)
    expected = [measure_levels(window).rms_dbfs for window in windows]
    np.testing.assert_allclose(analysis.window_levels_dbfs, expected, atol=1e-6)
    assert analysis.speed == analysis.timeline.duration_s / analysis.analysis_s
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)


def test_the_limit_on_duration_holds(starter: Classifier) -> None:
    data = demonstration_recording()
    with pytest.raises(RecordingError):
        analyse(data, starter, hop_s=0.48, max_duration_s=30, progress=lambda _fraction: None)


def test_the_limit_on_scores_holds_and_what_is_advised_fits(starter: Classifier) -> None:
    data, most = demonstration_recording(), 13 * 100
    with pytest.raises(SettingError, match="1,443 scores") as refused:
        _n_scores(data, starter, 0.48, most)
    advised_s = float(refused.value.remedy.split()[4])
    assert _n_scores(data, starter, advised_s, most) <= most
    assert "0 min 48 s would fit" in refused.value.remedy
    with pytest.raises(SettingError, match="Choose a model of fewer classes"):
        _n_scores(data, starter, 0.975, 13 * 10)  # no hop would do


def test_the_limit_on_scores_holds_where_a_file_does_not_say_how_long_it_is(
    starter: Classifier,
) -> None:
    data = make(Recipe("adts", "aac", sample_rate=16_000, layout="mono"), 30)
    whole = _n_scores(data, starter, 0.48, 13 * 200)
    assert _n_scores(data, starter, 0.48, whole) == whole
    with pytest.raises(SettingError, match=r"scores and more\. .* Choose a longer hop, a"):
        _n_scores(data, starter, 0.48, whole - 13)


def _n_scores(data: bytes, classifier: Classifier, hop_s: float, max_scores: int) -> int:
    found = analyse(
        data,
        classifier,
        hop_s=hop_s,
        max_duration_s=70,
        max_scores=max_scores,
        progress=lambda _fraction: None,
    )
    return found.timeline.scores.size
