"""Bounds-checked reader of untrusted flatbuffers.

Conventions
-----------
The format (https://flatbuffers.dev/internals/) is little-endian. A table begins with the distance
back to its vtable. The vtable lists, for each field in the order of the schema (its *slot*), the
offset of the field in the table, or 0 for the default value. Strings, vectors and tables inside a
table are given by their distance from the field.

Every distance is untrusted. Every access is checked against the ends of the file, and only the
requested slots are followed, so a file cannot cause an endless loop. Many places may refer to the
same table, vector or string, so the total number of bytes read is limited, too (`MAX_READ_BYTES`).
"""

import dataclasses
import struct
from collections.abc import Iterator
from dataclasses import dataclass

MAX_ITEMS = 1 << 16
"""Longest vector that is read, except for vectors of bytes. Networks have some hundreds of tensors
and operators; the largest language models in this format have some tens of thousands."""

MAX_READ_BYTES = 16 << 20
"""Limit on the bytes of vectors and strings read from one flatbuffer: `MAX_ITEMS` tensors take 60
bytes each, and as many operators the same."""

MAX_TEXT_BYTES = 1 << 16
"""Longest string that is read, in bytes; descriptions have some thousands of characters."""


class DamagedError(ValueError):
    """A position outside the file, or more data than a network can have."""


class _Budget:
    """Number of bytes that may still be read from one flatbuffer."""

    def __init__(self) -> None:
        self._left = MAX_READ_BYTES

    def spend(self, length: int) -> None:
        self._left -= length
        if self._left < 0:
            raise DamagedError(f"its lists and texts have more than {MAX_READ_BYTES:,} bytes")


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a flatbuffer. All methods raise `DamagedError` for data outside of the file.

    Parameters
    ----------
    content : bytes
        The whole flatbuffer.
    at : int
        Offset of the table.
    """

    content: bytes
    at: int
    _budget: _Budget = dataclasses.field(default_factory=_Budget, repr=False, compare=False)

    @classmethod
    def root(cls, content: bytes) -> "Table":
        """Return the root table of a flatbuffer.

        Raises
        ------
        DamagedError
            If its position lies outside of the file.
        """
        return cls(content, _read(content, "<I", 0))

    def field(self, slot: int) -> int | None:
        """Return the offset of a field; None for the default value."""
        vtable = self.at - _read(self.content, "<i", self.at)
        place = 4 + 2 * slot  # after the sizes of the vtable and of the table
        if place + 2 > _read(self.content, "<H", vtable):
            return None  # written with an older schema without the field
        offset = _read(self.content, "<H", vtable + place)
        return self.at + offset if offset else None

    def vector(self, slot: int) -> tuple[int, int]:
        """Return the offset of a vector's first item and its length; 0, 0 if it is missing."""
        at = self.field(slot)
        if at is None:
            return 0, 0
        begin = at + _read(self.content, "<I", at)
        return begin + 4, _read(self.content, "<I", begin)

    def number(self, slot: int, kind: str, default: int = 0) -> int:
        """Read an integer; `kind` is its format character of `struct`."""
        at = self.field(slot)
        return default if at is None else _read(self.content, f"<{kind}", at)

    def text(self, slot: int) -> str:
        """Read a string; empty if it is missing."""
        begin, length = self.vector(slot)
        stored = self._span(begin, min(length, MAX_TEXT_BYTES))
        return stored.decode("utf-8", errors="replace").strip()

    def data(self, slot: int) -> bytes:
        """Read a vector of bytes; empty if it is missing."""
        return self._span(*self.vector(slot))

    def numbers(self, slot: int, kind: str) -> tuple[float, ...]:
        """Read a vector of numbers; `kind` is their format character of `struct`."""
        begin, count = self._list(slot)
        size = struct.calcsize(f"<{kind}")
        return struct.unpack(f"<{count}{kind}", self._span(begin, size * count))

    def integers(self, slot: int) -> tuple[int, ...]:
        """Read a vector of 32-bit integers, such as a shape."""
        return tuple(int(number) for number in self.numbers(slot, "i"))

    def table(self, slot: int) -> "Table | None":
        """Return the table that a field refers to; None if it is missing."""
        at = self.field(slot)
        return None if at is None else self._follow(at)

    def tables(self, slot: int) -> Iterator["Table"]:
        """Generate the tables of a vector."""
        begin, count = self._list(slot)
        self._span(begin, 4 * count)
        for number in range(count):
            yield self._follow(begin + 4 * number)

    def _follow(self, at: int) -> "Table":
        return Table(self.content, at + _read(self.content, "<I", at), self._budget)

    def _list(self, slot: int) -> tuple[int, int]:
        begin, count = self.vector(slot)
        if count > MAX_ITEMS:
            raise DamagedError(f"a list has {count:,} items, more than {MAX_ITEMS:,}")
        return begin, count

    def _span(self, begin: int, length: int) -> bytes:
        self._budget.spend(length)
        if begin + length > len(self.content):
            raise DamagedError(f"{length} bytes at {begin} reach beyond the end")
        return self.content[begin : begin + length]


def _read(content: bytes, kind: str, at: int) -> int:
    if not 0 <= at <= len(content) - struct.calcsize(kind):  # `struct` accepts negative offsets
        raise DamagedError(f"there is nothing at {at}")
    (number,) = struct.unpack_from(kind, content, at)
    return int(number)
