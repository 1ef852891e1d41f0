"""Metadata of an exported TFLite file, which tells MediaPipe its input and output.

Conventions
-----------
TFLite metadata is a FlatBuffer of its own (identifier ``M001``,
https://www.tensorflow.org/lite/models/convert/metadata). Its tables are written here field by
field (`models.tflite.schema`).
"""

from importlib import import_module
from typing import Any

from models.teaching.learnt import Learnt
from models.tflite.schema import (
    AudioField,
    ContentField,
    ContentKind,
    FileField,
    FileKind,
    GraphMetadataField,
    ModelMetadataField,
    StatisticsField,
    TensorMetadataField,
)

LABEL_FILE = "labels.txt"
"""Name of the label list in the archive appended to the model."""

_IDENTIFIER, _MIN_PARSER_VERSION = b"M001", "1.3.0"  # the first version with audio
_CHANNELS = 1


def build_metadata(learnt: Learnt, sample_rate: int) -> bytes:
    """Build the metadata of an exported classifier.

    Parameters
    ----------
    learnt : Learnt
        The classifier.
    sample_rate : int
        Rate of the input waveform, in Hz.
    """
    return write_metadata(
        title="Taught with Earmark",
        about=f"Tells {len(learnt.labels)} sounds apart, with Earmark.",
        scores_about=f"{learnt.head.kind.capitalize()} scores in 0 to 1.",
        sample_rate=sample_rate,
    )


def write_metadata(*, title: str, about: str, scores_about: str, sample_rate: int) -> bytes:
    """Build the metadata of a model with one waveform as input and one row of scores as output.

    Parameters
    ----------
    title, about : str
        Name and description of the model.
    scores_about : str
        Description of the scores.
    sample_rate : int
        Rate of the waveform, in Hz.
    """
    tables = _Tables()
    waveform, scores = _waveform(tables, sample_rate), _scores(tables, scores_about)
    graph = tables.table(
        {
            GraphMetadataField.INPUTS: ("Table", tables.list_of(waveform)),
            GraphMetadataField.OUTPUTS: ("Table", tables.list_of(scores)),
        }
    )
    return tables.finish(
        {
            ModelMetadataField.NAME: ("Table", tables.text(title)),
            ModelMetadataField.DESCRIPTION: ("Table", tables.text(about)),
            ModelMetadataField.GRAPHS: ("Table", tables.list_of(graph)),
            ModelMetadataField.MIN_PARSER_VERSION: ("Table", tables.text(_MIN_PARSER_VERSION)),
        }
    )


def _waveform(tables: "_Tables", sample_rate: int) -> int:
    audio = tables.table(
        {
            AudioField.SAMPLE_RATE: ("Uint32", sample_rate),
            AudioField.CHANNELS: ("Uint32", _CHANNELS),
        }
    )
    content = tables.table(
        {ContentField.KIND: ("Uint8", ContentKind.AUDIO), ContentField.PROPERTIES: ("Table", audio)}
    )
    return tables.table(
        {
            TensorMetadataField.NAME: ("Table", tables.text("audio_clip")),
            TensorMetadataField.DESCRIPTION: (
                "Table",
                tables.text(f"Mono waveform of {sample_rate} Hz, float32 in -1 to 1."),
            ),
            TensorMetadataField.CONTENT: ("Table", content),
        }
    )


def _scores(tables: "_Tables", about: str) -> int:
    labels = tables.table(
        {
            FileField.NAME: ("Table", tables.text(LABEL_FILE)),
            FileField.DESCRIPTION: (
                "Table",
                tables.text("One label in each line, in the order of the scores."),
            ),
            FileField.KIND: ("Int8", FileKind.AXIS_LABELS),
        }
    )
    feature = tables.table(
        {
            ContentField.KIND: ("Uint8", ContentKind.FEATURES),
            ContentField.PROPERTIES: ("Table", tables.table({})),
        }
    )
    statistics = tables.table(
        {
            StatisticsField.MAX: ("Table", tables.floats(1.0)),
            StatisticsField.MIN: ("Table", tables.floats(0.0)),
        }
    )
    return tables.table(
        {
            TensorMetadataField.NAME: ("Table", tables.text("scores")),
            TensorMetadataField.DESCRIPTION: ("Table", tables.text(about)),
            TensorMetadataField.CONTENT: ("Table", feature),
            TensorMetadataField.STATISTICS: ("Table", statistics),
            TensorMetadataField.FILES: ("Table", tables.list_of(labels)),
        }
    )


class _Tables:
    """A FlatBuffer builder for tables whose fields are given by number, with type and value."""

    def __init__(self) -> None:
        flatbuffers: Any = import_module("flatbuffers")
        self._builder = flatbuffers.Builder(1024)

    def text(self, value: str) -> int:
        return int(self._builder.CreateString(value))

    def floats(self, value: float) -> int:
        self._builder.StartVector(4, 1, 4)
        self._builder.PrependFloat32(value)
        return int(self._builder.EndVector())

    def list_of(self, table: int) -> int:
        self._builder.StartVector(4, 1, 4)
        self._builder.PrependUOffsetTRelative(table)
        return int(self._builder.EndVector())

    def table(self, fields: dict[int, tuple[str, int]]) -> int:
        self._builder.StartObject(max(fields, default=-1) + 1)
        for number, (kind, value) in fields.items():
            if kind == "Table":
                self._builder.PrependUOffsetTRelativeSlot(number, value, 0)
            else:
                getattr(self._builder, f"Prepend{kind}Slot")(number, value, 0)
        return int(self._builder.EndObject())

    def finish(self, fields: dict[int, tuple[str, int]]) -> bytes:
        self._builder.Finish(self.table(fields), file_identifier=_IDENTIFIER)
        return bytes(self._builder.Output())
