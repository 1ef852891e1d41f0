"""Structural corruption of recordings: of boxes, elements, chunks and pages.

Flipped bits rarely pass the first check of a demuxer. Here a file is split at the boundaries of its
container, and its parts are dropped, repeated, exchanged, renamed, resized, overwritten, or nested;
checksums of Ogg pages are corrected afterwards.
"""

import random
import struct
from collections.abc import Callable, Iterator

from tests.hostile.bombs import _ogg_crc

Chance = random.Random
Part = tuple[int, int, int]
"""Offsets of a part's start, of its content, and of its end."""

_BOXES_WITH_BOXES = (
    b"moov",
    b"trak",
    b"mdia",
    b"minf",
    b"stbl",
    b"edts",
    b"moof",
    b"traf",
    b"udta",
)
_CHUNKS_WITH_CHUNKS = (b"RIFF", b"LIST", b"RF64", b"FORM")
_ELEMENTS_WITH_ELEMENTS = (0x18538067, 0x1654AE6B, 0xAE, 0x1F43B675, 0x1254C367, 0xE1, 0x1549A966)
_SIZES = (0, 1, 7, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1)


def boxes(content: bytes, start: int = 0, end: int | None = None) -> Iterator[Part]:
    """Yield the boxes of an MP4 file, recursively."""
    end = len(content) if end is None else end
    while start + 8 <= end:
        size, name = struct.unpack_from(">I4s", content, start)
        if size < 8 or start + size > end:
            return
        yield start, start + 8, start + size
        if name in _BOXES_WITH_BOXES:
            yield from boxes(content, start + 8, start + size)
        start += size


def chunks(content: bytes, start: int = 0, end: int | None = None) -> Iterator[Part]:
    """Yield the chunks of a RIFF or IFF file, recursively."""
    end = len(content) if end is None else end
    order = ">" if content[:4] == b"FORM" else "<"
    while start + 8 <= end:
        name, size = struct.unpack_from(f"{order}4sI", content, start)
        stop = min(end, start + 8 + size)
        yield start, start + 8, stop
        if name in _CHUNKS_WITH_CHUNKS:
            yield from chunks(content, start + 12, stop)
        start = stop + size % 2


def elements(content: bytes, start: int = 0, end: int | None = None) -> Iterator[Part]:
    """Yield the elements of a Matroska file, recursively (RFC 8794)."""
    end = len(content) if end is None else end
    while start + 2 <= end:
        n_name = 9 - content[start].bit_length()
        at = start + n_name
        if n_name > 4 or at >= end or not content[at]:
            return
        n_size = 9 - content[at].bit_length()
        name = int.from_bytes(content[start:at], "big")
        size = int.from_bytes(content[at : at + n_size], "big") ^ 1 << 7 * n_size
        stop = min(end, at + n_size + size)
        yield start, at + n_size, stop
        if name in _ELEMENTS_WITH_ELEMENTS:
            yield from elements(content, at + n_size, stop)
        start = stop


def pages(content: bytes) -> Iterator[Part]:
    """Yield the pages of an Ogg file."""
    start = 0
    while start + 27 <= len(content) and content[start : start + 4] == b"OggS":
        first = start + 27 + content[start + 26]
        end = first + sum(content[start + 27 : first])
        yield start, first, end
        start = end


def parts_of(content: bytes) -> list[Part]:
    """List the parts of a file of these formats; empty for other formats."""
    walks: dict[bytes, Callable[[bytes], Iterator[Part]]] = {
        b"OggS": pages,
        b"RIFF": chunks,
        b"RF64": chunks,
        b"FORM": chunks,
        b"\x1a\x45\xdf\xa3": elements,
    }
    if content[4:8] in (b"ftyp", b"wide", b"moov", b"mdat"):
        return list(boxes(content))
    return list(walks.get(content[:4], lambda _: iter(()))(content))


def spoil(content: bytes, chance: Chance) -> bytes:
    """Corrupt a file at part boundaries, one to six times."""
    for _ in range(chance.choice((1, 1, 2, 6))):
        parts = parts_of(content)
        if len(parts) < 2:
            return content
        content = _spoil_once(content, parts, chance)
    return _with_check_sums(content) if content[:4] == b"OggS" else content


def _spoil_once(content: bytes, parts: list[Part], chance: Chance) -> bytes:
    start, inner, end = chance.choice(parts)
    other_start, _, other_end = chance.choice(parts)
    other, part = content[other_start:other_end], content[start:end]
    kind = chance.choice(
        ("lose", "double", "many", "exchange", "name", "size", "fill", "nest", "cut")
    )
    if kind == "size":
        return _resized(content, start, inner, chance)
    if kind == "cut":
        return content[: chance.randrange(start, end + 1)]
    spoiled = {
        "lose": b"",
        "double": part * 2,
        "many": part * chance.choice((30, 300)) if len(part) < 2_000 else part,
        "exchange": other,
        "name": chance.choice((other[:4], b"free", b"\xec\x40", chance.randbytes(4))) + part[4:],
        "fill": part[: inner - start] + chance.randbytes(max(0, end - inner)),
        "nest": part[: inner - start] + other + part[inner - start :],
    }[kind]
    return content[:start] + spoiled + content[end:]


def _resized(content: bytes, start: int, inner: int, chance: Chance) -> bytes:
    """Overwrite a number in the header of a part, or in the first fields of its content."""
    if len(content) < 8:
        return content
    changed = bytearray(content)
    at = min(chance.randrange(start, inner + 24), len(content) - 4)
    kind = chance.choice((">I", "<I", ">H", "<H", "B"))
    number = chance.choice((*_SIZES, len(content), len(content) - start))
    struct.pack_into(kind, changed, at, number % 2 ** (8 * struct.calcsize(kind)))
    return bytes(changed)


def _with_check_sums(content: bytes) -> bytes:
    changed = bytearray(content)
    for start, _, end in pages(content):
        page = content[start : start + 22] + bytes(4) + content[start + 26 : end]
        changed[start + 22 : start + 26] = struct.pack("<I", _ogg_crc(page))
    return bytes(changed)
