"""Sentences spoken by espeak-ng, in many languages, voices, speeds and pitches."""

import subprocess
from collections.abc import Iterator

import numpy as np

_LANGUAGES = (
    *("en-gb", "en-us", "en-gb-scotland", "de", "es", "es-419", "fr-fr", "it", "pt-br", "nl", "pl"),
    *("ru", "sv", "cs", "tr", "hu", "fi", "el", "ro", "hi", "id", "vi", "cmn", "ko", "ar", "sw"),
)
_VARIANTS = (
    *("", "+m1", "+m2", "+m3", "+m4", "+m5", "+m6", "+m7", "+f1", "+f2", "+f3", "+f4", "+f5"),
    *("+croak", "+whisper", "+whisperf", "+klatt", "+klatt4"),
)
_SENTENCES = (
    "The quick brown fox jumps over the lazy dog, and no one minds.",
    "Would you please tell me when the next train to the harbour leaves?",
    "Yesterday evening we sat in the garden and talked about old times.",
    "Guten Morgen, meine Damen und Herren, wir freuen uns auf Ihren Besuch.",
    "Por favor, siga todo recto y luego gire a la izquierda.",
    "Demain il fera beau sur toute la moitié sud du pays.",
    "La biblioteca apre alle nove e chiude alle sei di sera.",
    "Het water is koud maar de zon schijnt de hele dag.",
)


def speak(count: int, rng: np.random.Generator) -> Iterator[bytes]:
    """Synthesise sentences with numbers; yield each as a WAV file, mono at 22.05 kHz."""
    for _ in range(count):
        voice = str(rng.choice(_LANGUAGES)) + str(rng.choice(_VARIANTS))
        # Numbers are spoken in the voice's language, whatever the language of the sentence.
        text = f"{rng.integers(1_000_000)}. {rng.choice(_SENTENCES)} {rng.integers(10_000)}."
        speed, pitch = str(rng.integers(110, 230)), str(rng.integers(10, 90))
        command = ["espeak-ng", "-v", voice, "-s", speed, "-p", pitch, "--stdout", text]
        yield subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603
