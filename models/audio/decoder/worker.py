"""Decoder program for untrusted files: the template of decoders, or a single decoder.

    python -m models.audio.decoder.worker template|decoder

is started by `models.audio.decoder.processes` with a socket as its standard input. A decoder
processes one request and ends. It may crash: that is its purpose.
"""

import ctypes
import gc
import io
import os
import signal
import socket
import sys
import traceback
import wave
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any, BinaryIO

from models.audio import decoding
from models.audio.decoder import messages
from models.audio.decoder.processes import DROP, END, FORK, PID, REPORT
from models.audio.flow import LocalFlow, open_local_flow
from models.audio.indexing import copy_with_index
from models.audio.reading import ByteSource, byte_source
from models.audio.resampling import Float32
from models.errors import EarmarkError

_NICENESS = 5  # pages and live streams have priority

_PART_SAMPLES = messages.MAX_PAYLOAD_BYTES // 4
_MAX_FILES = 2
_MAX_TRACE = 4_000  # characters of a traceback in an answer
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38  # linux/prctl.h


def main() -> None:
    """Serve in the role that the command line states."""
    channel = _take_channel()
    _load()
    with suppress(messages.Ended, ConnectionError):  # the application has ended
        if sys.argv[1] == "template":
            _serve_template(channel)
        else:
            _decode(channel)


def _take_channel() -> socket.socket:
    """Take the socket from standard input, and redirect that to the null device."""
    if sys.platform == "win32":
        return socket.fromshare(sys.stdin.buffer.read())
    channel = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.close(nothing)
    return channel


def _load() -> None:
    """Import all dependencies of decoding, by decoding a short recording."""
    # PyAV imports these with the first file that has subtitles: decoders can open no file.
    import av.subtitles.codeccontext
    import av.subtitles.stream  # noqa: F401

    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(44_100)
        out.writeframes(bytes(4 * 44_100))
    source = ByteSource(file, "The recording")
    with open_local_flow(source, sample_rate=16_000, max_duration_s=60.0) as flow:
        for _ in flow.blocks():
            pass
    gc.collect()
    gc.freeze()  # otherwise forks copy the memory that the garbage collector writes to


# The template


def _serve_template(control: socket.socket) -> None:
    """Fork decoders and report their exit status, until the application closes its end."""
    while True:
        request, files, _, _ = socket.recv_fds(control, 1, 1)
        if request == FORK:
            (file,) = files
            _fork(file, control)
            os.close(file)
        elif request in (END, DROP):
            report = _ended(*PID.unpack(control.recv(PID.size, socket.MSG_WAITALL)))
            if request == END:
                control.sendall(report)
        else:
            return  # the kernel ends the decoders with this process


def _fork(file: int, control: socket.socket) -> None:
    """Fork a decoder that gets its request over a socket, given as a file descriptor."""
    parent = os.getpid()
    try:
        if os.fork():
            return
    except OSError:  # no more processes: the application finds its socket closed
        return
    code = 1
    try:
        control.close()
        _die_with(parent)
        channel = socket.socket(fileno=file)
        with suppress(messages.Ended, ConnectionError):  # the application no longer waits
            channel.sendall(PID.pack(os.getpid()))
            _decode(channel)
            code = 0
    except BaseException:  # noqa: BLE001  # for the server's log
        traceback.print_exc()
    finally:
        os._exit(code)  # skips cleanup of the template's state


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends (prctl(2))."""
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _ended(pid: int) -> bytes:
    """End a decoder, and return a report. Only this process waits for it, so its id is valid."""
    os.kill(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    return REPORT.pack(status, usage.ru_utime + usage.ru_stime)


# A decoder


def _decode(channel: socket.socket) -> None:
    """Receive a request, and answer it."""
    request, files = messages.receive_request(channel, _MAX_FILES)
    opened = [
        open(each, mode, buffering=0)  # noqa: SIM115, PTH123  # a file descriptor, or a path
        for each, mode in zip(files or request["paths"], ("rb", "r+b"), strict=False)
    ]
    _limit(request["limits"], request["max_written_bytes"])
    try:
        source = byte_source(opened[0], request["label"])
        _TASKS[request["task"]](channel, request, source, *opened[1:])
    except EarmarkError as error:
        refused = type(error).__name__, error.arrived, error.allowed, error.remedy
        messages.send(channel, {"refused": refused})
    except MemoryError:
        refusal = decoding.greedy(request["label"])
        refused = type(refusal).__name__, refusal.arrived, refusal.allowed, refusal.remedy
        messages.send(channel, {"refused": refused})
    except ConnectionError:
        raise
    except Exception:  # noqa: BLE001  # a bug: the application logs it
        messages.send(channel, {"bug": traceback.format_exc()[-_MAX_TRACE:]})


def _flow(channel: socket.socket, request: Mapping[str, Any], source: ByteSource) -> None:
    settings = {name: request[name] for name in ("sample_rate", "max_duration_s")}
    choice = decoding.Choice(request["audio_track"], request["channels"])
    with open_local_flow(source, **settings, choice=choice) as flow:
        messages.send(channel, {"stated_s": flow.stated_s})
        knows_source = False
        for samples in flow.blocks():
            if len(samples):
                _be_patient(request["limits"])
            _send(channel, flow, samples, knows_source=knows_source)
            knows_source = flow.has_begun
        facts = {
            "broke_at_s": flow.broke_at_s(),
            "packets_are_even": flow.packets_are_even,
            "notices": flow.notices(),
        }
        messages.send(channel, {"source": _source(flow), "end": facts})


def _send(channel: socket.socket, flow: LocalFlow, samples: Float32, *, knows_source: bool) -> None:
    """Send a block with the current facts, in parts if it is long.

    Of the source, only its duration changes from block to block.
    """
    facts: dict[str, Any] = {
        "fraction": flow.fraction(),
        "non_finite_samples": flow.non_finite_samples,
    }
    if knows_source:
        facts["decoded_s"] = flow.source.duration_s
    else:
        facts["source"] = _source(flow)
    for start in range(0, max(1, len(samples)), _PART_SAMPLES):
        part = samples[start : start + _PART_SAMPLES]
        messages.send(channel, facts, part.astype("<f4", copy=False).tobytes())


def _source(flow: LocalFlow) -> dict[str, Any] | None:
    return asdict(flow.source) if flow.has_begun else None


def _index(
    channel: socket.socket, _request: Mapping[str, Any], source: ByteSource, out: BinaryIO
) -> None:
    messages.send(channel, {"end": {"copied": copy_with_index(source, out)}})


_TASKS: Mapping[str, Any] = {"flow": _flow, "index": _index}


# Limits


def _limit(limits: Mapping[str, Any], max_written_bytes: int) -> None:
    """Set resource limits of this process, on Unix only."""
    decoding.note_memory(limits["memory_bytes"])
    try:
        import resource
    except ImportError:
        return
    for kind, most, grace in (
        ("RLIMIT_AS", _mapped_bytes() + limits["memory_bytes"], 0),
        ("RLIMIT_CPU", limits["cpu_s"], 1),  # SIGXCPU, and SIGKILL a second later
        ("RLIMIT_FSIZE", max_written_bytes, 0),
        ("RLIMIT_CORE", 0, 0),
        ("RLIMIT_NOFILE", 0, 0),  # from here on it opens no file and no connection
        ("RLIMIT_NPROC", 0, 0),
    ):
        with suppress(AttributeError, ValueError, OSError):  # the system has no such limit
            resource.setrlimit(getattr(resource, kind), (most, most + grace))
    with suppress(OSError):
        os.nice(_NICENESS)
    _be_patient(limits)


def _be_patient(limits: Mapping[str, Any]) -> None:
    """Restart the timer that ends this process if it computes too long without audio."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, limits["silent_cpu_s"])


def _mapped_bytes() -> int:
    """Return the mapped address space, or a generous estimate."""
    try:
        with open("/proc/self/statm", "rb") as told:  # noqa: PTH123
            return int(told.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 1 << 30


if __name__ == "__main__":
    main()
