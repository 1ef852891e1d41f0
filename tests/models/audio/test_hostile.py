"""Files that are no recordings, or worse."""

import os
import random
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import av
import numpy as np
import pytest

from models.audio import Clip, decoding, load_clip
from models.audio.resampling import LARGEST_SAMPLE
from models.errors import EarmarkError, RecordingError
from tests.models.audio.recording_files import (
    RECIPES,
    Recipe,
    amr,
    encode,
    make,
    video_only,
    wav,
)
from tests.models.loopback import serving


def refusal(content: bytes) -> RecordingError:
    with pytest.raises(RecordingError) as caught:
        load_clip(content)
    error = caught.value
    assert error.arrived and error.allowed and error.remedy
    return error


# Nothing, or something else


def test_empty() -> None:
    assert "0 bytes" in refusal(b"").arrived


@pytest.mark.parametrize("text", ["Dear all,\n" * 50, "<!DOCTYPE html><p>é</p>", "x", "é" * 300])
def test_text_named_wav(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes.wav"
    path.write_text(text, "utf-8")
    with pytest.raises(RecordingError, match="it is text") as caught:
        load_clip(path)
    assert "notes.wav" in caught.value.arrived


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"%PDF-1.7\n\xff\xfe", "PDF"),
        (b"PK\x03\x04" + bytes(100), "ZIP"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "PNG"),
        (b"MThd" + bytes(100), "MIDI"),
        (bytes(10000), "zeros"),
        (bytes(range(128, 256)) * 20, "unknown or damaged"),
    ],
)
def test_other_files(content: bytes, name: str) -> None:
    assert name in refusal(content).arrived


def test_video_without_sound() -> None:
    assert "video but no sound" in refusal(video_only()).arrived


def test_header_without_samples() -> None:
    assert "holds no sound" in refusal(wav(b"")).arrived


def test_unknown_codec() -> None:
    assert "codec that is unknown" in refusal(wav(bytes(32000), codec=0x1234)).arrived


def test_encrypted() -> None:
    keys = {
        "encryption_scheme": "cenc-aes-ctr",
        "encryption_key": "00112233445566778899aabbccddeeff",
        "encryption_kid": "ffeeddccbbaa99887766554433221100",
    }
    recording = make(Recipe("mp4", "aac", container_options=keys), 1.0)
    assert "is encrypted" in refusal(recording).arrived


@pytest.mark.parametrize("rate", [0, 1, 999, 768_001, 4_000_000, 2**32 - 1])
def test_absurd_rates(rate: int) -> None:
    assert f"sample rate of {rate} Hz" in refusal(wav(bytes(32000), sample_rate=rate)).arrived


def test_no_channels() -> None:
    assert "channels" in refusal(wav(bytes(32000), n_channels=0)).arrived


def test_sound_that_is_all_damage() -> None:
    whole = bytearray(make(RECIPES["m4a aac, index first"][0], 1.0))
    start = whole.index(b"mdat") + 4
    whole[start:] = bytes(len(whole) - start)
    assert "of its 45 packets of aac sound none is decodable" in refusal(bytes(whole)).arrived


def test_tags_in_no_encoding_are_no_obstacle() -> None:
    """ID3v2 and RIFF tags are often in some old code page."""
    text = b"INFOINAM" + struct.pack("<I", 4) + b"\xff\xfe\xe9\x80"
    plain = wav(bytes(32000))
    tagged = plain[:36] + b"LIST" + struct.pack("<I", len(text)) + text + plain[36:]
    assert load_clip(tagged).duration_s == 1.0


def test_tag_that_is_no_text() -> None:
    """WAV has a number for FLAC, 0xF1AC, and PyAV takes such numbers for letters."""
    assert "holds no sound" in refusal(wav(bytes(32000), codec=0xF1AC)).arrived


def test_less_than_a_sample() -> None:
    recording = encode(RECIPES["wav s16"][0], np.zeros(1, np.float32))
    assert "is too short: it ends after 1 samples at 44100 Hz" in refusal(recording).arrived


def test_tags_before_the_sound_are_passed_over() -> None:
    mp3 = make(RECIPES["mp3 cbr"][0], 1.0)
    plain = load_clip(mp3)
    text = b"TIT2" + struct.pack(">IH", 2000, 0) + b"\0".ljust(2000, b"x")
    tag = b"ID3\x03\0\0" + bytes((0, 0, len(text) >> 7, len(text) & 0x7F)) + text
    for content in (tag + mp3, tag + tag + mp3):
        clip = load_clip(content)
        assert clip.source == plain.source
        assert clip.broke_at_s is None
        np.testing.assert_array_equal(clip.samples, plain.samples)
    assert "unknown or damaged" in refusal(tag).arrived


# Paths


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="does not exist"):
        load_clip(tmp_path / "gone.wav")


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="is a folder"):
        load_clip(tmp_path)


def test_address_is_taken_for_a_path() -> None:
    with serving(wav(bytes(32000))) as server:
        with pytest.raises(RecordingError, match="does not exist"):
            load_clip(server.address("good"))
        assert server.served == []


@pytest.mark.parametrize("path", ["a\0b.wav", "x" * 5000])
def test_impossible_path(path: str) -> None:
    with pytest.raises(RecordingError, match="cannot be opened"):
        load_clip(path)


def test_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(RecordingError, match="a pipe"):
        load_clip(tmp_path / "pipe.wav")


# Length


def test_stated_length_is_refused_before_decoding() -> None:
    told: list[float] = []
    with pytest.raises(RecordingError, match=r"lasts 3 s") as caught:
        load_clip(make(RECIPES["flac"][0], 3.0), max_duration_s=1.5, progress=told.append)
    assert told == []
    assert "At most 1.5 s" in caught.value.allowed
    assert "raise the limit" in caught.value.remedy


def test_stated_days_are_refused_by_default() -> None:
    """A FLAC header may state any number of samples, whatever follows."""
    recording = bytearray(make(Recipe("flac", "flac", 16000, "mono"), 1.0))
    # The last 36 bits before the digest in STREAMINFO (RFC 9639, section 8.2).
    recording[22:26] = struct.pack(">I", 16000 * 3600 * 50)
    assert "lasts 50 h 0 min" in refusal(bytes(recording)).arrived


def test_small_file_that_unpacks_to_hours() -> None:
    """FLAC needs next to nothing for silence, and none of it states a length."""
    silence = np.zeros(1200 * 8000, np.float32)
    recording = encode(Recipe("flac", "flac", 8000, "mono"), silence, seekable=False)
    assert len(recording) < 250_000
    with pytest.raises(RecordingError, match=r"goes on after 1 min \d s"):
        load_clip(recording, max_duration_s=60)


def test_small_file_of_very_many_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    recording = make(Recipe("flac", "flac", 96000, "7.1"), 3.0)
    assert load_clip(recording).duration_s == 3.0
    monkeypatch.setattr("models.audio.flow.MAX_SOURCE_VALUES_PER_S", 2 * 8 * 96000 / 14_400)
    with pytest.raises(RecordingError, match=r"goes on after 1,\d{3},\d{3} samples in all chan"):
        load_clip(recording)


def test_small_file_that_takes_hours_to_fail() -> None:
    """AMR frames of one byte for 20 ms, none of which FFmpeg decodes: 100 minutes."""
    recording = b"#!AMR\n" + b"\x7c" * 300_000
    with pytest.raises(RecordingError, match=r"goes on after 1 min \d+ s"):
        load_clip(recording, max_duration_s=60)


def test_cut_wav_that_states_days_is_no_long_recording() -> None:
    data = bytes(32000)
    clip = load_clip(wav(data, stated_bytes=2_000_000_000), max_duration_s=2)
    assert clip.duration_s == clip.broke_at_s == 1.0


@pytest.mark.parametrize("name", ["flac", "mp3 vbr without xing", "ogg opus", "aac"])
def test_what_is_just_short_enough_is_decoded(name: str) -> None:
    recording = make(RECIPES[name][0], 1.0)
    duration_s = load_clip(recording).source.duration_s
    assert load_clip(recording, max_duration_s=duration_s).source.duration_s == duration_s
    with pytest.raises(RecordingError, match="At most"):
        load_clip(recording, max_duration_s=duration_s - 0.01)


# Playlists and references, which make FFmpeg open other files and addresses


class Bait:
    """A pipe that shows whether it is opened for reading: a reader waits for a writer."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path
        self.was_opened = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self._over.is_set():
            with suppress(OSError):  # ENXIO: there is no reader
                os.close(os.open(self.path, os.O_WRONLY | os.O_NONBLOCK))
                self.was_opened = True
            time.sleep(0.001)

    @contextmanager
    def laid(self) -> Iterator["Bait"]:
        self._thread.start()
        try:
            yield self
        finally:
            self._over.set()
            self._thread.join()


Playlist = Callable[[str, Path], bytes]


def m3u8(address: str, path: Path) -> bytes:
    entries = "".join(f"#EXTINF:1,\n{target}\n" for target in (address, path, path.as_uri()))
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n{entries}#EXT-X-ENDLIST\n".encode()


def mpd(address: str, path: Path) -> bytes:
    represented = "".join(
        f'<Representation id="{target}" bandwidth="1"><BaseURL>{target}</BaseURL></Representation>'
        for target in (address, path)
    )
    return (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT1S" profiles="urn:mpeg:dash:profile:isoff-main:2011">'
        f'<Period><AdaptationSet mimeType="audio/mp4">{represented}</AdaptationSet></Period></MPD>'
    ).encode()


def ffconcat(address: str, path: Path) -> bytes:
    return f"ffconcat version 1.0\nfile {path}\nfile {path.name}\nfile {address}\n".encode()


def sdp(_address: str, _path: Path) -> bytes:
    return (
        b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        b"m=audio 5004 RTP/AVP 0\r\n"
    )


PLAYLISTS: dict[str, Playlist] = {"m3u8": m3u8, "mpd": mpd, "ffconcat": ffconcat, "sdp": sdp}


@pytest.mark.parametrize("suffix", ["own", "wav"])
@pytest.mark.parametrize("kind", PLAYLISTS)
def test_playlist_is_refused_and_opens_nothing(tmp_path: Path, kind: str, suffix: str) -> None:
    with serving(wav(bytes(32000))) as server, Bait(tmp_path / "bait.wav").laid() as bait:
        path = tmp_path / f"list.{kind if suffix == 'own' else suffix}"
        path.write_bytes(PLAYLISTS[kind](server.address("bait.wav"), bait.path))
        with path.open("rb") as file:
            for source in (path, str(path), path.read_bytes(), file):
                with pytest.raises(RecordingError, match="it is text"):
                    load_clip(source)
        assert server.served == []
        assert not bait.was_opened


def test_the_bait_works(tmp_path: Path) -> None:
    """Without the bars the same playlists do reach the server and the file."""
    with serving(wav(bytes(32000))) as server, Bait(tmp_path / "bait.wav").laid() as bait:
        for kind in ("m3u8", "ffconcat"):
            path = tmp_path / f"list.{kind}"
            path.write_bytes(PLAYLISTS[kind](server.address("bait.wav"), bait.path))
            with path.open("rb") as file, suppress(av.error.FFmpegError):
                av.open(file, options={"safe": "0"}).close()
        assert server.paths() == ["bait.wav"]
        assert bait.was_opened


def alias_record(path: Path) -> bytes:
    """Make a Macintosh alias, as QuickTime refers to other files by."""
    target = b"volume:" + str(path).lstrip("/").replace("/", ":").encode()
    name = path.name.encode()
    return (
        bytes(10)
        + b"\x06volume".ljust(28, b"\0")
        + bytes(12)
        + bytes([len(name)])
        + name.ljust(63, b"\0")
        + bytes(16)
        + struct.pack(">hh", 1, 1)
        + bytes(16)
        + struct.pack(">hH", 2, len(target))
        + target
        + b"\0" * (len(target) % 2)
        + struct.pack(">hH", -1, 0)
    )


def with_external_sound(mov: bytes, path: Path) -> bytes:
    """Make a QuickTime file, with its index at the end, refer to its sound elsewhere."""
    at = mov.index(b"dref") + 12  # behind name, version and count
    old = mov[at : at + struct.unpack_from(">I", mov, at)[0]]
    record = alias_record(path)
    new = struct.pack(">I4sI", 12 + len(record), b"alis", 0) + record
    changed = bytearray(mov.replace(old, new, 1))
    for name in (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"):
        size_at = mov.index(name, mov.index(b"moov")) - 4
        size = struct.unpack_from(">I", mov, size_at)[0]
        struct.pack_into(">I", changed, size_at, size + len(new) - len(old))
    return bytes(changed)


def test_quicktime_reference_is_not_followed(tmp_path: Path) -> None:
    with Bait(tmp_path / "bait.wav").laid() as bait:
        mov = with_external_sound(make(Recipe("mov", "pcm_s16le"), 1.0), bait.path)
        path = tmp_path / "reference.mov"
        path.write_bytes(mov)
        for source in (path, mov):
            with suppress(RecordingError):
                load_clip(source)
        assert not bait.was_opened
        willing = {"enable_drefs": "1", "use_absolute_path": "1"}
        with suppress(av.error.FFmpegError), av.open(path, options=willing) as opened:
            list(opened.demux())
        assert bait.was_opened  # or this would show nothing


def test_second_bar_holds_without_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Playlists allowed, but no protocol."""
    monkeypatch.setitem(decoding.OPTIONS, "format_whitelist", "concat,wav")
    with Bait(tmp_path / "bait.wav").laid() as bait:
        with pytest.raises(RecordingError):
            load_clip(f"ffconcat version 1.0\nfile {bait.path.name}\n".encode())
        assert not bait.was_opened


def test_third_bar_holds_without_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that FFmpeg can be told allowed: what it wants to open is refused by Python."""
    monkeypatch.setattr(decoding, "OPTIONS", {"enable_drefs": "1", "use_absolute_path": "1"})
    with Bait(tmp_path / "bait.wav").laid() as bait:
        mov = with_external_sound(make(Recipe("mov", "pcm_s16le"), 1.0), bait.path)
        with pytest.raises(RecordingError, match="refers to something outside itself"):
            load_clip(mov)
        assert not bait.was_opened


# Damage


def damage(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    start = chance.randrange(len(changed))
    end = min(len(changed), start + chance.randrange(1, 4000))
    kind = chance.choice(("cut", "flip", "head", "overwrite", "delete", "repeat"))
    if kind == "cut":
        return content[:start]
    if kind == "flip":
        for _ in range(chance.choice((1, 20, 400))):
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    elif kind == "head":
        for _ in range(chance.choice((1, 5))):
            changed[chance.randrange(min(len(changed), 300))] = chance.randrange(256)
    elif kind == "overwrite":
        changed[start:end] = chance.randbytes(end - start)
    elif kind == "delete":
        del changed[start:end]
    else:
        changed[start:start] = changed[start:end]
    return bytes(changed)


@pytest.mark.parametrize(
    "name", ["wav s16", "wav adpcm", "flac", "ogg vorbis", "mp3 cbr", "m4a aac", "mkv with video"]
)
def test_damaged_files_give_a_clip_or_a_reason(name: str) -> None:
    whole = make(RECIPES[name][0], 0.5)
    chance = random.Random(name)  # noqa: S311 - no secret
    for _ in range(20):
        assert_clip_or_reason(damage(whole, chance))


def test_damaged_amr_gives_a_clip_or_a_reason() -> None:
    chance = random.Random(0)  # noqa: S311
    for _ in range(20):
        assert_clip_or_reason(damage(amr(0.5, wide=False), chance))


def assert_clip_or_reason(content: bytes) -> None:
    try:
        clip = load_clip(content)
    except EarmarkError as error:
        assert error.arrived and error.allowed and error.remedy
        return
    assert isinstance(clip, Clip)
    assert len(clip.samples) and np.abs(clip.samples).max() <= LARGEST_SAMPLE
    assert clip.duration_s == pytest.approx(clip.source.duration_s, abs=0.001)
