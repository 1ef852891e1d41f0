"""Output heads, and the conversion of their values to scores in [0, 1].

Conventions
-----------
A *head* is an output with one value per class. Its activation follows from the operator that
computes it, where possible: LOGISTIC gives *sigmoids* (independent, in [0, 1]), SOFTMAX gives a
*softmax* (a row sums to 1), a linear layer gives *logits* (unbounded). After any other operator it
is inferred from the values for windows of silence and noise.

Sigmoids and softmaxes are scores without conversion. Logits are converted by a softmax, because
networks that end with a linear layer are usually trained to choose one class; for a single class,
or at the caller's request, by a sigmoid. LOG_SOFTMAX counts as logits: a softmax inverts it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from models.inference.inputs import DTYPES, Input
from models.inference.tensor_values import Values
from models.tflite import Network
from models.tflite.runtimes import Interpreter

Activation = Literal["sigmoid", "softmax", "logits"]
Squashing = Literal["sigmoid", "softmax"]

MAX_CLASSES = 10_000
"""Largest number of classes: BirdNET 2.4, with the most of the models in common use for sounds, has
6,522. A file of some hundred bytes can otherwise produce millions of scores per window and
exhaust the memory."""

_LINEAR = {"FULLY_CONNECTED", "CONV_2D", "BATCH_MATMUL", "ADD", "LOG_SOFTMAX"}
_SUM_TOLERANCE = 1e-3
"""Tolerance of the sum of a softmax in float32; quantization adds half a step per class."""

_NOISES = (0.01, 0.1, 0.5)  # peaks relative to full scale: a quiet room, speech, a loud sound


@dataclass(frozen=True)
class OutputHead:
    """An output that can serve as scores.

    Parameters
    ----------
    output : int
        Index among the model's outputs.
    name : str
        Name in the file.
    n_classes : int
        Number of values per window.
    activation : {'sigmoid', 'softmax', 'logits'}
        Kind of the values.
    values : Values
        Data type and quantization.
    squashing : {'sigmoid', 'softmax'}, optional
        Function that converts logits to scores.
    """

    output: int
    name: str
    n_classes: int
    activation: Activation
    values: Values = Values()  # noqa: RUF009  # frozen
    squashing: Squashing | None = None

    def make_scores(self, rows: NDArray[np.float32]) -> None:
        """Convert rows of stored numbers, as float32, to scores in [0, 1], in place."""
        self.values.decode(rows)
        if self.squashing is not None:
            from scipy import special  # takes a quarter of a second to import
        if self.squashing == "softmax":
            rows[:] = special.softmax(rows, axis=1)
        elif self.squashing == "sigmoid":
            special.expit(rows, out=rows)
        np.fmin(np.fmax(rows, 0, out=rows), 1, out=rows)  # NaN becomes 0


def read_heads(
    path: Path, network: Network, interpreter: Interpreter, given: Input
) -> tuple[OutputHead, ...]:
    """Find a model's heads. Runs it where the operators do not determine the activation.

    Parameters
    ----------
    path : Path
        The model's file, for messages.
    network : Network
        The graph of the file.
    interpreter : Interpreter
        Interpreter of the model.
    given : Input
        The input of a one-window model.

    Raises
    ------
    ModelError
        If no output has one value per class, or the model does not run.
    """
    found = [
        head
        for place, details in enumerate(interpreter.get_output_details())
        if (head := _head_of(place, details)) is not None
    ]
    if not found:
        raise _no_head(path, network)
    told = [_told_by_operator(network.last_operators[head.output]) for head in found]
    if None in told:
        seen = observe(path, interpreter, given, found)
        told = [
            known or _told_by_values(rows, head)
            for known, rows, head in zip(told, seen, found, strict=True)
        ]
    return tuple(
        replace(head, activation=activation, squashing=_usual_squashing(head, activation))
        for head, activation in zip(found, told, strict=True)
        if activation is not None
    )


def observe(
    path: Path, interpreter: Interpreter, given: Input, heads: Sequence[OutputHead]
) -> list[NDArray[np.float32]]:
    """Run a one-window model on silence and on noise of several levels.

    Returns
    -------
    list of ndarray of float32, shape (n_windows, n_classes)
        For each head its dequantized values, before conversion to scores.

    Raises
    ------
    ModelError
        If the model does not run.
    """
    noise = np.random.default_rng(0).uniform(-1, 1, given.window_samples).astype(np.float32)
    seen = [np.empty((1 + len(_NOISES), head.n_classes), np.float32) for head in heads]
    outputs = interpreter.get_output_details()
    entrance = interpreter.tensor(interpreter.get_input_details()[given.place]["index"])
    for number, peak in enumerate((0.0, *_NOISES)):
        entrance().reshape(-1, given.channels)[:] = given.values.encode(peak * noise)[:, np.newaxis]
        try:
            interpreter.invoke()
        except (ValueError, RuntimeError) as error:
            raise does_not_run(path, given.window_samples) from error
        for head, rows in zip(heads, seen, strict=True):
            rows[number] = interpreter.tensor(outputs[head.output]["index"])().reshape(-1)
    for head, rows in zip(heads, seen, strict=True):
        head.values.decode(rows)
    return seen


def does_not_run(path: Path, n_samples: int) -> ModelError:
    """Return the error for a model that opens but does not run."""
    return ModelError(
        f"{path.name} does not run on {n_samples} samples.",
        allowed="A model has to run on the waveform that it takes.",
        remedy="Fetch or convert it again, or choose another model.",
    )


def _head_of(place: int, details: Mapping[str, Any]) -> OutputHead | None:
    """Return an output as a head if it is one row of a supported data type, otherwise None."""
    shape = tuple(int(length) for length in details["shape"])
    dtype = np.dtype(details["dtype"]).name
    scale, zero_point = details["quantization"]
    if prod(shape) != max(shape, default=1) or not 0 < prod(shape) <= MAX_CLASSES:
        return None
    if dtype == "float32":
        return OutputHead(place, details["name"], prod(shape), "logits")
    if dtype in DTYPES and scale > 0:
        values = Values(dtype, float(scale), int(zero_point))
        return OutputHead(place, details["name"], prod(shape), "logits", values)
    return None


def _told_by_operator(last: str) -> Activation | None:
    if last in _LINEAR:
        return "logits"
    known: dict[str, Activation] = {"LOGISTIC": "sigmoid", "SOFTMAX": "softmax"}
    return known.get(last)


def _told_by_values(rows: NDArray[np.float32], head: OutputHead) -> Activation:
    quantised = head.values.dtype != "float32"
    step = head.values.scale if quantised else 0.0
    if not (-step <= rows.min() and rows.max() <= 1 + max(step, _SUM_TOLERANCE)):
        return "logits"
    beside = float(np.abs(rows.sum(axis=1) - 1).max())
    sums_to_one = beside <= _SUM_TOLERANCE + step / 2 * head.n_classes
    return "softmax" if sums_to_one and head.n_classes > 1 else "sigmoid"


def _usual_squashing(head: OutputHead, activation: Activation) -> Squashing | None:
    if activation != "logits":
        return None
    return "sigmoid" if head.n_classes == 1 else "softmax"


def _no_head(path: Path, network: Network) -> ModelError:
    outputs = ", ".join(f"{list(one.shape)} ({one.dtype})" for one in network.outputs[:5])
    return ModelError(
        f"{path.name} gives {outputs or 'nothing'}.",
        allowed="Earmark reads scores: an output with one number for each class, such as"
        " [1, 521], of float32, or of int8, uint8 or int16 with a scale; at most"
        f" {MAX_CLASSES:,} of them.",
        remedy="Choose a classification model; one that gives several rows for a window has to"
        " join them itself.",
    )
