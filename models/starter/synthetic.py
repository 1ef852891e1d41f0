"""Sounds made of formulas and noise, that are none of the thirteen classes.

Conventions
-----------
Each maker takes a generator of random numbers and gives one window: float32, 15600 samples at
16 kHz, peak 1. How loud it becomes is decided in `models.starter.augment`.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000  # Hz, the model's
WINDOW_SAMPLES = 15_600  # YAMNet's window, and so this model's: 0.975 s

Window = NDArray[np.float32]
_Signal = NDArray[np.float64]

_TIMES_S = np.arange(WINDOW_SAMPLES) / SAMPLE_RATE
_FREQUENCIES_HZ = np.fft.rfftfreq(WINDOW_SAMPLES, 1 / SAMPLE_RATE)


def noise(rng: np.random.Generator) -> Window:
    """Steady noise: white (a third of it), or with a slope of up to 8 dB an octave either way.

    Slopes of -3 and -6 dB are pink and brown noise; a half of it is cut off above or below.
    """
    slope_db = 0.0 if rng.random() < 0.35 else rng.uniform(-8, 3)
    shape = (np.maximum(_FREQUENCIES_HZ, 30) / 1000) ** (slope_db / 6.02)
    if rng.random() < 0.4:
        edge_hz, order = np.exp(rng.uniform(np.log(200), np.log(7000))), rng.uniform(1, 6)
        ratio = np.maximum(_FREQUENCIES_HZ, 1) / edge_hz
        shape = shape / np.sqrt(1 + (ratio if rng.random() < 0.6 else 1 / ratio) ** (2 * order))
    return _peak_1(_filtered(rng, shape))


def hum(rng: np.random.Generator) -> Window:
    """Mains at 50 or 60 Hz with its harmonics, in a little noise."""
    base_hz = rng.choice([50.0, 60.0])
    sound = 10 ** rng.uniform(-3, -1) * _filtered(rng, np.ones_like(_FREQUENCIES_HZ))
    for number in range(1, rng.integers(3, 30)):
        sound = sound + _sine(rng, base_hz * number) * rng.uniform(0, 1) / number
    return _peak_1(sound)


def tones(rng: np.random.Generator) -> Window:
    """One to four steady tones, at times in pulses: dial tones, beeps, alarms."""
    sound = np.zeros(WINDOW_SAMPLES)
    for _ in range(rng.integers(1, 5)):
        sound += _sine(rng, np.exp(rng.uniform(np.log(80), np.log(7000)))) * rng.uniform(0.2, 1)
    if rng.random() < 0.4:
        rate_hz, share = rng.uniform(1, 8), rng.uniform(0.2, 0.8)
        sound *= (_TIMES_S * rate_hz + rng.random()) % 1 < share
    return _peak_1(sound + 10 ** rng.uniform(-4, -2) * rng.standard_normal(WINDOW_SAMPLES))


def glides(rng: np.random.Generator) -> Window:
    """Whistles, sirens, chirps and calls of whales: pure tones whose pitch moves."""
    sound = np.zeros(WINDOW_SAMPLES)
    for _ in range(rng.integers(1, 5)):
        low_hz, high_hz = np.exp(rng.uniform(np.log(100), np.log(6500), 2))
        start_s, length_s = rng.uniform(-0.2, 0.9), rng.uniform(0.05, 1.2)
        course = np.clip((_TIMES_S - start_s) / length_s, 0, 1)
        wobble = 1 + rng.uniform(0, 0.1) * np.sin(2 * np.pi * rng.uniform(3, 30) * _TIMES_S)
        pitch_hz = low_hz * (high_hz / low_hz) ** course * wobble
        phase = 2 * np.pi * np.cumsum(pitch_hz) / SAMPLE_RATE
        harmonics = sum(np.sin(n * phase) / n**2 for n in range(1, rng.integers(2, 5)))
        sound += np.sin(np.pi * course) * harmonics * rng.uniform(0.3, 1)
    return _peak_1(sound + 10 ** rng.uniform(-4, -1.5) * rng.standard_normal(WINDOW_SAMPLES))


def claps(rng: np.random.Generator) -> Window:
    """One to five claps or knocks, which do not come as evenly as a clock ticks."""
    sound = 10 ** rng.uniform(-4, -2) * rng.standard_normal(WINDOW_SAMPLES)
    centre_hz, quality = np.exp(rng.uniform(np.log(150), np.log(3000))), rng.uniform(0.5, 3)
    ratio = np.maximum(_FREQUENCIES_HZ, 1) / centre_hz
    body = _filtered(rng, 1 / np.hypot(1, quality * (ratio - 1 / ratio)))
    decay_s = rng.uniform(0.01, 0.08)
    for start_s in rng.uniform(-0.05, 0.9, rng.integers(1, 6)):
        after_s = _TIMES_S - start_s
        envelope = np.where(after_s >= 0, np.exp(-np.maximum(after_s, 0) / decay_s), 0)
        sound += body * envelope * rng.uniform(0.4, 1)
    return _peak_1(sound)


MAKERS: tuple[tuple[Callable[[np.random.Generator], Window], float], ...] = (
    (noise, 0.5),
    (hum, 0.1),
    (tones, 0.12),
    (glides, 0.18),
    (claps, 0.1),
)
"""Each maker with its share. Noise has the most: rain and waves are what it is mistaken for."""


def _filtered(rng: np.random.Generator, shape: _Signal) -> _Signal:
    """Give noise of the given amplitude over frequency, at an RMS of 1."""
    spectrum = np.fft.rfft(rng.standard_normal(WINDOW_SAMPLES)) * shape
    sound: _Signal = np.fft.irfft(spectrum, WINDOW_SAMPLES)
    return sound / float(np.sqrt(np.mean(sound**2)))


def _sine(rng: np.random.Generator, frequency_hz: float) -> _Signal:
    sine: _Signal = np.sin(2 * np.pi * (frequency_hz * _TIMES_S + rng.random()))
    return sine


def _peak_1(sound: _Signal) -> Window:
    window: Window = (sound / np.abs(sound).max()).astype(np.float32)
    return window
