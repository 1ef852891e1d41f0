"""A reader of flatbuffers that trusts nothing it reads.

Conventions
-----------
The format (https://flatbuffers.dev/internals/) is little-endian. A table begins with the distance
back to its vtable; that lists, for each field in the order of the schema (its *slot*), where in
the table the field stands, or 0 where it has its default. Strings, vectors and tables inside a
table are given by their distance from the field.

Every distance may be a lie. So every access is checked against the ends of the file, and nothing
is followed but the slots that are asked for, so a file cannot lead in circles. Many places may
refer to the same table, list or text, so what is read in all has a limit of its own
(`MAX_READ_BYTES`).
"""

import dataclasses
import struct
from collections.abc import Iterator
from dataclasses import dataclass

MAX_ITEMS = 1 << 16
"""Longest vector that is read, but for one of bytes. Networks have some hundreds of tensors and
operators; the largest language models in this format have some tens of thousands."""

MAX_READ_BYTES = 16 << 20
"""Most that is read of vectors and texts of one flatbuffer: `MAX_ITEMS` tensors take 60 bytes each,
and as many operators the same."""

MAX_TEXT_BYTES = 1 << 16
"""Longest text that is read; descriptions have some thousands of characters."""


class DamagedError(ValueError):
    """A place that lies outside the file, or more to read than any network has."""


class _Budget:
    """Bytes that may still be read of one flatbuffer."""

    def __init__(self) -> None:
        self._left = MAX_READ_BYTES

    def spend(self, length: int) -> None:
        self._left -= length
        if self._left < 0:
            raise DamagedError(f"its lists and texts have more than {MAX_READ_BYTES:,} bytes")


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a flatbuffer.

    Parameters
    ----------
    content : bytes
        The whole flatbuffer.
    at : int
        Where the table begins in it.
    """

    content: bytes
    at: int
    _budget: _Budget = dataclasses.field(default_factory=_Budget, repr=False, compare=False)

    @classmethod
    def root(cls, content: bytes) -> "Table":
        """Find the outermost table of a flatbuffer.

        Raises
        ------
        DamagedError
            If it lies outside; so do all methods for what they read.
        """
        return cls(content, _read(content, "<I", 0))

    def field(self, slot: int) -> int | None:
        """Where a field stands; None where it has its default."""
        vtable = self.at - _read(self.content, "<i", self.at)
        place = 4 + 2 * slot  # behind the sizes of the vtable and of the table
        if place + 2 > _read(self.content, "<H", vtable):
            return None  # written by an older schema, which did not have the field yet
        offset = _read(self.content, "<H", vtable + place)
        return self.at + offset if offset else None

    def vector(self, slot: int) -> tuple[int, int]:
        """Where the items of a vector begin, and how many there are; 0, 0 where it is missing."""
        at = self.field(slot)
        if at is None:
            return 0, 0
        begin = at + _read(self.content, "<I", at)
        return begin + 4, _read(self.content, "<I", begin)

    def number(self, slot: int, kind: str, default: int = 0) -> int:
        """Read a whole number; `kind` is its letter in `struct`."""
        at = self.field(slot)
        return default if at is None else _read(self.content, f"<{kind}", at)

    def text(self, slot: int) -> str:
        """Read a text; empty where there is none."""
        begin, length = self.vector(slot)
        stored = self._span(begin, min(length, MAX_TEXT_BYTES))
        return stored.decode("utf-8", errors="replace").strip()

    def data(self, slot: int) -> bytes:
        """Read a vector of bytes; empty where there is none."""
        return self._span(*self.vector(slot))

    def numbers(self, slot: int, kind: str) -> tuple[float, ...]:
        """Read a vector of numbers; `kind` is their letter in `struct`."""
        begin, count = self._list(slot)
        size = struct.calcsize(f"<{kind}")
        return struct.unpack(f"<{count}{kind}", self._span(begin, size * count))

    def integers(self, slot: int) -> tuple[int, ...]:
        """Read a vector of 32-bit integers, such as a shape."""
        return tuple(int(number) for number in self.numbers(slot, "i"))

    def table(self, slot: int) -> "Table | None":
        """Follow a field to another table; None where there is none."""
        at = self.field(slot)
        return None if at is None else self._follow(at)

    def tables(self, slot: int) -> Iterator["Table"]:
        """Follow a vector of tables."""
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
    if not 0 <= at <= len(content) - struct.calcsize(kind):  # struct counts from the end below 0
        raise DamagedError(f"there is nothing at {at}")
    (number,) = struct.unpack_from(kind, content, at)
    return int(number)
