"""TFLite metadata of a model: names, audio format and label files.

Metadata is optional: a model with damaged metadata still runs, so unreadable values count as
missing.
"""

from dataclasses import dataclass

from models.tflite.flatbuffer import DamagedError, Table
from models.tflite.schema import (
    AudioField,
    ContentField,
    ContentKind,
    FileField,
    FileKind,
    GraphMetadataField,
    ModelMetadataField,
    TensorMetadataField,
)

MIN_SAMPLE_RATE_HZ, MAX_SAMPLE_RATE_HZ = 1_000, 384_000
"""Range of models' sample rates, in Hz: from detectors of knocks to recordings of bats."""

_LABEL_LISTS = (FileKind.AXIS_LABELS, FileKind.VALUE_LABELS)


@dataclass(frozen=True)
class Properties:
    """TFLite metadata of a model; missing values are empty or None.

    Parameters
    ----------
    name, description, version, author, licence : str
        Text for display.
    sample_rate : int or None
        Sample rate of the input, in Hz.
    channels : int or None
        Number of input channels.
    label_files : tuple of tuple of str
        For each output the names of the packed files that list its labels.
    input_name, input_description : str
        Name and description of the first input.
    """

    name: str = ""
    description: str = ""
    version: str = ""
    author: str = ""
    licence: str = ""
    sample_rate: int | None = None
    channels: int | None = None
    label_files: tuple[tuple[str, ...], ...] = ()
    input_name: str = ""
    input_description: str = ""


def read_properties(metadata: bytes) -> Properties:
    """Parse the buffer of TFLite metadata.

    Parameters
    ----------
    metadata : bytes
        ``Network.metadata`` of `models.tflite.network`; may be empty.
    """
    if not metadata:
        return Properties()
    try:
        return _properties_of(Table.root(metadata))
    except DamagedError:
        return Properties()


def _properties_of(model: Table) -> Properties:
    graph = next(model.tables(ModelMetadataField.GRAPHS), None)
    sample_rate, channels = (0, 0) if graph is None else _audio_of(graph)
    first = None if graph is None else next(graph.tables(GraphMetadataField.INPUTS), None)
    is_sound = MIN_SAMPLE_RATE_HZ <= sample_rate <= MAX_SAMPLE_RATE_HZ
    return Properties(
        name=model.text(ModelMetadataField.NAME),
        description=model.text(ModelMetadataField.DESCRIPTION),
        version=model.text(ModelMetadataField.VERSION),
        author=model.text(ModelMetadataField.AUTHOR),
        licence=model.text(ModelMetadataField.LICENCE),
        sample_rate=sample_rate if is_sound else None,
        channels=channels or None,
        label_files=()
        if graph is None
        else tuple(map(_label_files_of, graph.tables(GraphMetadataField.OUTPUTS))),
        input_name="" if first is None else first.text(TensorMetadataField.NAME),
        input_description="" if first is None else first.text(TensorMetadataField.DESCRIPTION),
    )


def _audio_of(graph: Table) -> tuple[int, int]:
    """Return sample rate and channels of the first input; 0 if missing."""
    tensor = next(graph.tables(GraphMetadataField.INPUTS), None)
    content = None if tensor is None else tensor.table(TensorMetadataField.CONTENT)
    if content is None or content.number(ContentField.KIND, "B") != ContentKind.AUDIO:
        return 0, 0
    audio = content.table(ContentField.PROPERTIES)
    if audio is None:
        return 0, 0
    return audio.number(AudioField.SAMPLE_RATE, "I"), audio.number(AudioField.CHANNELS, "I")


def _label_files_of(tensor: Table) -> tuple[str, ...]:
    return tuple(
        file.text(FileField.NAME)
        for file in tensor.tables(TensorMetadataField.FILES)
        if file.number(FileField.KIND, "b") in _LABEL_LISTS
    )
