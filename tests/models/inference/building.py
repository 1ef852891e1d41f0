"""Small TFLite models of every kind, put together by hand: no TensorFlow is needed for them.

Each makes of its waveform one weighted sum for each class, so that a test can compute by NumPy
what it has to give.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

_TYPES = {
    "float32": schema.TensorType.FLOAT32,
    "int32": schema.TensorType.INT32,
    "int16": schema.TensorType.INT16,
    "int8": schema.TensorType.INT8,
    "uint8": schema.TensorType.UINT8,
    "bool": schema.TensorType.BOOL,
}


class Graph:
    """Tensors and operators of one subgraph."""

    def __init__(self, model: "Model", name: str) -> None:
        self._model = model
        self.parts = schema.SubGraphT()
        self.parts.name, self.parts.tensors, self.parts.operators = name, [], []

    def tensor(
        self,
        shape: Sequence[int],
        dtype: str = "float32",
        *,
        data: np.ndarray | None = None,
        scale: float = 0.0,
        zero_point: int = 0,
        name: str = "",
        signature: Sequence[int] | None = None,
    ) -> int:
        tensor = schema.TensorT()
        tensor.shape, tensor.type, tensor.name = list(shape), _TYPES[dtype], name
        tensor.shapeSignature = None if signature is None else list(signature)
        tensor.buffer = 0 if data is None else self._model.buffer(data.tobytes())
        if scale:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale, tensor.quantization.zeroPoint = [scale], [zero_point]
        self.parts.tensors.append(tensor)
        return len(self.parts.tensors) - 1

    def operator(
        self,
        name: str,
        inputs: Sequence[int],
        outputs: Sequence[int],
        *,
        custom: str = "",
        kind: str = "",
        **options: object,
    ) -> None:
        operator = schema.OperatorT()
        operator.opcodeIndex = self._model.operator_code(name, custom)
        operator.inputs, operator.outputs = list(inputs), list(outputs)
        kind = (kind or "".join(word.capitalize() for word in name.split("_"))) + "Options"
        if hasattr(schema.BuiltinOptions, kind):
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
            operator.builtinOptions = getattr(schema, f"{kind}T")()
            for option, value in options.items():
                setattr(operator.builtinOptions, option, value)
        self.parts.operators.append(operator)

    def ends(self, inputs: Sequence[int], outputs: Sequence[int]) -> None:
        self.parts.inputs, self.parts.outputs = list(inputs), list(outputs)


class Model:
    """A TFLite file in the making."""

    def __init__(self) -> None:
        self._model = schema.ModelT()
        self._model.version, self._model.operatorCodes = 3, []
        self._model.subgraphs, self._model.buffers = [], []
        self._model.metadata = []
        self.buffer(b"")  # tensors without data have the first
        self._codes: dict[tuple[str, str], int] = {}

    def graph(self, name: str = "main") -> Graph:
        graph = Graph(self, name)
        self._model.subgraphs.append(graph.parts)
        return graph

    def buffer(self, data: bytes) -> int:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(data, np.uint8) if data else None
        self._model.buffers.append(buffer)
        return len(self._model.buffers) - 1

    def operator_code(self, name: str, custom: str) -> int:
        if (name, custom) not in self._codes:
            code = schema.OperatorCodeT()
            code.builtinCode = getattr(schema.BuiltinOperator, name)
            code.deprecatedBuiltinCode = min(code.builtinCode, 127)
            code.version, code.customCode = 1, custom or None
            self._codes[name, custom] = len(self._model.operatorCodes)
            self._model.operatorCodes.append(code)
        return self._codes[name, custom]

    def metadata(self, content: bytes) -> None:
        entry = schema.MetadataT()
        entry.name, entry.buffer = "TFLITE_METADATA", self.buffer(content)
        self._model.metadata.append(entry)

    def file(self) -> bytes:
        builder = flatbuffers.Builder(1 << 16)
        builder.Finish(self._model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


@dataclass(frozen=True)
class HeadPlan:
    """An output to build."""

    n_classes: int
    last: str = ""  # LOGISTIC, SOFTMAX, LOG_SOFTMAX, or none
    dtype: str = "float32"
    scale: float = 0.0
    zero_point: int = 0
    name: str = ""
    shape: tuple[int, ...] | None = None
    then: str = ""  # an operator of one input and no options, behind the last


@dataclass(frozen=True)
class Plan:
    """A classifier to build.

    Its weights are drawn from a seed, and small enough that logits stay among a few units.
    """

    shape: tuple[int, ...] = (1, 4_000)
    heads: tuple[HeadPlan, ...] = (HeadPlan(3, "SOFTMAX"),)
    dtype: str = "float32"
    scale: float = 0.0
    zero_point: int = 0
    signature: tuple[int, ...] | None = None
    metadata: bytes = b""
    seed: int = 0
    packed: Mapping[str, bytes] = field(default_factory=dict)
    inner_name: str = ""  # of the tensor before the first layer
    name: str = "waveform"  # of the input

    @property
    def n_values(self) -> int:
        return int(np.prod(self.shape))

    def weights(self, head: int) -> np.ndarray:
        generator = np.random.default_rng([self.seed, head])
        size = (self.heads[head].n_classes, self.n_values)
        return (generator.normal(size=size) * 4 / np.sqrt(self.n_values)).astype(np.float32)

    def logits(self, values: np.ndarray, head: int = 0) -> np.ndarray:
        """What a head's last layer gives for rows of input values."""
        return values.astype(np.float64) @ self.weights(head).T.astype(np.float64)

    def content(self) -> bytes:
        model = Model()
        graph = model.graph()
        given = graph.tensor(
            self.shape,
            self.dtype,
            scale=self.scale,
            zero_point=self.zero_point,
            name=self.name,
            signature=self.signature,
        )
        flat = self._flat(graph, given)
        graph.ends([given], [self._head(graph, flat, place) for place in range(len(self.heads))])
        if self.metadata:
            model.metadata(self.metadata)
        return model.file() + _archive(self.packed)

    def save(self, folder: Path, name: str = "model.tflite") -> Path:
        path = folder / name
        path.write_bytes(self.content())
        return path

    def _flat(self, graph: Graph, given: int) -> int:
        """The input as one row of float32."""
        floats = given
        if self.dtype != "float32":
            floats = graph.tensor(self.shape)
            if self.scale:
                graph.operator("DEQUANTIZE", [given], [floats])
            else:
                types = {"inDataType": _TYPES[self.dtype], "outDataType": _TYPES["float32"]}
                graph.operator("CAST", [given], [floats], **types)
        length = np.array([1, self.n_values], np.int32)
        flat = graph.tensor(length, name=self.inner_name)
        wanted = graph.tensor([2], "int32", data=length)
        graph.operator("RESHAPE", [floats, wanted], [flat])
        return flat

    def _head(self, graph: Graph, flat: int, place: int) -> int:
        plan, weights = self.heads[place], self.weights(place)
        row = (1, plan.n_classes)
        matrix = graph.tensor(weights.shape, data=weights)
        bias = graph.tensor([plan.n_classes], data=np.zeros(plan.n_classes, np.float32))
        made = graph.tensor(row)
        graph.operator("FULLY_CONNECTED", [flat, matrix, bias], [made])
        if plan.last:
            made, before = graph.tensor(row), made
            options = {"beta": 1.0} if plan.last == "SOFTMAX" else {}
            graph.operator(plan.last, [before], [made], **options)
        if plan.then:
            made, before = graph.tensor(row), made
            graph.operator(plan.then, [before], [made])
        if plan.dtype != "float32":
            made, before = (
                graph.tensor(row, plan.dtype, scale=plan.scale, zero_point=plan.zero_point),
                made,
            )
            graph.operator("QUANTIZE", [before], [made])
        if plan.shape is not None:
            scale = {"scale": plan.scale, "zero_point": plan.zero_point}
            made, before = graph.tensor(plan.shape, plan.dtype, **scale), made
            wanted = graph.tensor([len(plan.shape)], "int32", data=np.array(plan.shape, np.int32))
            graph.operator("RESHAPE", [before, wanted], [made])
        graph.parts.tensors[made].name = plan.name or f"head {place}"
        return made


def _archive(members: Mapping[str, bytes]) -> bytes:
    if not members:
        return b""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


Fields = Mapping[int, Any]
"""A table of a flatbuffer: its fields by slot. Texts, lists of texts and of tables, other tables,
and numbers as pairs of their kind and value."""


def flatbuffer(fields: Fields, identifier: bytes = b"M001") -> bytes:
    builder = flatbuffers.Builder(256)
    builder.Finish(_table(builder, fields), identifier)
    return bytes(builder.Output())


def _table(builder: flatbuffers.Builder, fields: Fields) -> int:
    placed = {slot: _placed(builder, value) for slot, value in fields.items()}
    builder.StartObject(max(fields, default=0) + 1)
    for slot, value in placed.items():
        if isinstance(value, tuple):
            kind, number = value
            getattr(builder, f"Prepend{kind}Slot")(slot, number, 0)
        else:
            builder.PrependUOffsetTRelativeSlot(slot, value, 0)
    return builder.EndObject()


def _placed(builder: flatbuffers.Builder, value: object) -> object:
    if isinstance(value, str):
        return builder.CreateString(value)
    if isinstance(value, Mapping):
        return _table(builder, value)
    if isinstance(value, list):
        places = [_placed(builder, one) for one in value]
        builder.StartVector(4, len(places), 4)
        for place in reversed(places):
            builder.PrependUOffsetTRelative(place)
        return builder.EndVector()
    return value


def metadata(
    *,
    sample_rate: int = 0,
    channels: int = 0,
    label_files: Sequence[str] = (),
    **words: str,
) -> bytes:
    """TFLite metadata: of one audio input, and of an output for each label file."""
    slots = {"name": 0, "description": 1, "version": 2, "author": 4, "licence": 5}
    audio = {0: ("Uint32", sample_rate), 1: ("Uint32", channels)}
    outputs = [{6: [{0: name, 2: ("Int8", 2)}]} if name else {0: "no list"} for name in label_files]
    graph = {2: [{3: {0: ("Uint8", 4), 1: audio}}], 3: outputs}
    return flatbuffer({3: [graph], **{slots[word]: text for word, text in words.items()}})


def endless() -> bytes:
    """A model whose loop never ends."""
    model = Model()
    graph, condition, body = model.graph("main"), model.graph("condition"), model.graph("body")
    given, taken = graph.tensor([1, 4_000], name="waveform"), graph.tensor([1, 4_000])
    graph.operator("WHILE", [given], [taken], condSubgraphIndex=1, bodySubgraphIndex=2)
    start, size = (
        graph.tensor([2], "int32", data=np.array(each, np.int32)) for each in ([0, 0], [1, 3])
    )
    scores = graph.tensor([1, 3])
    graph.operator("SLICE", [taken, start, size], [scores])
    graph.ends([given], [scores])
    kept = condition.tensor([1, 4_000])
    always = condition.tensor([1], "bool", data=np.array([True]))
    condition.ends([kept], [always])
    before, after = body.tensor([1, 4_000]), body.tensor([1, 4_000])
    body.operator("LOGISTIC", [before], [after])
    body.ends([before], [after])
    return model.file()


def greedy(times: int) -> bytes:
    """A model that lays its window side by side many times over: 16 KB each."""
    model = Model()
    graph = model.graph()
    given = graph.tensor([1, 4_000], name="waveform")
    multiples = graph.tensor([2], "int32", data=np.array([1, times], np.int32))
    wide = graph.tensor([1, 4_000 * times])
    axis = graph.tensor([1], "int32", data=np.array([1], np.int32))
    taken = graph.tensor([1])
    graph.operator("TILE", [given, multiples], [wide])
    graph.operator("REDUCE_MAX", [wide, axis], [taken])
    graph.ends([given], [taken])
    return model.file()


def foreign(name: str = "FlexRFFT") -> bytes:
    """A model with an operator that is no runtime's own."""
    model = Model()
    graph = model.graph()
    given, taken = graph.tensor([1, 4_000], name="waveform"), graph.tensor([1, 3])
    graph.operator("CUSTOM", [given], [taken], custom=name)
    graph.ends([given], [taken])
    return model.file()


def crashing(n_unused: int = 0) -> bytes:
    """A model with an operator whose input is missing: both runtimes read where nothing is.

    Once LiteRT refused it in place of crashing, presumably for what lay in memory before its
    tensors: further ones have them lie elsewhere.
    """
    model = Model()
    graph = model.graph()
    given, taken = graph.tensor([1, 4_000], name="waveform"), graph.tensor([1, 3])
    for _ in range(n_unused):
        graph.tensor([1, 3])
    graph.operator("DEQUANTIZE", [-1], [taken])
    graph.ends([given], [taken])
    return model.file()
