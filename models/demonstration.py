"""Synthetic demonstration clip with known true events.

It allows trying the dashboard without a recording, and gives tests a reference for the path from
bytes to events. It contains birds, a smoke alarm, a telephone, a bicycle bell, a car horn, a siren,
the sea, whistling, rain, silence, birds again, a tuning tone, a guitar and applause.

Conventions
-----------
Everything is synthesised from formulas and seeded noise, so no copyright applies to the clip.
A synthesiser takes a duration in seconds and a random generator, and returns a signal of exactly
that duration at any level; the score of the clip determines its final level.
Spectra, partials and decays follow the physics of the real sounds, and were verified with YAMNet
and the built-in model: both recognise each sound, which is an approximation, not a replica.

A true event lasts from the first sample of its part to the last. The pauses between the parts are
also digital zeros, but shorter than YAMNet's window (0.975 s), so no window contains only silence;
only the long pause is listed as Silence.
"""

import io
import itertools
import math
import wave
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.events.truth import TrueEvent

SAMPLE_RATE = 44_100
"""Rate of the compact disc, in Hz: like many uploads, not a multiple of the models' 16 kHz."""

_FADE_IN_S = 0.03
_FADE_OUT_S = 0.1
"""Fades of every part, in seconds: short relative to a window, long enough to avoid clicks."""

_TAIL_S = 0.25
"""Zeros after the last part, in seconds."""

_SCENE_NOISE_DBFS = -60.0
"""Level of the noise of a scene: that of a quiet recorder outdoors."""

_Signal = NDArray[np.float64]
_Spectrum = Callable[[_Signal], _Signal]
_Synthesiser = Callable[[float, np.random.Generator], _Signal]


@dataclass(frozen=True)
class _Part:
    """One entry of the score: onset, duration, label, synthesiser, level and seed."""

    onset_s: float
    duration_s: float
    label: str
    synthesise: _Synthesiser
    level_dbfs: float
    seed: int


# --- Tools ---------------------------------------------------------------------------------


def _times(duration_s: float) -> _Signal:
    """Return the time of each sample, in seconds."""
    return np.arange(round(duration_s * SAMPLE_RATE)) / SAMPLE_RATE


def _silence(duration_s: float, _rng: np.random.Generator | None = None) -> _Signal:
    """Return digital zeros, the only signal that is silent for every model."""
    return np.zeros(round(duration_s * SAMPLE_RATE))


def _add(onto: _Signal, sound: _Signal, at_s: float) -> None:
    """Mix `sound` into `onto` at a time; the part beyond its end is cut."""
    start = round(at_s * SAMPLE_RATE)
    fitting = sound[: max(0, len(onto) - start)]
    onto[start : start + len(fitting)] += fitting


def _steady(frequency_hz: float, duration_s: float) -> _Signal:
    """Return a constant frequency for each sample, in Hz."""
    return np.full(round(duration_s * SAMPLE_RATE), frequency_hz, dtype=np.float64)


def _tone(frequency_hz: _Signal, harmonics: Mapping[int, float] | None = None) -> _Signal:
    """Synthesise a frequency per sample: a sine, or the given amplitude of each harmonic."""
    phase = 2 * np.pi * np.cumsum(frequency_hz) / SAMPLE_RATE
    tone = np.zeros_like(frequency_hz)
    for number, amplitude in ({1: 1.0} if harmonics is None else harmonics).items():
        tone += amplitude * np.sin(number * phase)
    return tone


def _unit(sound: _Signal) -> _Signal:
    """Scale a sound to an RMS of 1; silence is unchanged."""
    rms = float(np.sqrt(np.mean(sound**2)))
    return sound / rms if rms > 0 else sound


def _noise(duration_s: float, rng: np.random.Generator, spectrum: _Spectrum) -> _Signal:
    """Filter white noise by an amplitude over frequency, to an RMS of 1."""
    n_samples = round(duration_s * SAMPLE_RATE)
    bins_hz = np.fft.rfftfreq(n_samples, 1 / SAMPLE_RATE)
    bins = np.fft.rfft(rng.standard_normal(n_samples))
    bins[0] = 0
    bins[1:] *= spectrum(bins_hz[1:])
    return _unit(np.fft.irfft(bins, n_samples))


def _resonance(centre_hz: float, quality: float) -> _Spectrum:
    """Return the amplitude response of a resonator; quality is centre over bandwidth."""
    return lambda hz: 1 / np.hypot(1, quality * (hz / centre_hz - centre_hz / hz))


def _struck(duration_s: float, modes: Iterable[tuple[float, float, float]]) -> _Signal:
    """Synthesise a struck body: a frequency (Hz), amplitude and decay (s to 1/e) per mode."""
    t = _times(duration_s)
    sound = np.zeros_like(t)
    for frequency_hz, amplitude, decay_s in modes:
        sound += amplitude * np.exp(-t / decay_s) * np.sin(2 * np.pi * frequency_hz * t)
    return sound


def _in_room(
    dry: _Signal, rng: np.random.Generator, *, reverberation_s: float, share: float
) -> _Signal:
    """Add reverberation: noise that decays by 60 dB in the reverberation time (Moorer 1979).

    Air and walls absorb treble, here above 6 kHz. `share` is the RMS of the reverberation relative
    to the dry sound, whose RMS becomes 1.
    """
    response = _noise(reverberation_s, rng, lambda hz: 1 / (1 + (hz / 6000) ** 2))
    response *= 10 ** (-3 * _times(reverberation_s) / reverberation_s)
    size = 1 << (len(dry) + len(response)).bit_length()  # avoids circular convolution
    echo = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(response, size), size)
    return _unit(dry) + share * _unit(echo[: len(dry)])


def _pitch_hz(note: float) -> float:
    """Return the frequency of a MIDI note number: A4 is 69 and 440 Hz (ISO 16)."""
    return 440.0 * 2 ** ((note - 69) / 12)


# --- The sounds ----------------------------------------------------------------------------


def _birds(duration_s: float, rng: np.random.Generator) -> _Signal:
    """Synthesise birdsong: short falling glides, one to three at a time, with reverberation.

    A syrinx produces a nearly pure tone. Songbirds sing mostly at 2 to 8 kHz, in syllables of
    about a tenth of a second.
    """
    song = _silence(duration_s)
    at_s = 0.0
    while at_s < duration_s - 0.3:
        low_hz = rng.uniform(3500, 6000)
        for _ in range(rng.integers(1, 4)):
            course = np.linspace(0, 1, round(0.09 * rng.uniform(0.8, 1.2) * SAMPLE_RATE))
            _add(song, _tone(low_hz + 2500 * (1 - course)) * np.sin(np.pi * course), at_s)
            at_s += 0.08
        at_s += 0.1
    return _in_room(song, rng, reverberation_s=0.8, share=0.3)


def _smoke_alarm(duration_s: float, _rng: np.random.Generator) -> _Signal:
    """Synthesise beeps of 0.5 s with pauses of 0.5 s (the temporal-three pattern of ISO 8201).

    The sounder is a piezo disc; in most smoke alarms it resonates at about 3.1 kHz.
    """
    from_middle_s = np.abs(_times(duration_s) % 1 - 0.25)
    envelope: _Signal = np.clip((0.25 - from_middle_s) / 0.005, 0, 1)
    return _tone(_steady(3100, duration_s)) * envelope


def _telephone(duration_s: float, rng: np.random.Generator) -> _Signal:
    """Synthesise a telephone bell: two gongs struck in turn, 40 times per second.

    The clapper is driven by an alternating current of 20 Hz; in North America a ring lasts 2 s. The
    gongs are a major third apart. A gong's higher modes are inharmonic, and its lowest mode is a
    pair that beats, because no gong is perfectly round.
    """
    modes = ((1, 1, 0.25), (1.003, 0.6, 0.2), (2.2, 0.6, 0.15), (3.6, 0.4, 0.1), (5.1, 0.25, 0.05))
    gongs = [
        _struck(0.6, [(ratio * pitch_hz, share, decay_s) for ratio, share, decay_s in modes])
        for pitch_hz in (1200, 1500)
    ]
    ringing = _silence(duration_s)
    for stroke in range(round(40 * duration_s)):
        _add(ringing, rng.uniform(0.8, 1) * gongs[stroke % 2], stroke / 40)
    return _in_room(ringing, rng, reverberation_s=0.4, share=0.3)


def _bicycle_bell(duration_s: float, rng: np.random.Generator) -> _Signal:
    """Synthesise a small steel cup struck three times; its modes are pairs that beat."""
    cup = _struck(1.5, [(2040, 1, 0.6), (2044, 0.6, 0.6), (4610, 0.8, 0.3), (4619, 0.5, 0.3)])
    ringing = _silence(duration_s)
    for at_s in (0, 0.6, 1.2):
        _add(ringing, cup, at_s)
    return _in_room(ringing, rng, reverberation_s=0.3, share=0.4)


def _car_horn(duration_s: float, rng: np.random.Generator) -> _Signal:
    """Synthesise a short and a long honk of a pair of horns a minor third apart.

    A steel disc hits its stop in every cycle, which causes the many harmonics. The lower horn of a
    pair is commonly tuned to 405 to 420 Hz.
    """
    t = _times(duration_s)
    attack_s = 0.015
    short, long = np.minimum(t, 0.4 - t), t - 0.7
    envelope = np.clip(short / attack_s, 0, 1) + np.clip(long / attack_s, 0, 1)
    harmonics = {n: n**-0.6 for n in range(1, 20)}
    low = _tone(_steady(405, duration_s), harmonics)
    high = _tone(_steady(405 * 6 / 5, duration_s), harmonics)
    return _in_room((low + high) * envelope, rng, reverberation_s=0.4, share=0.4)


def _siren(duration_s: float, rng: np.random.Generator) -> _Signal:
    """Synthesise a police car's yelp: a square wave that sweeps 700 to 1600 Hz 3 times a second.

    An electronic siren switches its loudspeaker, so it has odd harmonics only. It passes close by,
    so the reverberation is no stronger than that of the other sounds.
    """
    t = _times(duration_s)
    sweep_hz = 700 + 900 * (1 - np.cos(2 * np.pi * 3 * t)) / 2
    square = {n: 1 / n for n in (1, 3, 5, 7)}
    return _in_room(_tone(sweep_hz, square), rng, reverberation_s=0.8, share=0.3)


def _sea(duration_s: float, rng: np.random.Generator) -> _Signal:
    """Synthesise surf: brown noise (power as 1/f**2) whose level swells every 2.5 s.

    Components below 60 Hz are removed: they would only strain the loudspeakers.
    """
    swell: _Signal = 1 + 0.6 * np.sin(2 * np.pi * _times(duration_s) / 2.5)
    return swell * _noise(duration_s, rng, lambda hz: (hz > 60) / hz)


def _whistler(duration_s: float, rng: np.random.Generator) -> _Signal:
    """Synthesise a whistled tune in G with gliding notes, some vibrato and a little breath noise.

    The mouth is a Helmholtz resonator, tuned by the tongue to 0.5 to 5 kHz; its tone is almost
    pure, and it also filters the breath noise.
    """
    notes = ((86, 0.5), (91, 0.4), (93, 0.4), (95, 0.6), (93, 0.3), (91, 0.8))  # MIDI, s
    ends_s = np.cumsum([length_s for _, length_s in notes])
    starts_s = np.concatenate(([0.0], ends_s[:-1]))
    held_s = np.column_stack((starts_s + 0.06, ends_s - 0.06)).ravel()
    held_hz = np.repeat([_pitch_hz(note) for note, _ in notes], 2)
    t = _times(duration_s)
    tune_hz: _Signal = np.interp(t, held_s, held_hz) + 12 * np.sin(2 * np.pi * 5.5 * t)
    return _tone(tune_hz) + 0.03 * _noise(duration_s, rng, _resonance(1600, 3))


def _rain(duration_s: float, rng: np.random.Generator) -> _Signal:
    """Synthesise rain: 200 nearby drops per second, and the hiss of distant ones.

    A drop is a tick of a few milliseconds, whose pitch depends on the surface; a hundred different
    ticks suffice perceptually.
    """
    ticks = []
    for _ in range(100):
        pitch_hz, decay_s = 500 * 8 ** rng.uniform(), rng.uniform(0.001, 0.004)
        tick = _noise(0.02, rng, _resonance(pitch_hz, 2)) * np.exp(-_times(0.02) / decay_s)
        ticks.append(tick / np.abs(tick).max())
    near = _silence(duration_s)
    for _ in range(round(200 * duration_s)):
        loudness = rng.uniform(0.1, 1)
        _add(near, loudness * ticks[rng.integers(len(ticks))], rng.uniform(0, duration_s))
    far = _noise(duration_s, rng, lambda hz: (hz > 100) / np.hypot(1, hz / 2000))
    return _unit(near) + 1.1 * far


def _tuning_tone(duration_s: float, _rng: np.random.Generator) -> _Signal:
    """Synthesise a pure tone of 220 Hz (A3) with a slow attack."""
    swell: _Signal = np.minimum(_times(duration_s) / 0.2, 1)
    return _tone(_steady(220, duration_s)) * swell


def _plucked_string(pitch_hz: float, duration_s: float, rng: np.random.Generator) -> _Signal:
    """Synthesise a plucked string (Karplus and Strong, Computer Music Journal 7, 1983).

    A burst of noise as long as one period circulates in a delay line; each pass averages
    neighbouring samples, which attenuates treble first, as the bridge does, and delays by half a
    sample. Subtracting the burst from itself, shifted by a fifth of a period, removes the harmonics
    that have a node at the plucking position.
    """
    period = round(SAMPLE_RATE / pitch_hz - 0.5)
    rounds = np.empty((math.ceil(duration_s * SAMPLE_RATE / period), period))
    burst = rng.uniform(-1, 1, period)
    burst = (burst + np.roll(burst, 1)) / 2
    rounds[0] = burst - np.roll(burst, period // 5)
    for before, after in itertools.pairwise(rounds):
        after[1:] = before[1:] + before[:-1]
        after[0] = before[0] + before[-1]
        after *= 0.498
    return rounds.ravel()


def _guitar(duration_s: float, rng: np.random.Generator) -> _Signal:
    """Synthesise strummed open chords (E minor, C, G, D twice each, then G), two per second."""
    e_minor, c, g, d = (
        (40, 47, 52, 55, 59, 64),
        (48, 52, 55, 60, 64),
        (43, 47, 50, 55, 59, 67),
        (50, 57, 62, 66),
    )
    music = _silence(duration_s)
    for beat, chord in enumerate((e_minor, e_minor, c, c, g, g, d, d, g)):
        ringing_s = 2.0 if beat == 8 else 1.0
        for string, note in enumerate(chord):
            sound = _plucked_string(_pitch_hz(note), ringing_s, rng)
            _add(music, sound, 0.5 * beat + 0.025 * string)
    return _in_room(music, rng, reverberation_s=0.8, share=0.3)


def _applause(duration_s: float, rng: np.random.Generator) -> _Signal:
    """Synthesise 300 people clapping in a hall, each about four times per second, unsynchronised.

    Four claps per second is the mean rate of people (Repp, JASA 81, 1987). A clap is a burst of
    about 7 ms, coloured by the air between the palms, and different for every pair of hands.
    """
    clapping = _silence(duration_s)
    for _ in range(300):
        hands = _noise(0.05, rng, _resonance(rng.uniform(700, 2000), 2))
        clap = 10 ** rng.uniform(-1, 0) * hands * np.exp(-_times(0.05) / 0.007)
        interval_s = 1 / rng.uniform(3.2, 4.8)
        at_s = rng.uniform(0, interval_s)
        while at_s < duration_s:
            _add(clapping, clap, at_s)
            at_s += interval_s * rng.uniform(0.83, 1.17)
    return _in_room(clapping, rng, reverberation_s=0.6, share=0.3)


# --- The score -----------------------------------------------------------------------------

_SCORE = (
    # onset, duration (s), label, synthesiser, level (dBFS, RMS), seed
    _Part(0.4, 3.0, "Bird", _birds, -22, 0),
    _Part(4.2, 2.5, "Smoke detector, smoke alarm", _smoke_alarm, -29, 1),
    _Part(7.6, 2.0, "Telephone bell ringing", _telephone, -23, 2),
    _Part(10.5, 2.2, "Bicycle bell", _bicycle_bell, -23, 3),
    _Part(13.6, 2.0, "Vehicle horn, car horn, honking", _car_horn, -23, 4),
    _Part(16.5, 4.0, "Siren", _siren, -23, 5),
    _Part(21.4, 5.0, "Ocean", _sea, -21, 6),
    _Part(27.3, 3.0, "Whistling", _whistler, -24, 7),
    _Part(31.2, 4.0, "Rain", _rain, -23, 3),
    _Part(35.2, 3.0, "Silence", _silence, -math.inf, 9),
    _Part(38.2, 2.5, "Bird", _birds, -22, 10),
    _Part(41.4, 2.0, "Sine wave", _tuning_tone, -24, 11),
    _Part(44.3, 6.0, "Music", _guitar, -20, 12),
    _Part(50.0, 3.5, "Applause", _applause, -21, 13),
)


def demonstration_events() -> tuple[TrueEvent, ...]:
    """Return the true events of the demonstration clip.

    Returns
    -------
    tuple of TrueEvent
        Ordered by onset; one label each, the most natural of those that fit (a telephone's bell is
        also an Alarm). The applause begins before the music ends.
    """
    return tuple(
        TrueEvent(part.onset_s, part.onset_s + part.duration_s, part.label) for part in _SCORE
    )


def demonstration_recording() -> bytes:
    """Synthesise the demonstration clip.

    Returns
    -------
    bytes
        A WAV file: mono, 16 bit, `SAMPLE_RATE`; deterministic. It is processed like any upload.
    """
    return _wav(_mixed(_SCORE))


def scene_recording(labels: Sequence[str], seed: int) -> bytes:
    """Synthesise a recording of some of the clip's sounds, one after another, in quiet noise.

    Parameters
    ----------
    labels : sequence of str
        Labels of the sounds, in the order in which they begin; those of `demonstration_events`.
    seed : int
        Seed of the pauses, the levels and the sounds themselves.

    Returns
    -------
    bytes
        A WAV file: mono, 16 bit, `SAMPLE_RATE`; deterministic.
    """
    rng, at_s, score = np.random.default_rng(seed), 1.0, []
    known = {part.label: part for part in _SCORE}
    for label in labels:
        part = known[label]
        level_dbfs = part.level_dbfs - rng.uniform(0, 9)
        own_seed = int(rng.integers(1 << 30))
        score.append(_Part(at_s, part.duration_s, label, part.synthesise, level_dbfs, own_seed))
        at_s += part.duration_s + rng.uniform(0.5, 3.0)
    scene = _mixed(score)
    noise = _noise(len(scene) / SAMPLE_RATE, rng, lambda hz: (hz > 60) / np.sqrt(hz))
    return _wav(scene + 10 ** (_SCENE_NOISE_DBFS / 20) * noise)


def _mixed(score: Sequence[_Part]) -> _Signal:
    clip = _silence(max(part.onset_s + part.duration_s for part in score) + _TAIL_S)
    for part in score:
        sound = part.synthesise(part.duration_s, np.random.default_rng(part.seed))
        _add(clip, 10 ** (part.level_dbfs / 20) * _unit(_faded(sound)), part.onset_s)
    return clip


def _faded(sound: _Signal) -> _Signal:
    """Fade both ends with half a cosine."""
    rise = (1 - np.cos(np.pi * _times(_FADE_IN_S) / _FADE_IN_S)) / 2
    fall = (1 + np.cos(np.pi * _times(_FADE_OUT_S) / _FADE_OUT_S)) / 2
    sustain = np.ones(len(sound) - len(rise) - len(fall))
    envelope: _Signal = np.concatenate((rise, sustain, fall))
    return sound * envelope


def _wav(clip: _Signal) -> bytes:
    """Encode a clip as a WAV file of 16 bits; 32767 keeps +1.0 in range."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(SAMPLE_RATE)
        writer.writeframes(np.rint(32767 * clip).astype("<i2").tobytes())
    return file.getvalue()
