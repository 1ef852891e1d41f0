import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.audio import levels as levels_module
from models.audio.framing import Framing
from models.audio.levels import RunningFrameLevels, RunningLevels, frame_levels_dbfs, measure_levels


def test_a_full_scale_sine() -> None:
    levels = measure_levels(np.sin(np.arange(16_000) * 2 * np.pi / 16).astype(np.float32))
    assert levels.peak_dbfs == pytest.approx(0, abs=0.01)
    assert levels.rms_dbfs == pytest.approx(-3.01, abs=0.01)


def test_a_negative_peak_counts() -> None:
    assert measure_levels(np.array([0.1, -0.5], np.float32)).peak_dbfs == pytest.approx(
        -6.02, abs=0.01
    )


@pytest.mark.parametrize("count", [0, 1, 1000])
def test_digital_silence_is_minus_infinity(count: int) -> None:
    levels = measure_levels(np.zeros(count, np.float32))
    assert levels.peak_dbfs == levels.rms_dbfs == -math.inf


@given(
    n_samples=st.integers(0, 400),
    window=st.integers(1, 60),
    hop_share=st.floats(0.01, 1),
    block=st.sampled_from((1, 7, 64, 2**20)),
    seed=st.integers(0, 99),
)
def test_each_window_has_the_level_that_the_model_hears(
    n_samples: int, window: int, hop_share: float, block: int, seed: int
) -> None:
    framing = Framing(16_000, window, max(1, int(window * hop_share)))
    generator = np.random.default_rng(seed)
    samples = generator.uniform(-1, 1, n_samples).astype(np.float32)
    samples[generator.random(n_samples) < 0.5] = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(levels_module, "_BLOCK_SAMPLES", block)
        found = frame_levels_dbfs(samples, framing)
    count = framing.n_frames(n_samples)
    assert found.shape == (count,)
    windows = [framing.windows(samples, frame, frame + 1)[0] for frame in range(count)]
    expected = [measure_levels(window).rms_dbfs for window in windows]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_silence_between_sounds_is_minus_infinity() -> None:
    loud = np.ones(100, np.float32)
    samples = np.concatenate((loud, np.zeros(200, np.float32), loud))
    found = frame_levels_dbfs(samples, Framing(16_000, 100, 100))
    assert found.tolist() == [0, -math.inf, -math.inf, 0]


def test_what_is_far_below_the_loudest_still_counts() -> None:
    samples = np.concatenate((np.ones(16_000), np.full(32_000, 1e-9))).astype(np.float32)
    found = frame_levels_dbfs(samples, Framing(16_000, 16_000, 6_400))
    assert found[0] == pytest.approx(0)
    assert found[-1] == pytest.approx(-180, abs=1e-3)


@given(cuts=st.lists(st.integers(0, 400), max_size=6), hop=st.integers(1, 60))
def test_blocks_have_the_levels_of_the_whole(cuts: list[int], hop: int) -> None:
    samples = np.random.default_rng(hop).uniform(-1, 1, 400).astype(np.float32)
    framing = Framing(16_000, 60, hop)
    running, of_frames = RunningLevels(), RunningFrameLevels(framing)
    for block in np.split(samples, sorted(cuts)):
        running.append(block)
        of_frames.append(block)
    assert running.levels().peak_dbfs == measure_levels(samples).peak_dbfs
    assert running.levels().rms_dbfs == pytest.approx(measure_levels(samples).rms_dbfs, abs=1e-9)
    np.testing.assert_array_equal(of_frames.levels_dbfs(), frame_levels_dbfs(samples, framing))
