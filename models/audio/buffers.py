"""Growing buffer of rows, and a counter of samples in blocks."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_SEGMENT_BYTES = 38_400_000
"""Size of a segment: ten minutes of samples at 16 kHz, half an hour of YAMNet's scores. Above 32
MiB glibc's malloc always maps memory, and unmaps it when it is freed (mallopt(3),
M_MMAP_THRESHOLD)."""


class RowBuffer:
    """Collects an unknown number of rows and joins them without holding all of them twice.

    Rows are written into segments, and each segment is released once it is copied into the result.
    The operating system commits no memory for pages that are not written, so few rows do not take a
    whole segment.

    Parameters
    ----------
    row_shape : tuple of int
        Shape of one row; a scalar by default.
    dtype : dtype
        Data type of the values.
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
        """Return the number of rows."""
        return len(self._full) * self._capacity + self._n_last

    def append(self, rows: NDArray[Any]) -> None:
        """Append rows: an array of shape (n_rows, *row_shape)."""
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
        """Return all rows as one array of shape (n_rows, *row_shape), and empty the buffer."""
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
    """Iterates over blocks of samples and counts them.

    Parameters
    ----------
    blocks : iterable of ndarray of float32, shape (n_samples,)
        Iterated over once.

    Attributes
    ----------
    n_samples : int
        Number of samples so far.
    """

    def __init__(self, blocks: Iterable[NDArray[np.float32]]) -> None:
        self._blocks = blocks
        self.n_samples = 0

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        for block in self._blocks:
            self.n_samples += len(block)
            yield block
