"""Random pieces of music, played by General MIDI soundfonts.

Conventions
-----------
Every piece is a Standard MIDI File of about twelve seconds, played by ``fluidsynth``. Channel 10
(index 9) has the drums.
"""

import math
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

_TICKS_PER_BEAT = 480  # the usual resolution
_PIECE_S = 12.0
_MAJOR, _MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)  # semitones of the scales

_Events = list[tuple[float, bytes]]


def play_pieces(soundfont: Path, count: int, rng: np.random.Generator) -> Iterator[bytes]:
    """Play random pieces; yield each as a WAV file, stereo at 44.1 kHz.

    Parameters
    ----------
    soundfont : Path
        A file of General MIDI instruments.
    count : int
        Number of pieces. The lead instrument cycles through all; two of three pieces are solo.
    rng : Generator
        Source of randomness of the composition.
    """
    with tempfile.TemporaryDirectory() as folder:
        score, path = Path(folder, "piece.mid"), Path(folder, "piece.wav")
        for number in range(count):
            score.write_bytes(compose(rng, number % 128))
            command = ["fluidsynth", "-ni", "-r", "44100", "-g", "0.6", "-F", str(path)]
            subprocess.run(  # noqa: S603
                [*command, str(soundfont), str(score)], check=True, capture_output=True
            )
            yield path.read_bytes()


def compose(rng: np.random.Generator, program: int) -> bytes:
    """Compose a piece as a Standard MIDI File of type 0, with a lead instrument of 0 to 127."""
    tempo_bpm = rng.uniform(60, 170)
    n_beats = math.ceil(_PIECE_S * tempo_bpm / 60)
    events: _Events = [(0.0, b"\xff\x51\x03" + int(60e6 / tempo_bpm).to_bytes(3, "big"))]
    root, scale = int(rng.integers(40, 70)), _MAJOR if rng.random() < 0.6 else _MINOR
    alone = rng.random() < 0.66
    for channel in range(1 if alone else int(rng.integers(2, 5))):
        chosen = int(rng.integers(112)) if channel else program
        events.append((0.0, bytes((0xC0 | channel, chosen))))
        octave = 12 * int(rng.integers(-1, 2))
        events += _voice(rng, channel, root + octave, scale, n_beats)
    if rng.random() < (0.1 if alone else 0.6):
        events += _drums(rng, n_beats)
    return _midi(events)


def _voice(
    rng: np.random.Generator, channel: int, root: int, scale: tuple[int, ...], n_beats: int
) -> _Events:
    """Compose a random walk over a scale, in single notes or in triads."""
    events: _Events = []
    beat, degree = 0.0, 0
    chords, shortest = rng.random() < 0.3, rng.choice([0.25, 0.5, 1.0])
    while beat < n_beats:
        length = shortest * rng.choice([1, 1, 2, 4])
        degree = int(np.clip(degree + rng.integers(-3, 4), -7, 10))
        for step in (0, 2, 4) if chords else (0,):
            octave, place = divmod(degree + step, len(scale))
            note = int(np.clip(root + 12 * octave + scale[place], 0, 127))
            velocity = int(rng.integers(60, 120))
            events.append((beat, bytes((0x90 | channel, note, velocity))))
            events.append((beat + 0.95 * length, bytes((0x80 | channel, note, 0))))
        beat += length
    return events


def _drums(rng: np.random.Generator, n_beats: int) -> _Events:
    """Compose a beat of bass drum, snare and hi-hat (notes 36, 38 and 42), with random others."""
    events: _Events = []
    for half in range(2 * n_beats):
        drum = 36 if half % 4 == 0 else 38 if half % 4 == 2 else 42
        if rng.random() < 0.15:
            drum = int(rng.integers(35, 82))
        struck = bytes((0x99, drum, int(rng.integers(70, 120))))
        events += [(half / 2, struck), (half / 2 + 0.2, bytes((0x89, drum, 0)))]
    return events


def _midi(events: _Events) -> bytes:
    track, now = bytearray(), 0
    for beat, message in sorted(events, key=lambda event: event[0]):
        tick = round(beat * _TICKS_PER_BEAT)
        track += _variable_length(tick - now) + message
        now = tick
    track += b"\x00\xff\x2f\x00"
    header = struct.pack(">4sIHHH", b"MThd", 6, 0, 1, _TICKS_PER_BEAT)
    return header + struct.pack(">4sI", b"MTrk", len(track)) + bytes(track)


def _variable_length(number: int) -> bytes:
    """Encode seven bits per byte, the highest first; all but the last have their top bit set."""
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(number & 0x7F | 0x80)
    return bytes(reversed(digits))
