"""Parsing of a TFLite graph: inputs, outputs, and the operators between them.

The model is not run, and no native code reads the file. The numbers of data types and operators are
those of TFLite's schema, as the fields in `models.tflite.schema`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from models.errors import ModelError
from models.tflite.first_layer import convolved_shape
from models.tflite.flatbuffer import DamagedError, Table
from models.tflite.schema import (
    BufferField,
    GraphField,
    MetadataEntryField,
    ModelField,
    OperatorCodeField,
    OperatorField,
    QuantizationField,
    TensorField,
)

IDENTIFIER = b"TFL3"
"""Bytes 4 to 8 of every TFLite file."""

METADATA_NAME = "TFLITE_METADATA"
"""Name of the buffer that `models.tflite.properties` reads."""

_DTYPES = {
    0: "float32", 1: "float16", 2: "int32", 3: "uint8", 4: "int64", 5: "string", 6: "bool",
    7: "int16", 9: "int8", 10: "float64",
}  # fmt: skip

_OPERATORS: Mapping[int, str] = MappingProxyType(
    {
        0: "ADD",
        3: "CONV_2D",
        6: "DEQUANTIZE",
        9: "FULLY_CONNECTED",
        14: "LOGISTIC",
        22: "RESHAPE",
        25: "SOFTMAX",
        32: "CUSTOM",
        43: "SQUEEZE",
        50: "LOG_SOFTMAX",
        70: "EXPAND_DIMS",
        114: "QUANTIZE",
        126: "BATCH_MATMUL",
    }
)
"""Operators that matter for the activation of an output; others need no name."""

_PASSING = {"DEQUANTIZE", "QUANTIZE", "RESHAPE", "SQUEEZE", "EXPAND_DIMS"}
"""Operators that change the layout or storage of values, but not the values."""

_SIGNATURES = {
    b"\x89HDF": ("a Keras model (HDF5)", "Convert it with tf.lite.TFLiteConverter."),
    b"PK\x03\x04": (
        "a zip archive, as Keras, PyTorch and Teachable Machine write them",
        "Unpack the .tflite file that may be in it; else convert the model to TFLite.",
    ),
    b"\x1f\x8b": ("a gzipped archive", "Unpack the .tflite file in it."),
}
"""First bytes of files that are mistaken for TFLite, with description and remedy."""

_MAX_READ_INPUTS = 2
"""Inputs whose first layer is looked for: models of more are not supported."""

_MAX_ENDS = 256
"""Largest number of inputs, and of outputs; sound models have up to five."""

_MAX_PASSING = 16
"""Largest number of operators between an output and the one that computed its values."""

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class TensorInfo:
    """An input or output as described in the file.

    Parameters
    ----------
    name : str
        Name of the tensor.
    shape, signature : tuple of int
        Shape; in the signature, -1 marks dimensions of any length.
    dtype : str
        NumPy name of the data type, or the schema's number of one without a name.
    scale : float
        Quantization step; 0.0 if the values are not quantized.
    zero_point : int
        Stored value that represents 0.
    """

    name: str
    shape: tuple[int, ...]
    signature: tuple[int, ...]
    dtype: str
    scale: float = 0.0
    zero_point: int = 0


@dataclass(frozen=True)
class Network:
    """Inputs, outputs and final operators of a model.

    Parameters
    ----------
    inputs, outputs : tuple of TensorInfo
        In the order of the file and of the interpreter.
    last_operators : tuple of str
        For each output the operator that computed its values (``LOGISTIC``, ``SOFTMAX``, ...);
        later operators change layout or storage only. Empty for operators that do not determine the
        activation.
    foreign_operators : tuple of str
        Names of the operators that are not TFLite's own.
    metadata : bytes
        Buffer of TFLite metadata; empty if there is none.
    convolved_shapes : tuple of tuple of int
        For each input the shape in which the first convolution takes it; empty where something
        else than layout precedes one.
    """

    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    last_operators: tuple[str, ...]
    foreign_operators: tuple[str, ...] = ()
    metadata: bytes = b""
    convolved_shapes: tuple[tuple[int, ...], ...] = ()


def read_network(path: Path) -> Network:
    """Read a model file's network.

    Parameters
    ----------
    path : Path
        Any file.

    Raises
    ------
    ModelError
        If the file is missing, unreadable, not a TFLite file, or its graph is damaged.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    if content[4:8] != IDENTIFIER:
        raise _no_tflite_file(path, content)
    try:
        return _network_of(Table.root(content))
    except DamagedError as error:
        raise ModelError(
            f"{path.name} is damaged: {error}.",
            allowed="A model file has to be whole, from its first byte to its last.",
            remedy="Fetch or convert it again.",
        ) from error


def _network_of(model: Table) -> Network:
    graph = next(model.tables(ModelField.GRAPHS), None)
    if graph is None:
        raise DamagedError("there is no network in it")
    tensors = list(graph.tables(GraphField.TENSORS))
    inputs, outputs = graph.integers(GraphField.INPUTS), graph.integers(GraphField.OUTPUTS)
    if max(len(inputs), len(outputs)) > _MAX_ENDS:
        raise DamagedError(
            f"it has {len(inputs):,} inputs and {len(outputs):,} outputs, more than {_MAX_ENDS}"
        )
    return Network(
        inputs=tuple(_tensor_info(_item(tensors, index)) for index in inputs),
        outputs=tuple(_tensor_info(_item(tensors, index)) for index in outputs),
        last_operators=_last_operators(model, graph, outputs),
        foreign_operators=tuple(
            name
            for code in model.tables(ModelField.OPERATOR_CODES)
            if (name := code.text(OperatorCodeField.CUSTOM_CODE))
        ),
        metadata=_metadata_of(model),
        convolved_shapes=tuple(
            convolved_shape(model, graph, index) for index in inputs[:_MAX_READ_INPUTS]
        ),
    )


def _tensor_info(tensor: Table) -> TensorInfo:
    shape, dtype = tensor.integers(TensorField.SHAPE), tensor.number(TensorField.TYPE, "b")
    scales: tuple[float, ...] = ()
    zero_points: tuple[float, ...] = ()
    quantization = tensor.table(TensorField.QUANTIZATION)
    if quantization is not None:
        scales = quantization.numbers(QuantizationField.SCALE, "f")
        zero_points = quantization.numbers(QuantizationField.ZERO_POINT, "q")
    return TensorInfo(
        name=tensor.text(TensorField.NAME),
        shape=shape,
        signature=tensor.integers(TensorField.SHAPE_SIGNATURE) or shape,
        dtype=_DTYPES.get(dtype, f"type {dtype}"),
        scale=float(scales[0]) if scales else 0.0,
        zero_point=int(zero_points[0]) if zero_points else 0,
    )


def _last_operators(model: Table, graph: Table, outputs: tuple[int, ...]) -> tuple[str, ...]:
    # Older files store an operator's number in the deprecated field only; newer ones at most 127 of
    # it there.
    codes = [
        max(
            code.number(OperatorCodeField.DEPRECATED_BUILTIN_CODE, "b"),
            code.number(OperatorCodeField.BUILTIN_CODE, "i"),
        )
        for code in model.tables(ModelField.OPERATOR_CODES)
    ]
    makers: dict[int, tuple[str, int]] = {}  # of each tensor: the operator, and its first input
    for operator in graph.tables(GraphField.OPERATORS):
        code = _item(codes, operator.number(OperatorField.CODE_INDEX, "I"))
        name = _OPERATORS.get(code, "")
        first = next(iter(operator.integers(OperatorField.INPUTS)), -1)
        for output in operator.integers(OperatorField.OUTPUTS):
            makers[output] = (name, first)
    return tuple(_maker_of(output, makers) for output in outputs)


def _maker_of(tensor: int, makers: dict[int, tuple[str, int]]) -> str:
    for _ in range(_MAX_PASSING):  # a damaged file may contain a cycle
        name, first = makers.get(tensor, ("", -1))
        if name not in _PASSING:
            return name
        tensor = first
    return ""


def _metadata_of(model: Table) -> bytes:
    for entry in model.tables(ModelField.METADATA):
        if entry.text(MetadataEntryField.NAME) == METADATA_NAME:
            buffers = list(model.tables(ModelField.BUFFERS))
            buffer = _item(buffers, entry.number(MetadataEntryField.BUFFER, "I"))
            return buffer.data(BufferField.DATA)
    return b""


def _item(items: Sequence[_Item], index: int) -> _Item:
    if not 0 <= index < len(items):
        raise DamagedError(f"number {index} of {len(items)} is asked for")
    return items[index]


def _unreadable(path: Path, error: OSError) -> ModelError:
    if not path.exists():
        return ModelError(
            f"There is no model file at {path}.",
            allowed="A .tflite file is expected there.",
            remedy="Check the path, or choose a model by its catalog name.",
        )
    what = "a folder" if path.is_dir() else f"unreadable ({error.strerror or error})"
    return ModelError(
        f"{path.name} is {what}.",
        allowed="A model is one .tflite file.",
        remedy="Choose the .tflite file itself.",
    )


def _no_tflite_file(path: Path, content: bytes) -> ModelError:
    what, remedy = "something else", "Choose a .tflite file, or convert the model to one."
    for beginning, known in _SIGNATURES.items():
        if content.startswith(beginning):
            what, remedy = known
    if not content:
        what, remedy = "empty", "Fetch it again."
    return ModelError(
        f"{path.name} is not a TFLite file; it is {what}.",
        allowed=f"A TFLite file has the letters {IDENTIFIER.decode()} at its fifth byte.",
        remedy=remedy,
    )
