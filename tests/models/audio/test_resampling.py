from typing import Any

import numpy as np
import pytest
import soxr

from models.audio.resampling import LARGEST_SAMPLE, Resampler, mix_channels

FULL_SCALE: list[tuple[str, float, float]] = [
    ("u1", 0, 255),
    ("i2", -(2**15), 2**15 - 1),
    ("i4", -(2**31), 2**31 - 1),
    ("i8", -(2**63), 2**63 - 1024),
    ("f4", -1.0, 1.0),
    ("f8", -1.0, 1.0),
]


@pytest.mark.parametrize(("dtype", "lowest", "highest"), FULL_SCALE)
def test_every_type_is_scaled_to_one(dtype: str, lowest: float, highest: float) -> None:
    silence = 128 if dtype == "u1" else 0
    block = np.array([[lowest, silence, highest]]).astype(dtype)
    mono, n_non_finite = mix_channels(block)
    assert mono.dtype == np.float32
    np.testing.assert_allclose(mono, [-1, 0, 1], atol=2**-7 if dtype == "u1" else 2**-15)
    assert mono[1] == 0
    assert n_non_finite == 0


def test_sixteen_bits_come_out_exactly() -> None:
    block = np.arange(-(2**15), 2**15, dtype=np.int16)[np.newaxis]
    mono, _ = mix_channels(np.repeat(block, 2, axis=0))
    np.testing.assert_array_equal(mono, block[0] / np.float32(32768))


def test_samples_beyond_full_scale_are_kept() -> None:
    mono, _ = mix_channels(np.array([[1.5, 1.5, -3.0], [-0.5, 1.5, 0.0]], np.float32))
    np.testing.assert_array_equal(mono, [0.5, 1.5, -1.5])


def test_what_is_no_number_counts_as_zero() -> None:
    block = np.array([[np.nan, np.inf, 0.5], [0.5, -np.inf, np.nan]])
    mono, n_non_finite = mix_channels(block)
    np.testing.assert_array_equal(mono, [0.25, 0.0, 0.25])
    assert n_non_finite == 4


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huge_numbers_are_limited(dtype: Any) -> None:  # noqa: ANN401
    largest = np.finfo(dtype).max
    mono, _ = mix_channels(np.array([[largest, -largest]] * 3, dtype))
    np.testing.assert_array_equal(mono, [LARGEST_SAMPLE, -LARGEST_SAMPLE])


@pytest.mark.parametrize("source_rate", [1000, 8000, 11025, 22050, 44100, 48000, 96000, 192000])
def test_block_by_block_is_as_good_as_at_once(source_rate: int) -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 3 * source_rate + 7).astype(np.float32)
    resampler = Resampler(16000)
    cuts = np.cumsum([1, 100, source_rate, 3, source_rate // 2])
    blocks = [resampler.process(part, source_rate) for part in np.split(noise, cuts)]
    resampled = np.concatenate([*blocks, resampler.flush()])
    expected = soxr.resample(noise, source_rate, 16000, quality="HQ")
    assert len(resampled) == len(expected)
    np.testing.assert_allclose(resampled, expected, atol=1e-6)


def test_same_rate_is_left_alone() -> None:
    noise = np.random.default_rng(0).uniform(-1, 1, 1000).astype(np.float32)
    resampler = Resampler(16000)
    np.testing.assert_array_equal(resampler.process(noise, 16000), noise)
    assert len(resampler.flush()) == 0


def test_overshoot_is_kept() -> None:
    square = np.where(np.arange(44100) // 100 % 2, 1, -1).astype(np.float32)
    resampler = Resampler(16000)
    resampled = np.concatenate([resampler.process(square, 44100), resampler.flush()])
    assert np.abs(resampled).max() > 1.05
    expected = soxr.resample(square, 44100, 16000, quality="HQ")
    np.testing.assert_allclose(resampled, expected, atol=1e-6)


def test_overshoot_of_the_largest_samples_is_limited() -> None:
    square = np.where(np.arange(44100) // 100 % 2, LARGEST_SAMPLE, -LARGEST_SAMPLE)
    resampler = Resampler(16000)
    blocks = [resampler.process(square.astype(np.float32), 44100), resampler.flush()]
    assert np.abs(np.concatenate(blocks)).max() == LARGEST_SAMPLE


def test_new_rate_brings_the_old_one_to_its_end() -> None:
    resampler = Resampler(16000)
    blocks = [
        resampler.process(np.full(rate, 0.5, np.float32), rate) for rate in (44100, 22050, 16000)
    ]
    assert sum(map(len, blocks)) + len(resampler.flush()) == 3 * 16000
