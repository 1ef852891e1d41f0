"""Real recordings of every kind, made for the tests."""

import base64
import io
import random
import struct
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.stream import Disposition
from numpy.typing import NDArray

FREQUENCY_HZ = 440.0
AMPLITUDE = 0.5

# Bytes of one frame's payload, by frame type (3GPP TS 26.101 and 26.201).
_AMR_NB_BYTES = (12, 13, 15, 17, 19, 20, 26, 31)
_AMR_WB_BYTES = (17, 23, 32, 36, 40, 46, 50, 58, 60)


@dataclass(frozen=True)
class Recipe:
    """How to make a recording: names are FFmpeg's."""

    container: str
    codec: str
    sample_rate: int = 44100
    layout: str = "stereo"
    bit_rate: int | None = None
    codec_options: Mapping[str, str] = field(default_factory=dict)
    container_options: Mapping[str, str] = field(default_factory=dict)
    video_s: float = 0.0
    video_codec: str = "mpeg4"
    video_rate: int = 10
    begins_s: float = 0.0
    """Time stamp of the first sample."""
    gap: tuple[float, float] = (0.0, 0.0)
    """Second from which on time stamps are later, and by how many seconds."""


def sine(duration_s: float, sample_rate: int, frequency_hz: float = FREQUENCY_HZ) -> NDArray[Any]:
    times_s = np.arange(round(duration_s * sample_rate)) / sample_rate
    return (AMPLITUDE * np.sin(2 * np.pi * frequency_hz * times_s)).astype(np.float32)


def encode(recipe: Recipe, samples: NDArray[Any], *, seekable: bool = True) -> bytes:
    """Encode samples, shape (n_samples,) for all channels alike, or (n_channels, n_samples)."""
    layout = av.AudioLayout(recipe.layout)
    channels = np.broadcast_to(samples, (layout.nb_channels, samples.shape[-1]))
    if not seekable:
        pipe = _Pipe()
        _encode(recipe, channels, pipe)
        return bytes(pipe.content)
    with tempfile.TemporaryDirectory() as folder:  # "faststart" reads its own output again
        path = Path(folder, "recording")
        _encode(recipe, channels, str(path))
        return path.read_bytes()


def _encode(recipe: Recipe, channels: NDArray[Any], target: object) -> None:
    options = dict(recipe.container_options)
    with av.open(target, "w", format=recipe.container, options=options) as output:
        video = None
        if recipe.video_s:
            video = output.add_stream(recipe.video_codec, rate=recipe.video_rate)
        sound = output.add_stream(
            recipe.codec,
            rate=recipe.sample_rate,
            layout=recipe.layout,
            options=dict(recipe.codec_options),
        )
        if recipe.bit_rate is not None:
            sound.bit_rate = recipe.bit_rate
        if video is not None:
            _encode_video(output, video, recipe.video_s)
        for start in range(0, channels.shape[1], 4096):
            packed = channels[:, start : start + 4096].T.astype(np.float32).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=recipe.layout)
            from_s, gap_s = recipe.gap
            later_s = recipe.begins_s + (gap_s if start >= from_s * recipe.sample_rate else 0.0)
            frame.sample_rate = recipe.sample_rate
            frame.pts = start + round(later_s * recipe.sample_rate)
            output.mux(sound.encode(frame))
        output.mux(sound.encode(None))


def make(recipe: Recipe, duration_s: float) -> bytes:
    """Make a recording of a 440 Hz sine of amplitude 0.5 in all channels."""
    return encode(recipe, sine(duration_s, recipe.sample_rate))


def two_tracks(
    container: str, first: NDArray[Any], second: NDArray[Any], *, default: int | None = None
) -> bytes:
    """Put two tracks of AAC into a file: mono and stereo, in English and Finnish."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        tracks = []
        for layout, language in (("mono", "eng"), ("stereo", "fin")):
            track = output.add_stream("aac", rate=44_100, layout=layout)
            track.metadata["language"] = language
            tracks.append(track)
        if default is not None:
            for index, track in enumerate(tracks):
                track.disposition = Disposition.default if index == default else Disposition(0)
        for track, samples in zip(tracks, (first, second), strict=True):
            layout = track.codec_context.layout.name
            n_channels = track.codec_context.layout.nb_channels
            for start in range(0, len(samples), 4096):
                packed = np.repeat(samples[start : start + 4096], n_channels).reshape(1, -1)
                frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=layout)
                frame.sample_rate, frame.pts = 44_100, start
                output.mux(track.encode(frame))
            output.mux(track.encode(None))
    return file.getvalue()


def video_only() -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        _encode_video(output, output.add_stream("mpeg4", rate=10), 1.0)
    return file.getvalue()


def _encode_video(output: Any, stream: Any, duration_s: float) -> None:  # noqa: ANN401
    is_jpeg = stream.codec_context.name == "mjpeg"
    stream.width, stream.height = 64, 48
    stream.pix_fmt = "yuvj420p" if is_jpeg else "yuv420p"
    for index in range(round(float(stream.codec_context.framerate) * duration_s)):
        picture = np.full((48, 64, 3), 3 * index % 256, np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = index
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))


class _Pipe:
    """A file that cannot go back, so that headers stay as they were first written."""

    def __init__(self) -> None:
        self.content = bytearray()

    def write(self, data: bytes) -> int:
        self.content += data
        return len(data)


def amr(duration_s: float, *, wide: bool) -> bytes:
    """Make an AMR file of random speech parameters (RFC 4867, section 5): every frame is valid."""
    parts = random.Random(0)  # noqa: S311 - no secret
    kind = 8 if wide else 7
    n_bytes = (_AMR_WB_BYTES if wide else _AMR_NB_BYTES)[kind]
    frames = [
        bytes([kind << 3 | 4]) + parts.randbytes(n_bytes) for _ in range(round(50 * duration_s))
    ]
    return (b"#!AMR-WB\n" if wide else b"#!AMR\n") + b"".join(frames)


def wav(
    data: bytes,
    *,
    sample_rate: int = 16000,
    n_channels: int = 1,
    bits: int = 16,
    codec: int = 1,
    stated_bytes: int | None = None,
) -> bytes:
    """Put a RIFF header before samples; it may state any number of bytes."""
    block = n_channels * bits // 8 % 2**16
    size = len(data) if stated_bytes is None else stated_bytes
    header = struct.pack(
        "<HHIIHH", codec, n_channels, sample_rate, sample_rate * block % 2**32, block, bits
    )
    riff_size = min(size + 36, 2**32 - 1)
    return (
        struct.pack("<4sI4s4sI", b"RIFF", riff_size, b"WAVE", b"fmt ", len(header))
        + header
        + struct.pack("<4sI", b"data", size)
        + data
    )


def caf(channels: NDArray[np.int16], sample_rate: int, labels: Sequence[int] = ()) -> bytes:
    """PCM whose channels are where `labels` say, by Apple's numbers: 1 left, 2 right, 3 centre."""
    n_channels = len(channels)
    places = b"".join(struct.pack(">2I3f", label, 0, 0, 0, 0) for label in labels)
    chunks = {
        b"desc": struct.pack(">d4s5I", sample_rate, b"lpcm", 0, 2 * n_channels, 1, n_channels, 16),
        b"chan": struct.pack(">3I", 0, 0, len(labels)) + places,
        b"data": bytes(4) + channels.T.astype(">i2").tobytes(),
    }
    packed = (name + struct.pack(">q", len(data)) + data for name, data in chunks.items())
    return b"caff" + struct.pack(">2H", 1, 0) + b"".join(packed)


def sphere(samples: NDArray[np.int16], sample_rate: int) -> bytes:
    """NIST SPHERE (header of 1,024 bytes of text), as speech corpora have it."""
    fields = {
        "sample_count -i": len(samples),
        "sample_rate -i": sample_rate,
        "channel_count -i": 1,
        "sample_n_bytes -i": 2,
        "sample_byte_format -s2": "01",
        "sample_sig_bits -i": 16,
        "sample_coding -s3": "pcm",
    }
    lines = [f"{name} {value}" for name, value in fields.items()]
    header = "\n".join(["NIST_1A", "   1024", *lines, "end_head", ""])
    return header.encode().ljust(1024, b" ") + samples.astype("<i2").tobytes()


def dsf(duration_s: float, frequency_hz: float = FREQUENCY_HZ) -> bytes:
    """One channel of a bit at 2.8 MHz (DSF File Format Specification 1.01), by sigma-delta."""
    rate, block = 2_822_400, 4_096
    n_bits = round(duration_s * rate) // (8 * block) * (8 * block)
    wave = AMPLITUDE * np.sin(2 * np.pi * frequency_hz * np.arange(n_bits) / rate)
    bits, error = np.zeros(n_bits, np.uint8), 0.0
    for index, value in enumerate(wave.tolist()):
        bits[index] = value > -error
        error += value - (1.0 if bits[index] else -1.0)
    data = np.packbits(bits, bitorder="little").tobytes()
    fmt = struct.pack("<4sQIIIIIIQII", b"fmt ", 52, 1, 0, 1, 1, rate, 1, n_bits, block, 0)
    body = fmt + struct.pack("<4sQ", b"data", 12 + len(data)) + data
    return struct.pack("<4sQQQ", b"DSD ", 28, 28 + len(body), 0) + body


def ape_silence(n_frames: int, sample_rate: int = 44100) -> bytes:
    """Monkey's Audio 3.99 whose frames only say that they are silent."""
    per_frame = 73_728
    frames = [struct.pack("<II", 0x80000000, 3)] * n_frames  # check sum with flags; both silent
    table = b"".join(struct.pack("<I", 52 + 24 + 4 * n_frames + 8 * i) for i in range(n_frames))
    descriptor = struct.pack(
        "<4sHHIIIIIII16s", b"MAC ", 3990, 0, 52, 24, len(table), 0, 8 * n_frames, 0, 0, bytes(16)
    )
    header = struct.pack("<HHIIIHHI", 2000, 0, per_frame, per_frame, n_frames, 16, 2, sample_rate)
    return descriptor + header + table + b"".join(frames) + bytes(8)


MUSEPACK = base64.b64decode(
    b"TVBDS1NIDZqS7b8IxHQADRtSRwwBAAAAAAAAAABFSQdxAR4BU08IixUAAABBUIsN8bN2u212n6QAAQSSSKKgw+ADAOgA"
    b"BAWmAHAtKACnVAAyVAFBLQAYWpAA1oARaABMAAa8ABYgAH3/3/5v2H/ObbN+1UjwjbmG/RTM42kzcwFGZhGN+TpEQrBy"
    b"0GKoiwryjzA3XUJyBan/G/Q88rcCMoY2chgrf9/3/Zp3BbgpmpKZfd4e4n3DQrCCAhuPBSbanH1AZ0jcw4N11kVCFO/U"
    b"dWJUYQIfHmomEUlgPv+/zr2R7OiIi4j5w3obAAGddvX30H4fP//XN88/1C91SmQwnRhDhr2zr4ulU/9/X9md1a4CBvfc"
    b"L85qTAf8W957iaHK8jK5rhux3Yo9sHRQDo7JSlrw1j7+v7P83RCuMkFNssedBpaNDt8N/63G/P5oNsAGa5aBjeJ0Q0do"
    b"e/Cy0c/f3zWy+llkps8X3WRwAVi1OjRdqs5emt+xBauwFb9ZMwsRC0fmt99o/uaAw7kbf4/JVv1kteeOTiyXN4p9yRaE"
    b"eM0CtzbVpufvT0wN1u0xC0BzDvPEy87qx+CaYnn7N+f+ueklf10JYAqRqCRvKtiTuSiE/QPXAYwjvZ+a/d8CJXrQ4bbF"
    b"7qMghLu5vrjs0yr0vX8gRhqugvVNvS2yx4bHmjRT3/bAeXBsH8+oj73lRgosyX+QMYrKFfZHrTZwr7rG/+RroRALroXK"
    b"Rq/4Y8Nyz5oIpkIBIAHdbaSfUI0ay4TDkCeDTnxuFawA/EFRYfy3F0OPGByFU2pOTZEgRYHoQKHbF2IK2jtLI94IZC+2"
    b"Afn8SBiF0UIfIYw2uR+LyoIlHnMhWQIo464TCc8QalUpBp5QAO62mgqJAUwOwezPiVGdtwuU68wSJCk8JLsVOGLUDUE2"
    b"yA+T4SMgCvmKOm+B6Fn6QmCcE2wOAiMohTkkCJU5fH64DYZPEIqLCgYic+B9si8GOEPZYWBEog9EOwIAHdbZ5hUIkLzu"
    b"Ez1iyDzfh0GIsBAEiPkfLHibGrpwxVQ64SZRkEI70U4FzcDNEq0A9hLHT6FQpukHJjIQZfdRJvCNgftIgzWmCKT5lIGw"
    b"DsaOkJKZAgYjU4B1wwAO62nUmRAVPNIdtsEELzshRoWBgiRLNZONuKgOOOHEXK4D+RRBh+r+Vw3M8GoT7jEyLIW5Y8FJ"
    b"cEQgUCRC4KQ8ZQXCy4QdnEaBiB0sJOkaA7sCBMqgIpLmwg2jAA7rbL0ZhGfekQrckYoi64PI3lBICoBvDyrgixi8kK1I"
    b"vsEaNJeJhxxPhpz43CuX8fogDZwE2pPoGZFMAcdIqBT9HQS2AQ55RBErAsD3hBiL7YB+fRMGIVRQh8oAHdbUGRQf63ly"
    b"OLHBxFS2xOTXEoRIHoQKPZF4IK2DuNFTyBJidY9mgEqM3cBcp15wjjGG1yPxeVBEpA5kKyRFHDYCYTnkDUplINPITgm2"
    b"BwEVkkKc0gRKoLw/XIBmx2122+//aHoFaQCtYBW9AruAV9QK9QCvSABigCSFKASnWqkMWnGqJtjx9HwkRAFgMUc9+DyL"
    b"L1hMneFgiwrPBPNeLMyGEt9/wmKDYY/IIaLCgYiU/B9sC8GWCPZYWBEog8kMwRKHT7e73K0+jpIVN9vz5Z2Xtfe6zwC4"
    b"32j7oqqNYCKIMd4nQ5sX32fRWYgQJ4vxr/wQYtEeDciwLeJ2d03cs3i5N1kifPPSGayXldrlmB7eO2cHqAtkUY+HBimL"
    b"kpRBlK1pDJgFnKVrnSW2ZEJb9ABxScgrcUAz4jN1raG0A4HfKtDy4FJKy0kYMkkFrhpW9r+YQAuK4CEiXCDn6gvaMtul"
    b"v/QLLmA1M8H9IVGlr4//G0/zqq6BCKsfxrpE4blv6UYBDAD0gLABgKICJMTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk"
    b"5OTk5OTk5OT+fUfwAf//wFNUBgESwFNFAw=="
)
"""A fifth of a second of a 440 Hz sine of amplitude 0.5, by mpcenc: FFmpeg does not write it."""


def with_cover(mp3: bytes) -> bytes:
    """Put a picture before an MP3 file (ID3v2.3, frame APIC)."""
    encoder = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 64, 64, "rgb24"
    picture = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 200, np.uint8), format="rgb24")
    packets = encoder.encode(picture) + encoder.encode(None)
    return with_picture(mp3, b"".join(bytes(packet) for packet in packets))


def with_picture(mp3: bytes, png: bytes) -> bytes:
    """Put any picture before an MP3 file."""
    content = b"\0image/png\0\x03\0" + png
    apic = b"APIC" + struct.pack(">IH", len(content), 0) + content
    sizes = bytes(len(apic) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + sizes + apic + mp3


def dominant_hz(samples: NDArray[Any], sample_rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * sample_rate / len(samples))


def level(samples: NDArray[Any]) -> float:
    """Amplitude of a sine of the same power, away from the ends."""
    middle = samples[len(samples) // 4 : -len(samples) // 4].astype(np.float64)
    return float(np.sqrt(2 * np.mean(middle**2)))


def damaged(content: bytes, pieces: Sequence[tuple[float, int]]) -> bytes:
    """Overwrite stretches, given as (place in [0, 1], number of bytes), by zeros."""
    changed = bytearray(content)
    for place, n_bytes in pieces:
        start = round(place * len(content))
        changed[start : start + n_bytes] = bytes(min(n_bytes, len(content) - start))
    return bytes(changed)


_VORBIS = {"strict": "-2"}  # FFmpeg's own encoder calls itself experimental
_MPEG2 = {"video_codec": "mpeg2video", "video_rate": 25}
_VBR = {"global_quality": "470", "flags": "+qscale"}

# What has to be readable: name -> (recipe, expected container, expected codec).
RECIPES: dict[str, tuple[Recipe, str, str]] = {
    "wav u8": (Recipe("wav", "pcm_u8"), "wav", "pcm_u8"),
    "wav s16": (Recipe("wav", "pcm_s16le"), "wav", "pcm_s16le"),
    "wav s24": (Recipe("wav", "pcm_s24le"), "wav", "pcm_s24le"),
    "wav s32": (Recipe("wav", "pcm_s32le"), "wav", "pcm_s32le"),
    "wav f32": (Recipe("wav", "pcm_f32le"), "wav", "pcm_f32le"),
    "wav f64": (Recipe("wav", "pcm_f64le"), "wav", "pcm_f64le"),
    "wav a-law": (Recipe("wav", "pcm_alaw"), "wav", "pcm_alaw"),
    "wav mu-law": (Recipe("wav", "pcm_mulaw"), "wav", "pcm_mulaw"),
    "wav adpcm": (Recipe("wav", "adpcm_ms"), "wav", "adpcm_ms"),
    "wav ima": (Recipe("wav", "adpcm_ima_wav"), "wav", "adpcm_ima_wav"),
    "wav rf64": (
        Recipe("wav", "pcm_s16le", container_options={"rf64": "always"}),
        "wav",
        "pcm_s16le",
    ),
    "w64": (Recipe("w64", "pcm_s16le"), "w64", "pcm_s16le"),
    "aiff": (Recipe("aiff", "pcm_s16be"), "aiff", "pcm_s16be"),
    "caf": (Recipe("caf", "pcm_s16be"), "caf", "pcm_s16be"),
    "au": (Recipe("au", "pcm_s16be"), "au", "pcm_s16be"),
    "flac": (Recipe("flac", "flac"), "flac", "flac"),
    "ogg flac": (Recipe("ogg", "flac"), "ogg", "flac"),
    "ogg vorbis": (Recipe("ogg", "vorbis", codec_options=_VORBIS), "ogg", "vorbis"),
    "ogg opus": (Recipe("ogg", "libopus", sample_rate=48000), "ogg", "opus"),
    "mp3 cbr": (Recipe("mp3", "libmp3lame", bit_rate=128000), "mp3", "mp3"),
    "mp3 vbr": (Recipe("mp3", "libmp3lame", codec_options=_VBR), "mp3", "mp3"),
    "mp3 vbr without xing": (
        Recipe("mp3", "libmp3lame", codec_options=_VBR, container_options={"write_xing": "0"}),
        "mp3",
        "mp3",
    ),
    "mp3 8 khz": (Recipe("mp3", "libmp3lame", sample_rate=8000), "mp3", "mp3"),
    "aac": (Recipe("adts", "aac"), "aac", "aac"),
    "m4a aac": (Recipe("ipod", "aac"), "m4a", "aac"),
    "m4a aac 8 khz": (Recipe("ipod", "aac", sample_rate=8000), "m4a", "aac"),
    "m4a aac, index first": (
        Recipe("ipod", "aac", container_options={"movflags": "faststart"}),
        "m4a",
        "aac",
    ),
    "m4a alac": (Recipe("ipod", "alac"), "m4a", "alac"),
    "mp4 in fragments": (
        Recipe("mp4", "aac", container_options={"movflags": "frag_keyframe+empty_moov"}),
        "mp4",
        "aac",
    ),
    "3gp": (Recipe("3gp", "aac"), "3gp", "aac"),
    "mp4 with video": (Recipe("mp4", "aac", video_s=1.5), "mp4", "aac"),
    "mov with video": (Recipe("mov", "pcm_s16le", video_s=1.5), "mov", "pcm_s16le"),
    "mkv with video": (Recipe("matroska", "aac", video_s=1.5), "matroska", "aac"),
    "mka ac3": (Recipe("matroska", "ac3"), "matroska", "ac3"),
    "webm": (Recipe("webm", "libopus", sample_rate=48000), "webm", "opus"),
    "webm without duration": (
        Recipe("webm", "libopus", sample_rate=48000, container_options={"live": "1"}),
        "webm",
        "opus",
    ),
    "wma": (Recipe("asf", "wmav2", bit_rate=128000), "asf", "wmav2"),
    "avi": (
        Recipe("avi", "pcm_s16le", video_s=1.5, video_codec="mjpeg"),
        "avi",
        "pcm_s16le",
    ),
    "avi mp3": (Recipe("avi", "libmp3lame", video_s=1.5), "avi", "mp3"),
    "ts": (Recipe("mpegts", "mp2", video_s=1.5, **_MPEG2), "mpegts", "mp2"),
    "ts aac": (Recipe("mpegts", "aac", video_s=1.5, **_MPEG2), "mpegts", "aac"),
    "mts": (
        Recipe("mpegts", "ac3", container_options={"mpegts_m2ts_mode": "1"}),
        "mpegts",
        "ac3",
    ),
    "vob": (Recipe("vob", "ac3", 48000, video_s=1.5, **_MPEG2), "mpeg", "ac3"),
    "mpg": (Recipe("mpeg", "mp2", video_s=1.5, **_MPEG2), "mpeg", "mp2"),
    "mxf": (Recipe("mxf", "pcm_s16le", 48000, video_s=1.5, **_MPEG2), "mxf", "pcm_s16le"),
    "flv": (Recipe("flv", "libmp3lame"), "flv", "mp3"),
    "wavpack": (Recipe("wv", "wavpack"), "wv", "wavpack"),
    "tta": (Recipe("tta", "tta"), "tta", "tta"),
    "ac3": (Recipe("ac3", "ac3"), "ac3", "ac3"),
    "eac3": (Recipe("eac3", "eac3"), "eac3", "eac3"),
    "mp2": (Recipe("mp2", "mp2"), "mp3", "mp2"),
    "voc": (Recipe("voc", "pcm_s16le"), "voc", "pcm_s16le"),
    "mka wavpack": (Recipe("matroska", "wavpack"), "matroska", "wavpack"),
}
