"""Claps, snaps and keystrokes, made of noise and tones: alike within a class, each its own."""

import io
from collections.abc import Callable

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 48_000


def clapping(duration_s: float, seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    return _strokes(duration_s, rng, (0.5, 0.7), lambda n: _burst(rng, n, 0.019), (0.25, 0.5))


def finger_snapping(duration_s: float, seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    return _strokes(duration_s, rng, (1.0, 1.2), lambda n: _ring(rng, n), (0.3, 0.6))


def typing(duration_s: float, seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    return _strokes(duration_s, rng, (0.07, 0.2), lambda n: _burst(rng, n, 0.002), (0.05, 0.2))


MAKERS = {"Clapping": clapping, "Finger snapping": finger_snapping, "Typing": typing}


def wav(samples: NDArray[np.float64], sample_rate: int = RATE) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, sample_rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


def _strokes(
    duration_s: float,
    rng: np.random.Generator,
    steps_s: tuple[float, float],
    make: Callable[[int], NDArray[np.float64]],
    levels: tuple[float, float],
) -> NDArray[np.float64]:
    samples = rng.standard_normal(round(duration_s * RATE)) * 1e-3
    length = round(0.12 * RATE)
    at_s = 0.4
    while at_s < duration_s - 0.3:
        first = round(at_s * RATE)
        samples[first : first + length] += make(length) * rng.uniform(*levels)
        at_s += rng.uniform(*steps_s)
    return samples


def _burst(rng: np.random.Generator, length: int, decay_s: float) -> NDArray[np.float64]:
    return rng.standard_normal(length) * np.exp(-np.arange(length) / (decay_s * RATE))


def _ring(rng: np.random.Generator, length: int) -> NDArray[np.float64]:
    times_s = np.arange(length) / RATE
    ring: NDArray[np.float64] = np.sin(2 * np.pi * rng.uniform(2_100, 2_600) * times_s)
    return ring * np.exp(-times_s / 0.0046)
