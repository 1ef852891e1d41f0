"""A clip made by the project itself, whose true events are known.

It lets someone try the dashboard without a recording, and lets a test measure the way from
bytes to events against a truth. It tells of one day: a dawn of birds, toast that sets off the
smoke alarm, a telephone; a ride through town to the sea; somebody whistles; rain, and when it has
passed it is quiet, and birds again; somebody tunes a guitar and plays, and is applauded.

Conventions
-----------
Everything is synthesised from formulas and seeded noise, so the clip carries nobody's rights.
A synthesiser takes a duration in seconds and a random generator, and gives a signal of exactly
that duration at whatever level is convenient; the score says how loud it becomes.
Spectra, partials and decays were chosen after the physics of the real thing, and then tried
on YAMNet and the built-in model: a sound is a fair drawing that both recognise, not a replica.

A true event lasts from its part's first sample to its last. The pauses between the parts are
digital zeros too, but shorter than YAMNet's window (0.975 s), so no window hears silence
alone; only the long one is listed as Silence.
"""

import io
import itertools
import math
import wave
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.events.truth import TrueEvent

SAMPLE_RATE = 44_100
"""Hz, the compact disc's: like many uploads, not a multiple of the models' 16 kHz."""

_FADE_IN_S = 0.03
_FADE_OUT_S = 0.1
"""Ends of every part, in seconds: short beside a window, long enough not to click."""

_TAIL_S = 0.25
"""Zeros after the last part, in seconds."""

_Signal = NDArray[np.float64]
_Spectrum = Callable[[_Signal], _Signal]
_Synthesiser = Callable[[float, np.random.Generator], _Signal]


@dataclass(frozen=True)
class _Part:
    """One line of the score: when, how long, what, played by whom, how loud, from which seed."""

    onset_s: float
    duration_s: float
    label: str
    synthesise: _Synthesiser
    level_dbfs: float
    seed: int


# --- Tools ---------------------------------------------------------------------------------


def _times(duration_s: float) -> _Signal:
    """Time of each sample, in seconds."""
    return np.arange(round(duration_s * SAMPLE_RATE)) / SAMPLE_RATE


def _silence(duration_s: float, _rng: np.random.Generator | None = None) -> _Signal:
    """Give digital zeros: nothing else is silent to every model."""
    return np.zeros(round(duration_s * SAMPLE_RATE))


def _add(onto: _Signal, sound: _Signal, at_s: float) -> None:
    """Mix `sound` into `onto` at a time; what does not fit is cut."""
    start = round(at_s * SAMPLE_RATE)
    fitting = sound[: max(0, len(onto) - start)]
    onto[start : start + len(fitting)] += fitting


def _steady(frequency_hz: float, duration_s: float) -> _Signal:
    """Give a frequency that does not move."""
    return np.full(round(duration_s * SAMPLE_RATE), frequency_hz, dtype=np.float64)


def _tone(frequency_hz: _Signal, harmonics: Mapping[int, float] | None = None) -> _Signal:
    """Sound a frequency at each sample: a sine, or the given amplitude of each harmonic."""
    phase = 2 * np.pi * np.cumsum(frequency_hz) / SAMPLE_RATE
    tone = np.zeros_like(frequency_hz)
    for number, amplitude in ({1: 1.0} if harmonics is None else harmonics).items():
        tone += amplitude * np.sin(number * phase)
    return tone


def _unit(sound: _Signal) -> _Signal:
    """Bring a sound to an RMS of 1; silence stays what it is."""
    rms = float(np.sqrt(np.mean(sound**2)))
    return sound / rms if rms > 0 else sound


def _noise(duration_s: float, rng: np.random.Generator, spectrum: _Spectrum) -> _Signal:
    """Colour white noise by an amplitude over frequency, to an RMS of 1."""
    n_samples = round(duration_s * SAMPLE_RATE)
    bins_hz = np.fft.rfftfreq(n_samples, 1 / SAMPLE_RATE)
    bins = np.fft.rfft(rng.standard_normal(n_samples))
    bins[0] = 0
    bins[1:] *= spectrum(bins_hz[1:])
    return _unit(np.fft.irfft(bins, n_samples))


def _resonance(centre_hz: float, quality: float) -> _Spectrum:
    """Amplitude response of a simple resonator: centre over bandwidth is its quality."""
    return lambda hz: 1 / np.hypot(1, quality * (hz / centre_hz - centre_hz / hz))


def _struck(duration_s: float, modes: Iterable[tuple[float, float, float]]) -> _Signal:
    """Strike a body: each mode has a frequency (Hz), an amplitude and a decay (s to 1/e)."""
    t = _times(duration_s)
    sound = np.zeros_like(t)
    for frequency_hz, amplitude, decay_s in modes:
        sound += amplitude * np.exp(-t / decay_s) * np.sin(2 * np.pi * frequency_hz * t)
    return sound


def _in_room(
    dry: _Signal, rng: np.random.Generator, *, reverberation_s: float, share: float
) -> _Signal:
    """Add a room's echo: noise that decays by 60 dB in the reverberation time (Moorer 1979).

    Air and walls swallow treble, here above 6 kHz. `share` is the echo's RMS over the dry
    sound's, which becomes 1.
    """
    response = _noise(reverberation_s, rng, lambda hz: 1 / (1 + (hz / 6000) ** 2))
    response *= 10 ** (-3 * _times(reverberation_s) / reverberation_s)
    size = 1 << (len(dry) + len(response)).bit_length()  # longer than both, or it would wrap
    echo = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(response, size), size)
    return _unit(dry) + share * _unit(echo[: len(dry)])


def _pitch_hz(note: float) -> float:
    """Frequency of a MIDI note number: A4 is 69 and 440 Hz (ISO 16)."""
    return 440.0 * 2 ** ((note - 69) / 12)


# --- The sounds ----------------------------------------------------------------------------


def _birds(duration_s: float, rng: np.random.Generator) -> _Signal:
    """Whistle short falling glides, one to three at a time, in a wood.

    A syrinx gives a nearly pure tone. Songbirds sing mostly at 2 to 8 kHz, in syllables of
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
    """Beep thrice, 0.5 s on and 0.5 s off (the temporal-three pattern of ISO 8201).

    The sounder is a piezo disc; in most smoke alarms it resonates at about 3.1 kHz.
    """
    from_middle_s = np.abs(_times(duration_s) % 1 - 0.25)
    envelope: _Signal = np.clip((0.25 - from_middle_s) / 0.005, 0, 1)
    return _tone(_steady(3100, duration_s)) * envelope


def _telephone(duration_s: float, rng: np.random.Generator) -> _Signal:
    """Ring two gongs by one clapper, which an alternating current of 20 Hz throws to and fro.

    So there are 40 strokes a second; in North America a ring lasts 2 s. The gongs stand a major
    third apart. A gong's higher modes are not harmonic, and its lowest is a pair that beats,
    for no gong is quite round.
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
    """Strike a small steel cup three times; its modes are pairs that beat, as a gong's are."""
    cup = _struck(1.5, [(2040, 1, 0.6), (2044, 0.6, 0.6), (4610, 0.8, 0.3), (4619, 0.5, 0.3)])
    ringing = _silence(duration_s)
    for at_s in (0, 0.6, 1.2):
        _add(ringing, cup, at_s)
    return _in_room(ringing, rng, reverberation_s=0.3, share=0.4)


def _car_horn(duration_s: float, rng: np.random.Generator) -> _Signal:
    """Honk short and long on a pair of horns a minor third apart.

    A steel disc hits its stop in every cycle, hence the many harmonics. The lower horn of a
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
    """Sweep a square wave from 700 to 1600 Hz three times a second: a police car's yelp.

    An electronic siren switches its loudspeaker, so it has odd harmonics only. It passes close
    by, so the street echoes no more than the rooms of the other sounds.
    """
    t = _times(duration_s)
    sweep_hz = 700 + 900 * (1 - np.cos(2 * np.pi * 3 * t)) / 2
    square = {n: 1 / n for n in (1, 3, 5, 7)}
    return _in_room(_tone(sweep_hz, square), rng, reverberation_s=0.8, share=0.3)


def _sea(duration_s: float, rng: np.random.Generator) -> _Signal:
    """Let brown noise (power as 1/f**2: surf rumbles more than it hisses) swell every 2.5 s.

    Below 60 Hz it would only tire the loudspeakers.
    """
    swell: _Signal = 1 + 0.6 * np.sin(2 * np.pi * _times(duration_s) / 2.5)
    return swell * _noise(duration_s, rng, lambda hz: (hz > 60) / hz)


def _whistler(duration_s: float, rng: np.random.Generator) -> _Signal:
    """Whistle a tune in G with gliding notes, some vibrato and a little breath.

    The mouth is a Helmholtz resonator, tuned by the tongue to 0.5 to 5 kHz; its tone is almost
    pure, and it colours the breath's noise as well.
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
    """Let 200 drops a second fall nearby, into the hiss of all those far away.

    A drop is a tick of a few milliseconds, whose pitch depends on what it falls on; a hundred
    different ones are enough for the ear.
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
    """Swell to a pure tone of 220 Hz, the A below middle C."""
    swell: _Signal = np.minimum(_times(duration_s) / 0.2, 1)
    return _tone(_steady(220, duration_s)) * swell


def _plucked_string(pitch_hz: float, duration_s: float, rng: np.random.Generator) -> _Signal:
    """Pluck a string as Karplus and Strong do (Computer Music Journal 7, 1983).

    A burst of noise as long as one period goes round and round; each round averages
    neighbouring samples, which swallows treble first, as the bridge does, and takes half a
    sample. Subtracting the burst from itself a fifth of a period on leaves out the harmonics
    that have a node where the finger plucks.
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
    """Strum open chords (E minor, C, G, D and home to G) twice each, two a second."""
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
    """Let 300 people clap in a hall, each about four times a second and in their own time.

    That is people's mean rate (Repp, JASA 81, 1987). A clap is a burst of some 7 ms, coloured
    by the air between the palms, and so different with every pair of hands.
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
    """Give the true events of the demonstration clip.

    Returns
    -------
    tuple of TrueEvent
        Ordered by onset; one label each, the most natural of those that fit (a telephone's
        bell is also an Alarm). The applause begins before the music has ended.
    """
    return tuple(
        TrueEvent(part.onset_s, part.onset_s + part.duration_s, part.label) for part in _SCORE
    )


def demonstration_recording() -> bytes:
    """Make the demonstration clip.

    Returns
    -------
    bytes
        A WAV file: mono, 16 bit, `SAMPLE_RATE`; the same bytes each time. It goes through the
        same door as any upload.
    """
    clip = _silence(max(part.onset_s + part.duration_s for part in _SCORE) + _TAIL_S)
    for part in _SCORE:
        sound = part.synthesise(part.duration_s, np.random.default_rng(part.seed))
        _add(clip, 10 ** (part.level_dbfs / 20) * _unit(_faded(sound)), part.onset_s)
    return _wav(clip)


def _faded(sound: _Signal) -> _Signal:
    """Round off both ends with half a cosine."""
    rise = (1 - np.cos(np.pi * _times(_FADE_IN_S) / _FADE_IN_S)) / 2
    fall = (1 + np.cos(np.pi * _times(_FADE_OUT_S) / _FADE_OUT_S)) / 2
    sustain = np.ones(len(sound) - len(rise) - len(fall))
    envelope: _Signal = np.concatenate((rise, sustain, fall))
    return sound * envelope


def _wav(clip: _Signal) -> bytes:
    """Write 16-bit samples; 32767 keeps +1.0 inside the range."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(SAMPLE_RATE)
        writer.writeframes(np.rint(32767 * clip).astype("<i2").tobytes())
    return file.getvalue()
