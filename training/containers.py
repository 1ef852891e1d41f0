"""Extraction of sounds from zip archives, Doom WADs, and files with embedded sound files.

Conventions
-----------
Every function yields pairs of a name and the bytes of a sound file, in the archive's order.
"""

import io
import struct
import wave
import zipfile
from collections.abc import Iterator
from pathlib import Path

from training.packages import ARCHIVE_SUFFIXES, SOUND_SUFFIXES

MAX_SOUND_BYTES = 64 << 20

_DMX_HEADER_BYTES = 8  # format 3, rate, number of samples (Doom Wiki, "Sound effect format")


def sounds_in(path: Path) -> Iterator[tuple[str, bytes]]:
    """Read the sounds of a file: its own content, or those of an archive.

    Parameters
    ----------
    path : Path
        A file; other file types yield no sounds.
    """
    suffix = path.suffix.lower()
    if suffix in SOUND_SUFFIXES:
        if path.stat().st_size <= MAX_SOUND_BYTES:
            yield path.name, path.read_bytes()
    elif zipfile.is_zipfile(path):
        yield from _in_zip(path)
    elif suffix == ".wad":
        yield from _in_wad(path.read_bytes())
    elif suffix in ARCHIVE_SUFFIXES - {".sf2", ".sf3"}:
        yield from _embedded(path.read_bytes())


def _in_zip(path: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            is_sound = Path(member.filename).suffix.lower() in SOUND_SUFFIXES
            if is_sound and member.file_size <= MAX_SOUND_BYTES:
                yield member.filename, archive.read(member)


def _in_wad(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Read the sound effects of a Doom WAD: lumps named ``DS...``, 8 bits unsigned."""
    n_lumps, directory = struct.unpack_from("<ii", content, 4)
    for number in range(n_lumps):
        begin, size, name = struct.unpack_from("<ii8s", content, directory + 16 * number)
        if name.startswith(b"DS") and size > _DMX_HEADER_BYTES:
            rate = struct.unpack_from("<H", content, begin + 2)[0]
            samples = content[begin + _DMX_HEADER_BYTES : begin + size]
            yield name.rstrip(b"\0").decode("ascii", "replace"), _wav(samples, rate)


def _wav(samples: bytes, rate: int) -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(rate)
        file.writeframes(samples)
    return written.getvalue()


def _embedded(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Find uncompressed Ogg streams and RIFF WAVE files within a file."""
    at = 0
    while (at := _next_signature(content, at)) >= 0:
        length = _riff_bytes(content, at) if content.startswith(b"RIFF", at) else 0
        length = length or _ogg_bytes(content, at)
        if length:
            yield f"{at:010d}", content[at : at + length]
        at += max(length, 4)


def _next_signature(content: bytes, begin: int) -> int:
    found = [at for name in (b"OggS", b"RIFF") if (at := content.find(name, begin)) >= 0]
    return min(found, default=-1)


def _riff_bytes(content: bytes, at: int) -> int:
    is_wave = content[at + 8 : at + 12] == b"WAVE"
    return 8 + int(struct.unpack_from("<I", content, at + 4)[0]) if is_wave else 0


def _ogg_bytes(content: bytes, begin: int) -> int:
    """Follow the pages of an Ogg stream to its last one (RFC 3533); return its length in bytes."""
    at = begin
    while content.startswith(b"OggS", at) and at + 27 <= len(content):
        flags, n_segments = content[at + 5], content[at + 26]
        page = 27 + n_segments + sum(content[at + 27 : at + 27 + n_segments])
        at += page
        if flags & 4:
            break
    return at - begin
