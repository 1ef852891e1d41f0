"""Small files that decode to hours of sound, or that can exhaust a reader's memory or time."""

import random
import struct
import zlib
from collections.abc import Callable
from functools import cache

import numpy as np

from tests.models.audio.recording_files import (
    RECIPES,
    Recipe,
    encode,
    make,
    wav,
    with_picture,
)

Chance = random.Random
Bomb = Callable[[Chance], bytes]

_MP4_STATED = (10_000, 1_000_000, 60_000_000, 150_000_000, 2**31 - 1, 2**32 - 1)
_FLAC_BLOCK = 65535  # samples of a frame, the largest block size (RFC 9639, section 9.1.2)
_MAX_SILENT_FRAMES = 4_000
_SIZED = (
    "mkv with video",
    "webm",
    "m4a aac, index first",
    "ogg vorbis",
    "caf",
    "w64",
    "aiff",
    "wma",
)


# Hours


def flac_silence(chance: Chance) -> bytes:
    """Encode 65,535 zero samples of up to eight channels per frame of about 20 bytes."""
    rate = chance.choice((1_000, 8_000, 48_000, 192_000, 655_350))
    n_channels = chance.choice((1, 2, 8))
    hours = chance.choice((0.01, 0.1, 3.9, 100))
    n_frames = min(_MAX_SILENT_FRAMES // n_channels, 1 + int(hours * 3600 * rate / _FLAC_BLOCK))
    return _flac(n_frames, rate, n_channels, total=chance.choice((0, n_frames * _FLAC_BLOCK)))


def _flac(n_frames: int, rate: int, n_channels: int, total: int) -> bytes:
    """Make a FLAC file with only constant zero subframes (RFC 9639, sections 8.2 and 9)."""
    packed = rate << 44 | (n_channels - 1) << 41 | 15 << 36 | total % 2**36
    info = struct.pack(">HH6x", _FLAC_BLOCK, _FLAC_BLOCK) + packed.to_bytes(8, "big") + bytes(16)
    frames = [_flac_frame(number, n_channels) for number in range(n_frames)]
    return b"fLaC\x80" + len(info).to_bytes(3, "big") + info + b"".join(frames)


@cache
def _flac_frame(number: int, n_channels: int) -> bytes:
    coded = chr(number if number < 0xD800 else number + 0x800).encode()  # UTF-8 without surrogates
    head = b"\xff\xf8" + bytes((0x70, n_channels - 1 << 4 | 8)) + coded
    head += struct.pack(">H", _FLAC_BLOCK - 1)
    head += bytes((_crc(head, 0x07, 8),)) + bytes(3 * n_channels)
    return head + struct.pack(">H", _crc(head, 0x8005, 16))


def _crc(content: bytes, polynomial: int, n_bits: int) -> int:
    value = 0
    for byte in content:
        value ^= byte << (n_bits - 8)
        for _ in range(8):
            value = value << 1 ^ (polynomial if value >> (n_bits - 1) else 0)
            value %= 1 << n_bits
    return value


@cache
def _silence(name: str) -> bytes:
    """Encode two minutes of zeros, which every codec compresses to very few bytes."""
    recipe = RECIPES[name][0]
    return encode(recipe, np.zeros(120 * recipe.sample_rate, np.float32))


def repeated_silence(chance: Chance) -> bytes:
    """Repeat a silent recording: decoders of frame streams continue across the repetitions."""
    name = chance.choice(("aac", "mp3 8 khz", "flac", "ogg opus", "ogg vorbis", "ogg flac"))
    return _silence(name) * chance.choice((1, 2, 5, 15))


def silence_in_an_index(chance: Chance) -> bytes:
    """Encode silence in containers with an index or clusters."""
    return _silence(chance.choice(("m4a aac", "m4a alac", "mp4 in fragments", "webm", "wma")))


def shared_chunks(chance: Chance) -> bytes:
    """Make an MP4 in which all entries of the index refer to the same few bytes."""
    n_chunks, each = chance.choice((10, 1_000, 30_000)), chance.choice((1, 100, 1_000))
    times = chance.choice(([(n_chunks * each, 1)], [(n_chunks * each, 1024)]))
    return mp4(n_chunks * each, chance.choice((1, 13, 64)), times, each, n_chunks=n_chunks)


def amr_without_end(chance: Chance) -> bytes:
    """Make an AMR file with empty frames of one byte, 20 ms each."""
    return b"#!AMR\n" + bytes((chance.choice((0x7C, 0x44, 0x3C)),)) * chance.choice((9, 300_000))


LONG: dict[str, Bomb] = {
    "flac": flac_silence,
    "repeated": repeated_silence,
    "indexed": silence_in_an_index,
    "shared": shared_chunks,
    "amr": amr_without_end,
}


# Gigabytes


def box(name: bytes, *parts: bytes) -> bytes:
    """Make a box of an MP4 file (ISO 14496-12, 4.2)."""
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), name) + content


def full_box(name: bytes, *parts: bytes) -> bytes:
    return box(name, bytes(4), *parts)


def find_box(content: bytes, name: bytes) -> bytes:
    at = content.index(name) - 4
    return content[at : at + struct.unpack_from(">I", content, at)[0]]


@cache
def _m4a() -> bytes:
    return make(RECIPES["m4a aac"][0], 0.3)


@cache
def _mp3() -> bytes:
    return make(RECIPES["mp3 cbr"][0], 0.3)


_FTYP = box(b"ftyp", b"isom\0\0\0\0isom")


def mp4(
    n_samples: int,
    sample_bytes: int,
    times: list[tuple[int, int]],
    samples_per_chunk: int,
    *,
    n_chunks: int = 1,
) -> bytes:
    """Make an MP4 whose index states any number of samples for 64 bytes of media."""
    start = len(_FTYP) + 8
    table = box(
        b"stbl",
        find_box(_m4a(), b"stsd"),
        full_box(b"stts", _list(*(struct.pack(">II", *each) for each in times))),
        full_box(b"stsc", _list(struct.pack(">III", 1, samples_per_chunk, 1))),
        full_box(b"stsz", struct.pack(">II", sample_bytes, n_samples)),
        full_box(b"stco", struct.pack(">I", n_chunks) + struct.pack(">I", start) * n_chunks),
    )
    media = box(
        b"mdia",
        full_box(b"mdhd", struct.pack(">IIIIHH", 0, 0, 44100, 44100, 0x55C4, 0)),
        full_box(b"hdlr", b"\0\0\0\0soun", bytes(13)),
        box(b"minf", full_box(b"smhd", bytes(4)), table),
    )
    movie = full_box(b"mvhd", struct.pack(">IIII", 0, 0, 1000, 1000), bytes(80))
    track = box(b"trak", full_box(b"tkhd", bytes(80)), media)
    return _FTYP + box(b"mdat", bytes(64)) + box(b"moov", movie, track)


def _list(*entries: bytes) -> bytes:
    return struct.pack(">I", len(entries)) + b"".join(entries)


def long_index(chance: Chance) -> bytes:
    """State millions of packets in an index of a few bytes."""
    stated = chance.choice(_MP4_STATED)
    half = stated // 2
    times = chance.choice(([(stated, 1024)], [(half, 1024), (half, 1023)], [(2**31 - 1, 1)] * 4))
    return mp4(stated, chance.choice((0, 1, 13)), times, chance.choice((1, stated)))


def long_fragment(chance: Chance) -> bytes:
    """State millions of packets in a fragment, all of the default size."""
    whole = make(RECIPES["mp4 in fragments"][0], 0.3)
    defaults = struct.pack(">IIII", 0x20018, 1, 1024, chance.choice((0, 1)))
    run = struct.pack(">III", 1, chance.choice(_MP4_STATED), 100)
    runs = [box(b"trun", run)] * chance.choice((1, 50))
    track = box(b"traf", box(b"tfhd", defaults), *runs)
    moof = box(b"moof", full_box(b"mfhd", struct.pack(">I", 1)), track)
    return whole[: whole.index(b"moof") - 4] + moof + box(b"mdat", bytes(64))


def _zeros_deflated(n_mebibytes: int, head: bytes = b"") -> bytes:
    """Deflate `head` followed by zeros; a block after a full flush can be repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    first, zeros = (
        packer.compress(part) + packer.flush(zlib.Z_FULL_FLUSH) for part in (head, bytes(2**20))
    )
    high, low = divmod(zlib.adler32(head), 2**16)  # RFC 1950, section 8.2: zeros add to the sums
    high = (high + low * (n_mebibytes << 20)) % 65521
    check = struct.pack(">HH", high, low)
    return b"\x78\xda" + first + zeros * n_mebibytes + packer.flush() + check


def compressed_index(chance: Chance) -> bytes:
    """Deflate an index followed by up to a gigabyte of zeros (QuickTime's cmov)."""
    index, n_mebibytes = find_box(_m4a(), b"moov"), chance.choice((1, 60, 1000))
    size = struct.pack(">I", chance.choice((n_mebibytes << 20) + np.array((0, len(index)))))
    packed = box(b"cmvd", size, _zeros_deflated(n_mebibytes, index))
    return _FTYP + box(b"moov", box(b"cmov", box(b"dcom", b"zlib"), packed))


def compressed_tag(chance: Chance) -> bytes:
    """Deflate hundreds of megabytes into a tag before an MP3 (ID3v2.4, section 4.1.2)."""
    n_mebibytes = chance.choice((1, 50, 240))
    packed = _syncsafe(n_mebibytes << 20) + _zeros_deflated(n_mebibytes)
    name = chance.choice((b"TIT2", b"APIC", b"PRIV", b"GEOB"))
    frame = name + _syncsafe(len(packed)) + b"\0\x09" + packed
    frames = frame * chance.choice((1, 1, 20))
    tag = b"ID3\x04\0\0" + _syncsafe(len(frames)) + frames
    return tag * chance.choice((1, 2)) + _mp3()


def _syncsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


@cache
def _png(side_px: int) -> bytes:
    """Make a black square PNG."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    header = struct.pack(">IIBBBBB", side_px, side_px, 8, 6, 0, 0, 0)
    pixels = _zeros_deflated(-(-side_px * (1 + 4 * side_px) // 2**20))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels)


def huge_cover(chance: Chance) -> bytes:
    """Attach a picture of up to a hundred million pixels, or one that states a false size."""
    side_px = chance.choice((64, 2_000, 10_000))
    png = _png(side_px)
    if chance.random() < 0.5:
        lie = struct.pack(">II", *chance.choices((1, 30_000, 65_535, 2**31 - 1), k=2))
        png = png[:16] + lie + png[24:]
    return with_picture(_mp3(), png) if chance.random() < 0.5 else _flac_with_picture(png)


def _flac_with_picture(png: bytes) -> bytes:
    """Make a FLAC file with a picture (RFC 9639, section 8.8)."""
    flac = make(Recipe("flac", "flac", 16000, "mono"), 0.3)
    about = struct.pack(">II9sIIIIII", 3, 9, b"image/png", 0, 64, 64, 32, 0, len(png))
    block = b"\x86" + (len(about + png) % 2**24).to_bytes(3, "big") + about + png
    return flac[:4] + b"\0" + flac[5:42] + block + flac[42:]


def huge_sizes(chance: Chance) -> bytes:
    """Overwrite bytes of a recording by the largest sizes of boxes, chunks, elements or pages."""
    whole = bytearray(make(RECIPES[chance.choice(_SIZED)][0], 0.3))
    at = chance.randrange(4, len(whole) - 9)
    size = chance.choice((b"\x7f\xff\xff\xff", b"\xff" * 8, b"\x01" + b"\xff" * 7))
    whole[at : at + len(size)] = size
    return bytes(whole)


# Streams


def ogg_page(
    serial: int, number: int, flags: int, packet: bytes, position: int = 0, *, ends: bool = True
) -> bytes:
    """Make a page with one packet, or with complete segments of one (RFC 3533, section 6)."""
    n_whole, rest = divmod(len(packet), 255)
    lacing = b"\xff" * n_whole + (bytes((rest,)) if ends else b"")
    head = struct.pack("<4sBBqIII", b"OggS", 0, flags, position, serial, number, 0)
    page = head + bytes((len(lacing),)) + lacing + packet
    return page[:22] + struct.pack("<I", _ogg_crc(page)) + page[26:]


@cache
def _ogg_crc_table() -> tuple[int, ...]:
    return tuple(_crc(bytes((byte,)), 0x04C11DB7, 32) for byte in range(256))


def _ogg_crc(content: bytes) -> int:
    table, value = _ogg_crc_table(), 0
    for byte in content:
        value = value << 8 & 0xFFFFFFFF ^ table[value >> 24 ^ byte]
    return value


def opus_streams(n_streams: int, n_channels: int, tags: bytes = bytes(8)) -> bytes:
    """Make streams of uncoupled channels, each with 20 ms of silence (RFC 7845, RFC 6716)."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, n_channels, 0, 48_000, 0, 255)
    head += bytes((n_channels, 0, *range(n_channels)))
    # A frame of two bytes per channel; all but the last state their length (appendix B).
    silence = b"\xf8\x02\xff\xfe" * (n_channels - 1) + b"\xf8\xff\xfe"
    packets = (head, b"OpusTags" + tags, silence)
    return b"".join(
        ogg_page(serial, number, (2, 0, 4)[number], packet, 960 * (number == 2))
        for number, packet in enumerate(packets)
        for serial in range(n_streams)
    )


def many_streams(chance: Chance) -> bytes:
    """Make a file with many streams, many channels, or both."""
    return opus_streams(*chance.choice(((1_000, 1), (120, 255), (40, 255), (128, 2), (1, 255))))


# Tags

_N_TAGS = (20_000, 80_000)


def _tags(count: int) -> list[tuple[bytes, bytes]]:
    return [(b"key%d" % number, b"v") for number in range(count)]


def caf_tags(count: int) -> bytes:
    """Make a CAF file with many tags (Apple's CAF specification, "Information Chunk")."""
    strings = b"".join(name + b"\0" + value + b"\0" for name, value in _tags(count))
    info = struct.pack(">I", count) + strings
    whole = make(RECIPES["caf"][0], 0.3)
    at = whole.index(b"data")
    return whole[:at] + b"info" + struct.pack(">q", len(info)) + info + whole[at:]


def vorbis_comments(count: int) -> bytes:
    """Make a comment block without framing bit (Vorbis I specification, section 5.2.1)."""
    texts = [name + b"=" + value for name, value in _tags(count)]
    listed = b"".join(struct.pack("<I", len(text)) + text for text in texts)
    return struct.pack("<II", 0, count) + listed


def flac_tags(count: int) -> bytes:
    """Make a FLAC file with many tags (RFC 9639, section 8.6)."""
    flac, comments = make(Recipe("flac", "flac", 16_000, "mono"), 0.3), vorbis_comments(count)
    block = b"\x84" + len(comments).to_bytes(3, "big") + comments
    return flac[:4] + b"\0" + flac[5:42] + block + flac[42:]


def opus_tags(count: int) -> bytes:
    """Make an Opus file with many tags: one packet over many pages (RFC 3533, section 6)."""
    whole = opus_streams(1, 1)
    at = whole.index(b"OggS", 4)
    packet = b"OpusTags" + vorbis_comments(count)
    pages, n_page = [], 255 * 255
    for number, start in enumerate(range(0, len(packet), n_page), start=1):
        part = packet[start : start + n_page]
        ends = start + n_page >= len(packet)
        pages.append(ogg_page(0, number, 1 if start else 0, part, ends=ends))
    sound = whole[whole.index(b"OggS", at + 4) :]
    return whole[:at] + b"".join(pages) + sound


def _element(name: bytes, content: bytes) -> bytes:
    """Make an element of Matroska (RFC 8794, section 5)."""
    return name + (1 << 56 | len(content)).to_bytes(8, "big") + content


def matroska_tags(count: int) -> bytes:
    """Make a Matroska file with tags before the clusters (RFC 9559, section 5.1.8)."""
    simple = b"".join(
        _element(b"\x67\xc8", _element(b"\x45\xa3", name) + _element(b"\x44\x87", value))
        for name, value in _tags(count)
    )
    tags = _element(b"\x12\x54\xc3\x67", _element(b"\x73\x73", simple))
    live = Recipe("webm", "libopus", 48_000, container_options={"live": "1"})
    whole = make(live, 0.3)
    at = whole.index(b"\x1f\x43\xb6\x75")
    return whole[:at] + tags + whole[at:]


def mp4_keys(count: int) -> bytes:
    """Make an MP4 with QuickTime metadata: keys in one box, values in another."""
    names = b"".join(box(b"mdta", name) for name, _ in _tags(count))
    values = b"".join(
        box(struct.pack(">I", number), box(b"data", struct.pack(">II", 1, 0), value))
        for number, (_, value) in enumerate(_tags(count), start=1)
    )
    handler = full_box(b"hdlr", b"\0\0\0\0mdta", bytes(13))
    keys = full_box(b"keys", struct.pack(">I", count), names)
    meta = box(b"meta", handler, keys, box(b"ilst", values))
    whole = make(RECIPES["m4a aac"][0], 0.3)
    at = whole.index(b"moov") - 4
    moov = find_box(whole, b"moov")
    grown = box(b"moov", moov[8:], meta)
    return whole[:at] + grown + whole[at + len(moov) :]


def empty_chunks(count: int) -> bytes:
    """Make a WAV file with empty chunks before the samples."""
    whole = wav(bytes(8_000))
    return whole[:36] + b"junk\0\0\0\0" * count + whole[36:]


TAGS: dict[str, Callable[[int], bytes]] = {
    "caf": caf_tags,
    "flac": flac_tags,
    "opus": opus_tags,
    "matroska": matroska_tags,
    "mp4": mp4_keys,
    "wav chunks": lambda count: empty_chunks(40 * count),
}
"""Makers of files with the given number of tags, or forty times as many chunks."""


def many_tags(chance: Chance) -> bytes:
    """Make a file with many tags, each of which a demuxer compares with all previous ones."""
    return TAGS[chance.choice(list(TAGS))](chance.choice(_N_TAGS))


def trailing_zeros(chance: Chance) -> bytes:
    """Append megabytes of zeros to a recording."""
    name = chance.choice(("mp3 cbr", "aac", "flac", "ogg opus", "wav s16"))
    return make(RECIPES[name][0], 0.3) + bytes(chance.choice((1, 20)) << 20)


SLOW: dict[str, Bomb] = {
    "many streams": many_streams,
    "many tags": many_tags,
    "trailing zeros": trailing_zeros,
}


LARGE: dict[str, Bomb] = {
    "long index": long_index,
    "long fragment": long_fragment,
    "compressed index": compressed_index,
    "compressed tag": compressed_tag,
    "huge cover": huge_cover,
    "huge sizes": huge_sizes,
}
