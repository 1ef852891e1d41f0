"""Detection of links in chained Ogg files.

A chained file is a concatenation of recordings. Each link has its own streams, sample rates and
codecs (RFC 3533, section 4); internet radio starts one with each title. FFmpeg continues with the
decoder of the first link, so each link is decoded separately.
"""

import io
import re
from functools import cache

from models.audio.reading import ByteSource

_FIRST_PAGE = re.compile(rb"OggS\0[\x02\x03\x06\x07]")
"""Beginning of a page that begins a stream (RFC 3533, section 6)."""

_HEAD_BYTES = 27
_MAX_FIRST_PAGE = 1024
"""Largest first page that is examined, in bytes: that of an Opus stream with 255 channels
has 304."""

_SCANNED_BYTES = 1 << 20
_POLYNOMIAL = 0x04C11DB7


def has_links(recording: bytes) -> bool:
    """Return whether a file is a chain of several recordings, which players treat differently."""
    return len(find_links(ByteSource(io.BytesIO(recording), "The recording"))) > 1


def find_links(source: ByteSource) -> list[int]:
    """Find the links of an Ogg file.

    Parameters
    ----------
    source : ByteSource
        Any file; its position does not change.

    Returns
    -------
    list of int
        Position of each link in bytes, the first of which is 0; empty for other files.
    """
    if source.peek(0, 4) != b"OggS":
        return []
    starts, expected = [0], 0
    for at, n_bytes in _first_pages(source):
        if at != expected and at:  # first pages of the streams of one link are adjacent
            starts.append(at)
        expected = at + n_bytes
    return starts


def _first_pages(source: ByteSource) -> list[tuple[int, int]]:
    """List the pages that begin streams: position and size of each, in bytes."""
    found = []
    for start in range(0, source.n_bytes, _SCANNED_BYTES):
        scanned = source.peek(start, _SCANNED_BYTES + _MAX_FIRST_PAGE)
        for match in _FIRST_PAGE.finditer(scanned, 0, _SCANNED_BYTES + 5):
            if match.start() < _SCANNED_BYTES:
                n_bytes = _page_bytes(scanned[match.start() : match.start() + _MAX_FIRST_PAGE])
                if n_bytes:
                    found.append((start + match.start(), n_bytes))
    return found


def _page_bytes(content: bytes) -> int:
    """Return the size of the page that begins here; 0 if none does or its checksum is wrong."""
    if len(content) < _HEAD_BYTES or len(content) < _HEAD_BYTES + content[26]:
        return 0
    n_head = _HEAD_BYTES + content[26]
    n_bytes = n_head + sum(content[_HEAD_BYTES:n_head])
    if n_bytes > len(content):
        return 0
    page = content[:22] + bytes(4) + content[26:n_bytes]
    return n_bytes if _check_sum(page) == int.from_bytes(content[22:26], "little") else 0


def _check_sum(content: bytes) -> int:
    value = 0
    for byte in content:
        value = (value << 8 & 0xFFFFFFFF) ^ _table()[value >> 24 ^ byte]
    return value


@cache
def _table() -> tuple[int, ...]:
    return tuple(map(_remainder, range(256)))


def _remainder(byte: int) -> int:
    value = byte << 24
    for _ in range(8):
        value = (value << 1 ^ (_POLYNOMIAL if value >> 31 else 0)) & 0xFFFFFFFF
    return value
