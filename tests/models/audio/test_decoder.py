"""Decoding in processes of their own: the same sound, and no harm."""

import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.audio import (
    Clip,
    DecoderLimits,
    Decoders,
    isolate_decoding,
    load_clip,
    open_flow,
    use_decoders,
)
from models.audio.decoder import messages
from models.audio.decoder.processes import Ending, ForkingStarter, SpawningStarter, Starter
from models.audio.decoder.remote import RemoteFlow
from models.audio.indexing import with_index
from models.errors import Cancelled, EarmarkError, RecordingError, SettingError
from tests.hostile import bombs
from tests.models.audio.recording_files import RECIPES, Recipe, amr, encode, make, sine, wav

ROOT = Path(__file__).parents[3]
SECRET = "EARMARK_TEST_SECRET"  # noqa: S105  # the name of a variable

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's /proc")
needs_limits = pytest.mark.skipif(os.name == "nt", reason="Windows has no such limits")


@pytest.fixture(scope="module")
def decoders() -> Iterator[Decoders]:
    """Processes as an application has them, but for patience: this machine may be busy."""
    os.environ[SECRET] = "hidden"
    decoders = Decoders(limits=DecoderLimits(silent_s=120.0))
    decoders.warm_up()
    yield decoders
    decoders.close()
    del os.environ[SECRET]


@pytest.fixture(autouse=True)
def _in_use(decoders: Decoders) -> Iterator[None]:
    use_decoders(decoders)
    yield
    _choose(None)


def _choose(decoders: Decoders | None) -> None:
    """Use others without closing those of the module."""
    from models.audio.decoder import pool

    pool._in_use = decoders


@pytest.fixture
def limited(decoders: Decoders) -> Iterator[Callable[..., None]]:
    """Have the same processes used with other limits."""
    usual = decoders.limits

    def set_limits(**limits: float) -> None:
        decoders.limits = DecoderLimits(**{"silent_s": 120.0, **limits})

    yield set_limits
    decoders.limits = usual


def outcome(content: Any, **settings: Any) -> Clip | tuple[str, ...]:  # noqa: ANN401
    try:
        return load_clip(content, **settings)
    except EarmarkError as error:
        return type(error).__name__, error.arrived, error.allowed, error.remedy


def assert_same(content: Any, **settings: Any) -> None:  # noqa: ANN401
    remote = outcome(content, **settings)
    local = outcome(content, isolated=False, **settings)
    if not isinstance(remote, Clip) or not isinstance(local, Clip):
        assert remote == local
        return
    np.testing.assert_array_equal(remote.samples, local.samples)
    assert remote.source == local.source
    assert remote.non_finite_samples == local.non_finite_samples
    assert remote.broke_at_s == local.broke_at_s


# The same sound


@pytest.mark.parametrize("name", RECIPES)
def test_every_format_comes_out_as_in_this_process(name: str) -> None:
    assert_same(make(RECIPES[name][0], 1.5))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<!DOCTYPE html>",
        wav(b""),
        make(RECIPES["mp3 cbr"][0], 3.0)[:20_000],
        make(RECIPES["flac"][0], 3.0)[:-9_000],
        amr(1.0, wide=False),
        wav(np.array([0.5, np.nan, np.inf, -8] * 4_000, "<f4").tobytes(), bits=32, codec=3),
        make(Recipe("wav", "pcm_s16le", 1_000, "mono"), 200.0),
    ],
    ids=["empty", "text", "silent", "cut", "broken", "amr", "nan", "long blocks"],
)
def test_what_is_wrong_is_told_as_in_this_process(content: bytes) -> None:
    assert_same(content)


def test_settings_and_limits_hold_there_too() -> None:
    recording = make(RECIPES["flac"][0], 3.0)
    assert_same(recording, sample_rate=44_100)
    assert_same(recording, max_duration_s=1.0)
    assert_same(recording, max_duration_s=float("inf"))
    for settings in ({"sample_rate": 10}, {"max_duration_s": 0.0}):
        with pytest.raises(SettingError):
            load_clip(recording, **settings)


def test_every_kind_of_source(tmp_path: Path) -> None:
    recording = make(RECIPES["m4a aac"][0], 1.0)
    path = tmp_path / "a path.bin"
    path.write_bytes(recording)
    with path.open("rb") as file:
        file.seek(100)
        for source in (path, str(path), bytearray(recording), io.BytesIO(recording), file):
            assert_same(source)
    for missing in (tmp_path / "gone", tmp_path):
        assert_same(missing)
    with pytest.raises(TypeError, match="a recording is a path"):
        load_clip(3)


@pytest.mark.parametrize("failure", [OSError, AttributeError])
def test_without_files_in_memory_there_are_temporary_ones(
    monkeypatch: pytest.MonkeyPatch, failure: type[Exception]
) -> None:
    def refuse(*_: object) -> int:
        raise failure

    monkeypatch.setattr(os, "memfd_create", refuse, raising=False)
    assert_same(make(RECIPES["ogg opus"][0], 1.0))


def test_progress_rises_to_one() -> None:
    told: list[float] = []
    load_clip(make(RECIPES["mp3 vbr without xing"][0], 20.0), progress=told.append)
    assert len(told) > 5
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_an_index_is_given_there_too() -> None:
    recording = make(RECIPES["aac"][0], 3.0)
    indexed = with_index(recording)
    assert indexed is not None
    assert indexed == with_index(recording, isolated=False)
    assert with_index(b"no sound") is None


def test_what_is_known_of_packets() -> None:
    for name, even in (("mp3 cbr", True), ("mp3 vbr", False)):
        with open_flow(make(RECIPES[name][0], 3.0)) as flow:
            list(flow.blocks())
            assert flow.packets_are_even == even, name


def test_a_script_decodes_in_its_own_process_unless_it_says_otherwise() -> None:
    recording = wav(bytes(32_000))
    _choose(None)
    with open_flow(recording) as flow:
        assert not isinstance(flow, RemoteFlow)
    with open_flow(recording, isolated=True) as flow:
        assert isinstance(flow, RemoteFlow)


@pytest.mark.parametrize("name", ["wav s16", "mp3 cbr", "m4a aac"])
def test_processes_that_are_started_anew_for_each_recording(name: str) -> None:
    """As where forking is not safe."""
    decoders = Decoders(limits=DecoderLimits(silent_s=120.0), started_by=SpawningStarter())
    _choose(decoders)
    try:
        for _ in range(2):
            assert_same(make(RECIPES[name][0], 1.0))
        assert_same(b"no sound")
    finally:
        decoders.close()


# No harm


def gives_up(content: bytes, why: str) -> None:
    with pytest.raises(RecordingError, match="The decoder gave up on this file: ") as caught:
        load_clip(content)
    assert why in caught.value.arrived
    assert "MB of memory" in caught.value.allowed


@needs_limits
@pytest.mark.parametrize("kind", bombs.TAGS)
def test_tags_without_end_take_bounded_time(limited: Callable[..., None], kind: str) -> None:
    few = load_clip(bombs.TAGS[kind](10))
    assert few.duration_s > 0
    limited(silent_cpu_s=0.25)
    gives_up(bombs.TAGS[kind](20_000), "it computed for 0.25 s without giving any sound")
    np.testing.assert_array_equal(load_clip(bombs.TAGS[kind](10)).samples, few.samples)


@needs_limits
@pytest.mark.parametrize("name", ["wav s16", "wav rf64", "w64", "caf"])
def test_zeros_behind_the_sound_cost_nothing(limited: Callable[..., None], name: str) -> None:
    """FFmpeg walks over them in steps of 8 bytes."""
    limited(silent_cpu_s=0.25)
    whole = make(RECIPES[name][0], 0.3)
    clip = load_clip(whole + bytes(50 << 20))
    np.testing.assert_array_equal(clip.samples, load_clip(whole).samples)
    assert clip.notices == ()


@needs_limits
def test_sound_takes_as_long_as_it_takes(limited: Callable[..., None]) -> None:
    """Patience begins anew with each piece."""
    limited(silent_cpu_s=0.1)
    recording = make(RECIPES["mp3 cbr"][0], 60.0) * 10
    started = time.process_time()
    clip = load_clip(recording, isolated=False)
    assert time.process_time() - started > 0.2, "or it shows nothing"
    assert load_clip(recording).duration_s == clip.duration_s


@needs_limits
def test_time_is_bounded_in_all(limited: Callable[..., None]) -> None:
    limited(cpu_s=1)
    gives_up(make(RECIPES["mp3 cbr"][0], 60.0) * 60, "it computed for 1 s")


@needs_linux
def test_memory_is_bounded(limited: Callable[..., None]) -> None:
    loud = wav(bytes(8 * 10 * 768_000), sample_rate=768_000, n_channels=10, bits=64, codec=3)
    assert load_clip(loud).duration_s == 1.0
    limited(memory_bytes=64 << 20)
    with pytest.raises(RecordingError, match="more memory") as caught:
        load_clip(loud)
    assert "64 MiB in all" in caught.value.allowed


def test_a_decoder_that_hangs_is_ended(limited: Callable[..., None]) -> None:
    limited(silent_cpu_s=60.0, silent_s=0.3)
    gives_up(bombs.opus_tags(40_000), "it gave next to no sound for 0.3 s")


def _pid(flow: Any) -> int:  # noqa: ANN401
    pid: int = flow._decoder._process._pid
    return pid


def _is_gone(pid: int) -> bool:
    """Whether a process is no more; one whose state was not asked for yet is none."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return status.rpartition(")")[2].split()[0] in "ZX"


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@needs_linux
@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGKILL"])
def test_a_crash_costs_one_recording(name: str) -> None:
    recording = make(RECIPES["wav s16"][0], 120.0)
    reason = "the system ended it" if name == "SIGKILL" else f"it crashed ({name})"
    with open_flow(recording) as other:
        blocks = other.blocks()
        next(blocks)
        with (
            pytest.raises(RecordingError, match="The decoder gave up on this file") as caught,
            open_flow(recording) as flow,
        ):
            for _ in flow.blocks():
                os.kill(_pid(flow), signal.Signals[name])
        assert reason in caught.value.arrived
        assert sum(map(len, blocks)) > 100 * 16_000
    assert_same(recording)


@needs_linux
def test_the_template_is_replaced() -> None:
    decoders = Decoders(limits=DecoderLimits(silent_s=120.0))
    _choose(decoders)
    recording = make(RECIPES["wav s16"][0], 120.0)
    with pytest.raises(RecordingError, match="the system ended it"), open_flow(recording) as flow:
        for _ in flow.blocks():
            starter: Any = decoders._starter
            os.kill(starter._template._process.pid, signal.SIGKILL)
    assert load_clip(recording).duration_s == 120.0
    decoders.close()


@needs_linux
def test_a_cancelled_decoder_is_killed_at_once(limited: Callable[..., None]) -> None:
    limited(silent_cpu_s=600.0)
    started: list[int] = []
    starter: Any = decoders_of_now()._starter
    start = starter._next

    def noted() -> Any:  # noqa: ANN401
        process = start()
        started.append(process._pid)
        return process

    def cancel(_fraction: float) -> None:
        raise Cancelled

    starter._next = noted
    try:
        with pytest.raises(Cancelled):
            load_clip(bombs.opus_tags(80_000), progress=cancel)
    finally:
        del starter._next
    assert len(started) == 1
    _wait_for(lambda: _is_gone(started[0]))


def decoders_of_now() -> Decoders:
    from models.audio.decoder import decoders_in_use

    decoders = decoders_in_use()
    assert decoders is not None
    return decoders


def test_whoever_waits_for_a_decoder_can_cancel() -> None:
    decoders = Decoders(1, DecoderLimits(silent_s=120.0))
    _choose(decoders)
    recording = wav(bytes(32_000))
    with open_flow(recording) as flow:
        waited: list[None] = []

        def on_wait() -> None:
            waited.append(None)
            if len(waited) == 3:
                raise Cancelled

        with pytest.raises(Cancelled), open_flow(recording, on_wait=on_wait):
            pass
        assert sum(map(len, flow.blocks())) == 16_000
    assert load_clip(recording).duration_s == 1.0
    decoders.close()


def test_a_recording_with_subtitles_is_decoded() -> None:
    """PyAV imports what subtitles need late, and a decoder can open no file."""
    text = b"\x02\0\x0aonTextData\x08\0\0\0\x01\0\x04text\x02\0\x05hello\0\0\x09"  # AMF 0
    tag = b"\x12" + len(text).to_bytes(3, "big") + bytes(7) + text
    tag += len(tag).to_bytes(4, "big")
    recording = make(RECIPES["flv"][0], 1.0)
    header = 9 + 4  # FLV's own, and the size of the tag before the first
    _choose(Decoders(1, DecoderLimits(silent_s=120.0)))
    with open_flow(recording[:header] + tag + recording[header:]) as flow:
        assert sum(map(len, flow.blocks())) >= 16_000
    decoders_of_now().close()


def test_large_copies_wait_for_others_and_small_ones_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each decoder has a copy of its recording: four of 390 MB took 1.5 GB beside the originals."""
    from models.audio.decoder import pool

    monkeypatch.setattr(pool, "LARGE_BYTES", 40_000)
    monkeypatch.setattr(pool, "MAX_LARGE_BYTES", 100_000)
    _choose(Decoders(4, DecoderLimits(silent_s=120.0)))

    def give_up() -> None:
        raise Cancelled

    large, small = wav(bytes(64_000)), wav(bytes(32_000))
    with open_flow(large) as flow:
        with pytest.raises(Cancelled), open_flow(large, on_wait=give_up):
            pass
        with open_flow(small) as other:
            assert sum(map(len, other.blocks())) == 16_000
        assert sum(map(len, flow.blocks())) == 32_000
    largest = wav(bytes(320_000))
    with open_flow(largest) as flow:  # alone, any passes
        assert sum(map(len, flow.blocks())) == 160_000
    decoders_of_now().close()


@needs_linux
def test_an_application_may_say_it_twice() -> None:
    from models.audio.decoder import pool

    _choose(None)
    try:
        isolate_decoding(3)
        chosen: Any = pool._in_use
        with open_flow(make(RECIPES["wav s16"][0], 60.0)) as flow:
            isolate_decoding(3)
            assert pool._in_use is chosen
            assert sum(map(len, flow.blocks())) == 60 * 16_000
        template = chosen._starter._template._process.pid
        isolate_decoding(4)
        assert pool._in_use is not chosen
        _wait_for(lambda: _is_gone(template))
    finally:
        use_decoders(None)


def test_many_at_once() -> None:
    recordings = [make(RECIPES[name][0], 2.0) for name in ("flac", "mp3 cbr", "webm", "caf")] * 5
    with ThreadPoolExecutor(12) as threads:
        clips = list(threads.map(load_clip, recordings))
    for recording, clip in zip(recordings, clips, strict=True):
        np.testing.assert_array_equal(clip.samples, load_clip(recording).samples)


ABANDONED = """
import sys, threading, time
from pathlib import Path
from models.audio import DecoderLimits, Decoders, open_flow, use_decoders

use_decoders(Decoders(limits=DecoderLimits(silent_cpu_s=600, silent_s=600)))
with open_flow(Path(sys.argv[1])) as flow:
    next(flow.blocks())
    template = flow._decoder._process._template._process.pid
    bomb = lambda: open_flow(Path(sys.argv[2])).__enter__()
    threading.Thread(target=bomb, daemon=True).start()
    time.sleep(0.5)
    print(template, *Path(f"/proc/{template}/task/{template}/children").read_text().split())
    sys.stdout.flush()
    time.sleep(600)
"""


@needs_linux
def test_nothing_is_left_behind_when_the_application_is_killed(tmp_path: Path) -> None:
    long, bomb = tmp_path / "long.wav", tmp_path / "bomb.ogg"
    long.write_bytes(make(RECIPES["wav s16"][0], 120.0))
    bomb.write_bytes(bombs.opus_tags(80_000))
    application = subprocess.Popen(
        [sys.executable, "-c", ABANDONED, str(long), str(bomb)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert application.stdout is not None
    pids = [int(pid) for pid in application.stdout.readline().split()]
    assert len(pids) == 4  # the template, two decoders, and the next
    assert not any(map(_is_gone, pids))
    application.kill()
    application.wait()
    _wait_for(lambda: all(map(_is_gone, pids)))


@needs_linux
def test_a_decoder_has_neither_secrets_nor_ways_out() -> None:
    with open_flow(make(RECIPES["wav s16"][0], 120.0)) as flow:
        next(flow.blocks())
        pid = _pid(flow)
        assert SECRET in os.environ
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        assert SECRET.encode() not in environment
        limits = Path(f"/proc/{pid}/limits").read_text()
        for name in ("open files", "processes", "file size", "core file size"):
            (line,) = (each for each in limits.splitlines() if each.startswith(f"Max {name} "))
            assert line.split()[-3:-1] == ["0", "0"], line
        assert "streamlit" not in Path(f"/proc/{pid}/maps").read_text()
        files = [str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()]
        assert sum(each.startswith("socket:") for each in files) == 1, files


SERVER = r"""
import re, sys
from pathlib import Path
from models.audio import DecoderLimits, Decoders, load_clip, use_decoders
from models.errors import RecordingError
from tests.hostile import bombs
from tests.models.audio.recording_files import RECIPES, make

def kilobytes(name):
    with open("/proc/self/status") as status:
        return int(re.search(name + r":\s+(\d+)", status.read())[1])

use_decoders(Decoders(limits=DecoderLimits(silent_cpu_s=0.2, silent_s=120)))
files = [make_tags(20_000) for make_tags in bombs.TAGS.values()]
files += [bombs.opus_streams(120, 255), bombs.opus_streams(1_000, 1), bombs.opus_streams(1, 255)]
load_clip(make(RECIPES["wav s16"][0], 1.0))
Path("/proc/self/clear_refs").write_text("5")
before = kilobytes("VmHWM")
for file in files:
    try:
        load_clip(file)
    except RecordingError as error:
        assert "The decoder gave up on this file" in error.arrived, error
print(kilobytes("VmHWM") - before)
"""


@needs_linux
def test_the_server_s_memory_stays_as_it_is() -> None:
    child = subprocess.run(
        [sys.executable, "-c", SERVER],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(child.stdout) < 64 << 10


# A decoder that was taken over


class Scripted:
    """Starts decoders that send what they are told to, and hang up."""

    def __init__(self, *sent: bytes) -> None:
        self._sent = b"".join(sent)

    def warm_up(self) -> None:
        pass

    def close(self) -> None:
        pass

    def start(self) -> "Scripted":
        self.channel, theirs = socket.socketpair()

        def answer() -> None:
            with theirs:
                theirs.recv(1 << 16)
                theirs.sendall(self._sent)

        threading.Thread(target=answer, daemon=True).start()
        return self

    def end(self) -> Ending:
        self.channel.close()
        return Ending(1, 0.0)

    def drop(self) -> None:
        self.channel.close()


class Dribbling(Scripted):
    """Starts decoders that send a little at a time, for ever."""

    def __init__(self, first: bytes, again: bytes, pause_s: float) -> None:
        super().__init__(first)
        self._again, self._pause_s = again, pause_s

    def start(self) -> "Dribbling":
        self.channel, theirs = socket.socketpair()

        def answer() -> None:
            with theirs, suppress(OSError):
                theirs.recv(1 << 16)
                theirs.sendall(self._sent)
                while True:
                    theirs.sendall(self._again)
                    time.sleep(self._pause_s)

        threading.Thread(target=answer, daemon=True).start()
        return self


def message(facts: str, payload: bytes = b"") -> bytes:
    return messages._HEAD.pack(len(facts), len(payload)) + facts.encode() + payload


OPENED = message('{"stated_s": 1.0}')
SOURCE = '{"codec": "%s", "container": "wav", "sample_rate": %s, "channels": 1, "duration_s": 1}'
BLOCK = '{"source": %s, "fraction": %s, "non_finite_samples": 0}'


def block(codec: str = "flac", rate: str = "16000", fraction: str = "0.5") -> str:
    return BLOCK % (SOURCE % (codec, rate), fraction)


def test_the_script_is_understood_where_it_is_right() -> None:
    """Or the next test would show nothing."""
    end = message('{"end": {"broke_at_s": null, "packets_are_even": true}}')
    starter: Any = Scripted(OPENED, message(block(), bytes(64)), end)
    _choose(Decoders(started_by=starter))
    assert len(load_clip(b"x").samples) == 16


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\xff" * 100,
        OPENED,
        OPENED[:-1],
        message("[]"),
        message("{"),
        message('{"stated_s": "long"}'),
        message('{"stated_s": NaN}'),
        OPENED + message(block("<b>")),
        OPENED + message(block(rate="1e400")),
        OPENED + message(block(fraction="null")),
        OPENED + message(block(), b"\0\0\0"),
        OPENED + message(block(), np.array([np.nan], "<f4").tobytes()),
        OPENED + message('{"end": 3}'),
        message('{"refused": ["SystemExit", "a", "b", "c"]}'),
        message('{"refused": 3}'),
        messages._HEAD.pack(2, 2**32 - 1),
    ],
)
def test_what_a_decoder_sends_is_not_believed(sent: bytes) -> None:
    starter: Any = Scripted(sent)
    _choose(Decoders(started_by=starter))
    gives_up(b"x", "")


def dribbling() -> dict[str, Dribbling]:
    """Decoders that are never silent for long: none gives a second of sound in eight."""
    head = messages._HEAD.pack(100, 1 << 20)
    return {
        "bytes of a head": Dribbling(b"", b"\0", 0.01),
        "bytes of a payload": Dribbling(OPENED + head + b" " * 98 + b"{}", b"\0", 0.01),
        "empty messages": Dribbling(OPENED, message(block()), 0.0),
        "few samples": Dribbling(OPENED, message(block(), bytes(4)), 0.01),
    }


@pytest.mark.parametrize("kind", dribbling())
def test_a_decoder_that_dribbles_is_ended(kind: str) -> None:
    starter: Any = dribbling()[kind]
    _choose(Decoders(limits=DecoderLimits(silent_s=0.5), started_by=starter))
    gives_up(b"x", "next to no sound" if kind != "bytes of a head" else "")


@pytest.mark.parametrize("kind", dribbling())
def test_a_decoder_that_dribbles_can_be_cancelled(kind: str) -> None:
    starter: Any = dribbling()[kind]
    _choose(Decoders(limits=DecoderLimits(silent_s=120.0), started_by=starter))
    asked: list[None] = []

    def on_wait() -> None:
        asked.append(None)
        if len(asked) == 3:
            raise Cancelled

    with pytest.raises((Cancelled, RecordingError)) as caught:  # noqa: SIM117
        with open_flow(b"x", on_wait=on_wait) as flow:
            for _ in flow.blocks():
                on_wait()
    assert caught.type is Cancelled or kind == "bytes of a head"


def test_a_mistake_of_ours_is_no_fault_of_the_file() -> None:
    starter: Any = Scripted(message('{"bug": "Traceback: ..."}'))
    _choose(Decoders(started_by=starter))
    with pytest.raises(RuntimeError, match="Traceback"):
        load_clip(b"x")


@pytest.mark.parametrize(
    "limits", [{"memory_bytes": 1}, {"silent_s": 0}, {"silent_cpu_s": float("nan")}, {"cpu_s": 0}]
)
def test_limits_that_make_no_sense(limits: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match=f"decoder's {next(iter(limits))}"):
        DecoderLimits(**limits)
    with pytest.raises(SettingError, match="number of decoders is 0"):
        Decoders(0)


def test_the_choice_of_a_starter() -> None:
    starter: Starter = Decoders()._starter
    assert isinstance(starter, ForkingStarter if sys.platform == "linux" else SpawningStarter)


def test_samples_beyond_a_message_come_in_parts() -> None:
    """A block of one long frame; at a high rate it is longer than a message may be."""
    samples = sine(60.0, 1_000, 100.0)
    recording = encode(Recipe("flac", "flac", 1_000, "mono"), samples)
    assert_same(recording, sample_rate=192_000)
