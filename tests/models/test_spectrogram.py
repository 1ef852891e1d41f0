import numpy as np
import pytest

from models.spectrogram import FLOOR_DB, MAX_COLUMNS, N_BANDS, log_mel


def sine(frequency_hz: float, duration_s: float, amplitude: float = 0.5) -> np.ndarray:
    t = np.arange(round(16_000 * duration_s)) / 16_000
    return (amplitude * np.sin(2 * np.pi * frequency_hz * t)).astype(np.float32)


@pytest.mark.parametrize("frequency_hz", [300, 1_000, 4_000])
def test_a_sine_is_loudest_in_its_band(frequency_hz: float) -> None:
    picture = log_mel(sine(frequency_hz, 2), 16_000)
    loudest = picture.bands_hz[picture.levels_db.mean(axis=1).argmax()]
    assert loudest == pytest.approx(frequency_hz, rel=0.06)
    assert picture.levels_db.max() == 0


def test_a_sound_stands_where_it_is_heard() -> None:
    samples = np.concatenate([np.zeros(32_000, np.float32), sine(1_000, 1), np.zeros(16_000)])
    picture = log_mel(samples.astype(np.float32), 16_000)
    loud = picture.times_s[picture.levels_db.max(axis=0) > -20]
    assert loud.min() == pytest.approx(2.0, abs=0.03)
    assert loud.max() == pytest.approx(3.0, abs=0.03)


@pytest.mark.parametrize("n_samples", [1, 511, 512, 160_000, 16_000 * 600])
def test_a_picture_of_any_length_fits_the_screen(n_samples: int) -> None:
    picture = log_mel(np.full(n_samples, 0.1, np.float32), 16_000)
    bands, columns = picture.levels_db.shape
    assert bands == N_BANDS == len(picture.bands_hz)
    assert 1 <= columns <= MAX_COLUMNS
    assert len(picture.times_s) == columns
    assert picture.times_s[-1] <= max(n_samples, 512) / 16_000
    assert np.all(np.diff(picture.times_s) > 0)


def test_silence_lies_on_the_floor() -> None:
    assert np.all(log_mel(np.zeros(16_000, np.float32), 16_000).levels_db == FLOOR_DB)
