import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.audio.envelope import FULL_SCALE, MAX_STRETCHES, RunningEnvelope, min_max_envelope


def test_a_click_survives_an_hour() -> None:
    samples = np.zeros(16_000 * 3_600, np.float32)
    samples[40_000_000] = 1.0
    envelope = min_max_envelope(samples, 16_000)
    assert len(envelope.extremes) <= MAX_STRETCHES
    (stretch,) = np.flatnonzero(envelope.extremes[:, 1] == FULL_SCALE)
    assert 0 <= 40_000_000 / 16_000 - stretch * envelope.step_s < envelope.step_s
    assert envelope.peak == 1.0


def test_a_short_clip_is_kept_sample_by_sample() -> None:
    samples = np.sin(np.arange(1_000) / 7).astype(np.float32)
    envelope = min_max_envelope(samples, 16_000)
    assert envelope.step_s == 1 / 16_000
    assert envelope.extremes[:, 0].tolist() == envelope.extremes[:, 1].tolist()
    np.testing.assert_allclose(envelope.extremes[:, 0] / FULL_SCALE, samples, atol=1e-4)


def test_samples_beyond_full_scale_keep_their_shape() -> None:
    samples = np.array([0.0, 1.0, -2.0, 0.5], np.float32)
    envelope = min_max_envelope(samples, 16_000)
    np.testing.assert_allclose(envelope.extremes[:, 0] / FULL_SCALE, samples / 2, atol=1e-4)
    assert envelope.peak == 1.0


@given(st.integers(1, 5_000), st.integers(1, 64))
def test_stretches_cover_the_clip_and_hold_its_extremes(count: int, most: int) -> None:
    samples = np.random.default_rng(count).uniform(-1, 1, count).astype(np.float32)
    envelope = min_max_envelope(samples, 1_000, max_stretches=most)
    assert len(envelope.extremes) <= most
    step = round(envelope.step_s * 1_000)
    assert (len(envelope.extremes) - 1) * step < count <= len(envelope.extremes) * step
    for index, (low, high) in enumerate(envelope.extremes / FULL_SCALE):
        stretch = samples[index * step : (index + 1) * step]
        assert (low, high) == pytest.approx((stretch.min(), stretch.max()), abs=1e-4)


def test_silence_has_no_peak() -> None:
    assert min_max_envelope(np.zeros(10, np.float32), 16_000).peak == 0.0


@given(cuts=st.lists(st.integers(0, 999), max_size=6), most=st.integers(1, 64))
def test_blocks_have_the_envelope_of_the_whole(cuts: list[int], most: int) -> None:
    samples = np.random.default_rng(most).uniform(-1, 1, 999).astype(np.float32)
    running = RunningEnvelope(1_000, max_stretches=most)
    for block in np.split(samples, sorted(cuts)):
        running.append(block)
    whole = min_max_envelope(samples, 1_000, max_stretches=most)
    assert running.envelope().step_s == whole.step_s
    np.testing.assert_array_equal(running.envelope().extremes, whole.extremes)
