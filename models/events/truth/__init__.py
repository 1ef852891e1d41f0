"""Lists of true events, from the tools that write them."""

from models.events.truth.columns import Columns
from models.events.truth.event import (
    MAX_COLUMNS,
    MAX_INSTANT_S,
    MAX_LINES,
    MAX_ROWS,
    MAX_TRUE_EVENTS,
    MAX_TRUTH_BYTES,
    TrueEvent,
)
from models.events.truth.reading import TruthReading, read_truth, read_truth_list
from models.events.truth.table import UnknownColumns

__all__ = [
    "MAX_COLUMNS",
    "MAX_INSTANT_S",
    "MAX_LINES",
    "MAX_ROWS",
    "MAX_TRUE_EVENTS",
    "MAX_TRUTH_BYTES",
    "Columns",
    "TrueEvent",
    "TruthReading",
    "UnknownColumns",
    "read_truth",
    "read_truth_list",
]
