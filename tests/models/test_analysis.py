import numpy as np
import pytest

from models import load_clip
from models.analysis import analyse
from models.classifier import Classifier
from models.demonstration import demonstration_recording
from models.errors import RecordingError
from models.framing import Framing
from models.levels import measure_levels


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
