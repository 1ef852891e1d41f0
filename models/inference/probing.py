"""Probing of untrusted model files in a child process.

A model file is input of native code: a malformed or hostile one may crash its runtime, hang, or
exhaust the memory. In a child process with limits, that ends in an error message.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from models.errors import ModelError
from models.inference.description import ModelDescription
from models.inference.labelling import Labels, given_labels
from models.inference.model_file import checked_rate
from models.registry.catalog import CATALOG, sha256_of
from models.tflite import read_network
from models.tflite.runtimes import TITLES, Runtime, check_runtime

REPORT_LIMIT_BYTES = 1 << 25
"""Largest answer of a probe, in bytes: labels of a model with several heads of the longest
lists."""

_LOGGED_BYTES = 4_000

_PROJECT = Path(__file__).resolve().parents[2]
_KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP")
"""Environment variables that Python needs to start. No proxies or tokens: a probe uses no
network."""

_AT_ONCE = threading.BoundedSemaphore(2)
"""Limits the number of concurrent probes, and so the sum of their memory."""

_sound: deque[tuple[str, Runtime]] = deque(maxlen=256)
"""Digests of files that passed a probe, with the runtime of the probe."""


logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ProbeLimits:
    """Resource limits for opening a model and running it a few times.

    Parameters
    ----------
    memory_bytes : int
        Memory of the process, Python's own 64 MB included. YAMNet takes 20 MB of it.
    cpu_s, wall_s : int
        CPU time and elapsed time, in seconds.
    """

    memory_bytes: int = 1 << 30
    cpu_s: int = 20
    wall_s: int = 30


DEFAULT_LIMITS = ProbeLimits()


def describe_tflite(
    model: str | os.PathLike[str],
    *,
    runtime: Runtime = "litert",
    sample_rate: int | None = None,
    labels: Labels | None = None,
    limits: ProbeLimits = DEFAULT_LIMITS,
) -> ModelDescription:
    """Describe a TFLite file, which a child process opens. Takes about half a second.

    Parameters
    ----------
    model : str or path
        Path of any file.
    runtime : {'litert', 'tflite'}
        Runtime of the interpreter.
    sample_rate : int, optional
        Sample rate of the input in Hz, used if the metadata states none.
    labels : sequence of str, or path, optional
        Labels or a label list that override those of the file.
    limits : ProbeLimits
        Resource limits of the child process. Memory and CPU time are limited on Unix only.

    Raises
    ------
    ModelError
        If the file is not a supported model, or if opening or running it crashed the child process
        or exceeded the limits.
    SettingError
        If the runtime is not installed, or the sample rate is out of range.
    """
    check_runtime(runtime)
    path = Path(model)
    given = None if labels is None else given_labels(labels)
    question = {
        "path": str(path.absolute()),
        "runtime": runtime,
        "sample_rate": checked_rate(sample_rate),
        "labels": None if given is None else asdict(given),
        "limits": asdict(limits),
        "report_limit_bytes": REPORT_LIMIT_BYTES,
    }
    digest = _digest_of(path)
    description = _understood(path, _ask(path, runtime, question, limits), limits)
    _sound.append((digest, runtime))
    return description


def make_sure(
    path: Path,
    *,
    runtime: Runtime = "litert",
    sample_rate: int | None = None,
    labels: Labels | None = None,
) -> None:
    """Check that a model file can be opened safely in this process, by a probe if necessary.

    Files of the catalog, identified by their digests, and files that passed a probe are not probed.

    Raises
    ------
    ModelError, SettingError
        As `describe_tflite`.
    """
    digest = _digest_of(path)
    is_known = any(digest == entry.sha256 for entry in CATALOG.values())
    if not is_known and (digest, runtime) not in _sound:
        describe_tflite(path, runtime=runtime, sample_rate=sample_rate, labels=labels)


def _digest_of(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError:
        read_network(path)  # raises a specific error
        raise


def _ask(
    path: Path, runtime: Runtime, question: Mapping[str, Any], limits: ProbeLimits
) -> dict[str, Any]:
    """Run the child process and return its answer."""
    command = [sys.executable, "-m", "models.inference.probe_process"]
    with _AT_ONCE, tempfile.TemporaryFile() as report, tempfile.TemporaryFile() as complaints:
        try:
            ended = subprocess.run(  # noqa: S603  # this Python, a module of this project
                command,
                input=json.dumps(question).encode(),
                stdout=report,
                stderr=complaints,
                cwd=_PROJECT,
                env=_environment(),
                timeout=limits.wall_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            arrived = f"{path.name} was not opened and run within {limits.wall_s} s."
            raise _broken(arrived, limits) from error
        if ended.returncode != 0:
            complaints.seek(0)
            last_words = complaints.read(_LOGGED_BYTES)
            logger.info("a probe ended: %d, %r", ended.returncode, last_words)
            raise _broken(f"{path.name} {_how_it_ended(ended.returncode, runtime)}.", limits)
        return _read_report(path, report, limits)


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
        "PYTHONUTF8": "1",
        "OPENBLAS_NUM_THREADS": "1",  # idle threads would only take memory
    }


def _how_it_ended(code: int, runtime: Runtime) -> str:
    if code < 0:  # on Unix, the negated number of the signal
        name = signal.Signals(-code).name
        if name == "SIGXCPU":
            return "took all the time that it was given"
        return f"crashed {TITLES[runtime]} ({name})"
    return f"broke off while {TITLES[runtime]} opened or ran it"


def _read_report(path: Path, report: IO[bytes], limits: ProbeLimits) -> dict[str, Any]:
    report.seek(0)
    try:
        answer = json.loads(report.read(REPORT_LIMIT_BYTES))
    except (ValueError, RecursionError) as error:
        raise _improper(path, limits) from error
    if isinstance(answer, dict):
        return answer
    raise _improper(path, limits)


def _understood(path: Path, answer: Mapping[str, Any], limits: ProbeLimits) -> ModelDescription:
    """Validate an answer: a model that took over its process controls the content."""
    try:
        if "refused" in answer:
            arrived, allowed, remedy = map(str, answer["refused"])
            raise ModelError(arrived, allowed=allowed, remedy=remedy)
        return ModelDescription.from_json(answer["description"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _improper(path, limits) from error


def _improper(path: Path, limits: ProbeLimits) -> ModelError:
    return _broken(f"Opening {path.name} ended without a valid result.", limits)


def _broken(arrived: str, limits: ProbeLimits) -> ModelError:
    return ModelError(
        arrived,
        allowed="A model is first opened and run in a process of its own, which may take"
        f" {limits.memory_bytes >> 20} MB of memory, {limits.cpu_s} s of a processor and"
        f" {limits.wall_s} s in all, without a crash.",
        remedy="The file is damaged, or too large for this server: fetch or convert it again, or"
        " choose another model.",
    )
