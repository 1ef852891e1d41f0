"""Engines: interpreters that turn samples into rows of scores or embeddings.

An engine belongs to one thread.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from models.errors import ModelError
from models.inference.contract import SPECTRA_PER_HOP, SPECTRA_PER_WINDOW, Contract
from models.inference.embeddings import EmbeddingTensor
from models.inference.inputs import fill_sample_rate
from models.inference.spectra import SPECTRA_VALUES
from models.tflite.runtimes import Interpreter


class Engine(Protocol):
    """Computes rows of scores or embeddings, with its own interpreters."""

    def run(
        self, samples: NDArray[np.float32], hop_samples: int, rows: NDArray[np.float32]
    ) -> None:
        """Compute the rows of consecutive windows.

        Parameters
        ----------
        samples : ndarray of float32, shape ((n_rows - 1) * hop_samples + window_samples,)
            Samples that the windows cover, in [-1, 1], at the model's sample rate.
        hop_samples : int
            Hop, in samples.
        rows : ndarray of float32, shape (n_rows, n_values)
            Output: scores, embeddings, or the scores followed by the embedding. A dynamic model
            appends the spectra of each window if a row has ``SPECTRA_PER_WINDOW * MEL_BANDS`` more
            values.
        """
        ...


class WindowInput:
    """The input tensor of a one-window model.

    Parameters
    ----------
    interpreter : Interpreter
        Interpreter of the model.
    contract : Contract
        Format of the input.
    """

    def __init__(self, interpreter: Interpreter, contract: Contract) -> None:
        # A view of the interpreter's memory, which avoids a copy of each window.
        details = interpreter.get_input_details()[contract.waveform_place]
        fill_sample_rate(interpreter, contract.rate_place, contract.sample_rate)
        self._input = interpreter.tensor(details["index"])
        self._encode = contract.samples.encode
        self._channels = contract.channels

    def put(self, window: NDArray[np.float32]) -> None:
        """Write a window of float32 samples into the tensor, the same in each channel."""
        self._input().reshape(-1, self._channels)[:] = self._encode(window)[:, np.newaxis]


_Output = tuple[Callable[[], NDArray[Any]], slice, Callable[[NDArray[np.float32]], None]]
"""A tensor to read, its values in a row, and the conversion of these values in place."""


class WindowEngine:
    """Runs a one-window model.

    Parameters
    ----------
    interpreter : Interpreter
        Used by this engine only.
    contract : Contract
        Input and output format of the model.
    read : EmbeddingTensor, optional
        The embedding, read after each inference in place of the scores of the chosen head.
    with_scores : bool
        Whether to read the scores before the embedding, from the same inference.
    """

    def __init__(
        self,
        interpreter: Interpreter,
        contract: Contract,
        read: EmbeddingTensor | None = None,
        *,
        with_scores: bool = False,
    ) -> None:
        self._invoke = interpreter.invoke
        self._input = WindowInput(interpreter, contract)
        self._window_samples = contract.window_samples
        self._outputs: list[_Output] = []
        if read is None or with_scores:
            taken = interpreter.get_output_details()[contract.head.output]
            scores = interpreter.tensor(taken["index"])
            self._outputs.append((scores, slice(contract.n_classes), contract.head.make_scores))
        if read is not None:
            values = slice(contract.n_classes if with_scores else 0, None)
            self._outputs.append((interpreter.tensor(read.index), values, read.values.decode))

    def run(
        self, samples: NDArray[np.float32], hop_samples: int, rows: NDArray[np.float32]
    ) -> None:
        """Compute the rows of consecutive windows; see `Engine`."""
        windows = sliding_window_view(samples, self._window_samples)[::hop_samples]
        for window, row in zip(windows, rows, strict=True):
            self._input.put(window)
            self._invoke()
            for tensor, values, _ in self._outputs:
                row[values] = tensor().reshape(-1)
        for _, values, finish in self._outputs:
            finish(rows[:, values])


class DynamicEngine:
    """Runs a model that takes any number of samples and cuts the windows itself.

    Parameters
    ----------
    interpreter : Interpreter
        Used by this engine only.
    contract : Contract
        Inputs of the model.
    outputs : sequence of int
        Indices of the tensors to read, in the order of a row's values: scores, embeddings or both.
    spectra : int
        Index of the tensor with the spectra.
    path : Path
        The model's file, for messages.
    """

    def __init__(
        self,
        interpreter: Interpreter,
        contract: Contract,
        outputs: Sequence[int],
        spectra: int,
        path: Path,
    ) -> None:
        self._interpreter = interpreter
        self._contract = contract
        self._input_index = int(interpreter.get_input_details()[contract.waveform_place]["index"])
        self._input = interpreter.tensor(self._input_index)
        self._outputs = [interpreter.tensor(output) for output in outputs]
        self._spectra = interpreter.tensor(spectra)
        self._path = path
        self._n_samples = 0

    def run(
        self, samples: NDArray[np.float32], hop_samples: int, rows: NDArray[np.float32]
    ) -> None:
        """Compute the rows of consecutive windows; see `Engine`.

        Raises
        ------
        ModelError
            If the model cuts other windows.
        """
        if len(samples) != self._n_samples:
            self._interpreter.resize_tensor_input(self._input_index, [len(samples)])
            self._interpreter.allocate_tensors()
            fill_sample_rate(
                self._interpreter, self._contract.rate_place, self._contract.sample_rate
            )
            self._n_samples = len(samples)
        self._input()[:] = samples
        self._interpreter.invoke()
        given = np.concatenate([output() for output in self._outputs], axis=-1)
        wanted, beside = rows[:, : given.shape[-1]], rows[:, given.shape[-1] :]
        if given.shape != wanted.shape or beside.shape[1] not in (0, SPECTRA_VALUES):
            raise ModelError(
                f"{self._path.name} gave {list(given.shape)} for {len(samples)} samples.",
                allowed=f"Windows at a hop of {hop_samples} samples are {list(rows.shape)}, as"
                " the original YAMNet cuts them.",
                remedy="Choose the published file of YAMNet.",
            )
        wanted[:] = given
        if beside.size:
            spectra = sliding_window_view(self._spectra().copy(), SPECTRA_PER_WINDOW, axis=0)
            by_window = spectra[::SPECTRA_PER_HOP].swapaxes(1, 2)
            beside[:] = by_window.reshape(len(rows), SPECTRA_VALUES)
