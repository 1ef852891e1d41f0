"""Location of the embedding in a one-window model: the pooled values before its last layer."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.errors import ModelError
from models.inference.contract import EMBEDDING_SIZE
from models.inference.tensor_values import Values
from models.registry.catalog import CATALOG
from models.tflite.runtimes import Interpreter

TENSOR_NAME = "tower0/network/layer28/reduce_mean"
"""Name of the pooled values in YAMNet/classification (read from the published file)."""

_VALUES = (np.int8, np.uint8, np.float32)  # other types of tensors are biases and shapes


@dataclass(frozen=True)
class EmbeddingTensor:
    """A tensor that holds an embedding, and its quantization.

    Parameters
    ----------
    index : int
        Index of the tensor.
    scale : float
        Quantization step.
    zero_point : int
        Stored value that represents 0.
    """

    index: int
    scale: float
    zero_point: int

    @property
    def values(self) -> Values:
        """The quantization as `Values`."""
        return Values(scale=self.scale, zero_point=self.zero_point)


def find_embedding(path: Path, interpreter: Interpreter, n_classes: int) -> EmbeddingTensor:
    """Find the embedding of a model, by its name or else by its consumer.

    Without the name it is the last tensor of 1024 values that is an input, together with 1024
    weights per class, of a layer with one output per class.

    Parameters
    ----------
    path : Path
        The model's file, for messages.
    interpreter : Interpreter
        Interpreter of the model.
    n_classes : int
        Number of scores per window.

    Raises
    ------
    ModelError
        If the model has no embedding.
    """
    try:
        tensors = {int(one["index"]): one for one in interpreter.get_tensor_details()}
        feeding = _feeding_the_classes(interpreter, tensors, n_classes)
    except UnicodeDecodeError:  # names in a damaged file may be invalid UTF-8
        tensors, feeding = {}, []
    named = [index for index, one in tensors.items() if one["name"] == TENSOR_NAME]
    for index in (*named, *reversed(feeding)):
        tensor = tensors[index]
        scale, zero_point = tensor["quantization"]
        if tensor["dtype"] is np.float32:
            scale, zero_point = 1.0, 0
        if _is_embedding(tensor) and scale > 0:
            return EmbeddingTensor(index, float(scale), int(zero_point))
    having = ", ".join(name for name, entry in CATALOG.items() if entry.embedding_size)
    raise ModelError(
        f"{path.name} has no embedding: no layer of {EMBEDDING_SIZE} values before its scores.",
        allowed=f"Of the catalog's models these have one: {having}.",
        remedy="Choose one of these, or do without embeddings.",
    )


def _feeding_the_classes(
    interpreter: Interpreter, tensors: Mapping[int, Mapping[str, Any]], n_classes: int
) -> list[int]:
    """List the embedding-like inputs of layers that look like the last one, in graph order."""
    list_operators: Callable[[], Iterable[Mapping[str, Any]]] | None
    list_operators = getattr(interpreter, "_get_ops_details", None)  # private in both runtimes
    found = []
    for operator in list_operators() if list_operators is not None else ():
        # The index -1 marks an optional input that is missing.
        inputs = [int(index) for index in operator["inputs"] if int(index) in tensors]
        outputs = [int(index) for index in operator["outputs"] if int(index) in tensors]
        has_weights = any(_size(tensors[one]) == n_classes * EMBEDDING_SIZE for one in inputs)
        if has_weights and any(_size(tensors[one]) == n_classes for one in outputs):
            found += [one for one in inputs if _is_embedding(tensors[one])]
    return found


def _is_embedding(tensor: Mapping[str, Any]) -> bool:
    """Return whether a tensor is one vector of 1024; a bias, of one dimension, is not."""
    shape = [int(length) for length in tensor["shape"]]
    is_vector = len(shape) > 1 and shape[-1] == EMBEDDING_SIZE == _size(tensor)
    return is_vector and tensor["dtype"] in _VALUES


def _size(tensor: Mapping[str, Any]) -> int:
    return int(np.prod(tensor["shape"]))
