"""Data augmentation of windows: speed, rooms, bandwidth, codecs, mixtures, noise and level.

Conventions
-----------
Windows are float32 of 15600 samples at 16 kHz. They are augmented before the teacher scores them,
so its scores hold for the student's input.
"""

import io
from collections.abc import Callable

import av
import numpy as np
import soxr
from numpy.typing import NDArray

from training.frontend import SAMPLE_RATE, WINDOW_SAMPLES

Float32 = NDArray[np.float32]
_Rng = np.random.Generator

OPUS_BIT_RATE = 30_000
"""Bit rate of a microphone that Chrome sends over WebRTC, in bits per second."""


def cut(rng: _Rng, samples: Float32, n_samples: int = WINDOW_SAMPLES) -> Float32:
    """Cut `n_samples` from a sound; a shorter one is placed at random in zeros.

    Of two random positions, the louder is taken in two of three cases, because many recordings
    consist mostly of pauses.
    """
    spare = len(samples) - n_samples
    if spare < 0:
        window = np.zeros(n_samples, np.float32)
        start = int(rng.integers(-spare + 1))
        window[start : start + len(samples)] = samples
        return window
    pieces = [samples[at : at + n_samples] for at in rng.integers(spare + 1, size=2)]
    if rng.random() < 0.67:
        pieces.sort(key=lambda piece: -float(np.dot(piece, piece)))
    return pieces[0].copy()


def cut_repitched(rng: _Rng, samples: Float32, most: float = 0.2) -> Float32:
    """Cut a window at a speed, and so pitch, changed by a factor of up to exp(`most`)."""
    factor = float(np.exp(rng.uniform(-most, most)))
    piece = cut(rng, samples, round(1.01 * factor * WINDOW_SAMPLES))
    return cut(rng, soxr.resample(piece, SAMPLE_RATE * factor, SAMPLE_RATE, quality="LQ"))


def reverberate(rng: _Rng, samples: Float32) -> Float32:
    """Add reverberation: noise that decays by 60 dB in 0.1 to 1.2 s (Moorer 1979)."""
    n_response = round(rng.uniform(0.1, 1.2) * SAMPLE_RATE)
    response = rng.standard_normal(n_response).astype(np.float32)
    response *= 10 ** (-3 * np.arange(n_response, dtype=np.float32) / n_response)
    response *= rng.uniform(0.1, 1.0) / np.sqrt(np.sum(response**2))
    response[0] = 1.0
    size = 32_768
    wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)
    return wet[: len(samples)].astype(np.float32)


def colour(rng: _Rng, samples: Float32) -> Float32:
    """Simulate microphones and distance: a smooth frequency response and limited bandwidth."""
    spectrum = np.fft.rfft(samples)
    frequencies_hz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    octaves = np.log2(np.maximum(frequencies_hz, 60) / 60) / 7
    curve_db = np.interp(octaves, np.linspace(0, 1, 6), rng.normal(0, 4, 6))
    amplitudes = 10 ** (curve_db / 20)
    if rng.random() < 0.4:
        edge_hz = np.exp(rng.uniform(np.log(2000), np.log(7500)))
        amplitudes /= np.sqrt(1 + (frequencies_hz / edge_hz) ** (2 * rng.uniform(2, 10)))
    if rng.random() < 0.4:
        edge_hz = np.exp(rng.uniform(np.log(60), np.log(500)))
        amplitudes /= np.sqrt(1 + (edge_hz / np.maximum(frequencies_hz, 1)) ** 4)
    return np.fft.irfft(spectrum * amplitudes, len(samples)).astype(np.float32)


def add_noise(rng: _Rng, samples: Float32) -> Float32:
    """Add stationary noise, white to brown, 3 to 45 dB below the sound."""
    size = len(samples)
    shape = np.maximum(np.fft.rfftfreq(size, 1 / SAMPLE_RATE), 30) ** rng.uniform(-1, 0.2)
    bins = rng.standard_normal(len(shape)) + 1j * rng.standard_normal(len(shape))
    noise = np.fft.irfft(bins * shape, size)
    gain = _rms(samples) / max(_rms(noise), 1e-9) * 10 ** (-rng.uniform(3, 45) / 20)
    return (samples + gain * noise).astype(np.float32)


def mix(rng: _Rng, first: Float32, second: Float32) -> Float32:
    """Add a second sound at a level within 18 dB of the first."""
    if _rms(first) == 0 or _rms(second) == 0:
        return first + second
    gain = _rms(first) / _rms(second) * 10 ** (rng.uniform(-18, 18) / 20)
    return (first + np.float32(gain) * second).astype(np.float32)


def set_level(rng: _Rng, samples: Float32) -> Float32:
    """Scale a sound to a random level: mostly -42 to -8 dBFS, down to -70; loud peaks may clip."""
    rms = _rms(samples)
    if rms == 0:
        return samples
    level_dbfs = rng.uniform(-70, -40) if rng.random() < 0.12 else rng.uniform(-42, -8)
    scaled = samples * np.float32(10 ** (level_dbfs / 20) / rms)
    peak = float(np.abs(scaled).max())
    if peak > 1 and rng.random() < 0.7:  # most recordings do not clip
        scaled /= np.float32(peak)
    return np.clip(scaled, -1, 1)


def through_opus(samples: Float32) -> Float32:
    """Encode and decode a sound with Opus at `OPUS_BIT_RATE`, as for a browser's microphone."""
    written = io.BytesIO()
    with av.open(written, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=48_000, layout="mono")
        stream.bit_rate = OPUS_BIT_RATE
        stream.options = {"application": "voip", "compression_level": "5"}
        louder = soxr.resample(samples, SAMPLE_RATE, 48_000, quality="HQ")
        pcm = np.round(np.clip(louder, -1, 1) * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
        frame.sample_rate = 48_000
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    written.seek(0)
    with av.open(written) as container:
        blocks = [frame.to_ndarray().mean(axis=0) for frame in container.decode(audio=0)]
    decoded = soxr.resample(np.concatenate(blocks), 48_000, SAMPLE_RATE, quality="HQ")
    return decoded.astype(np.float32)[: len(samples)]


def vary(rng: _Rng, draw: Callable[[], Float32]) -> Float32:
    """Make one augmented window from one to three sounds.

    Parameters
    ----------
    rng : Generator
        Selects the augmentations.
    draw : callable
        Returns the samples of another sound on each call: float32, any length.
    """
    window = _take(rng, draw())
    for share in (0.4, 0.25):  # a second sound, and then a third
        if rng.random() >= share:
            break
        window = mix(rng, window, _take(rng, draw()))
    return vary_alone(rng, window)


def vary_alone(rng: _Rng, window: Float32) -> Float32:
    """Augment a window by reverberation, filtering, noise and level, each with a probability."""
    if rng.random() < 0.25:
        window = reverberate(rng, window)
    if rng.random() < 0.3:
        window = colour(rng, window)
    if rng.random() < 0.2:
        window = add_noise(rng, window)
    # One of three windows keeps its recording's level.
    return np.clip(window, -1, 1) if rng.random() < 0.33 else set_level(rng, window)


def _take(rng: _Rng, samples: Float32) -> Float32:
    return cut_repitched(rng, samples) if rng.random() < 0.35 else cut(rng, samples)


def _rms(samples: NDArray[np.floating]) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
