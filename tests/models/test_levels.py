import math

import numpy as np
import pytest

from models.levels import measure_levels


def test_a_full_scale_sine() -> None:
    levels = measure_levels(np.sin(np.arange(16_000) * 2 * np.pi / 16).astype(np.float32))
    assert levels.peak_dbfs == pytest.approx(0, abs=0.01)
    assert levels.rms_dbfs == pytest.approx(-3.01, abs=0.01)


def test_a_negative_peak_counts() -> None:
    assert measure_levels(np.array([0.1, -0.5], np.float32)).peak_dbfs == pytest.approx(
        -6.02, abs=0.01
    )


@pytest.mark.parametrize("count", [0, 1, 1000])
def test_digital_silence_is_minus_infinity(count: int) -> None:
    levels = measure_levels(np.zeros(count, np.float32))
    assert levels.peak_dbfs == levels.rms_dbfs == -math.inf
