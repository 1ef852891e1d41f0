import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.live.ring_buffer import Ring


@given(
    capacity=st.integers(1, 12),
    lengths=st.lists(st.integers(0, 30), max_size=8),
    span=st.tuples(st.integers(-5, 120), st.integers(-5, 120)),
)
def test_a_ring_is_the_end_of_a_list(
    capacity: int, lengths: list[int], span: tuple[int, int]
) -> None:
    ring, everything = Ring(capacity, dtype=np.int64), np.zeros(0, np.int64)
    for length in lengths:
        rows = np.arange(len(everything), len(everything) + length)
        ring.append(rows)
        everything = np.concatenate((everything, rows))
    assert (ring.start, ring.stop) == (max(0, len(everything) - capacity), len(everything))
    kept = set(everything[-capacity:])
    start, stop = span
    assert list(ring.between(start, stop)) == [n for n in range(start, stop) if n in kept]
    assert list(ring.last(5)) == list(everything[-min(5, capacity) :])
