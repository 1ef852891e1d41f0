import numpy as np
import pytest

from models.events.band_levels import BOTTOMS_HZ, FLOOR_DBFS, STEP_DB, TOP_HZ, band_levels
from models.events.band_levels import RunningBandLevels as Running

SAMPLE_RATE = 16_000


def dbfs(levels: np.ndarray) -> np.ndarray:
    """Level of all bands together, in dBFS."""
    return 10 * np.log10((10 ** ((levels * STEP_DB + FLOOR_DBFS) / 10)).sum(axis=1))


def test_a_full_scale_sine_has_3_db_below_full_scale_in_its_own_band() -> None:
    for rate, hz in ((16_000, 1_000), (44_100, 3_000), (8_000, 300)):
        sine = np.sin(2 * np.pi * hz * np.arange(rate) / rate).astype(np.float32)
        measured = band_levels(sine, rate).levels
        assert dbfs(measured) == pytest.approx(-3.01, abs=0.6)
        own = measured.argmax(axis=1)
        assert len(set(own.tolist())) == 1
        assert BOTTOMS_HZ[own[0]] <= hz <= (*BOTTOMS_HZ, TOP_HZ)[own[0] + 1]


def test_digital_silence_has_the_floor() -> None:
    assert (band_levels(np.zeros(16_000, np.float32), SAMPLE_RATE).levels == 0).all()


def test_steps_cover_the_clip_and_do_not_drift() -> None:
    for rate, count in ((16_000, 16_000), (22_050, 22_050 * 60), (16_000, 16_001), (16_000, 3)):
        found = band_levels(np.zeros(count, np.float32), rate)
        length_s = len(found.levels) * found.step_s
        assert count / rate <= length_s < count / rate + found.step_s


def test_blocks_of_any_size_give_the_same() -> None:
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 0.1, 100_003).astype(np.float32)
    running = Running(SAMPLE_RATE)
    for block in np.split(samples, np.sort(rng.integers(0, len(samples), 40))):
        running.append(block)
    assert np.array_equal(running.band_levels().levels, band_levels(samples, SAMPLE_RATE).levels)


def test_no_samples_have_no_levels() -> None:
    assert len(band_levels(np.empty(0, np.float32), SAMPLE_RATE).levels) == 0
