"""Outputs that may be scores, and how scores in [0, 1] are made of what they give.

Conventions
-----------
A *head* is an output with one value for each class. What its values are is told by the operator
that makes them, as far as that says it: LOGISTIC makes *sigmoids* (each in [0, 1] by itself),
SOFTMAX makes a *softmax* (a row sums to 1), a linear layer makes *logits* (any number). Behind any
other operator they are told by the values themselves, over some windows of silence and noise.

Sigmoids and softmaxes are scores as they are. Logits become scores by a softmax, as networks with
a linear layer at their end are usually trained to choose one class; a single class, or whoever
knows better, has them become so by a sigmoid. LOG_SOFTMAX counts as logits: a softmax undoes it.
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
"""Most classes: BirdNET 2.4, with the most in common use for sounds, has 6,522. Some hundred bytes
of a file can make millions of scores for each window, and so fill all memory."""

_LINEAR = {"FULLY_CONNECTED", "CONV_2D", "BATCH_MATMUL", "ADD", "LOG_SOFTMAX"}
_SUM_TOLERANCE = 1e-3
"""How far a row of a softmax may sum beside 1 in float32; quantised ones are given half a step
for each class on top."""

_NOISES = (0.01, 0.1, 0.5)  # peaks, of full scale: a quiet room, speech, something loud


@dataclass(frozen=True)
class OutputHead:
    """An output that may be scores.

    Parameters
    ----------
    output : int
        Its place among the model's outputs.
    name : str
        As the file has it.
    n_classes : int
        Values it gives for a window.
    activation : {'sigmoid', 'softmax', 'logits'}
        What these are.
    values : Values
        How they are stored.
    squashing : {'sigmoid', 'softmax'}, optional
        What scores are made by where they are logits.
    """

    output: int
    name: str
    n_classes: int
    activation: Activation
    values: Values = Values()  # noqa: RUF009  # frozen
    squashing: Squashing | None = None

    def make_scores(self, rows: NDArray[np.float32]) -> None:
        """Turn rows of stored numbers, copied into float32, into scores in [0, 1], in place."""
        self.values.decode(rows)
        if self.squashing == "softmax":
            rows -= rows.max(axis=1, keepdims=True)
            np.exp(rows, out=rows)
            rows /= rows.sum(axis=1, keepdims=True)
        elif self.squashing == "sigmoid":
            rows[:] = 0.5 + 0.5 * np.tanh(rows / 2)  # the same as 1 / (1 + exp(-x)), never too big
        np.fmin(np.fmax(rows, 0, out=rows), 1, out=rows)  # what is no number becomes 0


def read_heads(
    path: Path, network: Network, interpreter: Interpreter, given: Input
) -> tuple[OutputHead, ...]:
    """Find a model's heads. Runs it where the file does not say what their values are.

    Parameters
    ----------
    path : Path
        The model's file, for messages.
    network : Network
        What that says.
    interpreter : Interpreter
        In which it is open.
    given : Input
        What it takes; one window.

    Raises
    ------
    ModelError
        If no output has one value for each class, or the model does not run.
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
    """Run a model that takes one window on silence, and on noise of several levels.

    Returns
    -------
    list of ndarray of float32, shape (n_windows, n_classes)
        For each head what its values stand for, before scores are made of them.

    Raises
    ------
    ModelError
        If it does not run.
    """
    noise = np.random.default_rng(0).uniform(-1, 1, given.window_samples).astype(np.float32)
    seen = [np.empty((1 + len(_NOISES), head.n_classes), np.float32) for head in heads]
    outputs = interpreter.get_output_details()
    entrance = interpreter.tensor(interpreter.get_input_details()[0]["index"])
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
    """Make the error of a model that opens, and cannot be run."""
    return ModelError(
        f"{path.name} does not run on {n_samples} samples.",
        allowed="A model has to run on the waveform that it takes.",
        remedy="Fetch or convert it again, or choose another model.",
    )


def _head_of(place: int, details: Mapping[str, Any]) -> OutputHead | None:
    """Take an output for a head if it is one row of numbers that are understood."""
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
