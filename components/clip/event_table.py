"""Columns of the tables of events and classes: times and scores.

Widths are the least, in pixels, with which the essential columns fit a phone of 390 px; columns
grow with the table.
"""

from datetime import time

import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from components.style import text

ROW_PX = 35
"""Height of a row of Streamlit's tables, in pixels."""

PHONE_PX, SELECTION_PX = 356, 32
"""Width of a table on a phone of 390 px, and of the column by which its rows are selected."""

TIME_PX, SCORE_PX, COUNT_PX, TRUTH_PX = 64, 46, 48, 74
"""Least width of a column of times, scores, numbers and judgements."""

_HOUR_S, _DAY_S = 3_600, 86_400


def in_table(seconds: float, clip_s: float) -> float | time:
    """Return a time as the table shows it: as `text.instant` writes it, and sorted by value."""
    if not text.MINUTES_FROM_S <= clip_s < _DAY_S:
        return seconds
    minutes, hundredths = divmod(round(100 * seconds), 6_000)
    return time(minutes // 60, minutes % 60, hundredths // 100, hundredths % 100 * 10_000)


def times_column(title: str, clip_s: float) -> ColumnConfig:
    """Return the column of times by `in_table`, with its unit where they are in seconds."""
    if not text.MINUTES_FROM_S <= clip_s < _DAY_S:
        return st.column_config.NumberColumn(f"{title} (s)", format="%.2f", width=TIME_PX)
    pattern = "m:ss.SS" if clip_s < _HOUR_S else "H:mm:ss.SS"  # Moment.js
    return st.column_config.TimeColumn(title, format=pattern, width=TIME_PX)


def label_column(*others_px: int) -> ColumnConfig:
    """Return the column of labels; on a phone it has what columns of widths given leave of it."""
    return st.column_config.TextColumn("Label", width=PHONE_PX - sum(others_px))


def score_column(title: str) -> ColumnConfig:
    """Return a column of scores, each with a bar."""
    return st.column_config.ProgressColumn(
        title, format="%.2f", min_value=0.0, max_value=1.0, width=SCORE_PX
    )
