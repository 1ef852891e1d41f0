"""Variations of sounds, so that few recordings stand for many.

Conventions
-----------
Waveforms are float32 in [-1, 1] at 16 kHz. Features are magnitudes in mel bands, shape
(..., 64, 64), before the logarithm: there two sounds can be mixed, and one made louder, without
computing a spectrum again.
"""

from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from models.starter.classes import SILENCE
from models.starter.synthetic import SAMPLE_RATE, WINDOW_SAMPLES

Float32 = NDArray[np.float32]

_PITCH_RANGE = 0.15  # at most so much faster or slower, and so higher or lower
_HEADROOM_DB = 12.0  # a sound this far below another in a mix has lost half of its score


def cut(rng: np.random.Generator, samples: Float32, n_samples: int = WINDOW_SAMPLES) -> Float32:
    """Take `n_samples` from anywhere in a sound; a shorter one lies anywhere in zeros."""
    spare = len(samples) - n_samples
    if spare >= 0:
        start = int(rng.integers(spare + 1))
        return samples[start : start + n_samples]
    window = np.zeros(n_samples, np.float32)
    start = int(rng.integers(-spare + 1))
    window[start : start + len(samples)] = samples
    return window


def cut_repitched(rng: np.random.Generator, samples: Float32) -> Float32:
    """Take one window, played faster or slower by up to 15 %, which also moves its pitch."""
    factor = 1 + rng.uniform(-_PITCH_RANGE, _PITCH_RANGE)
    piece = cut(rng, samples, round(1.01 * factor * WINDOW_SAMPLES))
    return cut(rng, soxr.resample(piece, SAMPLE_RATE * factor, SAMPLE_RATE, quality="LQ"))


def reverberate(rng: np.random.Generator, samples: Float32) -> Float32:
    """Put a sound into a room: noise that decays by 60 dB in 0.1 to 1 s (Moorer 1979)."""
    reverberation_s = rng.uniform(0.1, 1.0)
    n_response = round(reverberation_s * SAMPLE_RATE)
    decay = 10 ** (-3 * np.arange(n_response) / n_response)
    response = rng.standard_normal(n_response) * decay
    response *= rng.uniform(0.1, 0.8) / np.sqrt(np.sum(response**2))
    response[0] = 1.0
    size = 1 << (len(samples) + n_response).bit_length()  # longer than both, or it would wrap
    wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)
    return _limited(wet[: len(samples)])


def band_limit(rng: np.random.Generator, samples: Float32) -> Float32:
    """Cut the treble, as telephones, codecs and distance do, from 2 to 7 kHz on."""
    spectrum = np.fft.rfft(samples)
    frequencies_hz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    edge_hz = np.exp(rng.uniform(np.log(2000), np.log(7000)))
    spectrum /= np.sqrt(1 + (frequencies_hz / edge_hz) ** (2 * rng.uniform(2, 10)))
    return _limited(np.fft.irfft(spectrum, len(samples)))


def amplify(samples: Float32, gain_db: float) -> Float32:
    """Make a sound louder or quieter; what goes beyond full scale is clipped."""
    return _limited(samples * 10 ** (gain_db / 20))


def level_dbfs(samples: Float32) -> float:
    """Level of a window, as its root mean square; minus infinity for digital silence."""
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    return 10 * np.log10(power) if power > 0 else -np.inf


def mix(
    mel: tuple[Float32, Float32], targets: tuple[Float32, Float32], gain_db: NDArray[np.float64]
) -> tuple[Float32, Float32]:
    """Mix windows with others, in mel bands.

    Two sounds that have nothing to do with each other add their powers. What a target is worth
    in the mix depends on how far its sound is below the other.

    Parameters
    ----------
    mel : pair of ndarray of float32, shape (n_windows, 64, 64)
        Magnitudes of the first sounds and of the second.
    targets : pair of ndarray of float32, shape (n_windows, 13)
        What each of them should score.
    gain_db : ndarray, shape (n_windows,)
        By how much the second sounds are amplified.

    Returns
    -------
    mel, targets : ndarray of float32
        Of the mixes, of the same shapes.
    """
    first = mel[0]
    second = mel[1] * (10 ** (gain_db / 20)).astype(np.float32)[:, None, None]
    powers = [np.mean(part**2, axis=(1, 2)) + 1e-12 for part in (first, second)]
    apart_db = 10 * np.log10(powers[0] / powers[1])
    worth = [1 / (1 + np.exp(-(side * apart_db + _HEADROOM_DB) / 3)) for side in (1, -1)]
    kept = [target * share[:, None] for target, share in zip(targets, worth, strict=True)]
    together = np.maximum(*kept)
    together[:, SILENCE] = np.minimum(targets[0][:, SILENCE], targets[1][:, SILENCE])
    return np.sqrt(first**2 + second**2), together.astype(np.float32)


def disturb(rng: np.random.Generator, mel: Float32) -> Float32:
    """Vary windows as other microphones, moments and obstacles would.

    Each is coloured by a smooth curve of up to some 6 dB over the bands, turned round in time,
    and loses a stretch of time and of bands (SpecAugment, Park et al. 2019).
    """
    n_windows, n_frames, n_bands = mel.shape
    knots = rng.normal(0, 3, (n_windows, 5))
    places = np.linspace(0, 4, n_bands)
    curve_db = np.stack([np.interp(places, np.arange(5), row) for row in knots])
    varied = mel * (10 ** (curve_db / 20)).astype(np.float32)[:, None, :]
    for window in varied:
        window[:] = np.roll(window, int(rng.integers(n_frames)), axis=0)
        if rng.random() < 0.5:
            start, length = rng.integers(n_bands), rng.integers(1, 9)
            window[:, start : start + length] = 0
        if rng.random() < 0.5:
            start, length = rng.integers(n_frames), rng.integers(1, 13)
            window[start : start + length] = 0
    return varied


def _limited(samples: NDArray[Any]) -> Float32:
    return np.clip(samples, -1, 1).astype(np.float32)
