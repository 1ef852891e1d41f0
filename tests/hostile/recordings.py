"""Malformed recordings of many kinds, generated from a seed.

Nothing is downloaded: the tests encode the recordings and corrupt them.

    python -m tests.hostile.recordings --count 2000

decodes them (see `tests.hostile.trial`) and prints the outcomes by kind.
"""

import random
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from tests.hostile import bombs
from tests.hostile.structures import parts_of, spoil
from tests.models.audio.recording_files import (
    MUSEPACK,
    RECIPES,
    Recipe,
    amr,
    ape_silence,
    caf,
    dsf,
    encode,
    make,
    sphere,
    wav,
)

Chance = random.Random
Spoiler = Callable[[Chance], bytes]

_HEAD_BYTES = 600  # contains the headers of short recordings
_WHOLE_S = 0.3
_EXTREMES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1)
_LONG_EXTREMES = (*_EXTREMES, 2**32, 2**62, 2**63 - 1, 2**63, 2**64 - 1)
_RATES_HZ = (0, 1, 7, 999, 1000, 8000, 44100, 768_000, 768_001, 2**24, 2**31 - 1, 2**31, 2**32 - 1)
_CHANNELS = (0, 1, 2, 3, 8, 9, 63, 64, 65, 255, 256, 1000, 32767, 32768, 65535)
_BITS = (0, 1, 3, 4, 7, 8, 12, 16, 17, 20, 24, 32, 33, 64, 128, 255, 65535)
# Wave format tags (RFC 2361 and mmreg.h): PCM, float, ADPCM, laws, GSM, MP2, MP3, AAC, WMA, ...
_TAGS = (0, 1, 2, 3, 6, 7, 0x11, 0x20, 0x31, 0x45, 0x50, 0x55, 0xFF, 0x160, 0x161, 0x162, 0x1610,
         0x2000, 0x2001, 0x566F, 0x704F, 0xF1AC, 0xFFFE, 0xFFFF)  # fmt: skip
_ODD_FLOATS = (np.nan, -np.nan, np.inf, -np.inf, 3.4e38, -3.4e38, 1e-45, 2.0, -0.0)
_FLOAT_RECIPES = {
    container: Recipe(container, f"pcm_{kind}", layout=layout)
    for container, kind, layout in (
        ("wav", "f32le", "stereo"),
        ("wav", "f64le", "mono"),
        ("w64", "f32le", "5.1"),
        ("caf", "f32be", "stereo"),
        ("au", "f64be", "mono"),
        ("aiff", "f32be", "stereo"),
        ("mov", "f64le", "stereo"),
        ("matroska", "f32le", "stereo"),
    )
}


@dataclass(frozen=True)
class Malformed:
    """A malformed recording and the kind of its corruption."""

    kind: str
    content: bytes


def malformed(n_files: int, seed: int = 0, without: Sequence[str] = ()) -> Iterator[Malformed]:
    """Generate files of all kinds in turn, heavy ones less often; deterministic per seed."""
    cheap = tuple(kind for kind in SPOILERS if kind not in HEAVY)
    kinds = [kind for kind in (*cheap * 3, *HEAVY) if kind not in without]
    for number in range(n_files):
        kind = kinds[number % len(kinds)]
        yield Malformed(kind, SPOILERS[kind](random.Random(f"{seed} {number}")))  # noqa: S311


@cache
def wholes() -> tuple[bytes, ...]:
    """Return one short recording of each container and codec, without corruption."""
    made = [make(recipe, _WHOLE_S) for recipe, _, _ in RECIPES.values()]
    by_hand = (MUSEPACK, ape_silence(3), dsf(0.05), sphere(np.zeros(4_800, np.int16), 16_000))
    return (*made, amr(_WHOLE_S, wide=False), amr(_WHOLE_S, wide=True), *by_hand)


@cache
def float_recordings() -> tuple[bytes, ...]:
    return tuple(make(recipe, _WHOLE_S) for recipe in _FLOAT_RECIPES.values())


@cache
def next_to_empty() -> tuple[bytes, ...]:
    """Return recordings with one sample, which most encoders require, and a WAV without any."""
    # FFmpeg's TTA encoder aborts the process with one sample.
    recipes = (one for name, (one, _, _) in RECIPES.items() if not one.video_s and name != "tta")
    return (wav(b""), *(encode(recipe, np.zeros(1, np.float32)) for recipe in recipes))


def truncated(chance: Chance) -> bytes:
    whole = chance.choice(wholes())
    return whole[: chance.randrange(len(whole))]


def flipped(chance: Chance) -> bytes:
    """Flip bits, most often in the headers."""
    changed = bytearray(chance.choice(wholes()))
    reach = chance.choice((_HEAD_BYTES, _HEAD_BYTES, len(changed)))
    for _ in range(chance.choice((1, 3, 30, 300))):
        changed[chance.randrange(min(reach, len(changed)))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def shuffled(chance: Chance) -> bytes:
    """Cut a recording into pieces, and drop, repeat or move some of them."""
    whole = chance.choice(wholes())
    cuts = sorted(chance.sample(range(len(whole)), 8))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    return pieces[0] + b"".join(chance.choices(pieces, k=chance.choice((3, 8, 40))))


def spliced(chance: Chance) -> bytes:
    """Concatenate the header of one recording and the body of another."""
    head, body = chance.sample(wholes(), 2)
    return head[: chance.randrange(4, _HEAD_BYTES)] + body[chance.randrange(len(body)) :]


def nested(chance: Chance) -> bytes:
    """Insert one recording into another: as its samples, or in its middle."""
    outer, inner = chance.choice(wholes()), chance.choice(wholes())
    if chance.random() < 0.5:
        return wav(inner, codec=chance.choice(_TAGS), n_channels=chance.choice((1, 2)))
    at = chance.randrange(len(outer))
    return outer[:at] + inner + outer[at:]


def restructured(chance: Chance) -> bytes:
    """Corrupt boxes, chunks, elements and pages: see `tests.hostile.structures`."""
    return spoil(chance.choice(structured()), chance)


@cache
def structured() -> tuple[bytes, ...]:
    return tuple(whole for whole in wholes() if len(parts_of(whole)) > 1)


def stated(chance: Chance) -> bytes:
    """Overwrite numbers in the headers by extreme ones: rates, channels, durations, sizes."""
    changed = bytearray(chance.choice(wholes()))
    for _ in range(chance.choice((1, 1, 2, 5))):
        kind = chance.choice((">H", "<H", ">I", "<I", ">Q", "<Q"))
        size = struct.calcsize(kind)
        number = chance.choice(_LONG_EXTREMES) % 2 ** (8 * size)
        from_end = chance.random() < 0.3  # position of the index in MP4 and Matroska
        at = chance.randrange(min(_HEAD_BYTES, len(changed) - size))
        struct.pack_into(kind, changed, len(changed) - size - at if from_end else at, number)
    return bytes(changed)


def wav_header(chance: Chance) -> bytes:
    """Make a WAV file of noise with arbitrary header fields."""
    if chance.random() < 0.3:
        return _believable_wav(chance)
    return wav(
        chance.randbytes(chance.choice((0, 1, 100, 10_000))),
        sample_rate=chance.choice(_RATES_HZ),
        n_channels=chance.choice(_CHANNELS),
        bits=chance.choice(_BITS),
        codec=chance.choice(_TAGS),
        stated_bytes=chance.choice((None, None, *_EXTREMES)),
    )


def _believable_wav(chance: Chance) -> bytes:
    """Make a WAV file with one wrong header field."""
    wrong = {
        "sample_rate": chance.choice(_RATES_HZ),
        "n_channels": chance.choice(_CHANNELS),
        "bits": chance.choice(_BITS),
        "codec": chance.choice(_TAGS),
        "stated_bytes": chance.choice(_EXTREMES),
    }
    name = chance.choice(list(wrong))
    return wav(chance.randbytes(20_000), **{name: wrong[name]})


def without_numbers(chance: Chance) -> bytes:
    """Replace floating-point samples by NaN, infinite, huge or tiny values."""
    changed = bytearray(chance.choice(float_recordings()))
    kind = chance.choice(("<f4", ">f4", "<f8", ">f8"))
    odd = np.array(chance.choices(_ODD_FLOATS, k=chance.choice((1, 50, 4000))), kind).tobytes()
    start = chance.randrange(len(changed) // 8, len(changed)) // 8 * 8
    end = min(len(changed), start + len(odd))
    changed[start:end] = odd[: end - start]
    return bytes(changed)


def without_sound(chance: Chance) -> bytes:
    """Make a file with a header and at most one sample, followed by other bytes."""
    empty = chance.choice(next_to_empty())
    ending = chance.choice((b"", b"\0", bytes(100), chance.randbytes(chance.randrange(1, 60))))
    return chance.choice((empty, empty[: chance.randrange(len(empty) + 1)])) + ending


def any_order(chance: Chance) -> bytes:
    """Make a CAF file with arbitrary channel labels."""
    labels = chance.choices(
        (0, 1, 2, 3, 4, 6, 9, 33, 200, 0xFFFF, 2**32 - 1), k=chance.randrange(12)
    )
    channels = np.zeros((chance.choice((len(labels), 1, 2, 8)) or 1, 2_000), np.int16)
    changed = bytearray(caf(channels, 16_000, labels))
    if chance.random() < 0.3:
        changed[chance.randrange(40, 120)] ^= 1 << chance.randrange(8)
    return bytes(changed)


def long_silence(chance: Chance) -> bytes:
    """Make a file of kilobytes that decodes to hours."""
    return chance.choice(list(bombs.LONG.values()))(chance)


def memory_bomb(chance: Chance) -> bytes:
    """Make a file of kilobytes that states, or decompresses to, gigabytes."""
    return chance.choice(list(bombs.LARGE.values()))(chance)


HEAVY = ("hours in kilobytes", "gigabytes in kilobytes")

SPOILERS: dict[str, Spoiler] = {
    "truncated": truncated,
    "bits flipped": flipped,
    "pieces shuffled": shuffled,
    "header of another": spliced,
    "one in another": nested,
    "structures": restructured,
    "numbers of the header": stated,
    "any WAV header": wav_header,
    "channels in any order": any_order,
    "NaN and infinite": without_numbers,
    "no samples": without_sound,
    "hours in kilobytes": long_silence,
    "gigabytes in kilobytes": memory_bomb,
}


if __name__ == "__main__":
    from tests.hostile.trial import main

    main(malformed, HEAVY)
