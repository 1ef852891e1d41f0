import numpy as np
import pytest

from models.audio.spectrogram import (
    FLOOR_DB,
    MAX_COLUMNS,
    N_BANDS,
    RunningSpectrogram,
    log_mel,
    of_yamnet,
)


def sine(
    frequency_hz: float, duration_s: float, amplitude: float = 0.5, sample_rate: int = 16_000
) -> np.ndarray:
    t = np.arange(round(sample_rate * duration_s)) / sample_rate
    return (amplitude * np.sin(2 * np.pi * frequency_hz * t)).astype(np.float32)


@pytest.mark.parametrize("frequency_hz", [300, 1_000, 4_000])
def test_a_sine_is_loudest_in_its_band(frequency_hz: float) -> None:
    picture = log_mel(sine(frequency_hz, 2), 16_000)
    loudest = picture.bands_hz[picture.levels.mean(axis=1).argmax()]
    assert loudest == pytest.approx(frequency_hz, rel=0.04, abs=25)
    assert picture.levels.max() == 255


@pytest.mark.parametrize(
    ("sample_rate", "frequency_hz"),
    [
        (rate, frequency)
        for rate in (4_000, 8_000, 22_050, 44_100, 48_000, 192_000)
        for frequency in (300, 1_000, 3_500, 7_000)
        if frequency < rate / 2
    ],
)
def test_the_picture_is_the_same_at_every_rate(sample_rate: int, frequency_hz: float) -> None:
    picture = log_mel(sine(frequency_hz, 2, sample_rate=sample_rate), sample_rate)
    loudest = picture.bands_hz[picture.levels.mean(axis=1).argmax()]
    assert loudest == pytest.approx(frequency_hz, rel=0.04, abs=25)
    assert picture.step_s == pytest.approx(0.01, rel=0.01)
    above = picture.levels[picture.bands_hz > sample_rate / 2 * 1.1]
    assert not above.any()


@pytest.mark.parametrize("silence_s", [2, 600])
def test_a_sound_stands_where_it_is_heard(silence_s: int) -> None:
    silence = np.zeros(16_000 * silence_s, np.float32)
    picture = log_mel(np.concatenate([silence, sine(1_000, 1), silence]), 16_000)
    loud = np.flatnonzero(picture.levels.max(axis=0) > 255 - 60)  # 20 dB
    assert loud[0] * picture.step_s == pytest.approx(silence_s, abs=0.02 + picture.step_s)
    assert (loud[-1] + 1) * picture.step_s == pytest.approx(
        silence_s + 1, abs=0.02 + picture.step_s
    )


@pytest.mark.parametrize("n_samples", [1, 511, 512, 160_000, 16_000 * 600 + 1])
def test_columns_cover_a_clip_of_any_length(n_samples: int) -> None:
    picture = log_mel(np.full(n_samples, 0.1, np.float32), 16_000)
    bands, columns = picture.levels.shape
    assert bands == N_BANDS == len(picture.bands_hz)
    assert 1 <= columns <= MAX_COLUMNS
    assert (columns - 1) * picture.step_s < n_samples / 16_000 <= columns * picture.step_s


def test_blocks_leave_no_seams() -> None:
    """A steady sound looks the same at every time, but for the clip's two ends."""
    picture = log_mel(sine(1_000, 200), 16_000)
    inner = picture.levels[picture.levels.max(axis=1) > 100, 3:-3].astype(int)
    assert np.ptp(inner, axis=1).max() <= 2


@pytest.mark.parametrize("max_columns", [16, 64, 2_048])
@pytest.mark.parametrize("n_samples", [1, 16_000 * 5 + 7, 160 * 1_024])
def test_blocks_have_the_spectrogram_of_the_whole(max_columns: int, n_samples: int) -> None:
    generator = np.random.default_rng(n_samples)
    samples = generator.uniform(-1, 1, n_samples).astype(np.float32)
    samples *= np.linspace(0, 1, n_samples, dtype=np.float32)
    running = RunningSpectrogram(16_000, max_columns=max_columns)
    for block in np.split(samples, sorted(generator.integers(0, n_samples, 40))):
        running.append(block)
    found, whole = running.spectrogram(), log_mel(samples, 16_000, max_columns=max_columns)
    assert found.step_s == whole.step_s
    np.testing.assert_array_equal(found.levels, whole.levels)
    assert found.levels.shape[1] <= max_columns
    assert (found.levels.shape[1] - 1) * found.step_s < n_samples / 16_000


@pytest.mark.parametrize("sample_rate", [16_000, 44_100])
def test_bands_have_the_same_area(sample_rate: int) -> None:
    """A click, equally loud at all frequencies, is equally loud in all bands."""
    samples = np.zeros(sample_rate // 10, np.float32)
    samples[sample_rate // 20] = 1
    loudest = log_mel(samples, sample_rate).levels.max(axis=1).astype(int)
    assert np.ptp(loudest) <= 4  # 1.3 dB: low bands lie between few frequencies


def test_silence_lies_on_the_floor() -> None:
    assert not log_mel(np.zeros(16_000, np.float32), 16_000).levels.any()


def test_a_model_s_own_spectra_are_shown_as_they_are() -> None:
    magnitudes = np.zeros((300, N_BANDS), np.float16)
    magnitudes[100:200, 20] = 1.0
    magnitudes[150, 40] = 0.1  # 20 dB less
    picture = of_yamnet(magnitudes, 2.5)
    assert picture.step_s == 0.01
    assert picture.levels.shape == (N_BANDS, 250)  # what lies behind the clip is padding
    assert set(np.flatnonzero(picture.levels[20])) == set(range(100, 200))
    assert picture.levels[20, 150] == 255
    assert picture.levels[40, 150] == round(255 * (1 + 20 / FLOOR_DB))
    assert (picture.bottom_hz, picture.top_hz) == (125, 7_500)
    assert (np.diff(picture.bands_hz) > 0).all()
    assert 125 < picture.bands_hz[0] < picture.bands_hz[-1] < 7_500


@pytest.mark.parametrize("n_spectra", [1, 48, 33_000, 400_000])
def test_a_model_s_own_spectra_fit_into_a_picture(n_spectra: int) -> None:
    magnitudes = np.ones((n_spectra, N_BANDS), np.float16)
    picture = of_yamnet(magnitudes, n_spectra / 100)
    columns = picture.levels.shape[1]
    assert 1 <= columns <= MAX_COLUMNS
    assert (columns - 1) * picture.step_s < n_spectra / 100 <= columns * picture.step_s + 1e-6
    assert (picture.levels == 255).all()
