"""Heat map of activity: number of results by day and hour."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from components.style import figures
from components.style.palette import Palette

MAX_DAYS = 366
"""Maximum number of days that are drawn one by one; beyond it a row is a week."""

ROW_PX, HEAD_PX, MAX_PX = 22, 40, 460
"""Height of a row, of the hours above, and largest height of the figure, in pixels."""

_HOURS = 24


def by_day_and_hour(
    counts: Mapping[datetime, int],
) -> tuple[list[date], NDArray[np.int64]]:
    """Lay counts out by day and hour.

    Parameters
    ----------
    counts : mapping of datetime to int
        Number of results by the beginning of their hour.

    Returns
    -------
    days : list of date
        All days from the first to the last; the Mondays of all weeks where there are more than
        `MAX_DAYS`.
    numbers : ndarray of int64, shape (n_days, 24)
        Number of results of each day, or week, and hour.
    """
    if not counts:
        return [], np.zeros((0, _HOURS), np.int64)
    first, last = min(counts).date(), max(counts).date()
    step = 1 if (last - first).days < MAX_DAYS else 7
    if step == 7:
        first -= timedelta(days=first.weekday())
    days = [first + timedelta(days=n) for n in range(0, (last - first).days + 1, step)]
    numbers = np.zeros((len(days), _HOURS), np.int64)
    for hour, count in counts.items():
        numbers[(hour.date() - first).days // step, hour.hour] += count
    return days, numbers


def figure(counts: Mapping[datetime, int], palette: Palette) -> go.Figure:
    """Draw the number of results by day, from top to bottom, and hour.

    Parameters
    ----------
    counts : mapping of datetime to int
        Number of results by the beginning of their hour; at least one.
    palette : Palette
        Palette of the page's theme.
    """
    days, numbers = by_day_and_hour(counts)
    rows = list(range(len(days)))
    names = [f"{day:%-d %b %Y}" for day in days]
    trace = go.Heatmap(
        z=numbers,
        zmin=0,
        xgap=1,
        ygap=1 if len(days) <= 60 else 0,
        colorscale=[[0, palette.lane], [1, palette.score]],
        showscale=False,
        text=[[f"{name}, {hour:02}:00" for hour in range(_HOURS)] for name in names],
        hovertemplate="%{text}<br>%{z} results<extra></extra>",
    )
    labelled = rows[:: max(1, -(-len(rows) // 12))]
    axis = {"showgrid": False, "zeroline": False, "fixedrange": True}
    layout = {
        **figures.base_layout(palette, height=min(MAX_PX, HEAD_PX + ROW_PX * len(days))),
        "margin": {"l": 2, "r": 2, "t": 4, "b": 4},
        "xaxis": {
            **axis,
            "side": "top",
            "tickvals": [0, 6, 12, 18],
            "ticktext": ["0:00", "6:00", "12:00", "18:00"],
            "automargin": True,
            "ticks": "",
        },
        "yaxis": {
            **axis,
            "tickvals": labelled,
            "ticktext": [names[row] for row in labelled],
            "range": [len(rows) - 0.5, -0.5],
            "automargin": True,
            "ticks": "",
        },
    }
    return go.Figure([trace], layout)


def show(counts: Mapping[datetime, int], palette: Palette) -> None:
    """Draw the activity, or say that there is none."""
    st.header("Activity", anchor=False)
    if not counts:
        st.caption("Results have no time: it comes from a recording's metadata or its name.")
        return
    st.plotly_chart(
        figure(counts, palette),
        key="archive-activity",
        theme=None,
        config=figures.CONFIG,
        alt=in_words(counts),
    )


def in_words(counts: Mapping[datetime, int]) -> str:
    """Describe the activity: how many results there are, and in which hour of the day most."""
    _, numbers = by_day_and_hour(counts)
    by_hour = numbers.sum(axis=0)
    hour = int(by_hour.argmax())
    return (
        f"Number of results by day and hour: {int(by_hour.sum()):,} in all, "
        f"most of them from {hour}:00 to {hour + 1}:00."
    )
