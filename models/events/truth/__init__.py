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
from models.events.truth.reading import (
    TruthReading,
    TruthsReading,
    read_truth,
    read_truth_list,
    read_truth_lists,
    read_truths,
    truth_for,
)
from models.events.truth.table import UnknownColumns, signature

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
    "TruthsReading",
    "UnknownColumns",
    "read_truth",
    "read_truth_list",
    "read_truth_lists",
    "read_truths",
    "signature",
    "truth_for",
]
