import io

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from models.audio import load_clip, truncate


def recording(
    duration_s: float, *, channels: int = 1, subtype: str = "PCM_16", kind: str = "WAV"
) -> bytes:
    dice = np.random.default_rng(0)
    samples = dice.uniform(-0.5, 0.5, (round(48_000 * duration_s), channels))
    file = io.BytesIO()
    soundfile.write(file, samples, 48_000, format=kind, subtype=subtype)
    return file.getvalue()


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24"])
def test_what_is_too_long_keeps_its_beginning(channels: int, subtype: str) -> None:
    data = recording(3.0, channels=channels, subtype=subtype)
    cut, lasted_s = truncate(data, 1.25)
    assert lasted_s == pytest.approx(3.0)
    whole, kept = (soundfile.read(io.BytesIO(each))[0] for each in (data, cut))
    np.testing.assert_array_equal(kept, whole[:60_000])
    assert load_clip(cut).duration_s == pytest.approx(1.25, abs=1e-3)


@pytest.mark.parametrize("data", [recording(1.0), recording(3.0, kind="FLAC"), b"", b"RIFF"])
def test_everything_else_stays_as_it_is(data: bytes) -> None:
    assert truncate(data, 1.0) == (data, None)


@given(at=st.integers(0, 60), value=st.integers(0, 255), stop=st.integers(0, 2_000))
def test_damaged_headers_do_no_harm(at: int, value: int, stop: int) -> None:
    """Whatever comes back is no longer than what came in."""
    data = bytearray(recording(0.02)[:stop])
    data[at : at + 1] = bytes([value])
    cut, _ = truncate(bytes(data), 0.01)
    assert len(cut) <= len(data) + 44
