import numpy as np

from models.envelope import min_max_envelope


def test_a_short_clip_is_kept_whole() -> None:
    samples = np.linspace(-1, 1, 100, dtype=np.float32)
    envelope = min_max_envelope(samples, 16_000)
    np.testing.assert_array_equal(envelope.values, samples)
    np.testing.assert_allclose(envelope.times_s, np.arange(100) / 16_000)


def test_a_single_click_in_an_hour_survives() -> None:
    samples = np.zeros(16_000 * 3_600, np.float32)
    samples[30_000_001] = 0.7
    samples[30_000_002] = -0.9
    envelope = min_max_envelope(samples, 16_000, max_points=1_000)
    assert len(envelope.values) <= 1_000
    assert envelope.values.max() == np.float32(0.7)
    assert envelope.values.min() == np.float32(-0.9)
    assert envelope.times_s[envelope.values.argmax()] == 30_000_001 / 16_000
    assert np.all(np.diff(envelope.times_s) >= 0)
