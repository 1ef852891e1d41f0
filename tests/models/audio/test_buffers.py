import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.audio import buffers
from models.audio.buffers import CountedBlocks, RowBuffer


@given(
    counts=st.lists(st.integers(0, 20), max_size=8),
    segment_bytes=st.integers(1, 200),
    width=st.integers(1, 4),
)
def test_rows_come_out_as_they_went_in(counts: list[int], segment_bytes: int, width: int) -> None:
    rows = np.arange(sum(counts) * width, dtype=np.float32).reshape(-1, width)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(buffers, "_SEGMENT_BYTES", segment_bytes)
        gathered = RowBuffer((width,))
        for start, count in zip(np.cumsum([0, *counts]), counts, strict=False):
            gathered.append(rows[start : start + count])
    assert len(gathered) == len(rows)
    np.testing.assert_array_equal(gathered.take(), rows)


def test_samples_are_counted_as_they_pass() -> None:
    counted = CountedBlocks(
        [np.zeros(3, np.float32), np.zeros(0, np.float32), np.zeros(2, np.float32)]
    )
    passed = [len(block) for block in counted]
    assert passed == [3, 0, 2]
    assert counted.n_samples == 5
