"""Trials of malformed recordings with `models.load_clip`, in a monitored process.

A process decodes many files, because starting one takes a second; it is replaced when a file
crashes it or it has to be stopped. Memory is measured by the kernel: the peak of the process during
the file (``VmHWM``), minus the peak before. Linux only.
"""

import argparse
import multiprocessing
import os
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import ModuleType
from typing import Protocol

HANG_S = 10.0
"""Longest CPU time without a progress report, in seconds: decoding reports progress, and can be
cancelled at each report. A file that takes longer in total is slow, but harmless."""

STUCK_S = 120.0
"""Longest wall time without a progress report, in seconds, for a process that waits idly."""

ALLOWANCE_BYTES = 160 << 20
"""Most memory in addition to the clip and twice the file: one segment of the clip that is being
joined (38 MB, `models.audio.clip`), FFmpeg's largest block (64 MB, `models.audio.decoding`), and a
block of sound while its channels are averaged (two million values in float64, several times:
48 MB)."""

_WATCH_S = 0.02
_STOP_BYTES = 4 << 30  # protects the machine itself
_PROC = Path("/proc/self/clear_refs")

OUTCOMES = ("clip", "partial", "refused", "escaped", "crash", "hang", "memory")


class MalformedFile(Protocol):
    kind: str
    content: bytes


@dataclass(frozen=True)
class Result:
    """Result of one file: one of `OUTCOMES`, its reason, seconds of CPU, and memory in bytes."""

    outcome: str
    told: str
    seconds: float
    peak_bytes: int

    @property
    def is_bad(self) -> bool:
        return self.outcome not in ("clip", "partial", "refused")


def can_watch() -> bool:
    """Whether this system measures a process's peak memory as needed here."""
    return _PROC.exists()


class Trial:
    """Decodes files one after another; a context manager."""

    def __enter__(self) -> "Trial":
        self._child = _Child()
        return self

    def __exit__(self, *_: object) -> None:
        self._child.stop()

    def attempt(self, content: bytes) -> Result:
        """Decode one file, and replace the process if it crashed or was stopped."""
        result = self._child.attempt(content)
        if result.outcome in ("crash", "hang"):
            self._child.stop()
            self._child = _Child()
        return result


@contextmanager
def _without_main() -> Iterator[None]:
    """Hide the main module, such as a page in Streamlit's tests: a child process would run it."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


class _Child:
    """A process that decodes the files it receives, and reports its progress."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process: SpawnProcess = context.Process(target=_serve, args=(theirs,), daemon=True)
        with _without_main():
            self._process.start()
        theirs.close()
        self._pipe.recv()  # ready

    def attempt(self, content: bytes) -> Result:
        self._pipe.send_bytes(content)
        alive, alive_cpu_s = time.monotonic(), self._cpu_s()
        while True:
            if self._pipe.poll(_WATCH_S):
                try:
                    message = self._pipe.recv()
                except EOFError:
                    self._process.join(60)
                    return Result("crash", f"exit {self._process.exitcode}", 0.0, 0)
                if isinstance(message, Result):
                    return message
                alive, alive_cpu_s = time.monotonic(), self._cpu_s()
            silent_s, busy_s = time.monotonic() - alive, self._cpu_s() - alive_cpu_s
            held = self._held_bytes()
            if busy_s > HANG_S or silent_s > STUCK_S or held > _STOP_BYTES:
                told = f"{busy_s:.1f} s of CPU without progress, {held >> 20} MB"
                return Result("hang", told, busy_s, held)

    def stop(self) -> None:
        self._process.kill()
        self._process.join()

    def _held_bytes(self) -> int:
        return resource.getpagesize() * int(self._told("statm").split()[1])

    def _cpu_s(self) -> float:
        fields = self._told("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _told(self, name: str) -> str:
        """Read a file of /proc; it exists until the ended process is joined."""
        return Path(f"/proc/{self._process.pid}/{name}").read_text()


def _serve(pipe: Connection) -> None:
    import av  # noqa: F401  # loaded before memory is counted
    import soxr  # noqa: F401

    from models.audio import load_clip

    pipe.send("ready")
    while True:
        content = pipe.recv_bytes()
        pipe.send(_result(load_clip, content, lambda _fraction: pipe.send("alive")))


def _result(
    load_clip: Callable[..., object], content: bytes, progress: Callable[[float], None]
) -> Result:
    _PROC.write_text("5")  # resets VmHWM (proc(5))
    before, start = _most_bytes(), time.process_time()
    outcome, told, n_clip_bytes = _attempt(load_clip, content, progress)
    peak = _most_bytes() - before
    if peak > n_clip_bytes + 2 * len(content) + ALLOWANCE_BYTES:
        outcome, told = "memory", f"{peak >> 20} MB: {told}"
    return Result(outcome, told, time.process_time() - start, peak - n_clip_bytes)


def _attempt(
    load_clip: Callable[..., object], content: bytes, progress: Callable[[float], None]
) -> tuple[str, str, int]:

    import numpy as np

    from models.audio import Clip
    from models.audio.clip import MAX_DURATION_S, SAMPLE_RATE
    from models.audio.resampling import LARGEST_SAMPLE
    from models.errors import EarmarkError

    try:
        clip = load_clip(content, progress=progress)
    except EarmarkError as error:
        if not (error.arrived and error.allowed and error.remedy):
            return "escaped", "an error without its three parts", 0
        long = "goes on after" in error.arrived
        return "refused", error.arrived, int(4 * MAX_DURATION_S * SAMPLE_RATE) if long else 0
    except BaseException as error:  # noqa: BLE001  # exactly these are the bugs to be found
        return "escaped", f"{type(error).__name__}: {error}", 0
    assert isinstance(clip, Clip)
    if not len(clip.samples) or not np.abs(clip.samples).max() <= LARGEST_SAMPLE:
        return "escaped", "a clip without samples, or with unlimited ones", 0
    return ("clip" if clip.broke_at_s is None else "partial"), "", clip.samples.nbytes


def _most_bytes() -> int:
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.split("VmHWM:")[1].split()[0])


def main(
    make: Callable[[int, int, Sequence[str]], Iterator[MalformedFile]], heavy: Sequence[str]
) -> None:
    """Try many files and print the outcomes by kind, also after an interruption."""
    parser = argparse.ArgumentParser(description="Try malformed recordings.")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--light", action="store_true", help="without bombs, in a tenth of a time")
    parser.add_argument("--keep", type=Path, help="folder for files that did harm")
    options = parser.parse_args()
    kinds, results = [], []
    with Trial() as trial, suppress(KeyboardInterrupt):
        for number, file in enumerate(
            make(options.count, options.seed, heavy if options.light else ())
        ):
            result = trial.attempt(file.content)
            kinds.append(file.kind)
            results.append(result)
            if result.is_bad:
                sys.stderr.write(f"{number} {file.kind}: {result}\n")
                if options.keep is not None:
                    (options.keep / f"{options.seed}-{number}").write_bytes(file.content)
    sys.stdout.write(table(kinds, results))


def table(kinds: list[str], results: list[Result]) -> str:
    """Format the outcomes by kind as a Markdown table."""
    by_kind: dict[str, list[Result]] = defaultdict(list)
    for kind, result in zip(kinds, results, strict=True):
        by_kind[kind].append(result)
    columns = ("files", *OUTCOMES, "longest (s of CPU)", "most memory beside the clip (MB)")
    lines = [f"| kind | {' | '.join(columns)} |", "| --- |" + " ---: |" * len(columns)]
    for kind, of_kind in [*by_kind.items(), ("all", results)]:
        counts = Counter(result.outcome for result in of_kind)
        cells = [len(of_kind), *(counts[outcome] for outcome in OUTCOMES)]
        longest = f"{max(result.seconds for result in of_kind):.1f}"
        most = max(result.peak_bytes for result in of_kind) >> 20
        lines.append(f"| {kind} | {' | '.join(map(str, [*cells, longest, most]))} |")
    return "\n".join(lines) + "\n"
