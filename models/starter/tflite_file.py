"""From a trained network to one TFLite file: quantised, with its front end and its labels.

Conventions
-----------
The network computes in 8 bits, the front end in floating point: spectra span more than 8 bits can
tell apart. The converter quantises a whole graph or nothing, so each becomes a graph of its own,
and their flat buffers are joined, the front end's output being the network's input.

Labels are packed in as TFLite metadata (https://www.tensorflow.org/lite/models/convert/metadata)
that MediaPipe reads too.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

import flatbuffers
import numpy as np
import tensorflow as tf
from mediapipe.tasks.metadata import metadata_schema_py_generated as metadata_schema
from numpy.typing import NDArray
from tensorflow.lite.python import schema_py_generated as schema

from models.starter import network
from models.starter.classes import LABELS
from models.starter.synthetic import SAMPLE_RATE, WINDOW_SAMPLES

_LABEL_LIST = "starter_label_list.txt"
_METADATA = b"TFLITE_METADATA"  # the name by which readers find it
_DESCRIPTION = (
    "Thirteen sounds, each with a score of its own. Trained by the Earmark project on ESC-10, with"
    " YAMNet as its teacher."
)


def make_file(model: Any, examples: NDArray[np.float32]) -> bytes:  # noqa: ANN401
    """Make the TFLite file of a trained network.

    Parameters
    ----------
    model : keras.Model
        From log-mel windows to scores.
    examples : ndarray of float32, shape (n_windows, 64, 64, 1)
        Log-mel windows, to find the ranges of the network's values by.

    Returns
    -------
    bytes
        A model from a waveform, float32 of shape (15600,), to scores, float32 of shape (1, 13).
    """
    joined = _join(_front_end(), _quantised(model, examples))
    return _with_metadata(joined) + _archive()


def _front_end() -> bytes:
    @tf.function(input_signature=[tf.TensorSpec([WINDOW_SAMPLES], tf.float32, "waveform")])
    def log_mel(waveform: Any) -> Any:  # noqa: ANN401
        mel = network.mel_magnitudes(waveform) + network.LOG_OFFSET
        return tf.reshape(tf.math.log(mel), (1, network.N_FRAMES, network.N_BANDS, 1))

    converted: bytes = tf.lite.TFLiteConverter.from_concrete_functions(
        [log_mel.get_concrete_function()], log_mel
    ).convert()
    return converted


def _quantised(model: Any, examples: NDArray[np.float32]) -> bytes:  # noqa: ANN401
    one = tf.keras.Input(batch_shape=(1, network.N_FRAMES, network.N_BANDS, 1))
    converter = tf.lite.TFLiteConverter.from_keras_model(tf.keras.Model(one, model(one)))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([example[None]] for example in examples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converted: bytes = converter.convert()
    return converted


def _join(first: bytes, second: bytes) -> bytes:
    """Join two models of one graph each: the first's output becomes the second's input."""
    front, back = (
        schema.ModelT.InitFromObj(schema.Model.GetRootAs(one)) for one in (first, second)
    )
    graph, rest = front.subgraphs[0], back.subgraphs[0]
    n_tensors, n_codes, n_buffers = (
        len(graph.tensors),
        len(front.operatorCodes),
        len(front.buffers),
    )

    def moved(tensors: Any) -> list[int]:  # noqa: ANN401  # an array, or None
        indices = [] if tensors is None else [int(index) for index in tensors]
        return [
            int(graph.outputs[0]) if index == rest.inputs[0] else index + n_tensors * (index >= 0)
            for index in indices  # -1 stands for an input that is left out
        ]

    for tensor in rest.tensors:
        tensor.buffer += n_buffers
    for operator in rest.operators:
        operator.opcodeIndex += n_codes
        operator.inputs, operator.outputs = moved(operator.inputs), moved(operator.outputs)
    graph.tensors += rest.tensors
    graph.operators += rest.operators
    graph.outputs = moved(rest.outputs)
    front.operatorCodes += back.operatorCodes
    front.buffers += back.buffers
    front.signatureDefs, front.metadata, front.metadataBuffer = None, None, None
    graph.name = b"starter"
    graph.tensors[graph.inputs[0]].name = b"waveform"
    graph.tensors[graph.outputs[0]].name = b"scores"
    return _packed(front)


def _unpacked(model: bytes) -> Any:  # noqa: ANN401
    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(model))


def _packed(model: Any) -> bytes:  # noqa: ANN401
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _with_metadata(model: bytes) -> bytes:
    described = _unpacked(model)
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data = np.frombuffer(_metadata(), np.uint8)
    entry.name, entry.buffer = _METADATA, len(described.buffers)
    described.buffers.append(buffer)
    described.metadata = [entry]
    described.description = _DESCRIPTION.encode()
    return _packed(described)


def _metadata() -> bytes:
    audio = metadata_schema.AudioPropertiesT()
    audio.sampleRate, audio.channels = SAMPLE_RATE, 1
    given, taken = metadata_schema.TensorMetadataT(), metadata_schema.TensorMetadataT()
    given.name, given.description = "waveform", "0.975 s of mono sound in [-1, 1]."
    given.content = metadata_schema.ContentT()
    given.content.contentPropertiesType = metadata_schema.ContentProperties.AudioProperties
    given.content.contentProperties = audio
    labels = metadata_schema.AssociatedFileT()
    labels.name, labels.description = _LABEL_LIST, "One label for each score, in their order."
    labels.type = metadata_schema.AssociatedFileType.TENSOR_AXIS_LABELS
    taken.name, taken.description = "scores", "One independent score for each class, in [0, 1]."
    taken.associatedFiles = [labels]
    graph, model = metadata_schema.SubGraphMetadataT(), metadata_schema.ModelMetadataT()
    graph.inputTensorMetadata, graph.outputTensorMetadata = [given], [taken]
    model.name, model.description = "Earmark starter model", _DESCRIPTION
    model.license, model.subgraphMetadata = "Apache-2.0", [graph]
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), b"M001")
    return bytes(builder.Output())


def _archive() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        # A date of its own would make the file differ from one training to the next.
        member = zipfile.ZipInfo(_LABEL_LIST, date_time=(1980, 1, 1, 0, 0, 0))
        archive.writestr(member, "\n".join(LABELS) + "\n")
    return packed.getvalue()
