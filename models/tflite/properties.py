"""TFLite metadata of a model: names, audio format and label files.

The slots are those of the metadata schema (``metadata_schema.fbs`` of TFLite Support and
MediaPipe, version 1.5.0). Metadata is optional: a model with damaged metadata still runs, so
unreadable values count as missing.
"""

from dataclasses import dataclass

from models.tflite.flatbuffer import DamagedError, Table

MIN_SAMPLE_RATE_HZ, MAX_SAMPLE_RATE_HZ = 1_000, 384_000
"""Range of models' sample rates, in Hz: from detectors of knocks to recordings of bats."""

_AUDIO = 4  # number of AudioProperties among the content properties
_LABEL_LISTS = (2, 3)  # types of associated files that contain labels


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
    graph = next(model.tables(3), None)
    sample_rate, channels = (0, 0) if graph is None else _audio_of(graph)
    first = None if graph is None else next(graph.tables(2), None)
    is_sound = MIN_SAMPLE_RATE_HZ <= sample_rate <= MAX_SAMPLE_RATE_HZ
    return Properties(
        name=model.text(0),
        description=model.text(1),
        version=model.text(2),
        author=model.text(4),
        licence=model.text(5),
        sample_rate=sample_rate if is_sound else None,
        channels=channels or None,
        label_files=() if graph is None else tuple(map(_label_files_of, graph.tables(3))),
        input_name="" if first is None else first.text(0),
        input_description="" if first is None else first.text(1),
    )


def _audio_of(graph: Table) -> tuple[int, int]:
    """Return sample rate and channels of the first input; 0 if missing."""
    tensor = next(graph.tables(2), None)
    content = None if tensor is None else tensor.table(3)
    if content is None or content.number(0, "B") != _AUDIO:
        return 0, 0
    audio = content.table(1)
    return (0, 0) if audio is None else (audio.number(0, "I"), audio.number(1, "I"))


def _label_files_of(tensor: Table) -> tuple[str, ...]:
    return tuple(file.text(0) for file in tensor.tables(6) if file.number(2, "b") in _LABEL_LISTS)
