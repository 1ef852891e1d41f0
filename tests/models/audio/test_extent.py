"""Headers that state too little, and what lies behind the sound."""

import struct
import time

import numpy as np
import pytest

from models.audio import load_clip
from tests.models.audio.recording_files import RECIPES, make, sine, wav

WAVE = (32_767 * sine(10.0, 16_000)).astype("<i2").tobytes()


@pytest.mark.parametrize("stated_bytes", [44, 2, 160_000, len(WAVE) - 2**18])
def test_sound_behind_what_is_stated_is_read(stated_bytes: int) -> None:
    """A recorder that lost power, or a size beyond 32 bits."""
    clip = load_clip(wav(WAVE, stated_bytes=stated_bytes))
    np.testing.assert_array_equal(clip.samples, np.frombuffer(WAVE, "<i2") / np.float32(32_768))
    assert clip.broke_at_s is None
    (told,) = clip.notices
    assert f"states {stated_bytes:,} bytes of samples, and 320,000 are there" in told


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
@pytest.mark.parametrize("gain", [1.0, 0.001])
def test_other_samples(bits: int, gain: float) -> None:
    wave = gain * sine(4.0, 16_000)
    if bits == 8:
        data = np.round(128 + 127 * wave).astype("u1").tobytes()
    elif bits == 24:
        data = (wave * 2**31).astype("<i4").view("u1").reshape(-1, 4)[:, 1:].tobytes()
    else:
        data = (wave * (2 ** (bits - 1) - 1)).astype(f"<i{bits // 8}").tobytes()
    clip = load_clip(wav(data, bits=bits, stated_bytes=100 * bits // 8))
    assert clip.duration_s == 4.0


@pytest.mark.parametrize("name", ["caf", "w64", "wav rf64"])
def test_other_headers_that_state_too_little(name: str) -> None:
    """RF64 is read on; of the others it is told."""
    whole = bytearray(make(RECIPES[name][0], 1.0))
    at = whole.index({"wav rf64": b"ds64"}.get(name, b"data")) + 4
    if name == "caf":
        struct.pack_into(">q", whole, at, 404)
    else:
        struct.pack_into("<Q", whole, at + 12, 400 + 24 * (name == "w64"))
    clip = load_clip(bytes(whole))
    assert clip.duration_s == pytest.approx(1.0 if name == "wav rf64" else 0.002, abs=1e-3)
    (told,) = clip.notices
    assert ("all of them are read" in told) == (name == "wav rf64")
    assert ("are not read" in told) == (name != "wav rf64")


def chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        (chunk(b"LIST", b"x" * 5_001), ""),
        (chunk(b"id3 ", b"x" * 5_000) + chunk(b"bext", bytes(602)), ""),
        (bytes(50 << 20), ""),
        (chunk(b"LIST", b"x" * 99) + bytes(1 << 20), ""),
        (b"Some text, which is no chunk.\n" * 1_000, "30,000 bytes behind the sound"),
        (b"TAG".ljust(128), ""),
    ],
    ids=["list", "chunks", "zeros", "zeros behind a chunk", "text", "tag"],
)
def test_what_is_no_sound_is_not_read(rest: bytes, told: str) -> None:
    clip = load_clip(wav(WAVE) + rest)
    assert clip.duration_s == 10.0
    assert "".join(clip.notices).startswith(told)
    assert bool(clip.notices) == bool(told)


@pytest.mark.parametrize("name", ["wav s16", "w64", "caf", "wav rf64"])
def test_zeros_behind_the_sound_cost_no_more_than_the_sound(name: str) -> None:
    """FFmpeg takes 0.8 s for each megabyte."""
    whole = make(RECIPES[name][0], 60.0)

    def cpu_s(content: bytes) -> float:
        began_s = time.process_time()
        clip = load_clip(content, isolated=False)
        assert clip.duration_s == 60.0
        return time.process_time() - began_s

    assert cpu_s(whole + bytes(50 << 20)) < 3 * cpu_s(whole) + 0.5


def test_caf_with_its_packet_table_behind_the_sound() -> None:
    """As Apple writes it; without it AAC could not be decoded."""
    whole = make(RECIPES["caf"][0], 1.0)
    behind = b"free" + struct.pack(">q", 2_000) + bytes(2_000)
    assert load_clip(whole + behind).duration_s == pytest.approx(1.0)


@pytest.mark.parametrize("size", [2**31, 2**32 - 1, 2**63, 2**64 - 1])
def test_a_box_that_says_it_never_ends(size: int) -> None:
    """No position that a file states is gone to."""
    from models.errors import RecordingError

    ftyp = struct.pack(">I4s4sI4s", 20, b"ftyp", b"isom", 0, b"isom")
    endless = struct.pack(">I4sQ", 1, b"free", size)
    with pytest.raises(RecordingError, match="the moov box"):
        load_clip(ftyp + endless + bytes(100))
