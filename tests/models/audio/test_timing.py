import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.audio import timing


def test_seconds_become_the_nearest_sample() -> None:
    assert timing.samples_from_seconds(0.48, 16_000) == 7_680
    assert timing.samples_from_seconds(0.1, 16_000) == 1_600
    assert timing.seconds_from_samples(15_600, 16_000) == 0.975


@pytest.mark.parametrize(
    ("n_samples", "expected"),
    [(0, 1), (1, 1), (15_600, 1), (15_601, 2), (23_280, 2), (23_281, 3), (160_000, 20)],
)
def test_frames_are_counted_with_the_last_window_padded(n_samples: int, expected: int) -> None:
    assert timing.n_frames(n_samples, 15_600, 7_680) == expected


@given(n_samples=st.integers(0, 10**6), hop=st.integers(1, 15_600))
def test_windows_cover_every_sample_and_none_starts_in_vain(n_samples: int, hop: int) -> None:
    count = timing.n_frames(n_samples, 15_600, hop)
    assert (count - 1) * hop + 15_600 >= n_samples
    if count > 1:
        assert (count - 2) * hop + 15_600 < n_samples


@given(n_samples=st.integers(1, 10**6), hop=st.integers(160, 15_600))
def test_frames_tile_the_clip(n_samples: int, hop: int) -> None:
    count = timing.n_frames(n_samples, 15_600, hop)
    onsets_s = timing.frame_onsets_s(count, hop, 16_000)
    edges_s = timing.frame_edges_s(onsets_s, 0.975, hop / 16_000, n_samples / 16_000)
    assert edges_s[0] == 0
    assert edges_s[-1] == n_samples / 16_000
    assert len(edges_s) == count + 1
    assert np.all(np.diff(edges_s) >= 0)


def test_a_frame_stands_for_the_middle_of_its_window() -> None:
    onsets_s = timing.frame_onsets_s(5, 7_680, 16_000)
    edges_s = timing.frame_edges_s(onsets_s, 0.975, 0.48, 60.0)
    centre_s = onsets_s[2] + 0.975 / 2
    assert edges_s[2:4] == pytest.approx([centre_s - 0.24, centre_s + 0.24])
