"""Ring buffer of rows, addressed by their number in the sequence."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Ring:
    """Stores the newest rows and overwrites the oldest.

    The memory is allocated at once, but the operating system commits it only as rows are written.
    Not thread-safe: a reader and a writer in different threads need a lock.

    Parameters
    ----------
    capacity : int
        Number of rows that fit.
    dtype : dtype
        Data type of the rows.
    row_shape : tuple of int
        Shape of one row; a scalar by default.

    Attributes
    ----------
    stop : int
        Number of rows appended so far: one past the number of the newest row.

    Examples
    --------
    >>> ring = Ring(3, dtype=np.int16)
    >>> ring.append(np.arange(5))
    >>> ring.start, ring.stop, ring.last(2).tolist()
    (2, 5, [3, 4])
    """

    def __init__(self, capacity: int, *, dtype: DTypeLike, row_shape: tuple[int, ...] = ()) -> None:
        self._rows: NDArray[Any] = np.empty((capacity, *row_shape), dtype)
        self.stop = 0

    @property
    def n_bytes(self) -> int:
        """Size of the stored rows, in bytes."""
        row_bytes = self._rows.nbytes // max(1, len(self._rows))
        return min(self.stop, len(self._rows)) * row_bytes

    @property
    def max_bytes(self) -> int:
        """Size of the full buffer, in bytes."""
        return self._rows.nbytes

    @property
    def start(self) -> int:
        """Number of the oldest stored row."""
        return max(0, self.stop - len(self._rows))

    def append(self, rows: NDArray[Any]) -> None:
        """Append rows; of more rows than fit, the last ones are stored."""
        capacity = len(self._rows)
        kept = rows[max(0, len(rows) - capacity) :]
        at = (self.stop + len(rows) - len(kept)) % capacity
        before_wrap = kept[: capacity - at]
        self._rows[at : at + len(before_wrap)] = before_wrap
        self._rows[: len(kept) - len(before_wrap)] = kept[len(before_wrap) :]
        self.stop += len(rows)

    def free(self) -> None:
        """Release the memory. No rows can be appended afterwards."""
        self._rows = np.empty((0, *self._rows.shape[1:]), self._rows.dtype)

    def between(self, start: int, stop: int) -> NDArray[Any]:
        """Copy the rows `start` to `stop` (exclusive), as far as they are stored."""
        start, stop = max(start, self.start), min(stop, self.stop)
        capacity = len(self._rows)
        if not capacity:
            return self._rows
        at, n_rows = start % capacity, max(0, stop - start)
        before_wrap = self._rows[at : at + n_rows]
        return np.concatenate((before_wrap, self._rows[: n_rows - len(before_wrap)]))

    def last(self, n_rows: int) -> NDArray[Any]:
        """Copy the newest `n_rows` rows, or all that are stored."""
        return self.between(self.stop - n_rows, self.stop)
