"""TFLite export of a taught classifier, for Android, iOS, the web and MediaPipe.

Conventions
-----------
YAMNet/classification and the built-in model compute their embedding in 8 bits and their scores in
the last layers. These layers are replaced by the head, in float32 and with built-in operators only;
all layers before them stay unchanged. TensorFlow is not needed: a TFLite file is a FlatBuffer,
which is parsed, modified and serialised again.

The new layers are `head.describe`, the linear layer, and the rule for silence::

    waveform -> square -> mean -> (at least SILENT_DBFS?) ---------------+
    embedding -> dequantize -> root -> less centre -> unit length -> linear -> gate -> scores
"""

import io
import math
import zipfile
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from models.inference.contract import EMBEDDING_SIZE
from models.registry.catalog import BUILTIN
from models.teaching.examples import SILENT_DBFS
from models.teaching.head import SILENCE_LOGIT, LinearHead
from models.teaching.learnt import Learnt
from models.teaching.tflite_metadata import LABEL_FILE, build_metadata

EXPORTABLE = ("yamnet", BUILTIN)
"""Catalog models that can be exported: a dense layer takes their embedding."""

_SCHEMA = "ai_edge_litert.schema_py_generated"  # generated FlatBuffer classes; no interpreter
_METADATA_NAME, _IDENTIFIER = b"TFLITE_METADATA", b"TFL3"


def to_tflite(learnt: Learnt, base_path: Path, sample_rate: int) -> bytes:
    """Build the TFLite model of a taught classifier.

    Parameters
    ----------
    learnt : Learnt
        Trained on one of `EXPORTABLE`.
    base_path : Path
        The base model's file.
    sample_rate : int
        Rate of the input waveform, in Hz.

    Returns
    -------
    bytes
        A model that maps a float32 waveform of shape [15600] to float32 scores of shape
        [1, n_classes], with metadata and labels included.

    Raises
    ------
    ModelError
        If the base is another model.
    """
    if learnt.base not in EXPORTABLE:
        base = learnt.base or "a model that is not in the catalog"
        raise ModelError(
            f"The base of this classifier is {base}.",
            allowed=f"Only classifiers based on {' or '.join(EXPORTABLE)} can be exported.",
            remedy=f"Train it with models.open_classifier({EXPORTABLE[0]!r}) as its base.",
        )
    graph = _Graph(base_path.read_bytes())
    graph.cut_behind_embedding()
    _add_head(graph, learnt.head)
    graph.describe(build_metadata(learnt, sample_rate))
    return graph.packed(learnt.labels)


def _add_head(graph: "_Graph", head: LinearHead) -> None:
    n_classes = len(head.biases)
    row = [1, EMBEDDING_SIZE]
    values = graph.add("DEQUANTIZE", [graph.end], [1, 1, 1, EMBEDDING_SIZE])
    flat = graph.add("RESHAPE", [values, graph.constant(np.array(row, np.int32))], row)
    rooted = graph.add("SQRT", [flat], row)
    centred = graph.add("SUB", [rooted, graph.constant(head.centre[None])], row, "SubOptions")
    described = graph.add("L2_NORMALIZATION", [centred], row, "L2NormOptions")
    linear = [described, graph.constant(head.weights), graph.constant(head.biases)]
    logits = graph.add("FULLY_CONNECTED", linear, [1, n_classes], "FullyConnectedOptions")
    gated = _add_gate(graph, logits, n_classes, SILENCE_LOGIT[head.kind])
    if head.kind == "exclusive":
        scores = graph.add("SOFTMAX", [gated], [1, n_classes], "SoftmaxOptions", beta=1.0)
    else:
        scores = graph.add("LOGISTIC", [gated], [1, n_classes])
    graph.finish(scores, b"scores")


def _add_gate(graph: "_Graph", logits: int, n_classes: int, silence: float) -> int:
    """Keep the logits of windows that are not silent; replace the others by `silence`."""
    squares = graph.add("SQUARE", [graph.begin], [graph.window_samples])
    axis = graph.constant(np.array([0], np.int32))
    power = graph.add("MEAN", [squares, axis], [1], "ReducerOptions", keepDims=True)
    least = graph.constant(np.array([10 ** (SILENT_DBFS / 10)], np.float32))
    sounds = graph.add("GREATER_EQUAL", [power, least], [1], dtype="BOOL")
    gate = graph.add("CAST", [sounds], [1], "CastOptions")
    kept = graph.add("MUL", [logits, gate], [1, n_classes], "MulOptions")
    if silence == 0:
        return kept
    one, level = (graph.constant(np.array([value], np.float32)) for value in (1.0, silence))
    quiet = graph.add("SUB", [one, gate], [1], "SubOptions")
    filled = graph.add("MUL", [quiet, level], [1], "MulOptions")
    return graph.add("ADD", [kept, filled], [1, n_classes], "AddOptions")


class _Graph:
    """A parsed TFLite model with one subgraph."""

    def __init__(self, content: bytes) -> None:
        self._schema: Any = import_module(_SCHEMA)
        self._model = self._schema.ModelT.InitFromObj(self._schema.Model.GetRootAs(content, 0))
        (self._graph,) = self._model.subgraphs
        (self.begin,) = (int(index) for index in self._graph.inputs)
        self.window_samples = int(math.prod(self._graph.tensors[self.begin].shape))
        self.end = -1

    def cut_behind_embedding(self) -> None:
        """Remove the last dense layer that takes an embedding, and all operators after it."""
        dense = self._code(self._schema.BuiltinOperator.FULLY_CONNECTED)
        operators = self._graph.operators
        for at in reversed(range(len(operators))):
            given = int(operators[at].inputs[0])
            size = math.prod(self._graph.tensors[given].shape)
            if operators[at].opcodeIndex == dense and size == EMBEDDING_SIZE:
                self.end = given
                del operators[at:]
                return
        raise ValueError("no dense layer takes an embedding")

    def constant(self, values: NDArray[Any]) -> int:
        """Add a constant tensor; return its index."""
        kind = {np.float32: "FLOAT32", np.int32: "INT32"}[values.dtype.type]
        data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
        return self._tensor(list(values.shape), kind, self._buffer(data))

    def add(
        self,
        operator: str,
        inputs: list[int],
        shape: list[int],
        options: str | None = None,
        dtype: str = "FLOAT32",
        **settings: Any,  # noqa: ANN401  # fields of the operator's options
    ) -> int:
        """Add an operator with one output of the given shape; return the output's index."""
        one = self._schema.OperatorT()
        one.opcodeIndex = self._code(getattr(self._schema.BuiltinOperator, operator))
        one.inputs = inputs
        one.outputs = [self._tensor(shape, dtype, self._buffer(None))]
        if options is not None:
            one.builtinOptionsType = getattr(self._schema.BuiltinOptions, options)
            one.builtinOptions = getattr(self._schema, f"{options}T")()
            for name, value in settings.items():
                setattr(one.builtinOptions, name, value)
        self._graph.operators.append(one)
        return int(one.outputs[0])

    def finish(self, output: int, name: bytes) -> None:
        """Make a tensor the model's output, and remove all tensors that it does not depend on."""
        self._graph.tensors[output].name = name
        self._graph.outputs = [output]
        self._drop_unused()

    def describe(self, metadata: bytes) -> None:
        """Replace the model's metadata."""
        (entry,) = (one for one in self._model.metadata if one.name == _METADATA_NAME)
        self._model.buffers[entry.buffer].data = np.frombuffer(metadata, np.uint8)

    def packed(self, labels: tuple[str, ...]) -> bytes:
        """Serialise the model, followed by a zip archive of its labels."""
        flatbuffers: Any = import_module("flatbuffers")
        builder = flatbuffers.Builder(1 << 23)
        builder.Finish(self._model.Pack(builder), _IDENTIFIER)
        file = io.BytesIO()
        file.write(bytes(builder.Output()))
        with zipfile.ZipFile(file, "a") as archive:
            # ZipInfo's default date is 1980-01-01, so the bytes do not depend on the time.
            archive.writestr(zipfile.ZipInfo(LABEL_FILE), "\n".join(labels) + "\n")
        return file.getvalue()

    def _code(self, builtin: int) -> int:
        codes = self._model.operatorCodes
        for index, code in enumerate(codes):
            if max(code.builtinCode, code.deprecatedBuiltinCode) == builtin:
                return index
        code = self._schema.OperatorCodeT()
        code.builtinCode, code.version = builtin, 1
        code.deprecatedBuiltinCode = min(builtin, 127)  # a signed byte
        codes.append(code)
        return len(codes) - 1

    def _buffer(self, data: NDArray[np.uint8] | None) -> int:
        if data is None:
            return 0  # the format reserves buffer 0 as the empty one
        buffer = self._schema.BufferT()
        buffer.data = data
        self._model.buffers.append(buffer)
        return len(self._model.buffers) - 1

    def _tensor(self, shape: list[int], kind: str, buffer: int) -> int:
        tensor = self._schema.TensorT()
        tensor.shape, tensor.buffer = shape, buffer
        tensor.type = getattr(self._schema.TensorType, kind)
        tensor.name = f"head/{len(self._graph.tensors)}".encode()
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def _drop_unused(self) -> None:
        """Remove the tensors that no operator uses, renumber the rest, and clear unused buffers."""
        operators, tensors = self._graph.operators, self._graph.tensors
        used = {self.begin} | {
            int(index) for one in operators for index in (*one.inputs, *one.outputs) if index >= 0
        }
        kept = sorted(used)
        number = {old: new for new, old in enumerate(kept)} | {-1: -1}
        for one in operators:
            one.inputs = [number[int(index)] for index in one.inputs]
            one.outputs = [number[int(index)] for index in one.outputs]
        self._graph.inputs = [number[int(index)] for index in self._graph.inputs]
        self._graph.outputs = [number[int(index)] for index in self._graph.outputs]
        full = {tensors[old].buffer for old in kept} | {one.buffer for one in self._model.metadata}
        for index, buffer in enumerate(self._model.buffers):
            if index not in full:
                buffer.data = None
        self._graph.tensors = [tensors[old] for old in kept]
        self.begin = number[self.begin]
