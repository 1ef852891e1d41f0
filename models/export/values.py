"""Formatting of numbers, labels and settings in all exports.

Conventions
-----------
Times are seconds from the start of the clip with six decimals (1 µs): less than one sample at any
rate of a recording. Scores have eight decimals, which represent YAMNet's multiples of 1/256
exactly, so that thresholds applied to an export give the same events. Text is UTF-8 without a byte
order mark.
"""

import csv
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.events import Event

TIME_DECIMALS = 6
"""Decimals of times, in seconds."""

SCORE_DECIMALS = 8
"""Decimals of scores."""

EVENT_COLUMNS = ("onset_s", "offset_s", "label", "peak", "mean")
"""Columns of an event table, in the order of `Event`'s fields."""

# C0 and C1 controls (ISO 6429, including tab, carriage return and line feed) and Unicode's line
# and paragraph separators: each ends a field or a line in some reader.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def row(event: Event) -> dict[str, Any]:
    """Return the values of `EVENT_COLUMNS` of one event, by name and in their order, rounded."""
    return {
        "onset_s": round(event.onset_s, TIME_DECIMALS),
        "offset_s": round(event.offset_s, TIME_DECIMALS),
        "label": event.label,
        "peak": round(event.peak, SCORE_DECIMALS),
        "mean": round(event.mean, SCORE_DECIMALS),
    }


def rounded(values: NDArray[np.floating[Any]], decimals: int = SCORE_DECIMALS) -> list[float]:
    """Round an array of shape (n,), and convert it to Python floats."""
    numbers: list[float] = np.round(values.astype(np.float64), decimals).tolist()
    return numbers


def seconds(time_s: float) -> str:
    """Format a time with all its decimals, such as ``1.207500``."""
    return f"{time_s:.{TIME_DECIMALS}f}"


def caption(event: Event) -> str:
    """Format label and peak score as one text, such as ``Speech (0.97)``."""
    return f"{one_line(event.label)} ({event.peak:.2f})"


def one_line(text: str) -> str:
    """Replace every character that could end a field or a line by a space."""
    return _CONTROLS.sub(" ", text)


def csv_lines(rows: Iterable[Iterable[Any]], **dialect: Any) -> Iterator[str]:  # noqa: ANN401
    """Yield rows as lines of CSV; `dialect` is that of `csv.writer`."""
    return map(csv.writer(_Echo(), **dialect).writerow, rows)


class _Echo:
    """A file whose `write`, and so `csv.writer`'s `writerow`, returns its argument."""

    def write(self, text: str) -> str:
        return text


def utf8(text: str) -> bytes:
    """Encode text as UTF-8, with ``?`` for lone surrogates.

    File names that are not valid UTF-8 contain lone surrogates (PEP 383), which no codec encodes.
    """
    return text.encode("utf-8", errors="replace")


def plain(value: Any) -> Any:  # noqa: ANN401  # settings are of any type
    """Convert a value to JSON types.

    Parameters
    ----------
    value : Any
        A setting of any type.

    Returns
    -------
    Any
        Mappings as dicts with string keys, sequences as lists, sets as sorted lists, NumPy's
        numbers and arrays as Python's, NaN and infinity as None, and values of other types as
        strings.
    """
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Set):
        return plain_list(sorted(value, key=str))
    if isinstance(value, list | tuple):
        return plain_list(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else str(value)


def plain_list(values: Iterable[Any]) -> list[Any]:
    """Convert each value by `plain`."""
    return [plain(value) for value in values]
