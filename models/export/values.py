"""How every format spells numbers, labels and settings.

Conventions
-----------
Times are seconds from the clip's beginning and keep six decimals, a microsecond: less than one
sample at any rate that a recording can have. Scores keep eight, with which YAMNet's, multiples of
1/256, are exact: whoever applies a threshold to them finds the same events. Text leaves as UTF-8
without a byte order mark.
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

# C0 and C1 controls (ISO 6429: tab, carriage return and line feed among them) and Unicode's two
# own separators: each ends a field or a line in some reader.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def row(event: Event) -> dict[str, Any]:
    """One event as the values of `EVENT_COLUMNS`, by name and in their order, rounded."""
    return {
        "onset_s": round(event.onset_s, TIME_DECIMALS),
        "offset_s": round(event.offset_s, TIME_DECIMALS),
        "label": event.label,
        "peak": round(event.peak, SCORE_DECIMALS),
        "mean": round(event.mean, SCORE_DECIMALS),
    }


def rounded(values: NDArray[np.floating[Any]], decimals: int = SCORE_DECIMALS) -> list[float]:
    """Numbers of an array of shape (n,), rounded, as Python's floats."""
    numbers: list[float] = np.round(values.astype(np.float64), decimals).tolist()
    return numbers


def seconds(time_s: float) -> str:
    """Spell a time with all its decimals, such as ``1.207500``."""
    return f"{time_s:.{TIME_DECIMALS}f}"


def caption(event: Event) -> str:
    """Label and peak score where only one text has room, such as ``Speech (0.97)``."""
    return f"{one_line(event.label)} ({event.peak:.2f})"


def one_line(text: str) -> str:
    """Text with a space for every character that could end a field or a line."""
    return _CONTROLS.sub(" ", text)


def csv_lines(rows: Iterable[Iterable[Any]], **dialect: Any) -> Iterator[str]:  # noqa: ANN401
    """Rows as lines of CSV, one after another; `dialect` is that of `csv.writer`."""
    return map(csv.writer(_Echo(), **dialect).writerow, rows)


class _Echo:
    """A file whose `write`, and so `csv.writer`'s `writerow`, returns what was written."""

    def write(self, text: str) -> str:
        return text


def utf8(text: str) -> bytes:
    """Encode text as UTF-8, with ``?`` for halves of characters.

    A name from a file system that is not UTF-8 holds such halves (PEP 383), and nothing encodes
    them.
    """
    return text.encode("utf-8", errors="replace")


def plain(value: Any) -> Any:  # noqa: ANN401  # settings hold anything
    """Value as JSON can hold it.

    Parameters
    ----------
    value : Any
        Anything that settings hold.

    Returns
    -------
    Any
        Mappings as dicts with text for keys, sequences as lists, sets as sorted lists, NumPy's
        numbers and arrays as Python's, numbers that are none (NaN, infinity) as None, and
        everything that is unknown as its text.
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
    """Each value as `plain` gives it."""
    return [plain(value) for value in values]
