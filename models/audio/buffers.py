"""Buffers that grow: rows of arrays, and a count of samples that pass."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_SEGMENT_BYTES = 38_400_000
"""Ten minutes of samples at 16 kHz, half an hour of YAMNet's scores. Above 32 MiB glibc's malloc
always asks the system for memory, and gives it back when it is freed (mallopt(3),
M_MMAP_THRESHOLD)."""


class RowBuffer:
    """Collects rows of unknown number and joins them without holding all of them twice.

    Rows are written into segments. Each segment is released as soon as it is copied into the
    whole. The system assigns no memory to pages that are never written, so a few rows do not take
    a whole segment.

    Parameters
    ----------
    row_shape : tuple of int
        Of one row; a scalar by default.
    dtype : dtype
        Of its values.
    """

    def __init__(self, row_shape: tuple[int, ...] = (), dtype: DTypeLike = np.float32) -> None:
        self._row_shape = row_shape
        self._dtype = np.dtype(dtype)
        row_bytes = int(np.prod(row_shape)) * self._dtype.itemsize
        self._capacity = max(1, _SEGMENT_BYTES // row_bytes)
        self._full: list[NDArray[Any]] = []
        self._last = self._room(self._capacity)
        self._n_last = 0

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self._full) * self._capacity + self._n_last

    def append(self, rows: NDArray[Any]) -> None:
        """Add rows at the end: an array of shape (any, *row_shape)."""
        while len(rows):
            room = self._capacity - self._n_last
            part, rows = rows[:room], rows[room:]
            self._last[self._n_last : self._n_last + len(part)] = part
            self._n_last += len(part)
            if self._n_last == self._capacity:
                self._full.append(self._last)
                self._last = self._room(self._capacity)
                self._n_last = 0

    def take(self) -> NDArray[Any]:
        """Join the segments and forget them."""
        joined = self._room(len(self))
        joined[len(joined) - self._n_last :] = self._last[: self._n_last]
        self._last, self._n_last = self._room(0), 0
        while self._full:
            start = (len(self._full) - 1) * self._capacity
            joined[start : start + self._capacity] = self._full.pop()
        return joined

    def _room(self, n_rows: int) -> NDArray[Any]:
        return np.empty((n_rows, *self._row_shape), self._dtype)


class CountedBlocks:
    """Blocks of samples that are counted as they pass.

    Parameters
    ----------
    blocks : iterable of ndarray of float32, shape (any,)
        Gone through once.

    Attributes
    ----------
    n_samples : int
        How many have passed.
    """

    def __init__(self, blocks: Iterable[NDArray[np.float32]]) -> None:
        self._blocks = blocks
        self.n_samples = 0

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        for block in self._blocks:
            self.n_samples += len(block)
            yield block
