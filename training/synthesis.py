"""Synthesised sounds: alarms, bells, sirens, engines, water, claps, birds, noise.

Conventions
-----------
Each maker takes a random generator and returns a sound of `DURATION_S` at 16 kHz, float64, at any
level. All parameters are random. The teacher labels the sounds, so they need not be faithful
copies.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from training.frontend import SAMPLE_RATE

DURATION_S = 4.0

_N = round(DURATION_S * SAMPLE_RATE)
_TIMES_S = np.arange(_N) / SAMPLE_RATE
_BINS_HZ = np.fft.rfftfreq(_N, 1 / SAMPLE_RATE)

_Signal = NDArray[np.float64]
_Rng = np.random.Generator


def make_sound(rng: _Rng, names: Sequence[str] = ()) -> tuple[str, NDArray[np.float32]]:
    """Synthesise a sound by one of `MAKERS`, or of `names`; peak 0.5, with a little noise."""
    name = str(rng.choice(names or list(MAKERS)))
    sound = MAKERS[name](rng)
    sound = sound / max(float(np.abs(sound).max()), 1e-9)
    sound = sound + 10 ** rng.uniform(-5, -2) * rng.standard_normal(_N)
    return name, (0.5 * sound / max(float(np.abs(sound).max()), 1e-9)).astype(np.float32)


def _between(rng: _Rng, low: float, high: float) -> float:
    """Draw a log-uniform number."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _oscillator(frequency_hz: float | _Signal, harmonics: _Signal | None = None) -> _Signal:
    """Synthesise a tone, with the given amplitudes of its harmonics below 7.9 kHz."""
    frequency = np.broadcast_to(frequency_hz, (_N,))
    phase = 2 * np.pi * np.cumsum(frequency) / SAMPLE_RATE
    amplitudes = np.ones(1) if harmonics is None else harmonics
    sound = np.zeros(_N)
    for number, amplitude in enumerate(amplitudes, start=1):
        sound += amplitude * np.sin(number * phase) * (number * frequency < 7900)
    return sound


def _harmonics(rng: _Rng, most: int = 20) -> _Signal:
    number = np.arange(1, int(rng.integers(2, most)) + 1)
    return rng.uniform(0.2, 1, len(number)) / number ** rng.uniform(0.3, 2)


def _noise(rng: _Rng, amplitudes: _Signal) -> _Signal:
    """Filter white noise by the amplitude at each of `_BINS_HZ`, to an RMS of 1."""
    sound = np.fft.irfft(np.fft.rfft(rng.standard_normal(_N)) * amplitudes, _N)
    return sound / max(float(np.sqrt(np.mean(sound**2))), 1e-9)


def _band(centre_hz: float, quality: float) -> _Signal:
    ratio = np.maximum(_BINS_HZ, 1) / centre_hz
    return 1 / np.hypot(1, quality * (ratio - 1 / ratio))


def _slope(slope_db: float) -> _Signal:
    """Return amplitudes with a slope in decibels per octave."""
    return (np.maximum(_BINS_HZ, 30) / 1000) ** (slope_db / 6.02)


def _gate(rng: _Rng, low_hz: float, high_hz: float) -> _Signal:
    rate_hz, share = _between(rng, low_hz, high_hz), rng.uniform(0.2, 0.85)
    return lfilter([0.1], [1, -0.9], ((_TIMES_S * rate_hz + rng.random()) % 1 < share) * 1.0)


def _wander(rng: _Rng, rate_hz: float) -> _Signal:
    """Draw a slowly varying curve in [0, 1]."""
    n_knots = max(3, round(DURATION_S * rate_hz) + 2)
    return np.interp(_TIMES_S, np.linspace(0, DURATION_S, n_knots), rng.random(n_knots))


def _strokes(rng: _Rng, rate_hz: float, *, evenly: bool) -> NDArray[np.intp]:
    """Draw the sample indices of strokes."""
    if evenly:
        starts = np.arange(rng.random() / rate_hz, DURATION_S, 1 / rate_hz)
    else:
        starts = rng.uniform(0, DURATION_S, max(1, rng.poisson(rate_hz * DURATION_S)))
    return np.minimum((starts * SAMPLE_RATE).astype(np.intp), _N - 1)


def _struck(rng: _Rng, starts: NDArray[np.intp], body: _Signal) -> _Signal:
    """Add copies of a short sound at sample indices, at random levels."""
    impulses = np.zeros(_N)
    np.add.at(impulses, starts, rng.uniform(0.3, 1, len(starts)))
    size = 2 * _N
    return np.fft.irfft(np.fft.rfft(impulses, size) * np.fft.rfft(body, size), size)[:_N]


def noise(rng: _Rng) -> _Signal:
    """Synthesise stationary noise of any colour, sometimes low-pass or high-pass filtered."""
    shape = _slope(0.0 if rng.random() < 0.2 else rng.uniform(-9, 4))
    if rng.random() < 0.4:
        ratio = np.maximum(_BINS_HZ, 1) / _between(rng, 200, 7000)
        shape = shape / np.sqrt(
            1 + (ratio if rng.random() < 0.6 else 1 / ratio) ** rng.uniform(2, 12)
        )
    return _noise(rng, shape)


def hum(rng: _Rng) -> _Signal:
    """Synthesise mains hum at 50 or 60 Hz with its harmonics, in a little noise."""
    base_hz = float(rng.choice([50.0, 60.0]))
    return _oscillator(base_hz, _harmonics(rng, 40)) + 10 ** rng.uniform(-3, 0) * noise(rng)


def tone(rng: _Rng) -> _Signal:
    """Synthesise one to three steady tones, pure or with harmonics."""
    parts = [
        _oscillator(_between(rng, 60, 7000), None if rng.random() < 0.5 else _harmonics(rng))
        for _ in range(rng.integers(1, 4))
    ]
    return np.sum(parts, axis=0)


def telephone_tone(rng: _Rng) -> _Signal:
    """Synthesise dial, busy and ringing tones, and dialled digits (ITU-T Q.23, E.180)."""
    if rng.random() < 0.4:
        sound = np.zeros(_N)
        length = round(rng.uniform(0.07, 0.25) * SAMPLE_RATE)
        for first in range(0, _N - length, round(length * rng.uniform(1.2, 2.5))):
            for row in ((697, 770, 852, 941), (1209, 1336, 1477, 1633)):
                cycle = 2 * np.pi * float(rng.choice(row)) * _TIMES_S[:length]
                sound[first : first + length] += np.sin(cycle)
        return sound
    pair = ((350, 440), (480, 620), (440, 480), (425, 425))[rng.integers(4)]
    sound = _oscillator(pair[0]) + _oscillator(pair[1])
    return sound * _gate(rng, 0.3, 4) if rng.random() < 0.7 else sound


def alarm(rng: _Rng) -> _Signal:
    """Synthesise beeps of one or two pitches: smoke alarms, alarm clocks, reversing lorries."""
    low_hz = _between(rng, 500, 4000)
    pitch = np.where(_gate(rng, 1, 8) > 0.5, low_hz, low_hz * rng.choice([1, 1, 1.25, 1.5]))
    sound = _oscillator(pitch, None if rng.random() < 0.4 else _harmonics(rng, 6))
    return sound * _gate(rng, 0.8, 10)


def smoke_alarm(rng: _Rng) -> _Signal:
    """Synthesise a smoke alarm: a high tone in groups of three (ISO 8201), or in quick pulses."""
    pitch_hz = _between(rng, 2200, 4200)
    sound = _oscillator(pitch_hz, np.array([1, rng.uniform(0, 0.3), rng.uniform(0, 0.4)]))
    if rng.random() < 0.5:
        return sound * _gate(rng, 2, 12)
    pulse_s, within_s = rng.uniform(0.1, 0.55), (_TIMES_S + rng.uniform(0, 4)) % 4
    is_on = (within_s % (2 * pulse_s) < pulse_s) & (within_s < 6 * pulse_s)
    return sound * lfilter([0.1], [1, -0.9], is_on * 1.0)


def bicycle_bell(rng: _Rng) -> _Signal:
    """Synthesise bicycle bells: a bright bell struck once, twice, or in a rapid series."""
    base_hz, decay_s = _between(rng, 1700, 3000), _between(rng, 0.3, 1.0)
    starts: list[int] = []
    for first in _strokes(rng, _between(rng, 0.4, 1.5), evenly=False):
        n_strokes, rate_hz = int(rng.choice([1, 2, 2, 4, 8])), rng.uniform(4, 20)
        starts += [int(first + number * SAMPLE_RATE / rate_hz) for number in range(n_strokes)]
    return _bell_body(rng, base_hz, decay_s, np.array([one for one in starts if one < _N]))


def ringing(rng: _Rng) -> _Signal:
    """Synthesise telephones with a bell or a warble: struck or alternating tones, in bursts."""
    base_hz, rate_hz = _between(rng, 600, 2500), rng.uniform(12, 28)
    if rng.random() < 0.5:
        return _bell_body(rng, base_hz, 0.15, _strokes(rng, rate_hz, evenly=True)) * _gate(
            rng, 0.3, 1
        )
    pitch = np.where((_TIMES_S * rate_hz) % 1 < 0.5, base_hz, base_hz * rng.uniform(1.1, 1.4))
    return _oscillator(pitch, _harmonics(rng, 5)) * _gate(rng, 0.3, 1)


def bell(rng: _Rng) -> _Signal:
    """Synthesise bells and chimes: strokes with inharmonic partials and a long decay."""
    starts = _strokes(rng, _between(rng, 0.4, 8), evenly=rng.random() < 0.5)
    return _bell_body(rng, _between(rng, 150, 4000), _between(rng, 0.1, 3), starts)


def _bell_body(rng: _Rng, base_hz: float, decay_s: float, starts: NDArray[np.intp]) -> _Signal:
    body = np.zeros(_N)
    for ratio in (1.0, rng.uniform(1, 1.004), *rng.uniform(1.4, 6.5, int(rng.integers(1, 6)))):
        if base_hz * ratio < 7900:
            fading = np.exp(-_TIMES_S / (decay_s / ratio ** rng.uniform(0, 1)))
            body += rng.uniform(0.2, 1) * fading * np.sin(2 * np.pi * base_hz * ratio * _TIMES_S)
    return _struck(rng, starts, body)


def horn(rng: _Rng) -> _Signal:
    """Synthesise car, lorry, train and ship horns: one to three pitches with many harmonics."""
    base_hz = _between(rng, 80, 700)
    ratios = (1.0, float(rng.choice([1.19, 1.25, 1.26])), 1.5)[: int(rng.integers(1, 4))]
    sound = np.sum([_oscillator(base_hz * ratio, _harmonics(rng, 25)) for ratio in ratios], axis=0)
    return sound * _gate(rng, 0.3, 2)


def siren(rng: _Rng) -> _Signal:
    """Synthesise sirens: a pitch that wails, yelps, or alternates between two."""
    low_hz, rate_hz = _between(rng, 300, 900), _between(rng, 0.1, 5)
    swing = rng.uniform(1.2, 2.8)
    turn = (_TIMES_S * rate_hz + rng.random()) % 1
    course = (np.abs(2 * turn - 1), turn, (turn < 0.5) * 1.0, 0.5 + 0.5 * np.sin(2 * np.pi * turn))
    shape = course[rng.integers(4)]
    return _oscillator(low_hz * swing**shape, _harmonics(rng, 14))


def whistle(rng: _Rng) -> _Signal:
    """Synthesise whistled tunes: nearly pure tones with steps, glides and vibrato."""
    n_notes = int(rng.integers(3, 16))
    steps = np.cumsum(rng.integers(-4, 5, n_notes))
    knots = np.repeat(_between(rng, 700, 2200) * 2 ** (np.clip(steps, -9, 9) / 12), 2)
    edges = np.sort(rng.uniform(0, DURATION_S, 2 * n_notes))
    pitch = np.interp(_TIMES_S, edges, knots)
    pitch = pitch * (1 + rng.uniform(0, 0.02) * np.sin(2 * np.pi * rng.uniform(4, 8) * _TIMES_S))
    sound = _oscillator(pitch, np.array([1, rng.uniform(0, 0.1)])) * (0.3 + _wander(rng, 4))
    return sound + rng.uniform(0, 0.1) * _noise(rng, _band(float(pitch.mean()), 3))


def birds(rng: _Rng) -> _Signal:
    """Synthesise chirps, tweets and calls: short glides, often repeated."""
    sound = np.zeros(_N)
    low_hz, high_hz = np.sort(np.exp(rng.uniform(np.log(900), np.log(7000), 2)))
    length_s, repeats = _between(rng, 0.03, 0.4), rng.random() < 0.6
    call = rng.uniform(low_hz, high_hz, 3)
    for start in _strokes(rng, _between(rng, 1, 12), evenly=repeats):
        own = call if repeats else rng.uniform(low_hz, high_hz, 3)
        n_samples = min(round(length_s * SAMPLE_RATE), _N - int(start))
        course = np.linspace(0, 2, n_samples)
        phase = 2 * np.pi * np.cumsum(np.interp(course, [0, 1, 2], own)) / SAMPLE_RATE
        sound[start : start + n_samples] += np.sin(phase) * np.sin(np.pi * course / 2)
    return sound


def water(rng: _Rng) -> _Signal:
    """Synthesise rain, streams and drips: noise with many bubbles, each a short glide."""
    sound = rng.uniform(0, 1.5) * _noise(rng, _slope(rng.uniform(-6, 3)))
    for _ in range(int(_between(rng, 2, 300))):
        start, pitch_hz = int(rng.integers(_N)), _between(rng, 400, 6000)
        n_samples = min(round(_between(rng, 0.005, 0.06) * SAMPLE_RATE), _N - start)
        t = _TIMES_S[:n_samples]
        phase = 2 * np.pi * pitch_hz * t * (1 + rng.uniform(-1, 4) * t)
        fading = np.exp(-5 * np.arange(n_samples) / max(n_samples, 1))
        sound[start : start + n_samples] += rng.uniform(0.2, 3) * np.sin(phase) * fading
    return sound


def surf(rng: _Rng) -> _Signal:
    """Synthesise wind and waves: noise with slowly varying level and colour."""
    swell = 0.1 + _wander(rng, _between(rng, 0.3, 2)) ** 2
    first, second = (_noise(rng, _slope(rng.uniform(-9, 0))) for _ in range(2))
    return swell * first + (1 - swell) * rng.uniform(0, 0.5) * second


def engine(rng: _Rng) -> _Signal:
    """Synthesise motors, fans and propellers: a low pulse train, and noise in its rhythm."""
    speed = _between(rng, 8, 300) * (1 + rng.uniform(0, 1) * (_wander(rng, 0.7) - 0.5))
    pulse = _oscillator(speed, _harmonics(rng, 40))
    breath = _noise(rng, _slope(rng.uniform(-6, 2))) * (1 + rng.uniform(0, 1) * _oscillator(speed))
    return pulse + _between(rng, 0.05, 2) * breath


def claps(rng: _Rng) -> _Signal:
    """Synthesise claps, knocks, steps, snaps and shots: short bursts of coloured noise."""
    starts = _strokes(rng, _between(rng, 0.5, 12), evenly=rng.random() < 0.5)
    return _struck(rng, starts, _burst(rng, _between(rng, 100, 4000)))


def applause(rng: _Rng) -> _Signal:
    """Synthesise applause: hundreds of claps per second by hands of different colours."""
    rate_hz, n_hands = _between(rng, 200, 2000), 40
    hands = []
    for _ in range(n_hands):
        burst = _noise(rng, _band(rng.uniform(700, 2000), 2))
        clap = burst * np.exp(-_TIMES_S / 0.007)
        starts = _strokes(rng, rate_hz / n_hands, evenly=False)
        hands.append(10 ** rng.uniform(-0.5, 0) * _struck(rng, starts, clap))
    clapping = np.sum(hands, axis=0)
    return _in_hall(rng, clapping) if rng.random() < 0.7 else clapping


def rain(rng: _Rng) -> _Signal:
    """Synthesise rain on leaves, roofs and streets: thousands of drops over a hiss."""
    drops = np.zeros(_N)
    for _ in range(6):
        body = _noise(rng, _band(_between(rng, 800, 6000), rng.uniform(0.5, 4)))
        body *= np.exp(-_TIMES_S / _between(rng, 0.001, 0.01))
        starts = _strokes(rng, _between(rng, 5, 400), evenly=False)
        impulses = np.zeros(_N)
        np.add.at(impulses, starts, np.exp(rng.normal(0, 1, len(starts))))
        drops += np.fft.irfft(np.fft.rfft(impulses, 2 * _N) * np.fft.rfft(body, 2 * _N))[:_N]
    hiss = _noise(rng, _slope(rng.uniform(-4, 2)) * _band(_between(rng, 1000, 5000), 0.3))
    scale = max(float(np.sqrt(np.mean(drops**2))), 1e-9)
    return drops / scale + _between(rng, 0.2, 4) * hiss


def _in_hall(rng: _Rng, sound: _Signal) -> _Signal:
    """Add a hall: noise that decays by 60 dB in 0.3 to 1.5 s, at 20 to 60 % of the power."""
    echo = rng.standard_normal(_N) * 10 ** (-3 * _TIMES_S / rng.uniform(0.3, 1.5))
    size = 2 * _N
    wet = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(echo, size), size)[:_N]
    powers = [float(np.mean(one**2)) + 1e-12 for one in (sound, wet)]
    share = rng.uniform(0.2, 0.6)
    return sound + np.sqrt(share / (1 - share) * powers[0] / powers[1]) * wet


def _burst(rng: _Rng, centre_hz: float) -> _Signal:
    decay_s = _between(rng, 0.003, 0.08)
    return _noise(rng, _band(centre_hz, rng.uniform(0.4, 4))) * np.exp(-_TIMES_S / decay_s)


def ticks(rng: _Rng) -> _Signal:
    """Synthesise clocks, clicks and keys: very short strokes, regular or irregular."""
    starts = _strokes(rng, _between(rng, 1, 12), evenly=rng.random() < 0.7)
    body = _noise(rng, _band(_between(rng, 1000, 6000), rng.uniform(0.5, 12)))
    return _struck(rng, starts, body * np.exp(-_TIMES_S / _between(rng, 0.0005, 0.01)))


def crackle(rng: _Rng) -> _Signal:
    """Synthesise fire, gravel and crumpled paper: many clicks at widely different levels."""
    starts = _strokes(rng, _between(rng, 10, 400), evenly=False)
    impulses = np.zeros(_N)
    np.add.at(impulses, starts, np.exp(rng.normal(0, 1.5, len(starts))))
    shaped = np.fft.irfft(np.fft.rfft(impulses) * _slope(rng.uniform(-4, 2)), _N)
    scale = float(np.sqrt(np.mean(shaped**2)))
    return shaped / scale + rng.uniform(0, 1) * _noise(rng, _slope(rng.uniform(-8, 0)))


def plucked(rng: _Rng) -> _Signal:
    """Synthesise plucked strings in a tune or in chords (Karplus and Strong 1983)."""
    sound = np.zeros(_N)
    root, together = int(rng.integers(40, 72)), int(rng.choice([1, 1, 3, 5]))
    for start in _strokes(rng, _between(rng, 1, 6), evenly=True):
        for _ in range(together):
            note = root + int(rng.choice([0, 2, 4, 5, 7, 9, 11, 12]))
            period = round(SAMPLE_RATE / (440 * 2 ** ((note - 69) / 12)))
            burst = np.zeros(_N - int(start))
            burst[:period] = rng.uniform(-1, 1, min(period, len(burst)))
            feedback = np.zeros(period + 2)
            feedback[0], feedback[period:] = 1, -0.5 * rng.uniform(0.985, 0.999)
            sound[start:] += lfilter([1.0], feedback, burst)
    return sound


def glides(rng: _Rng) -> _Signal:
    """Synthesise chirps, lasers, howls and whales: tones that glide over octaves."""
    sound = np.zeros(_N)
    for _ in range(rng.integers(1, 6)):
        low_hz, high_hz = np.exp(rng.uniform(np.log(80), np.log(6500), 2))
        begin_s, length_s = rng.uniform(-0.5, DURATION_S), _between(rng, 0.05, 4)
        course = np.clip((_TIMES_S - begin_s) / length_s, 0, 1)
        wobble = 1 + rng.uniform(0, 0.1) * np.sin(2 * np.pi * rng.uniform(3, 30) * _TIMES_S)
        pitch = low_hz * (high_hz / low_hz) ** course * wobble
        sound += np.sin(np.pi * course) * _oscillator(pitch, _harmonics(rng, 6))
    return sound


MAKERS: Mapping[str, Callable[[_Rng], _Signal]] = {
    maker.__name__: maker
    for maker in (
        *(noise, hum, tone, telephone_tone, alarm, smoke_alarm, ringing, bell, bicycle_bell),
        *(horn, siren, whistle, birds, water, rain, surf, engine, claps, applause, ticks),
        *(crackle, plucked, glides),
    )
}
"""All makers by name."""

SIGNALS = (
    *("telephone_tone", "alarm", "smoke_alarm", "ringing", "bell", "bicycle_bell", "horn"),
    *("siren", "whistle", "applause", "applause", "applause", "rain", "rain"),
)
"""Makers of sounds that are rare in packages; applause and rain occur more often, because the
teacher recognises them in few."""
