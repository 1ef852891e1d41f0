"""Models whose windows share their spectra, run in two halves.

Conventions
-----------
YAMNet and its like make spectra of a window, and look at the picture of them. With windows that
overlap, the model as it comes makes most spectra twice or more often: at a hop of 0.48 s each of
them twice, at 0.1 s ten times. Cut in two (`models.metadata.cutting`), its front end makes each
spectrum of a clip once, and its network looks at the pictures, some at a time.

The scores are the same to the bit. A model for which that does not hold, when it is tried, is run
as it came.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from models import timing
from models.classifier.contract import Contract
from models.classifier.engines import Engine, WindowInput
from models.errors import ModelError
from models.metadata.cutting import Cut, cut
from models.runtimes import Runtime, open_interpreter

SPECTRUM_STEPS_S = (0.010, 0.015)
"""Steps between spectra that are tried: YAMNet's own (its ``params.py``: ``stft_hop_seconds``), and
that of Earmark's starter model."""

_PICTURES_AT_ONCE = 4
"""Pictures that the network looks at together. Measured for YAMNet with LiteRT, one thread, in one
run: 2.11 ms a picture alone, 1.98 ms of four, 1.92 ms of sixteen, which take four times the
memory."""

_LONGEST_SPECTRUM = 4  # in steps; spectra are as long as two or three

_TRIED_WINDOWS = 3


@dataclass(frozen=True, eq=False)
class Halves:
    """A model that can be run in two halves.

    Parameters
    ----------
    parts : Cut
        The halves.
    step_samples : int
        Samples from one spectrum to the next.
    """

    parts: Cut
    step_samples: int

    def open(self, path: Path, runtime: Runtime, contract: Contract) -> "HalvesEngine":
        """Open both in interpreters of their own.

        Parameters
        ----------
        path : Path
            The whole model's file, for messages.
        runtime : {'litert', 'tflite'}
            Which runtime runs them.
        contract : Contract
            What the whole takes and gives.

        Raises
        ------
        ModelError
            If the runtime cannot open one.
        """
        return HalvesEngine(self, path, runtime, contract)


class HalvesEngine:
    """Runs a model in two halves. Made by `Halves.open`.

    Attributes
    ----------
    halves : Halves
        What it runs.
    """

    def __init__(self, halves: Halves, path: Path, runtime: Runtime, contract: Contract) -> None:
        self.halves = halves
        parts = halves.parts
        front_end = open_interpreter(path, runtime, content=parts.front_end)
        self._samples = WindowInput(front_end, contract)
        self._make_spectra = front_end.invoke
        self._spectra = front_end.tensor(front_end.get_output_details()[0]["index"])
        network = open_interpreter(path, runtime, content=parts.network)
        self._network = network
        self._pictures_index = int(network.get_input_details()[0]["index"])
        self._pictures = network.tensor(self._pictures_index)
        taken = network.get_output_details()[contract.head.output]
        self._output = network.tensor(taken["index"])
        self._finish = contract.head.make_scores
        self._window_samples = contract.window_samples
        self._step_samples = halves.step_samples
        self._n_spectra, self._n_bands = parts.n_spectra, parts.n_bands
        self._n_pictures = 1

    def run(
        self, samples: NDArray[np.float32], hop_samples: int, rows: NDArray[np.float32]
    ) -> None:
        """Fill the rows of consecutive windows; see `models.classifier.engines.Engine`."""
        pictures = self.pictures(samples, hop_samples)
        for start in range(0, len(rows), _PICTURES_AT_ONCE):
            self._look_at(
                pictures[start : start + _PICTURES_AT_ONCE], rows[start : start + _PICTURES_AT_ONCE]
            )
        self._finish(rows)

    def pictures(self, samples: NDArray[np.float32], hop_samples: int) -> NDArray[np.generic]:
        """Make the pictures of consecutive windows.

        Parameters
        ----------
        samples, hop_samples
            As for `run`.

        Returns
        -------
        ndarray of the network's own type, shape (n_windows, n_spectra, n_bands)
            Of spectra that are made once where windows lie on the same ones.
        """
        windows = sliding_window_view(samples, self._window_samples)
        if hop_samples % self._step_samples:
            return np.stack([self._spectra_of(window) for window in windows[::hop_samples]])
        n_spectra = (len(windows) - 1) // self._step_samples + self._n_spectra
        firsts = [*range(0, n_spectra - self._n_spectra, self._n_spectra)]
        firsts.append(n_spectra - self._n_spectra)  # ends with the samples; may repeat some
        spectra = np.empty((n_spectra, self._n_bands), self._spectra().dtype)
        for first in firsts:
            made = self._spectra_of(windows[first * self._step_samples])
            spectra[first : first + self._n_spectra] = made
        by_window = sliding_window_view(spectra, self._n_spectra, axis=0).swapaxes(1, 2)
        pictures: NDArray[np.generic] = by_window[:: hop_samples // self._step_samples]
        return pictures

    def _spectra_of(self, window: NDArray[np.float32]) -> NDArray[np.generic]:
        self._samples.put(window)
        self._make_spectra()
        spectra: NDArray[np.generic] = self._spectra().reshape(self._n_spectra, self._n_bands)
        return spectra.copy()

    def _look_at(self, pictures: NDArray[np.generic], rows: NDArray[np.float32]) -> None:
        if len(pictures) != self._n_pictures:
            shape = [len(pictures), self._n_spectra, self._n_bands, 1]
            self._network.resize_tensor_input(self._pictures_index, shape)
            self._network.allocate_tensors()
            self._n_pictures = len(pictures)
        self._pictures()[..., 0] = pictures
        self._network.invoke()
        rows[:] = self._output().reshape(rows.shape)


def find_halves(
    path: Path, runtime: Runtime, contract: Contract, whole: Engine
) -> tuple[Halves, HalvesEngine] | None:
    """Find out whether a model can be run in two halves, by trying it.

    Parameters
    ----------
    path : Path
        Its file.
    runtime : {'litert', 'tflite'}
        Which runtime runs it.
    contract : Contract
        What it takes and gives: one window.
    whole : Engine
        In which it is open as it came.

    Returns
    -------
    Halves, HalvesEngine
        The halves, and the engine in which they were tried; None where there are none, or they
        give something else than the whole.
    """
    parts = cut(path.read_bytes())
    step_samples = None if parts is None else _step_samples(parts, contract)
    if parts is None or step_samples is None:
        return None
    halves = Halves(parts, step_samples)
    try:
        engine = halves.open(path, runtime, contract)
        agree = _agree(engine, halves, contract, whole)
    except (ModelError, ValueError, RuntimeError):  # what the runtimes raise
        return None
    return (halves, engine) if agree else None


def _step_samples(parts: Cut, contract: Contract) -> int | None:
    """Find the step at which so many spectra fill a window, but for the length of the last."""
    for step_s in SPECTRUM_STEPS_S:
        step_samples = timing.samples_from_seconds(step_s, contract.sample_rate)
        last_samples = contract.window_samples - (parts.n_spectra - 1) * step_samples
        if step_samples <= last_samples < _LONGEST_SPECTRUM * step_samples:
            return step_samples
    return None


def _agree(engine: HalvesEngine, halves: Halves, contract: Contract, whole: Engine) -> bool:
    """Compare halves and whole over noise that grows louder, so that no two windows are alike."""
    hop_samples = halves.parts.n_spectra // 2 * halves.step_samples
    n_samples = contract.window_samples + (_TRIED_WINDOWS - 1) * hop_samples
    noise = np.random.default_rng(0).uniform(-1, 1, n_samples) * np.linspace(0.01, 1, n_samples)
    samples = noise.astype(np.float32)
    windows = sliding_window_view(samples, contract.window_samples)[::hop_samples]
    alone = np.concatenate([engine.pictures(window, hop_samples) for window in windows])
    if not np.array_equal(engine.pictures(samples, hop_samples), alone):
        return False
    expected, found = np.empty((2, _TRIED_WINDOWS, contract.n_classes), np.float32)
    whole.run(samples, hop_samples, expected)
    engine.run(samples, hop_samples, found)
    return np.array_equal(expected, found)
