"""Start and end of decoder processes.

Conventions
-----------
On Linux one process, the *template*, loads FFmpeg's libraries once and forks a decoder for each
recording: that takes some milliseconds, and no decoder processes a second file. The template has
one thread, reads no file, and ends when this process closes its socket or ends; the kernel then
ends its decoders. On other systems forking is unsafe with system libraries: each decoder is a new
program, one of them started in advance.

A decoder has no data of this process: it is another program, with its own environment.
"""

import logging
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

_log = logging.getLogger(__name__)

_PROJECT = Path(__file__).resolve().parents[3]
_WORKER = "models.audio.decoder.worker"
_KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP")
"""Environment variables that Python needs to start. No proxies or tokens."""

_SENT_AHEAD_BYTES = 1 << 19
"""Size of the send buffer of a decoder, in bytes: eight seconds of audio, if the system
allows it."""

_ANSWER_S = 60.0
"""Longest time for the template to load, or to fork, in seconds; afterwards it is considered
hung."""

_ATTEMPTS = 4  # the spare, and then the template, may have ended

FORK, END, DROP = b"F", b"E", b"D"
"""Requests to the template: fork a decoder, which is given a socket and sends its process id over
it; end a decoder and report how it ended; end a decoder whose work is done."""

PID = struct.Struct("=i")
REPORT = struct.Struct("=id")
"""Report of the template: wait status, and CPU time in seconds."""


@dataclass(frozen=True)
class Ending:
    """Exit status of a decoder process.

    Parameters
    ----------
    code : int
        Exit code, or the negative number of the signal that ended it.
    cpu_s : float
        CPU time that it used, in seconds.
    """

    code: int
    cpu_s: float

    @property
    def signal_name(self) -> str | None:
        """Name of the signal that ended it; None if it exited."""
        if self.code >= 0:
            return None
        try:
            return signal.Signals(-self.code).name
        except ValueError:
            return f"signal {-self.code}"


class DecoderProcess(Protocol):
    """A decoder that waits for a request."""

    channel: socket.socket

    def end(self) -> Ending:
        """Kill it, if it has not ended, and return its exit status."""
        ...

    def drop(self) -> None:
        """Kill it, unless it has already ended."""
        ...


class Starter(Protocol):
    """Starts decoder processes. Thread-safe."""

    def warm_up(self) -> None:
        """Start loading the dependencies of decoders, without waiting."""
        ...

    def start(self) -> DecoderProcess:
        """Start a decoder."""
        ...

    def close(self) -> None:
        """End the idle processes; a forking starter also ends the decoders in use."""
        ...


def starter() -> Starter:
    """Create the starter for this operating system."""
    return ForkingStarter() if sys.platform == "linux" else SpawningStarter()


class ForkingStarter:
    """Forks decoders from a template, one in advance."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._template: _Program | None = None
        self._spare: _Forked | None = None

    def warm_up(self) -> None:
        """Start the template, if there is none, and fork the first decoder."""
        with self._lock, suppress(OSError):
            self._fork_ahead()

    def start(self) -> DecoderProcess:
        """Return the spare decoder, and fork the next one.

        Raises
        ------
        OSError
            If no process can be started.
        """
        with self._lock:
            for _ in range(_ATTEMPTS):
                decoder = self._next()
                if decoder is not None:
                    return decoder
        raise OSError("no decoder process can be started")

    def close(self) -> None:
        """End the template, and with it its decoders."""
        with self._lock:
            self._discard()

    def report(self, template: "_Program", pid: int) -> Ending:
        """End a decoder, and return its exit status."""
        with self._lock:
            try:
                template.channel.sendall(END + PID.pack(pid))
                status, cpu_s = REPORT.unpack(_exactly(template.channel, REPORT.size))
            except (OSError, EOFError):  # the template was ended, and the decoder with it
                return Ending(-int(signal.SIGKILL), 0.0)
        return Ending(os.waitstatus_to_exitcode(status), cpu_s)

    def drop(self, template: "_Program", pid: int) -> None:
        """End a decoder."""
        with self._lock, suppress(OSError):
            template.channel.sendall(DROP + PID.pack(pid))

    def _next(self) -> "_Forked | None":
        """Return the spare and fork the next one; None if the spare or the template was killed."""
        try:
            forked = self._fork_ahead()
        except OSError as error:
            _log.warning("no decoder could be started: %s", error)
            self._discard()
            return None
        self._spare = None
        if not forked.greets():
            forked.channel.close()
            return None
        if forked.is_doomed():
            forked.channel.close()
            self._discard()
            return None
        with suppress(OSError):
            self._fork_ahead()
        return forked

    def _fork_ahead(self) -> "_Forked":
        if self._template is None:
            self._template = _Program("template")
            self._template.channel.settimeout(_ANSWER_S)
        if self._spare is None:
            self._spare = self._forked(self._template)
        return self._spare

    def _forked(self, template: "_Program") -> "_Forked":
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SENT_AHEAD_BYTES)
                socket.send_fds(template.channel, [FORK], [theirs.fileno()])
            except OSError:
                ours.close()
                raise
        return _Forked(ours, self, template)

    def _discard(self) -> None:
        template, self._template = self._template, None
        spare, self._spare = self._spare, None
        if spare is not None:
            spare.channel.close()
        if template is not None:
            template.end()


class _Forked:
    def __init__(
        self, channel: socket.socket, starter: ForkingStarter, template: "_Program"
    ) -> None:
        self.channel = channel
        self._starter = starter
        self._template = template
        self._pid = 0
        self._ending: Ending | None = None

    def greets(self) -> bool:
        """Wait until the process has started; False if it was killed."""
        self.channel.settimeout(_ANSWER_S)
        try:
            (self._pid,) = PID.unpack(_exactly(self.channel, PID.size))
            self.channel.setblocking(False)
            self.channel.recv(1)
        except BlockingIOError:  # nothing more to read, as expected
            self.channel.setblocking(True)
            return True
        except (OSError, EOFError):
            pass
        return False

    def is_doomed(self) -> bool:
        """Whether the kernel has ended the template, and with it this process in a moment."""
        return self._template.has_ended()

    def end(self) -> Ending:
        if self._ending is None:
            self.channel.close()
            self._ending = self._starter.report(self._template, self._pid)
        return self._ending

    def drop(self) -> None:
        if self._ending is None:
            self.channel.close()
            self._starter.drop(self._template, self._pid)


class SpawningStarter:
    """Starts each decoder as a program, one in advance."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spare: _Program | None = None

    def warm_up(self) -> None:
        """Start a decoder for the next recording, if there is none."""
        with self._lock:
            if self._spare is None:
                self._spare = _Program("decoder")

    def start(self) -> DecoderProcess:
        """Return the spare decoder, and start the next one."""
        with self._lock:
            spare, self._spare = self._spare, None
        started = _Program("decoder") if spare is None else spare
        self.warm_up()
        return started

    def close(self) -> None:
        """End the spare decoder."""
        with self._lock:
            spare, self._spare = self._spare, None
        if spare is not None:
            spare.end()


class _Program:
    """A worker program, with a socket as its standard input."""

    def __init__(self, role: str) -> None:
        self.channel, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  # this Python, a module of this project
                [sys.executable, "-m", _WORKER, role],
                stdin=subprocess.PIPE if sys.platform == "win32" else theirs.fileno(),
                stdout=subprocess.DEVNULL,
                cwd=_PROJECT,
                env=_environment(),
                start_new_session=sys.platform != "win32",  # Ctrl-C is for this process
            )
            if sys.platform == "win32":
                assert self._process.stdin is not None  # noqa: S101  # it is a pipe
                with self._process.stdin as pipe:
                    pipe.write(theirs.share(self._process.pid))

    def has_ended(self) -> bool:
        """Whether the program has ended by itself or was killed."""
        return self._process.poll() is not None

    def end(self) -> Ending:
        self.channel.close()
        self._process.kill()
        return Ending(self._process.wait(), 0.0)

    def drop(self) -> None:
        self.end()


_KEPT_BYTES = 4 << 20
"""Blocks of memory up to this size are kept by a decoder: a second of sound in eight channels."""


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
        "PYTHONUTF8": "1",
        "OPENBLAS_NUM_THREADS": "1",  # idle threads, which do not survive a fork
        "MALLOC_ARENA_MAX": "1",  # an arena takes 64 MB of the limited address space
        # Blocks are taken from memory that is kept, instead of from the kernel each time
        # (mallopt(3)): an hour of MP3 takes 0.5 s less CPU time.
        "MALLOC_MMAP_THRESHOLD_": str(_KEPT_BYTES),
        "MALLOC_TRIM_THRESHOLD_": str(2 * _KEPT_BYTES),
    }


def _exactly(channel: socket.socket, n_bytes: int) -> bytes:
    received = b""
    while len(received) < n_bytes:
        part = channel.recv(n_bytes - len(received))
        if not part:
            raise EOFError
        received += part
    return received
