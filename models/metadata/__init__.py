"""What a model's file says of itself, read without running it."""

from models.metadata.lists import LIST_LIMIT_BYTES, LabelList, beside, numbered, read_list
from models.metadata.network import Network, TensorInfo, read_network
from models.metadata.packed import read_labels
from models.metadata.properties import (
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
