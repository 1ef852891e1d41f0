"""Static Plotly figures: pure functions from scores to figures.

Conventions
-----------
Labels are escaped, because Plotly interprets markup in them.
"""

import html
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from components.style import text
from components.style.palette import Palette
from models.events import EventRules
from models.events.totals import Rank, Ranking

CONFIG = {"displayModeBar": False, "scrollZoom": False}
"""Plotly configuration of the charts: without mode bar and zoom."""

FONT = "Source Sans, sans-serif"
"""Font of Streamlit's pages."""

BAR_PX = 38
"""Height of a bar with its label above it, in pixels."""

BAR_LABEL_LENGTH = 30
"""Number of characters of a label that fit above a bar."""

COURSE_PX = 150
"""Height of the figure of a score over time, in pixels."""

HEAD_PX, FOOT_PX = 8, 30

MAX_TICKS = 8
"""Maximum number of ticks of a time axis in minutes."""

TICKS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
"""Possible distances of such ticks, in seconds."""


def rank_value(rank: Rank, by: Ranking) -> str:
    """Format the value that a class is ranked by: ``46%`` of the time, or a score as ``0.46``."""
    if by == "time":
        return f"{rank.share:.0%}"
    return f"{rank.mean if by == 'mean' else rank.peak:.2f}"


def bars_figure(
    ranks: Sequence[Rank], *, by: Ranking, rules: EventRules, palette: Palette
) -> go.Figure:
    """Draw the ranking of classes as horizontal bars, the best on top.

    Parameters
    ----------
    ranks : sequence of Rank
        The ranked classes, best first; the highest score of each is a tick on its bar.
    by : {'time', 'mean', 'max'}
        Value that the bars show.
    rules : EventRules
        Classes whose peak reaches their threshold are drawn in the colour of their category.
    palette : Palette
        Palette of the page's theme.
    """
    rows = list(range(len(ranks)))
    lengths = [{"time": one.share, "mean": one.mean, "max": one.peak}[by] for one in ranks]
    highest = [one.peak for one in ranks]
    colours = [
        palette.category(one.label) if one.peak >= rules.onset_for(one.label) else palette.below
        for one in ranks
    ]
    hover = [
        f"<b>{html.escape(one.label)}</b><br>{one.share:.0%} of the time, "
        f"mean score {one.mean:.2f}, highest {one.peak:.2f}"
        for one in ranks
    ]
    bar = {"orientation": "h", "y": rows, "width": 0.2, "hovertext": hover, "hoverinfo": "text"}
    marks = {"symbol": "line-ns", "size": 11, "line": {"width": 2, "color": colours}}
    # Labels as two traces: Plotly takes 8 ms to validate each annotation.
    names = [html.escape(_fit(one.label, BAR_LABEL_LENGTH)) for one in ranks]
    numbers = [f"<b>{rank_value(one, by)}</b>" for one in ranks]
    words = {"y": [row - 0.42 for row in rows], "mode": "text", "hoverinfo": "skip"}
    traces = [
        go.Bar(x=[1] * len(rows), marker_color=palette.grid, **bar),
        go.Bar(x=lengths, marker_color=colours, **bar),
        go.Scatter(x=highest, y=rows, mode="markers", marker=marks, hoverinfo="skip"),
        go.Scatter(x=[0] * len(rows), text=names, textposition="middle right", **words),
        go.Scatter(x=[1] * len(rows), text=numbers, textposition="middle left", **words),
    ]
    layout = base_layout(palette, height=max(1, len(ranks)) * BAR_PX + HEAD_PX)
    hidden = {"visible": False, "fixedrange": True}
    layout |= {
        "barmode": "overlay",
        "margin": {"l": 2, "r": 2, "t": 0, "b": 0},
        "showlegend": False,
        "xaxis": {**hidden, "range": [-0.01, 1.01]},
        "yaxis": {**hidden, "range": [len(ranks) - 0.7, -0.8]},
    }
    return go.Figure(traces, layout)


def course_figure(
    times_s: NDArray[np.float64],
    scores: NDArray[np.float32],
    *,
    label: str,
    at_s: float,
    threshold: float,
    palette: Palette,
    clip_s: float,
) -> go.Figure:
    """Draw the score of a class around an instant.

    Parameters
    ----------
    times_s : ndarray of float64, shape (n,)
        Centre of each window, in seconds.
    scores : ndarray of float32, shape (n,)
        Scores in [0, 1].
    label : str
        Label of the class.
    at_s : float
        The instant, in seconds, drawn as a line.
    threshold : float
        Score threshold in [0, 1], drawn as a dotted line.
    palette : Palette
        Palette of the page's theme.
    clip_s : float
        Length of the clip, in seconds: see `components.style.text.instant`.
    """
    ends = [float(times_s[0]), float(times_s[-1])]
    quiet = {"mode": "lines", "hoverinfo": "skip", "showlegend": False}
    dotted = {"color": palette.muted, "dash": "dot", "width": 1}
    traces = [
        go.Scatter(x=ends, y=[threshold] * 2, line=dotted, **quiet),
        go.Scatter(x=[at_s] * 2, y=[0, 1], line={"color": palette.head, "width": 2}, **quiet),
        go.Scatter(
            x=times_s,
            y=scores,
            mode="lines+markers",
            line={"color": palette.category(label), "width": 2},
            customdata=[text.instant(time_s, clip_s) for time_s in times_s.tolist()],
            hovertemplate="%{customdata} · score %{y:.2f}<extra></extra>",
            showlegend=False,
        ),
    ]
    layout = base_layout(palette, height=COURSE_PX)
    layout["margin"] |= {"l": 30}
    layout["xaxis"] = {"gridcolor": palette.grid, "zeroline": False}
    layout["xaxis"] |= time_ticks(ends[0], ends[1], clip_s)
    layout["yaxis"] = {"range": [-0.03, 1.05], "tickvals": [0, 0.5, 1], "gridcolor": palette.grid}
    layout["xaxis"] |= {"fixedrange": True}
    layout["yaxis"] |= {"fixedrange": True, "zeroline": False}
    return go.Figure(traces, layout)


def time_ticks(begin_s: float, end_s: float, clip_s: float) -> dict[str, Any]:
    """Return the options of a time axis whose labels are those of the player's ruler.

    Parameters
    ----------
    begin_s, end_s : float
        Range of the axis, in seconds.
    clip_s : float
        Length of the clip, in seconds: see `components.style.text.instant`.
    """
    if clip_s < text.MINUTES_FROM_S:
        return {"ticksuffix": " s"}
    least_s = (end_s - begin_s) / MAX_TICKS
    step_s = next((step_s for step_s in TICKS_S if step_s >= least_s), TICKS_S[-1])
    ticks_s = np.arange(math.ceil(begin_s / step_s), math.floor(end_s / step_s) + 1) * step_s
    labels = [text.instant(tick_s, clip_s).removesuffix(".00") for tick_s in ticks_s.tolist()]
    return {"tickvals": ticks_s.tolist(), "ticktext": labels}


def _fit(label: str, length: int) -> str:
    return label if len(label) <= length else f"{label[: length - 1].rstrip(' ,')}…"


def base_layout(palette: Palette, *, height: int) -> dict[str, Any]:
    """Return the layout that all figures share; height in pixels."""
    return {
        "height": height,
        "margin": {"l": 4, "r": 4, "t": HEAD_PX, "b": FOOT_PX},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": palette.text, "size": 13, "family": FONT},
        "hovermode": "closest",
    }
