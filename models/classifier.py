"""From windows to scores: the only place that runs an interpreter.

Conventions
-----------
An interpreter belongs to one thread. A classifier owns as many threads as the machine has
cores, each with an interpreter of its own; every session hands its windows to the same threads
in small batches, and never more of them at once than keep the threads busy. So a short clip
does not wait behind a long one.
"""

import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

import numpy as np
from numpy.typing import NDArray

from models.audio import Clip
from models.catalog import CATALOG
from models.download import obtain_model
from models.errors import ModelError
from models.framing import Framing
from models.metadata import read_labels
from models.runtimes import Interpreter, Runtime, open_interpreter
from models.timeline import Timeline

BATCH_WINDOWS = 16
"""Windows handed to a thread at a time: about 50 ms of YAMNet, so that progress, cancelling and
other people's clips wait no longer, and long enough that handing over costs nothing."""

DEFAULT_SAMPLE_RATE_HZ = 16_000
"""Rate assumed of a file that the catalog does not know: YAMNet's, and that of most."""


@dataclass(frozen=True)
class Contract:
    """What a model takes and gives.

    Parameters
    ----------
    sample_rate : int
        Rate of the waveform it takes, in Hz.
    window_samples : int
        Samples per window.
    n_classes : int
        Scores per window.
    """

    sample_rate: int
    window_samples: int
    n_classes: int


def _read_contract(path: Path, interpreter: Interpreter, sample_rate: int) -> Contract:
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    shape = tuple(int(length) for length in inputs[0]["shape"])
    is_waveform = len(inputs) == 1 and inputs[0]["dtype"] is np.float32 and len(shape) <= 2
    n_classes = int(outputs[0]["shape"][-1])
    if not (is_waveform and max(shape) > 1 and np.prod(shape) == max(shape)):
        raise ModelError(
            f"{path.name} takes {_describe(shape, inputs[0]['dtype'])}.",
            allowed="Earmark feeds one waveform of float32 samples, such as YAMNet's [15600].",
            remedy="Choose a model whose input is a waveform.",
        )
    if len(outputs) != 1 or outputs[0]["dtype"] is not np.float32:
        raise ModelError(
            f"{path.name} gives {len(outputs)} outputs, the first of {outputs[0]['dtype']}.",
            allowed="Earmark reads one output of float32 scores, one per class.",
            remedy="Choose a classification model.",
        )
    return Contract(sample_rate, max(shape), n_classes)


def _describe(shape: tuple[int, ...], dtype: type) -> str:
    kinds = {3: "a spectrogram patch", 4: "an image"}
    name = np.dtype(dtype).name
    return f"{kinds.get(len(shape), 'an input')} of shape {list(shape)} ({name})"


class Classifier:
    """A model file, opened, with its labels and its threads.

    Safe to share between threads and sessions.

    Parameters
    ----------
    path : Path
        A ``.tflite`` file that takes a waveform and has its label list packed into it.
    runtime : {'litert', 'tflite'}
        Which runtime runs it.
    workers : int, optional
        Threads and interpreters; one per core this process may use by default.
    sample_rate : int
        Rate of the waveform that the model takes, in Hz; the file does not say.

    Attributes
    ----------
    labels : tuple of str
        One per class, in the order of the scores.
    contract : Contract
        What the model takes and gives.
    path, runtime, workers
        As given.

    Raises
    ------
    ModelError
        If the file cannot be opened, is no waveform classifier, or its labels don't fit.
    """

    def __init__(
        self,
        path: Path,
        *,
        runtime: Runtime = "litert",
        workers: int | None = None,
        sample_rate: int = DEFAULT_SAMPLE_RATE_HZ,
    ) -> None:
        self.path = path
        self.runtime: Runtime = runtime
        self.workers = usable_cores() if workers is None else workers
        first = open_interpreter(path, runtime)
        self.contract = _read_contract(path, first, sample_rate)
        self.labels = read_labels(path)
        if len(self.labels) != self.contract.n_classes:
            raise ModelError(
                f"{path.name} gives {self.contract.n_classes} scores but lists "
                f"{len(self.labels)} labels.",
                allowed="A label list has one line per score.",
                remedy="Choose a model file whose label list belongs to it.",
            )
        self._spare: SimpleQueue[_Engine] = SimpleQueue()
        self._spare.put(_Engine(first))
        self._own = threading.local()  # each thread's interpreter: none is ever shared
        self._threads = ThreadPoolExecutor(self.workers, thread_name_prefix="classifier")

    def classify(
        self,
        clip: Clip,
        hop_s: float = 0.48,
        progress: Callable[[float], None] | None = None,
    ) -> Timeline:
        """Score every window of a clip.

        Parameters
        ----------
        clip : Clip
            Mono float32 samples at the model's rate. A clip shorter than one window is padded
            with zeros, and so is the last window.
        hop_s : float
            Step between two windows in seconds, above 0 and up to one window.
        progress : callable, optional
            Called from this thread with the fraction done, in [0, 1]. What it raises ends the
            work and comes out here.

        Returns
        -------
        Timeline
            With scores of shape (n_frames, n_classes).

        Raises
        ------
        SettingError
            If the hop is outside its range.
        ModelError
            If the clip has another sample rate than the model.
        """
        framing = self.framing(hop_s)
        if clip.sample_rate != framing.sample_rate:
            raise ModelError(
                f"The clip has {clip.sample_rate} Hz.",
                allowed=f"{self.path.name} takes {framing.sample_rate} Hz.",
                remedy=f"Load the clip with sample_rate={framing.sample_rate}.",
            )
        n_frames = framing.n_frames(len(clip.samples))
        scores = np.empty((n_frames, self.contract.n_classes), dtype=np.float32)
        report = progress if progress is not None else _ignore
        pending: deque[tuple[int, Future[None]]] = deque()
        report(0.0)
        try:
            for start in range(0, n_frames, BATCH_WINDOWS):
                stop = min(start + BATCH_WINDOWS, n_frames)
                windows = framing.windows(clip.samples, start, stop)
                pending.append((stop, self._threads.submit(self._run, windows, scores[start:stop])))
                if len(pending) > self.workers:
                    _finish_oldest(pending, report, n_frames)
            while pending:
                _finish_oldest(pending, report, n_frames)
        finally:
            for _, batch in pending:
                batch.cancel()
        onsets_s = framing.onsets_s(len(clip.samples))
        return Timeline(
            scores, onsets_s, framing.window_s, framing.hop_s, self.labels, clip.duration_s
        )

    def score(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score windows in the same threads as `classify`, and wait for it.

        Parameters
        ----------
        windows : ndarray of float32, shape (n_windows, window_samples)
            In [-1, 1], at the model's rate.

        Returns
        -------
        ndarray of float32, shape (n_windows, n_classes)
            Each in [0, 1].
        """
        scores = np.empty((len(windows), self.contract.n_classes), dtype=np.float32)
        batches = [
            self._threads.submit(
                self._run,
                windows[start : start + BATCH_WINDOWS],
                scores[start : start + BATCH_WINDOWS],
            )
            for start in range(0, len(windows), BATCH_WINDOWS)
        ]
        for batch in batches:
            batch.result()
        return scores

    def framing(self, hop_s: float) -> Framing:
        """How this model's windows lie on a clip at a hop of `hop_s` seconds."""
        return Framing.from_seconds(
            hop_s,
            sample_rate=self.contract.sample_rate,
            window_samples=self.contract.window_samples,
        )

    def close(self) -> None:
        """End the threads at once. Without it they end when nobody uses the classifier."""
        self._threads.shutdown(wait=False)

    def _run(self, windows: NDArray[np.float32], scores: NDArray[np.float32]) -> None:
        """Score a batch, in one of the classifier's threads, straight into its rows."""
        if not hasattr(self._own, "engine"):
            try:
                self._own.engine = self._spare.get_nowait()
            except Empty:
                self._own.engine = _Engine(open_interpreter(self.path, self.runtime))
        for window, row in zip(windows, scores, strict=True):
            self._own.engine.score(window, row)


class _Engine:
    """One interpreter with its input and output at hand."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._invoke = interpreter.invoke
        # Views on the interpreter's own memory: no copy of the window is made on the way.
        self._input = interpreter.tensor(interpreter.get_input_details()[0]["index"])
        self._output = interpreter.tensor(interpreter.get_output_details()[0]["index"])

    def score(self, window: NDArray[np.float32], row: NDArray[np.float32]) -> None:
        self._input().reshape(-1)[:] = window
        self._invoke()
        row[:] = self._output().reshape(-1)


def _ignore(_fraction: float) -> None:
    return None


def _finish_oldest(
    pending: "deque[tuple[int, Future[None]]]", report: Callable[[float], None], n_frames: int
) -> None:
    stop, batch = pending.popleft()
    batch.result()
    report(stop / n_frames)


def usable_cores() -> int:
    """Count the cores this process may use, which a container may hold below the machine's."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def open_classifier(
    model: str | os.PathLike[str] = "yamnet",
    *,
    runtime: Runtime = "litert",
    workers: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> Classifier:
    """Open a model by its catalog name, or by the path of a ``.tflite`` file.

    Parameters
    ----------
    model : str or path
        A name in `models.CATALOG`, found in the model folders or downloaded; else a path.
    runtime : {'litert', 'tflite'}
        Which runtime runs it.
    workers : int, optional
        Threads and interpreters; one per core by default.
    progress : callable, optional
        Called with the fraction of a download that is done, in [0, 1].

    Returns
    -------
    Classifier
        Ready to classify, safe to share.

    Raises
    ------
    ModelError
        If the model cannot be found, fetched, opened or used.
    SettingError
        If the runtime is not installed here.
    """
    entry = CATALOG.get(str(model))
    if entry is None:
        return Classifier(Path(model), runtime=runtime, workers=workers)
    path = obtain_model(entry, progress=progress)
    return Classifier(path, runtime=runtime, workers=workers, sample_rate=entry.sample_rate)
