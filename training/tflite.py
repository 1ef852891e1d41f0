"""Writer of TFLite files: one graph of built-in operators, with metadata and labels.

Conventions
-----------
A TFLite file is a FlatBuffer (schema: tensorflow/compiler/mlir/lite/schema/schema.fbs). Tensors
are referenced by index. A quantised tensor stores integers q for values ``scale * (q - zero)``.
"""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SCHEMA = "ai_edge_litert.schema_py_generated"
_TYPES = {np.float32: "FLOAT32", np.float16: "FLOAT16", np.int32: "INT32", np.int8: "INT8"}
_VERSIONS = {  # lowest with int8, or float16 (tensorflow/lite/tools/versioning/op_version.cc)
    "CONV_2D": 3,
    "FULLY_CONNECTED": 4,
    "MAX_POOL_2D": 2,
    "MEAN": 2,
    "CONCATENATION": 2,
    "LOGISTIC": 2,
    "DEQUANTIZE": 3,
    "QUANTIZE": 1,
    "RESHAPE": 1,
}


@dataclass(frozen=True)
class Scale:
    """Quantisation parameters of a tensor.

    Parameters
    ----------
    scale : float, or ndarray of shape (n_channels,)
        Value of one step; for weights one per output channel.
    zero : int
        The integer that represents 0.
    """

    scale: float | NDArray[np.float64]
    zero: int = 0


class Writer:
    """Builder of a graph and its file."""

    def __init__(self) -> None:
        self._schema: Any = import_module(_SCHEMA)
        self._model = self._schema.ModelT()
        self._model.version = 3
        self._model.operatorCodes, self._model.buffers = [], [self._schema.BufferT()]
        self._graph = self._schema.SubGraphT()
        self._graph.tensors, self._graph.operators = [], []
        self._model.subgraphs = [self._graph]
        self._codes: dict[str, int] = {}

    def input(self, shape: Sequence[int], name: str) -> int:
        """Add the float32 input; return its tensor's index."""
        index = self._tensor(shape, np.float32, name)
        self._graph.inputs = [index]
        return index

    def constant(self, values: NDArray[Any], scale: Scale | None = None) -> int:
        """Add a constant; return its tensor's index."""
        buffer = self._schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        index = self._tensor(values.shape, values.dtype.type, "", scale)
        self._graph.tensors[index].buffer = len(self._model.buffers) - 1
        return index

    def shape(self, *lengths: int) -> int:
        """Add a shape, or another list of integers, as a constant; return its tensor's index."""
        return self.constant(np.array(lengths, np.int32))

    def add(
        self,
        operator: str,
        inputs: Sequence[int],
        shape: Sequence[int],
        scale: Scale | None = None,
        *,
        options: str = "",
        name: str = "",
        **settings: Any,  # noqa: ANN401  # fields of the operator's options
    ) -> int:
        """Add an operator; return the index of its output: float32, or int8 with a scale."""
        one = self._schema.OperatorT()
        one.opcodeIndex = self._code(operator)
        one.inputs = list(inputs)
        one.outputs = [self._tensor(shape, np.int8 if scale else np.float32, name, scale)]
        if options:
            one.builtinOptionsType = getattr(self._schema.BuiltinOptions, options)
            one.builtinOptions = getattr(self._schema, f"{options}T")()
            for key, value in settings.items():
                setattr(one.builtinOptions, key, value)
        self._graph.operators.append(one)
        return int(one.outputs[0])

    def finish(
        self, output: int, description: str, metadata: bytes, label_file: str, labels: Sequence[str]
    ) -> bytes:
        """Serialise the file: the graph, its metadata, and an appended archive of the labels."""
        self._graph.outputs = [output]
        self._model.description = description.encode()
        buffer, entry = self._schema.BufferT(), self._schema.MetadataT()
        buffer.data = np.frombuffer(metadata, np.uint8)
        entry.name, entry.buffer = b"TFLITE_METADATA", len(self._model.buffers)
        self._model.buffers.append(buffer)
        self._model.metadata = [entry]
        flatbuffers: Any = import_module("flatbuffers")
        builder = flatbuffers.Builder(1 << 21)
        builder.Finish(self._model.Pack(builder), b"TFL3")
        file = io.BytesIO()
        file.write(bytes(builder.Output()))
        with zipfile.ZipFile(file, "a") as archive:
            # ZipInfo's default date is 1980-01-01, so the bytes do not depend on the time.
            archive.writestr(zipfile.ZipInfo(label_file), "\n".join(labels) + "\n")
        return file.getvalue()

    def _code(self, operator: str) -> int:
        if operator not in self._codes:
            code = self._schema.OperatorCodeT()
            code.builtinCode = getattr(self._schema.BuiltinOperator, operator)
            code.deprecatedBuiltinCode = min(code.builtinCode, 127)  # a signed byte
            code.version = _VERSIONS.get(operator, 1)
            self._codes[operator] = len(self._model.operatorCodes)
            self._model.operatorCodes.append(code)
        return self._codes[operator]

    def _tensor(
        self, shape: Sequence[int], dtype: type, name: str, scale: Scale | None = None
    ) -> int:
        tensor = self._schema.TensorT()
        tensor.shape, tensor.buffer = list(shape), 0
        tensor.type = getattr(self._schema.TensorType, _TYPES[dtype])
        tensor.name = (name or str(len(self._graph.tensors))).encode()
        if scale is not None:
            tensor.quantization = self._schema.QuantizationParametersT()
            scales = np.atleast_1d(scale.scale)
            tensor.quantization.scale = scales.astype(np.float32)
            tensor.quantization.zeroPoint = np.full(len(scales), scale.zero, np.int64)
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1
