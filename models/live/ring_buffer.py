"""The last rows of an endless sequence, addressed by their number in it."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Ring:
    """Keeps the newest rows and forgets the oldest.

    Its memory is reserved at once but, left to the system, only taken as rows come in. Not safe
    to write in one thread while another one reads.

    Parameters
    ----------
    capacity : int
        Rows kept at most.
    dtype : dtype
        Of one row.
    row_shape : tuple of int
        Of one row; a scalar by default.

    Attributes
    ----------
    stop : int
        How many rows have been appended in all: one past the newest row's number.
    """

    def __init__(self, capacity: int, *, dtype: DTypeLike, row_shape: tuple[int, ...] = ()) -> None:
        self._rows: NDArray[Any] = np.empty((capacity, *row_shape), dtype)
        self.stop = 0

    @property
    def n_bytes(self) -> int:
        """Size of the rows that have come in and are kept, in bytes."""
        row_bytes = self._rows.nbytes // max(1, len(self._rows))
        return min(self.stop, len(self._rows)) * row_bytes

    @property
    def max_bytes(self) -> int:
        """Size that it has once it is full, in bytes."""
        return self._rows.nbytes

    @property
    def start(self) -> int:
        """Number of the oldest row that is still kept."""
        return max(0, self.stop - len(self._rows))

    def append(self, rows: NDArray[Any]) -> None:
        """Add rows at the end; where they are more than fit, the last ones stay."""
        capacity = len(self._rows)
        kept = rows[max(0, len(rows) - capacity) :]
        at = (self.stop + len(rows) - len(kept)) % capacity
        before_wrap = kept[: capacity - at]
        self._rows[at : at + len(before_wrap)] = before_wrap
        self._rows[: len(kept) - len(before_wrap)] = kept[len(before_wrap) :]
        self.stop += len(rows)

    def free(self) -> None:
        """Drop all rows for good. Nothing can be appended any more."""
        self._rows = np.empty((0, *self._rows.shape[1:]), self._rows.dtype)

    def between(self, start: int, stop: int) -> NDArray[Any]:
        """Copy the rows numbered `start` to `stop`, as far as they are kept."""
        start, stop = max(start, self.start), min(stop, self.stop)
        capacity = len(self._rows)
        if not capacity:
            return self._rows
        at, n_rows = start % capacity, max(0, stop - start)
        before_wrap = self._rows[at : at + n_rows]
        return np.concatenate((before_wrap, self._rows[: n_rows - len(before_wrap)]))

    def last(self, n_rows: int) -> NDArray[Any]:
        """Copy the newest `n_rows` rows, or as many as there are."""
        return self.between(self.stop - n_rows, self.stop)
