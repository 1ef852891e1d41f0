"""Parsing of TFLite files: network, metadata and label lists, without running the model."""

from models.tflite.label_lists import LIST_LIMIT_BYTES, LabelList, beside, numbered, read_list
from models.tflite.network import Network, TensorInfo, read_network
from models.tflite.packed_labels import read_labels
from models.tflite.properties import (
    MAX_SAMPLE_RATE_HZ,
    MIN_SAMPLE_RATE_HZ,
    Properties,
    read_properties,
)

__all__ = [
    "LIST_LIMIT_BYTES",
    "MAX_SAMPLE_RATE_HZ",
    "MIN_SAMPLE_RATE_HZ",
    "LabelList",
    "Network",
    "Properties",
    "TensorInfo",
    "beside",
    "numbered",
    "read_labels",
    "read_list",
    "read_network",
    "read_properties",
]
