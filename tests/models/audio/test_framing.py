import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.audio.framing import Framing
from models.errors import SettingError

YAMNET = {"sample_rate": 16_000, "window_samples": 15_600}


@given(
    n_samples=st.integers(0, 500),
    window=st.integers(1, 90),
    hop=st.integers(1, 90),
    batch=st.integers(1, 7),
)
def test_windows_in_batches_equal_windows_of_the_padded_clip(
    n_samples: int, window: int, hop: int, batch: int
) -> None:
    hop = min(hop, window)
    samples = np.arange(1, n_samples + 1, dtype=np.float32)
    framing = Framing(100, window, hop)
    count = framing.n_frames(n_samples)
    padded = np.pad(samples, (0, count * hop + window))
    expected = np.stack([padded[i * hop : i * hop + window] for i in range(count)])
    batches = [
        framing.windows(samples, start, min(start + batch, count))
        for start in range(0, count, batch)
    ]
    np.testing.assert_array_equal(np.concatenate(batches), expected)
    for start in range(0, count, batch):
        stop = min(start + batch, count)
        on = padded[start * hop : (stop - 1) * hop + window]
        np.testing.assert_array_equal(framing.stretch(samples, start, stop), on)


@given(
    lengths=st.lists(st.integers(0, 90), max_size=9),
    window=st.integers(1, 90),
    hop=st.integers(1, 90),
    batch=st.integers(1, 7),
)
def test_a_clip_that_comes_in_blocks_is_cut_alike(
    lengths: list[int], window: int, hop: int, batch: int
) -> None:
    framing = Framing(100, window, min(hop, window))
    samples = np.arange(1, sum(lengths) + 1, dtype=np.float32)
    count = framing.n_frames(len(samples))
    expected = [
        framing.stretch(samples, start, min(start + batch, count))
        for start in range(0, count, batch)
    ]
    blocks = np.split(samples, np.cumsum(lengths)[:-1]) if lengths else []
    found = list(framing.stretches(blocks, batch))
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_windows_are_not_waited_for_longer_than_needed() -> None:
    framing = Framing(100, 10, 5)
    blocks = iter([np.ones(14, np.float32), np.ones(1, np.float32), np.ones(1, np.float32)])
    stretches = framing.stretches(blocks, 2)
    assert len(next(stretches)) == 15
    assert len(list(blocks)) == 1


def test_a_short_clip_is_padded_with_zeros() -> None:
    framing = Framing(16_000, 15_600, 7_680)
    (window,) = framing.windows(np.ones(100, dtype=np.float32), 0, 1)
    assert window.sum() == 100
    assert len(window) == 15_600


def test_windows_inside_the_clip_are_views() -> None:
    samples = np.zeros(100_000, dtype=np.float32)
    windows = Framing(16_000, 15_600, 7_680).windows(samples, 0, 4)
    assert np.shares_memory(windows, samples)


@pytest.mark.parametrize("hop_s", [0.1, 0.24, 0.48, 0.975])
def test_offered_hops_are_whole_samples(hop_s: float) -> None:
    assert Framing.from_seconds(hop_s, **YAMNET).hop_s == hop_s


@pytest.mark.parametrize("hop_s", [0.0, -0.1, 0.98, 480, float("nan"), float("inf")])
def test_a_hop_outside_the_window_is_refused(hop_s: float) -> None:
    with pytest.raises(SettingError, match="hop"):
        Framing.from_seconds(hop_s, **YAMNET)


def test_a_hop_in_milliseconds_is_guessed() -> None:
    with pytest.raises(SettingError, match="milliseconds"):
        Framing.from_seconds(480, **YAMNET)
