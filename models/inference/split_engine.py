"""Split execution of models whose windows share spectra.

Conventions
-----------
YAMNet and similar models compute the spectra of a window and pass them on as one patch. With
overlapping windows, the whole model computes most spectra repeatedly: twice at a hop of 0.48 s, ten
times at 0.1 s. Split in two (`models.tflite.graph_split`), its front end computes each spectrum of
a clip once, and its back end processes one patch after another.

A front end may also use all of a window for a spectrum, or treat each row of the patch differently.
Such a model is run as a whole. A test with noise decides, whenever a model is opened. It requires
that two pairs are equal bit for bit: the spectra that windows share and those of each window alone,
also at a hop of one spectrum, which shifts the rows; and the scores of the halves and the whole.
"""

import logging
import math
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from models.audio import timing
from models.errors import ModelError
from models.inference.contract import Contract
from models.inference.engines import Engine, WindowInput
from models.tflite.graph_split import Cut, cut
from models.tflite.runtimes import Runtime, open_interpreter

_log = logging.getLogger(__name__)

SPECTRUM_STEPS_S = (0.010, 0.015)
"""Hops between spectra that are tested, in seconds: YAMNet's (its ``params.py``:
``stft_hop_seconds``), and that of the built-in model."""

MAX_FILE_BYTES = 32 << 20
"""Largest model that is split: both halves are held in memory, each as large as the file. YAMNet
has 4 MB, the original 16 MB."""

_LONGEST_SPECTRUM = 4  # in hops; spectra are two or three hops long

_TRIED_WINDOWS = 6

_TRIED_LEVELS = (0.0, 1e-6, 1e-3, 1.0)
"""Amplitudes of the test noise, from digital silence to full scale: dynamic ranges of 60 dB and of
120 dB within a window reveal a front end that clips what is 80 dB below its loudest spectrum."""

_TRIED_STRETCH_S = 0.05


@dataclass(frozen=True, eq=False)
class Halves:
    """A model that can be run in two halves.

    Parameters
    ----------
    parts : Cut
        The halves.
    step_samples : int
        Hop between spectra, in samples.
    """

    parts: Cut
    step_samples: int

    def open(self, path: Path, runtime: Runtime, contract: Contract) -> "HalvesEngine":
        """Open an interpreter for each half.

        Parameters
        ----------
        path : Path
            The whole model's file, for messages.
        runtime : {'litert', 'tflite'}
            Runtime of the interpreters.
        contract : Contract
            Input and output format of the whole model.

        Raises
        ------
        ModelError
            If the runtime cannot open a half.
        """
        return HalvesEngine(self, path, runtime, contract)


class HalvesEngine:
    """Runs a model in two halves. Created by `Halves.open`.

    Attributes
    ----------
    halves : Halves
        The model, which can open further engines.
    """

    def __init__(self, halves: Halves, path: Path, runtime: Runtime, contract: Contract) -> None:
        self.halves = halves
        parts = halves.parts
        front_end = open_interpreter(path, runtime, content=parts.front_end)
        self._samples = WindowInput(front_end, contract)
        self._make_spectra = front_end.invoke
        self._spectra = front_end.tensor(front_end.get_output_details()[0]["index"])
        back_end = open_interpreter(path, runtime, content=parts.back_end)
        self._patch = back_end.tensor(back_end.get_input_details()[0]["index"])
        self._look_at_it = back_end.invoke
        taken = back_end.get_output_details()[contract.head.output]
        self._output = back_end.tensor(taken["index"])
        self._finish = contract.head.make_scores
        self._window_samples = contract.window_samples
        self._step_samples = halves.step_samples
        self._n_spectra, self._n_bands = parts.n_spectra, parts.n_bands

    def run(
        self, samples: NDArray[np.float32], hop_samples: int, rows: NDArray[np.float32]
    ) -> None:
        """Compute the rows of consecutive windows; see `models.inference.engines.Engine`."""
        for patch, row in zip(self.patches(samples, hop_samples), rows, strict=True):
            self._patch().reshape(self._n_spectra, self._n_bands)[:] = patch
            self._look_at_it()
            row[:] = self._output().reshape(-1)
        self._finish(rows)

    def patches(self, samples: NDArray[np.float32], hop_samples: int) -> NDArray[np.generic]:
        """Compute the patches of consecutive windows.

        Parameters
        ----------
        samples, hop_samples
            As for `run`.

        Returns
        -------
        ndarray of the back end's input type, shape (n_windows, n_spectra, n_bands)
            Spectra that windows share are computed once.
        """
        windows = sliding_window_view(samples, self._window_samples)
        if hop_samples % self._step_samples:
            return np.stack([self._spectra_of(window) for window in windows[::hop_samples]])
        n_spectra = (len(windows) - 1) // self._step_samples + self._n_spectra
        firsts = [*range(0, n_spectra - self._n_spectra, self._n_spectra)]
        firsts.append(n_spectra - self._n_spectra)  # the last one, which may overlap
        spectra = np.empty((n_spectra, self._n_bands), self._spectra().dtype)
        for first in firsts:
            made = self._spectra_of(windows[first * self._step_samples])
            spectra[first : first + self._n_spectra] = made
        by_window = sliding_window_view(spectra, self._n_spectra, axis=0).swapaxes(1, 2)
        patches: NDArray[np.generic] = by_window[:: hop_samples // self._step_samples]
        return patches

    def _spectra_of(self, window: NDArray[np.float32]) -> NDArray[np.generic]:
        self._samples.put(window)
        self._make_spectra()
        # No variable has the array on the interpreter's memory: a profiler may hold this frame
        # after it has returned, and LiteRT then refuses to run.
        spectra: NDArray[np.generic] = (
            self._spectra().reshape(self._n_spectra, self._n_bands).copy()
        )
        return spectra


def find_halves(
    path: Path, runtime: Runtime, contract: Contract, whole: Engine
) -> HalvesEngine | None:
    """Test whether a model can be run in two halves.

    Parameters
    ----------
    path : Path
        The model's file.
    runtime : {'litert', 'tflite'}
        Runtime of the interpreters.
    contract : Contract
        Input and output format of a one-window model.
    whole : Engine
        Runs the whole model.

    Returns
    -------
    HalvesEngine or None
        The tested engine; None if the model cannot be split, or the results differ.
    """
    try:
        parts = cut(path.read_bytes()) if path.stat().st_size <= MAX_FILE_BYTES else None
        step_samples = None if parts is None else _step_samples(parts, contract)
        if parts is None or step_samples is None:
            return None
        engine = Halves(parts, step_samples).open(path, runtime, contract)
        agree = _agree(engine, contract, whole)
    except (ModelError, OSError, MemoryError, ValueError, RuntimeError):
        # The runtimes raise the last two, and the file may be gone by now. The log shows
        # programming errors.
        _log.info("%r is run as it came: its halves could not be tried", path.name, exc_info=True)
        return None
    return engine if agree else None


def _step_samples(parts: Cut, contract: Contract) -> int | None:
    """Find the hop at which the spectra fill a window, up to the length of the last one."""
    for step_s in SPECTRUM_STEPS_S:
        step_samples = timing.samples_from_seconds(step_s, contract.sample_rate)
        last_samples = contract.window_samples - (parts.n_spectra - 1) * step_samples
        if step_samples <= last_samples < _LONGEST_SPECTRUM * step_samples:
            return step_samples
    return None


def _agree(engine: HalvesEngine, contract: Contract, whole: Engine) -> bool:
    """Compare halves and whole on noise whose level alternates between very low and very high."""
    hop_spectra = _tried_hop(engine.halves.parts.n_spectra)
    hop_samples = hop_spectra * engine.halves.step_samples
    samples = _changing_noise(
        contract.window_samples + (_TRIED_WINDOWS - 1) * hop_samples, contract.sample_rate
    )
    if not _share_spectra(engine, samples, hop_spectra, contract.window_samples):
        return False
    expected, found = np.empty((2, _TRIED_WINDOWS, contract.n_classes), np.float32)
    whole.run(samples, hop_samples, expected)
    engine.run(samples, hop_samples, found)
    return np.array_equal(expected, found)


def _tried_hop(n_spectra: int) -> int:
    """Choose a hop of about a quarter of a window, in spectra.

    It is coprime to the number of spectra in a window: windows then take their spectra from
    different rows of the patches.
    """
    return next(hop for hop in count(n_spectra // 4 + 1) if math.gcd(hop, n_spectra) == 1)


def _share_spectra(
    engine: HalvesEngine, samples: NDArray[np.float32], hop_spectra: int, window_samples: int
) -> bool:
    """Compare the patches of overlapping windows with those of each window alone.

    Compares windows at multiples of `hop_spectra` and those one spectrum later, whose rows are
    shifted.
    """
    step_samples = engine.halves.step_samples
    shared = engine.patches(samples, step_samples)
    windows = sliding_window_view(samples, window_samples)[::step_samples]
    tried = [place for place in range(len(windows)) if place % hop_spectra <= 1]
    alone = [engine.patches(windows[place], step_samples) for place in tried]
    return np.array_equal(shared[tried], np.concatenate(alone))


def _changing_noise(n_samples: int, sample_rate: int) -> NDArray[np.float32]:
    chance = np.random.default_rng(0)
    stretch_samples = timing.samples_from_seconds(_TRIED_STRETCH_S, sample_rate)
    levels = chance.choice(_TRIED_LEVELS, n_samples // stretch_samples + 1)
    amplitudes = np.repeat(levels, stretch_samples)[:n_samples]
    noise: NDArray[np.float32] = (chance.uniform(-1, 1, n_samples) * amplitudes).astype(np.float32)
    return noise
