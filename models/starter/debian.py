"""Speech and music out of Debian's packages, made or read anew for each training.

Conventions
-----------
Every sound is mono float32 in [-1, 1] at 16 kHz. What is random comes from the generator that is
passed in, so the same seed gives the same sounds with the same versions of the packages.
"""

import math
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from models.audio import load_clip
from models.errors import SettingError

PACKAGES = (
    "espeak-ng",
    "fluidsynth",
    "fluid-soundfont-gm",
    *(f"asterisk-core-sounds-{language}-g722" for language in ("en", "es", "fr", "it", "ru")),
)
"""What has to be installed, all of it in Debian 12 and later."""

_PROMPTS = Path("/usr/share/asterisk/sounds")
_SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")

_VOICES = (
    *("en-gb", "en-us", "en-gb-scotland", "de", "es", "es-419", "fr-fr", "it", "pt-br", "nl", "pl"),
    *("ru", "sv", "cs", "tr", "hu", "fi", "el", "ro", "hi", "id", "vi", "cmn", "ko", "ar", "sw"),
)
_VARIANTS = ("", "+m1", "+m3", "+m7", "+f1", "+f2", "+f4", "+f5", "+croak", "+whisper")

_SENTENCES = (
    "The quick brown fox jumps over the lazy dog, and nobody minds.",
    "Would you please tell me when the next train to the harbour leaves?",
    "Yesterday evening we sat in the garden and talked about old times.",
    "Guten Morgen, meine Damen und Herren, wir freuen uns auf Ihren Besuch.",
    "Por favor, siga todo recto y luego gire a la izquierda.",
    "Demain il fera beau sur toute la moitié sud du pays.",
    "La biblioteca apre alle nove e chiude alle sei di sera.",
    "Het water is koud maar de zon schijnt de hele dag.",
)

_TICKS_PER_BEAT = 480  # of the MIDI files made here; the usual resolution


def check_packages() -> None:
    """See that everything from Debian is there.

    Raises
    ------
    SettingError
        If something is missing, with what to install.
    """
    missing = [name for name in ("espeak-ng", "fluidsynth") if shutil.which(name) is None]
    if not _SOUNDFONT.is_file():
        missing.append("fluid-soundfont-gm")
    if next(_PROMPTS.rglob("*.g722"), None) is None:
        missing.append("asterisk-core-sounds-*-g722")
    if missing:
        raise SettingError(
            f"For the training these are missing: {', '.join(missing)}.",
            allowed="It takes speech and music from packages of Debian 12 or later.",
            remedy=f"apt-get install --no-install-recommends {' '.join(PACKAGES)}",
        )


def prompts(rng: np.random.Generator, count: int) -> Iterator[NDArray[np.float32]]:
    """Read telephone prompts: people who speak one of five languages, in wide-band G.722."""
    paths = sorted(path for path in _PROMPTS.rglob("*.g722") if path.stat().st_size > 8_000)
    for path in rng.choice(np.array(paths, dtype=object), count, replace=False):
        with av.open(str(path), format="g722") as container:
            parts = [frame.to_ndarray().ravel() for frame in container.decode(audio=0)]
        yield np.concatenate(parts).astype(np.float32) / 32_768


def spoken(rng: np.random.Generator, count: int) -> Iterator[NDArray[np.float32]]:
    """Let espeak-ng say sentences and numbers in many voices, at many speeds and pitches."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "said.wav")
        for _ in range(count):
            voice = str(rng.choice(_VOICES)) + str(rng.choice(_VARIANTS))
            # Numbers are read in the voice's own language, whatever language the sentence is in.
            text = f"{rng.integers(1_000_000)}. {rng.choice(_SENTENCES)} {rng.integers(10_000)}."
            speed, pitch = str(rng.integers(120, 220)), str(rng.integers(20, 80))
            command = ["espeak-ng", "-v", voice, "-s", speed, "-p", pitch, "-w", str(path), text]
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # no shell
            yield load_clip(path).samples


def played(rng: np.random.Generator, count: int) -> Iterator[NDArray[np.float32]]:
    """Let fluidsynth play made-up pieces, from one instrument alone to four with drums."""
    with tempfile.TemporaryDirectory() as folder:
        score, path = Path(folder, "piece.mid"), Path(folder, "piece.wav")
        for _ in range(count):
            score.write_bytes(_piece(rng))
            command = ["fluidsynth", "-ni", "-r", "44100", "-g", "0.6", "-F", str(path)]
            subprocess.run(  # noqa: S603  # no shell, and only paths made here
                [*command, str(_SOUNDFONT), str(score)], check=True, capture_output=True
            )
            yield load_clip(path).samples


def _piece(rng: np.random.Generator) -> bytes:
    """Write a Standard MIDI File (type 0) of some twelve seconds."""
    tempo_bpm = rng.uniform(60, 170)
    n_beats = math.ceil(12 * tempo_bpm / 60)
    events = [(0.0, b"\xff\x51\x03" + int(60e6 / tempo_bpm).to_bytes(3, "big"))]
    root = int(rng.integers(45, 65))
    scale = (0, 2, 4, 5, 7, 9, 11) if rng.random() < 0.6 else (0, 2, 3, 5, 7, 8, 10)
    for channel in range(rng.integers(1, 5)):
        # Up to 112: the last two groups of General MIDI are bells, drums and noises.
        events.append((0.0, bytes((0xC0 | channel, rng.integers(0, 112)))))
        events += _voice(rng, channel, root + 12 * int(rng.integers(-1, 2)), scale, n_beats)
    if rng.random() < 0.4:
        events += _drums(rng, n_beats)
    return _midi(events)


def _voice(
    rng: np.random.Generator, channel: int, root: int, scale: tuple[int, ...], n_beats: int
) -> list[tuple[float, bytes]]:
    """Wander over a scale, in single notes or in chords of three."""
    events: list[tuple[float, bytes]] = []
    beat, degree = 0.0, 0
    chords, shortest = rng.random() < 0.3, rng.choice([0.25, 0.5, 1.0])
    while beat < n_beats:
        length = shortest * rng.choice([1, 1, 2, 4])
        degree = int(np.clip(degree + rng.integers(-3, 4), -7, 10))
        for step in (0, 2, 4) if chords else (0,):
            octave, place = divmod(degree + step, len(scale))
            note = root + 12 * octave + scale[place]
            velocity = int(rng.integers(60, 120))
            events.append((beat, bytes((0x90 | channel, note, velocity))))
            events.append((beat + 0.95 * length, bytes((0x80 | channel, note, 0))))
        beat += length
    return events


def _drums(rng: np.random.Generator, n_beats: int) -> list[tuple[float, bytes]]:
    """Beat bass drum, snare and hi-hat (notes 36, 38 and 42 of General MIDI)."""
    events: list[tuple[float, bytes]] = []
    for half in range(2 * n_beats):
        drum = 36 if half % 4 == 0 else 38 if half % 4 == 2 else 42
        struck = bytes((0x99, drum, rng.integers(70, 120)))
        events += [(half / 2, struck), (half / 2 + 0.2, bytes((0x89, drum, 0)))]
    return events


def _midi(events: list[tuple[float, bytes]]) -> bytes:
    track, now = bytearray(), 0
    for beat, message in sorted(events, key=lambda event: event[0]):
        tick = round(beat * _TICKS_PER_BEAT)
        track += _variable_length(tick - now) + message
        now = tick
    track += b"\x00\xff\x2f\x00"
    header = struct.pack(">4sIHHH", b"MThd", 6, 0, 1, _TICKS_PER_BEAT)
    return header + struct.pack(">4sI", b"MTrk", len(track)) + bytes(track)


def _variable_length(number: int) -> bytes:
    """Seven bits a byte, the highest first; all but the last have their top bit set."""
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(number & 0x7F | 0x80)
    return bytes(reversed(digits))
