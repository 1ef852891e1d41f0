"""Spectrograms at the recording's own rate: axes, ranges and levels."""

import io

import numpy as np
import pytest
import soundfile

from models.audio import Channels
from models.audio.detailed_spectrogram import (
    FLOOR_DB,
    MAX_COLUMNS,
    N_BANDS,
    SpectrogramChoice,
    detailed_spectrogram,
)
from models.audio.frequency_bands import FrequencyAxis, bands_on
from models.audio.spectrogram import Spectrogram, spectrum_samples
from models.errors import Cancelled, RecordingError

AXES: tuple[FrequencyAxis, ...] = ("mel", "linear", "log")


def wav(samples: np.ndarray, sample_rate: int) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, sample_rate, format="WAV", subtype="FLOAT")
    return file.getvalue()


def tone(
    hz: float, sample_rate: int, amplitude: float = 0.5, duration_s: float = 1.0
) -> np.ndarray:
    return amplitude * np.sin(
        2 * np.pi * hz * np.arange(round(duration_s * sample_rate)) / sample_rate
    )


def drawn(samples: np.ndarray, sample_rate: int, axis: FrequencyAxis, top_hz: float) -> Spectrogram:
    return detailed_spectrogram(
        wav(samples, sample_rate),
        SpectrogramChoice(axis, top_hz),
        sample_rate=sample_rate,
        max_duration_s=3_600,
    )


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("hz", [440.0, 3_000.0, 15_000.0, 20_500.0])
def test_a_tone_lies_at_its_frequency_up_to_nyquist(axis: FrequencyAxis, hz: float) -> None:
    found = drawn(tone(hz, 44_100), 44_100, axis, 22_050.0)
    loudest = found.bands_hz[found.levels.mean(axis=1).argmax()]
    assert loudest == pytest.approx(hz, rel=0.03, abs=180)  # half a band of the linear axis: 86 Hz
    assert found.top_hz == 22_050.0


@pytest.mark.parametrize("axis", AXES)
def test_bands_are_equally_high_on_their_axis(axis: FrequencyAxis) -> None:
    found = bands_on(axis, 48_000, spectrum_samples(48_000), N_BANDS, 24_000.0)
    steps = np.diff(np.log(found.centres_hz) if axis == "log" else found.centres_hz)
    if axis == "mel":
        assert (np.diff(steps) >= -1e-6).all()  # linear below 1 kHz, wider above
    else:
        assert steps == pytest.approx(steps[0])


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("top_hz", [30.0, 2_000.0, 24_000.0])
def test_no_band_is_empty(axis: FrequencyAxis, top_hz: float) -> None:
    weights = bands_on(axis, 48_000, spectrum_samples(48_000), N_BANDS, top_hz).weights.toarray()
    assert weights.sum(axis=1) == pytest.approx(1.0)
    assert (weights >= 0).all()


@pytest.mark.parametrize("axis", AXES)
def test_white_noise_has_one_level_in_all_bands(axis: FrequencyAxis) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, 4 * 48_000)
    found = drawn(noise, 48_000, axis, 24_000.0)
    powers = 10 ** (found.levels[3:-1].astype(float) * -found.floor_db / 255 / 10)
    assert np.ptp(10 * np.log10(powers.mean(axis=1))) < 3


def test_levels_reach_further_down_than_those_of_the_analysis() -> None:
    faint = np.concatenate([tone(1_000, 16_000), tone(1_000, 16_000, 0.5e-5)])  # 100 dB apart
    found = drawn(faint, 16_000, "linear", 8_000.0)
    band = found.levels[np.abs(found.bands_hz - 1_000).argmin()].astype(float)
    levels_db = found.floor_db * (1 - band / 255)
    assert found.floor_db == FLOOR_DB
    assert np.median(levels_db[:90]) - np.median(levels_db[110:-5]) == pytest.approx(100, abs=1)


def test_frequencies_above_nyquist_are_left_out() -> None:
    found = drawn(tone(1_000, 8_000), 8_000, "linear", 24_000.0)
    assert found.top_hz == 4_000.0
    assert found.bands_hz.max() < 4_000.0


def test_a_long_recording_has_a_bounded_picture() -> None:
    found = drawn(np.zeros(1_000 * 400), 1_000, "linear", 500.0)  # 40,000 steps of 10 ms
    assert found.levels.shape[0] == N_BANDS
    assert MAX_COLUMNS / 2 < found.levels.shape[1] <= MAX_COLUMNS
    assert found.levels.shape[1] * found.step_s == pytest.approx(400, abs=0.05)


def test_a_choice_of_the_channel_is_followed() -> None:
    both = np.stack([tone(1_000, 16_000), tone(3_000, 16_000)], axis=1)
    cases: tuple[tuple[Channels, int], ...] = (("left", 1_000), ("right", 3_000))
    for channel, hz in cases:
        found = detailed_spectrogram(
            wav(both, 16_000),
            SpectrogramChoice("linear", 8_000.0),
            sample_rate=16_000,
            max_duration_s=60,
            channels=channel,
        )
        loudest = found.bands_hz[found.levels.mean(axis=1).argmax()]
        assert loudest == pytest.approx(hz, abs=40)


def test_it_can_be_cancelled_and_says_what_is_no_recording() -> None:
    def cancel(_fraction: float) -> None:
        raise Cancelled

    choice = SpectrogramChoice("mel", 8_000.0)
    with pytest.raises(Cancelled):
        detailed_spectrogram(
            wav(tone(1_000, 16_000), 16_000),
            choice,
            sample_rate=16_000,
            max_duration_s=60,
            progress=cancel,
        )
    with pytest.raises(RecordingError):
        detailed_spectrogram(b"no sound", choice, sample_rate=16_000, max_duration_s=60)
