"""The front end in NumPy: YAMNet's features, but for its step."""

import numpy as np

from training.frontend import (
    FREQUENCIES_HZ,
    LOG_OFFSET,
    N_BANDS,
    N_FRAMES,
    SAMPLE_RATE,
    WINDOW_SAMPLES,
    log_mel,
    mel_matrix,
)


def tone(frequency_hz: float) -> np.ndarray:
    times_s = np.arange(WINDOW_SAMPLES) / SAMPLE_RATE
    return np.sin(2 * np.pi * frequency_hz * times_s).astype(np.float32)


def test_silence_is_the_logarithm_of_the_offset() -> None:
    spectra = log_mel(np.zeros((2, WINDOW_SAMPLES), np.float32))
    assert spectra.shape == (2, N_FRAMES, N_BANDS)
    np.testing.assert_allclose(spectra, np.log(LOG_OFFSET), rtol=1e-5)


def test_a_tone_is_loudest_in_the_band_around_it() -> None:
    edges_mel = np.linspace(*(1127 * np.log1p(np.array([125.0, 7500.0]) / 700)), N_BANDS + 2)
    for band in range(2, N_BANDS, 5):
        frequency_hz = 700 * np.expm1(edges_mel[band + 1] / 1127)
        spectrum = log_mel(tone(frequency_hz)[None])[0].mean(axis=0)
        assert abs(int(spectrum.argmax()) - band) <= 1


def test_every_band_has_frequencies_and_all_weigh_about_as_in_yamnet() -> None:
    weights = mel_matrix()
    assert weights.shape == (N_BANDS, len(FREQUENCIES_HZ))
    # YAMNet's bins lie 31.25 Hz apart; a triangle's weights add up to half of its bins.
    edges_mel = np.linspace(*(1127 * np.log1p(np.array([125.0, 7500.0]) / 700)), N_BANDS + 2)
    edges_hz = 700 * np.expm1(edges_mel / 1127)
    expected = (edges_hz[2:] - edges_hz[:-2]) / 2 / 31.25
    np.testing.assert_allclose(weights.sum(axis=1)[8:], expected[8:], rtol=0.3)
