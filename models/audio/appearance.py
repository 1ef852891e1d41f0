"""Description of files that cannot be opened as recordings.

The descriptions rely only on the first bytes and the few fields that are parsed here.
"""

import re
from collections.abc import Iterator

from models.audio.reading import ByteSource

COPY_AGAIN = "Copy or export it again, as a whole, or convert it to WAV or FLAC."
_CONVERT = "Convert it to FLAC or WAV with another program."

_MAX_INDEX_BYTES = 8 << 20
_MAX_BOXES = 1_000

_OTHER_FILES = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"PK\x03\x04": "a ZIP archive, or a document stored as one",
    b"\x1f\x8b": "compressed by gzip",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"MThd": "a MIDI file, which holds notes and no sound",
    b"FWS": "a Flash application",
    b"CWS": "a Flash application",
    b"OFR ": "an OptimFROG file, a codec that is not read here",
    b"LA0": "a Lossless Audio file, a codec that is not read here",
    b"Extended Module: ": "a tracker module, which holds notes and samples and no recording",
    b"IMPM": "a tracker module, which holds notes and samples and no recording",
}
"""First bytes of files that are not recordings, or of codecs that FFmpeg lacks."""

_READABLE_FILES = {
    b"FLV\x01": "a Flash video",
    b"OggS": "an Ogg file",
    b"fLaC": "a FLAC file",
    b"caff": "a CAF file",
    b"riff\x2e\x91\xcf\x11": "a W64 file",
    b".snd": "an AU file",
    b"#!AMR": "an AMR file",
    b"\x1a\x45\xdf\xa3": "a Matroska or WebM file",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "a Windows Media file",
    b"wvpk": "a WavPack file",
    b"MAC ": "a Monkey's Audio file",
    b"TTA1": "a TTA file",
    b"tBaK": "a TAK file",
    b"DSD ": "a DSF file",
    b"MPCK": "a Musepack file",
    b"MP+": "a Musepack file",
    b".RMF": "a RealMedia file",
    b"\x00\x00\x01\xba": "an MPEG program stream",
    b"\x06\x0e\x2b\x34": "an MXF file",
}
"""First bytes of supported containers."""

_FORMS = {
    b"WAVE": "a WAV file",
    b"AVI ": "an AVI file",
    b"AIFF": "an AIFF file",
    b"AIFC": "an AIFF file",
    b"8SVX": "an 8SVX file",
    b"sfbk": "a SoundFont, which holds samples of instruments and no recording",
    b"ACON": "an animated cursor",
    b"WEBP": "a WebP picture",
}
"""Forms of RIFF and IFF files."""

_UNREAD_CODECS = {
    b"mhm1": "MPEG-H 3D Audio",
    b"mhm2": "MPEG-H 3D Audio",
    b"mha1": "MPEG-H 3D Audio",
    b"mha2": "MPEG-H 3D Audio",
    b"ac-4": "Dolby AC-4",
    b"apac": "Apple Positional Audio",
    b"dtsx": "DTS:X",
    b"iamf": "Immersive Audio",
}
"""Codes of MP4 sample descriptions for codecs that FFmpeg does not decode."""

_ENCRYPTED_CODES = (b"enca", b"drms", b"aavd", b"drmi", b"encv")


def unread_codec(source: ByteSource) -> str | None:
    """Return the name of an MP4's audio codec if FFmpeg does not decode it, otherwise None."""
    codes = _sample_codes(source)
    return next((name for code, name in _UNREAD_CODECS.items() if code in codes), None)


def is_encrypted(source: ByteSource) -> bool:
    """Return whether an MP4 declares encrypted samples."""
    return not _sample_codes(source).isdisjoint(_ENCRYPTED_CODES)


def describe_unopened(source: ByteSource) -> tuple[str, str]:
    """Describe a file that cannot be opened, and suggest a remedy.

    Returns
    -------
    what : str
        Part of a sentence: "it is a PDF document".
    remedy : str
        A sentence.
    """
    head = source.peek(0, 512)
    for magic, what in _OTHER_FILES.items():
        if head.startswith(magic):
            return f"it is {what}", "Open a recording instead, or export one from it."
    if head[:4] in (b"RIFF", b"RF64", b"FORM") and head[8:12] in _FORMS:
        what = f"it is {_FORMS[head[8:12]]}"
        return (what + _wav_fault(head) if head[8:12] == b"WAVE" else what + _AFTER), COPY_AGAIN
    if head[4:8] == b"ftyp":
        return _mp4_fault(source)
    if head.startswith(b"NIST_1A"):
        return _sphere_fault(head), _CONVERT
    for magic, what in _READABLE_FILES.items():
        if head.startswith(magic):
            return f"it begins as {what} does{_AFTER}", COPY_AGAIN
    if head and not head.strip(b"\0"):
        return "it begins with nothing but zeros", COPY_AGAIN
    if _is_text(head):
        return "it is text (a playlist, a manifest, a web page?), not sound", COPY_AGAIN
    return "its container is unknown or damaged", COPY_AGAIN


_AFTER = ", and what follows cannot be read as one"


def _wav_fault(head: bytes) -> str:
    at = head.find(b"fmt ")
    if at < 0:
        return f", and its first {len(head)} bytes have no format chunk"
    rate = int.from_bytes(head[at + 12 : at + 16], "little")  # after size, codec and channels
    if not 0 < rate < 2**31:
        return f", and its header is damaged (it states a sample rate of {rate} Hz)"
    return _AFTER


def _mp4_fault(source: ByteSource) -> tuple[str, str]:
    boxes = dict(_boxes(source))
    if b"moov" not in boxes and b"moof" not in boxes:
        what = "its index (the moov box, often at a file's end) is missing"
        missing = sum(boxes.get(b"mdat", (0, 0))) - source.n_bytes
        if missing > 0:
            what += f", {missing} bytes of the file are missing"
        return f"{what}, and without it nothing can be decoded", COPY_AGAIN
    if is_encrypted(source):
        return "it is an MP4 file whose sound is encrypted", "Use an unprotected copy."
    return "it is an MP4 file, and its index (the moov box) is damaged", COPY_AGAIN


def _sphere_fault(head: bytes) -> str:
    coding = re.search(rb"sample_coding -s\d+ ([ -~]{1,60})", head)
    if coding is None:
        return f"it is a NIST SPHERE file{_AFTER}"
    return f"it is a NIST SPHERE file of the coding {coding[1].decode()!r}{_AFTER}"


def _boxes(source: ByteSource) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Generate name, position and size of an MP4 file's top-level boxes (ISO 14496-12)."""
    at = 0
    for _ in range(_MAX_BOXES):
        head = source.peek(at, 16)
        if len(head) < 8:
            return
        size, name = int.from_bytes(head[:4], "big"), head[4:8]
        size = int.from_bytes(head[8:], "big") if size == 1 else size or source.n_bytes - at
        yield name, (at, size)
        if size < 8:
            return
        at += size


def _sample_codes(source: ByteSource) -> set[bytes]:
    """Return the codes of an MP4's sample descriptions: the first of each `stsd` box."""
    if source.peek(4, 4) != b"ftyp":
        return set()
    for name, (at, size) in _boxes(source):
        if name == b"moov":
            index = source.peek(at, min(size, _MAX_INDEX_BYTES))
            # After the name: version, number of entries, size of the first.
            return {index[match.end() + 12 :][:4] for match in re.finditer(rb"stsd", index)}
    return set()


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # not just a character truncated at the end
            return False
        text = head[: error.start].decode("utf-8")
    return bool(text) and all(letter.isprintable() or letter.isspace() for letter in text)
