"""Extent of a container, as its header states it.

The few necessary fields are parsed here. They are untrusted: an invalid field counts as missing.

What FFmpeg cannot tell
-----------------------
Without each of these, files that end at a random place count as whole:

- WAV, W64, CAF, AVI, WMA: FFmpeg silently corrects sizes that exceed the file. Its mark of a
  corrupt packet is no substitute: it is missing where a file ends between two packets, and set at
  the end of whole recordings that were written to a pipe.
- Ogg: FFmpeg discards an incomplete last page, and takes the one before it for the end.
- MP3 without a Xing header, and AAC: no header states a length, and FFmpeg does not mark an
  incomplete last frame.

Of data after the stated audio of WAV, W64 and CAF, FFmpeg reports nothing (`read_extent`). For all
other containers it reports the duration that they state, and nothing is parsed here.

Conventions
-----------
Positions and sizes are in bytes. Containers are named by FFmpeg's first name for them.
"""

import re
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from models.audio.reading import ByteSource

# Writers to a pipe do not know the length and write a large number: 2 ** 32 - 1 (FFmpeg), 2 ** 31
# (arecord), 2 ** 31 - 4096 (SoX), each with or without the header.
_UNKNOWN_SIZES = (2**31, 2**32)
_UNKNOWN_MARGIN = 2**16

# Bytes after the last chunk that are not examined: writers pad files, and FFmpeg skips so few bytes
# quickly.
_SHORT_REST_BYTES = 1024
_LOOKED_AT_BYTES = 1024
_NAME = re.compile(rb"[A-Za-z0-9 _.-]{4}")
_TEXT = re.compile(rb"[\t\n\r -~]+")

_MAX_CHUNKS = 1000  # far more than real files have before their audio
_MAX_OGG_PAGE = 27 + 255 + 255 * 255  # RFC 3533, section 6
_W64_DATA = b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"
_ASF_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")

# Bit rates of MPEG layer III in kbit/s, by the header's index (ISO 11172-3, ISO 13818-3).
_MPEG1_KBPS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
_MPEG2_KBPS = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
_MPEG1_RATES_HZ = (44100, 48000, 32000, 0)


def missing_bytes(source: ByteSource, container: str) -> int:
    """Return the number of bytes that are missing at the end of a file.

    Parameters
    ----------
    source : ByteSource
        The file; its position does not change.
    container : str
        FFmpeg's first name for the container.

    Returns
    -------
    int
        0 if the file is complete, or if its container states no extent.
    """
    if container not in _STATED_ENDS:
        return 0
    end = _STATED_ENDS[container](source)
    return 0 if end is None else max(0, end - source.n_bytes)


@dataclass(frozen=True)
class Extent:
    """The part of a file that FFmpeg reads.

    Parameters
    ----------
    end : int
        End of the last chunk, in bytes.
    stated : int or None
        Size of the audio that the header states, in bytes, if the audio continues after it.
    held : int
        Actual size of that audio, in bytes.
    unread : int
        Number of bytes after the last chunk that are not chunks, unless they appear to be zeros.
    """

    end: int
    stated: int | None = None
    held: int = 0
    unread: int = 0


def read_extent(source: ByteSource) -> Extent:
    """Find the end of the last chunk of a WAV, W64 or CAF file.

    FFmpeg searches for chunks up to the end of the file, in steps of 8 bytes where there are zeros:
    0.8 s for a megabyte.

    Parameters
    ----------
    source : ByteSource
        Any file; its position does not change.
    """
    whole = Extent(source.n_bytes)
    for magic, (find_data, header, options) in _CHUNKED.items():
        if source.peek(0, len(magic)) != magic:
            continue
        found = find_data(source)
        if found is None or sum(found) >= source.n_bytes:
            return whole
        offset, size = found
        end = _last_chunk_end(source, offset + size, header, options)
        if source.n_bytes - end < _SHORT_REST_BYTES:
            return whole
        if not _looks_like_sound(source, end):
            return Extent(end, unread=0 if _is_empty(source, end) else source.n_bytes - end)
        if end == offset + size and magic in (b"RIFF", b"RF64"):
            return Extent(source.n_bytes, stated=size, held=source.n_bytes - offset)
        return Extent(end, unread=source.n_bytes - end)
    return whole


def _last_chunk_end(source: ByteSource, end: int, header: str, options: Mapping[str, int]) -> int:
    """Return the end of the last chunk that begins at or after ``end``, or ``end`` itself."""
    padding = options["padding"]
    at = -(-end // padding) * padding
    for offset, name, size in _chunks(source, at, header, **options):
        if not _NAME.fullmatch(name[:4]) or size < 0 or offset + size > source.n_bytes:
            break
        end = offset + size
    return end


def _looks_like_sound(source: ByteSource, start: int) -> bool:
    """Return whether the rest is neither zeros nor text, by samples at sixteen positions."""
    places = [source.peek(place, _LOOKED_AT_BYTES) for place in _places(source, start)]
    n_text = sum(_TEXT.fullmatch(each) is not None for each in places if each)
    return any(each.strip(b"\0") for each in places) and n_text < len(places) / 2


def _is_empty(source: ByteSource, start: int) -> bool:
    return not any(
        source.peek(place, _LOOKED_AT_BYTES).strip(b"\0") for place in _places(source, start)
    )


def _places(source: ByteSource, start: int) -> list[int]:
    return [start + index * (source.n_bytes - start) // 16 for index in range(16)]


def last_page_is_cut(source: ByteSource) -> bool:
    """Return whether an Ogg file ends within its last page (RFC 3533, section 6)."""
    tail = source.peek(max(0, source.n_bytes - _MAX_OGG_PAGE), _MAX_OGG_PAGE)
    page = tail[max(0, tail.rfind(b"OggS")) :]
    if len(page) < 27 or len(page) < 27 + page[26]:
        return True
    n_segments = page[26]
    return len(page) < 27 + n_segments + sum(page[27 : 27 + n_segments])


def frame_is_cut(source: ByteSource, container: str, offset: int) -> bool:
    """Return whether an MP3 or AAC frame begins at ``offset`` and extends beyond the file."""
    if container not in _FRAME_BYTES:
        return False
    head = source.peek(offset, 7)
    return len(head) == 7 and offset + _FRAME_BYTES[container](head) > source.n_bytes


def _wav_end(source: ByteSource) -> int | None:
    found = _wav_data(source)
    return None if found is None else sum(found)


def _wav_data(source: ByteSource) -> tuple[int, int] | None:
    """Return position and size of the audio in a RIFF or RF64 file (EBU Tech 3306)."""
    size64 = None
    for offset, name, size in _chunks(source, 12, "<4sI", padding=2):
        if name == b"ds64":
            size64 = int.from_bytes(source.peek(offset + 8, 8), "little")
        if name == b"data":
            if size64 is not None and size == 2**32 - 1:
                size = size64
            elif size == 0 or any(0 <= top - size < _UNKNOWN_MARGIN for top in _UNKNOWN_SIZES):
                return None
            return offset, size
    return None


def _caf_end(source: ByteSource) -> int | None:
    found = _caf_data(source)
    return None if found is None else sum(found)


def _caf_data(source: ByteSource) -> tuple[int, int] | None:
    """Return position and size of the audio in a CAF file; a size of -1 states none."""
    for offset, name, size in _chunks(source, 8, ">4sq"):
        if name == b"data":
            return (offset, size) if size >= 0 else None
    return None


def _w64_end(source: ByteSource) -> int | None:
    found = _w64_data(source)
    return None if found is None else sum(found)


def _w64_data(source: ByteSource) -> tuple[int, int] | None:
    """Return position and size of the audio in a W64 file; its sizes include 24-byte headers."""
    for offset, name, size in _chunks(source, 40, "<16sQ", size_includes=24, padding=8):
        if name == _W64_DATA:
            return (offset, size) if 0 <= size < 2**62 else None
    return None


def _avi_end(source: ByteSource) -> int | None:
    """Return the stated end of an AVI file's last RIFF chunk; OpenDML has several."""
    end = None
    for offset, name, size in _chunks(source, 0, "<4sI", padding=2):
        if name != b"RIFF":
            break
        if size == 0 or 2**32 - size < _UNKNOWN_MARGIN:
            return None
        end = offset + size
    return end


def _asf_end(source: ByteSource) -> int | None:
    """Return the size that an ASF file states (ASF specification, section 3.2)."""
    head = source.peek(0, 65536)
    start = head.find(_ASF_FILE_PROPERTIES)
    fields = head[start + 40 : start + 92]  # after two GUIDs and a size
    if start < 0 or len(fields) < 52:
        return None
    is_broadcast = fields[48] & 1
    return None if is_broadcast else int.from_bytes(fields[:8], "little")


_Data = Callable[[ByteSource], tuple[int, int] | None]
_CHUNKED: Mapping[bytes, tuple[_Data, str, Mapping[str, int]]] = {
    b"RIFF": (_wav_data, "<4sI", {"padding": 2}),
    b"RF64": (_wav_data, "<4sI", {"padding": 2}),
    b"caff": (_caf_data, ">4sq", {"padding": 1}),
    b"riff": (_w64_data, "<16sQ", {"size_includes": 24, "padding": 8}),
}
"""By first bytes: function for position and size of the audio, and format of the chunks."""

_STATED_ENDS = {
    "avi": _avi_end,
    "wav": _wav_end,
    "caf": _caf_end,
    "w64": _w64_end,
    "asf": _asf_end,
}


def _chunks(
    source: ByteSource, offset: int, header: str, *, size_includes: int = 0, padding: int = 1
) -> Iterator[tuple[int, bytes, int]]:
    """Generate position, name and size of the content of chunks."""
    n_header = struct.calcsize(header)
    for _ in range(_MAX_CHUNKS):
        head = source.peek(offset, n_header)
        if len(head) < n_header:
            return
        name, stated = struct.unpack(header, head)
        size = stated - size_includes
        offset += n_header
        yield offset, name, size
        if size < 0:
            return
        offset += -(-size // padding) * padding


def _adts_frame_bytes(head: bytes) -> int:
    """Return the length of an AAC frame (ISO 13818-7, 6.2.1), 0 if none begins here."""
    if head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return 0
    return (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5


def _mp3_frame_bytes(head: bytes) -> int:
    """Return an MPEG layer III frame's length (ISO 11172-3, 2.4.2.3), 0 if none begins here."""
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    if head[0] != 0xFF or head[1] < 0xE0 or version == 1 or layer != 1:
        return 0
    is_mpeg1 = version == 3
    kbps = (_MPEG1_KBPS if is_mpeg1 else _MPEG2_KBPS)[head[2] >> 4]
    rate_hz = _MPEG1_RATES_HZ[head[2] >> 2 & 3] >> {3: 0, 2: 1, 0: 2}[version]
    if not kbps or not rate_hz:
        return 0
    return (144 if is_mpeg1 else 72) * kbps * 1000 // rate_hz + (head[2] >> 1 & 1)


_FRAME_BYTES = {"aac": _adts_frame_bytes, "mp3": _mp3_frame_bytes}
