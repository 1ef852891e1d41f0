"""The table of events."""

from datetime import time

import pytest

from components.clip.event_table import in_table, times_column


@pytest.mark.parametrize(
    ("seconds", "clip_s", "shown", "pattern"),
    [
        (7.258, 59.9, 7.258, "%.2f"),
        (7.258, 60.0, time(0, 0, 7, 260_000), "m:ss.SS"),
        (59.999, 75.0, time(0, 1), "m:ss.SS"),
        (3_723.5, 4_000.0, time(1, 2, 3, 500_000), "H:mm:ss.SS"),
        (90_000.0, 100_000.0, 90_000.0, "%.2f"),  # no time of day is later than 24 h
    ],
)
def test_times_of_clips_above_a_minute_have_minutes(
    seconds: float, clip_s: float, shown: object, pattern: str
) -> None:
    assert in_table(seconds, clip_s) == shown
    column = times_column("Onset", clip_s)
    assert column["type_config"]["format"] == pattern
    assert column["label"] == ("Onset (s)" if pattern == "%.2f" else "Onset")
