"""Fields of the tables in TFLite files and in their metadata, by name.

Conventions
-----------
The number of a field is its slot. Those of a model and its parts are from TFLite's schema
(``tensorflow/compiler/mlir/lite/schema/schema.fbs``, version 3), those of metadata from that of
metadata (``metadata_schema.fbs`` of TFLite Support and MediaPipe, version 1.5.0). Fields that are
neither read nor written here are left out.

The modules generated from the schema have the same names, but their readers check no bounds, and
they are part of one runtime.
"""

from enum import IntEnum


class ModelField(IntEnum):
    """Fields of a model, the root table."""

    OPERATOR_CODES = 1
    GRAPHS = 2
    BUFFERS = 4
    METADATA = 6


class OperatorCodeField(IntEnum):
    """Fields of a kind of operator."""

    DEPRECATED_BUILTIN_CODE = 0
    CUSTOM_CODE = 1
    BUILTIN_CODE = 3


class GraphField(IntEnum):
    """Fields of a graph."""

    TENSORS = 0
    INPUTS = 1
    OUTPUTS = 2
    OPERATORS = 3


class TensorField(IntEnum):
    """Fields of a tensor."""

    SHAPE = 0
    TYPE = 1
    NAME = 3
    QUANTIZATION = 4
    SHAPE_SIGNATURE = 7


class QuantizationField(IntEnum):
    """Fields of a tensor's quantization."""

    SCALE = 2
    ZERO_POINT = 3


class OperatorField(IntEnum):
    """Fields of an operator."""

    CODE_INDEX = 0
    INPUTS = 1
    OUTPUTS = 2


class BufferField(IntEnum):
    """Fields of a buffer."""

    DATA = 0


class MetadataEntryField(IntEnum):
    """Fields of an entry in a model's list of metadata."""

    NAME = 0
    BUFFER = 1


class ModelMetadataField(IntEnum):
    """Fields of TFLite metadata, its root table."""

    NAME = 0
    DESCRIPTION = 1
    VERSION = 2
    GRAPHS = 3
    AUTHOR = 4
    LICENCE = 5
    MIN_PARSER_VERSION = 7


class GraphMetadataField(IntEnum):
    """Fields of a graph's metadata."""

    INPUTS = 2
    OUTPUTS = 3


class TensorMetadataField(IntEnum):
    """Fields of a tensor's metadata."""

    NAME = 0
    DESCRIPTION = 1
    CONTENT = 3
    STATISTICS = 5
    FILES = 6


class ContentField(IntEnum):
    """Fields of a tensor's content: a union, given by the kind and the table of its properties."""

    KIND = 0
    PROPERTIES = 1


class AudioField(IntEnum):
    """Fields of the properties of audio."""

    SAMPLE_RATE = 0
    CHANNELS = 1


class FileField(IntEnum):
    """Fields of an associated file."""

    NAME = 0
    DESCRIPTION = 1
    KIND = 2


class StatisticsField(IntEnum):
    """Fields of the statistics of a tensor's values."""

    MAX = 0
    MIN = 1


class ContentKind(IntEnum):
    """Kinds of content."""

    FEATURES = 1
    AUDIO = 4


class FileKind(IntEnum):
    """Kinds of associated files."""

    AXIS_LABELS = 2
    VALUE_LABELS = 3
