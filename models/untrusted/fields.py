"""Validated reading of JSON fields from untrusted files, by type and range."""

import json
import math
import re
from collections.abc import Collection, Mapping
from typing import Any, TypeGuard, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

_Choice = TypeVar("_Choice", bound=str)
_LARGEST_COUNT = 10**6


class Refusal(Exception):  # noqa: N818  # becomes an EarmarkError, which names the file
    """The reason why a file is refused, as the end of a sentence."""


def read_fields(content: bytes, most: Mapping[bytes, int], called: str) -> "Fields":
    """Parse the JSON object of an untrusted file.

    Parameters
    ----------
    content : bytes
        The text, of bounded length.
    most : mapping of bytes to int
        Largest number of each of these characters. Each may become an object of fifty bytes or
        more: without a bound, 10 KB in an archive take 200 MB.
    called : str
        Name of the text, for messages.

    Returns
    -------
    Fields
        The object.

    Raises
    ------
    Refusal
        If it has more of these characters, numbers that are none, names that come twice, or is no
        object.
    ValueError, RecursionError
        If it is no JSON, or too deeply nested.
    """
    if any(content.count(sign) > count for sign, count in most.items()):
        raise Refusal(f"its {called} has more entries than are read")
    parsed = json.loads(content, object_pairs_hook=_without_repeats, parse_constant=_no_number)
    return Fields(parsed, "it")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise Refusal("two of its fields have the same name")
    return values


def _no_number(constant: str) -> None:
    raise Refusal(f"it has the number {constant}")


class Fields:
    """One JSON object.

    Parameters
    ----------
    values : object
        The parsed value.
    owner : str
        Name of the object, for messages.

    Raises
    ------
    Refusal
        If `values` is not a dict; each method raises it for a value of another type or range.
    """

    def __init__(self, values: object, owner: str) -> None:
        if not isinstance(values, dict):
            raise Refusal(f"{owner} has no named fields")
        self._values: dict[str, object] = values
        self._owner = owner

    def has(self, name: str) -> bool:
        """Whether a field has a value other than null."""
        return self._values.get(name) is not None

    def is_text(self, name: str) -> bool:
        """Whether a field has a string."""
        return isinstance(self._values.get(name), str)

    def text(self, name: str, longest: int) -> str:
        """Read a string of at most `longest` characters."""
        value = self._values.get(name)
        if not _is_text(value, longest):
            raise self._wrong(name, f"a text of up to {longest} characters")
        return value

    def digest(self, name: str) -> str:
        """Read a SHA-256 in 64 hexadecimal digits."""
        value = self.text(name, 64)
        if not re.fullmatch("[0-9a-f]{64}", value):
            raise self._wrong(name, "a SHA-256")
        return value

    def choice(self, name: str, among: Collection[_Choice]) -> _Choice:
        """Read one of the strings in `among`, which should be a set if there are many."""
        value = self._values.get(name)
        if isinstance(value, str) and value in among:
            return cast(_Choice, value)
        raise self._wrong(name, "one of those that are known")

    def flag(self, name: str) -> bool:
        """Read true or false."""
        value = self._values.get(name)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def whole(self, name: str, least: int, most: int) -> int:
        """Read an integer in a closed range."""
        value = self._values.get(name)
        if not (_is_whole(value) and least <= value <= most):
            raise self._wrong(name, f"a whole number from {least} to {most}")
        return value

    def optional_whole(self, name: str, most: int) -> int | None:
        """Read an integer of at least 1, or null."""
        return None if self._values.get(name) is None else self.whole(name, 1, most)

    def number(self, name: str, least: float, most: float) -> float:
        """Read a finite number in a closed range."""
        value = self._values.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(name, "a number")
        if not (math.isfinite(value) and least <= value <= most):
            raise self._wrong(name, f"a number from {least:g} to {most:g}")
        return float(value)

    def optional_number(self, name: str, least: float, most: float) -> float | None:
        """Read a finite number in a closed range, or null."""
        return None if self._values.get(name) is None else self.number(name, least, most)

    def inner(self, name: str) -> "Fields":
        """Read a nested object."""
        return Fields(self._values.get(name), f"its {name}")

    def optional_inner(self, name: str) -> "Fields | None":
        """Read a nested object, or null."""
        return None if self._values.get(name) is None else self.inner(name)

    def entries(self, name: str, most: int) -> list["Fields"]:
        """Read a list of at most `most` objects."""
        return [Fields(value, f"an entry of its {name}") for value in self._list(name, most)]

    def texts(self, name: str, most: int, longest: int) -> list[str]:
        """Read a list of at most `most` strings of at most `longest` characters."""
        values = self._list(name, most)
        texts = [value for value in values if _is_text(value, longest)]
        if len(texts) != len(values):
            raise self._wrong(name, f"a list of texts of up to {longest} characters")
        return texts

    def names(self, most: int, longest: int) -> list[str]:
        """Return the names of the fields: at most `most`, of at most `longest` characters."""
        if len(self._values) > most or not all(_is_text(name, longest) for name in self._values):
            raise Refusal(f"{self._owner} has more or longer names than are read")
        return list(self._values)

    def rows(self, name: str, most: int, width: int) -> list[tuple[float, ...]]:
        """Read a list of at most `most` rows of `width` finite numbers."""
        rows = self._list(name, most)
        for row in rows:
            if not isinstance(row, list) or len(row) != width or not all(map(_is_finite, row)):
                raise self._wrong(name, f"a list of rows of {width} numbers")
        return [tuple(row) for row in cast(list[list[float]], rows)]

    def counts(self, name: str, size: int) -> NDArray[np.intp]:
        """Read a square matrix of counts: ndarray of int, shape (size, size)."""
        rows = self._list(name, size)
        cells = [cell for row in rows if isinstance(row, list) for cell in row]
        lengths = {len(row) for row in rows if isinstance(row, list)}
        good = len(rows) == size and lengths == {size} and len(cells) == size * size
        if not good or not all(_is_whole(cell) and 0 <= cell <= _LARGEST_COUNT for cell in cells):
            raise self._wrong(name, f"a table of {size} by {size} counts")
        return np.array(cells, dtype=np.intp).reshape(size, size)

    def _list(self, name: str, most: int) -> list[object]:
        value = self._values.get(name)
        if not isinstance(value, list) or len(value) > most:
            raise self._wrong(name, f"a list of up to {most}")
        return value

    def _wrong(self, name: str, expected: str) -> Refusal:
        return Refusal(f"the {name} of {self._owner} is not {expected}")


def _is_text(value: object, longest: int) -> TypeGuard[str]:
    """Whether a value is a text that UTF-8 can encode: a page can send no other to a browser."""
    if not isinstance(value, str) or len(value) > longest:
        return False
    return value.isascii() or not re.search("[\ud800-\udfff]", value)


def _is_finite(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # An integer may be longer than a float can be; beyond 2**63 none is a time, or an index.
    return is_number and -(2.0**63) <= cast(float, value) <= 2.0**63


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
