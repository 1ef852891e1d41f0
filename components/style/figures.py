"""Plotly figures for what stands still: pure functions from scores to pictures.

Conventions
-----------
Labels reach Plotly escaped, because it reads markup in them.
"""

import html
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from components.style.palette import Palette
from models.events import EventRules

CONFIG = {"displayModeBar": False, "scrollZoom": False}
"""How the charts behave in the browser: they are to be read, not to be moved."""

FONT = "Source Sans, sans-serif"
"""Streamlit's own, so that charts and page read alike."""

BAR_PX = 38
"""Height of a bar with its label above it."""

BAR_LABEL_LENGTH = 30
"""Characters of a label that fit above a bar."""

COURSE_PX = 150
"""Height of a score's course."""

HEAD_PX, FOOT_PX = 8, 30


def bars_figure(
    top: Sequence[tuple[str, float]],
    *,
    peaks: Mapping[str, float],
    rules: EventRules,
    palette: Palette,
) -> go.Figure:
    """Clip scores as horizontal bars, the best on top.

    Parameters
    ----------
    top : sequence of (str, float)
        Label and score in [0, 1], best first.
    peaks : mapping of str to float
        Highest score of each label in the clip, in [0, 1]: a tick on its bar.
    rules : EventRules
        Classes whose peak reaches their threshold are drawn in the colour of their category.
    palette : Palette
        Colours of the page's theme.
    """
    rows = list(range(len(top)))
    highest = [peaks[label] for label, _ in top]
    colours = [
        palette.category(label) if peaks[label] >= rules.onset_for(label) else palette.below
        for label, _ in top
    ]
    hover = [
        f"<b>{html.escape(label)}</b><br>clip score {score:.2f}, highest {peaks[label]:.2f}"
        for label, score in top
    ]
    bar = {"orientation": "h", "y": rows, "width": 0.2, "hovertext": hover, "hoverinfo": "text"}
    marks = {"symbol": "line-ns", "size": 11, "line": {"width": 2, "color": colours}}
    # Words as two traces: Plotly takes 8 ms to check each annotation.
    names = [html.escape(_fit(label, BAR_LABEL_LENGTH)) for label, _ in top]
    numbers = [f"<b>{score:.2f}</b>" for _, score in top]
    words = {"y": [row - 0.42 for row in rows], "mode": "text", "hoverinfo": "skip"}
    traces = [
        go.Bar(x=[1] * len(rows), marker_color=palette.grid, **bar),
        go.Bar(x=[score for _, score in top], marker_color=colours, **bar),
        go.Scatter(x=highest, y=rows, mode="markers", marker=marks, hoverinfo="skip"),
        go.Scatter(x=[0] * len(rows), text=names, textposition="middle right", **words),
        go.Scatter(x=[1] * len(rows), text=numbers, textposition="middle left", **words),
    ]
    layout = _layout(palette, height=max(1, len(top)) * BAR_PX + HEAD_PX)
    hidden = {"visible": False, "fixedrange": True}
    layout |= {
        "barmode": "overlay",
        "margin": {"l": 2, "r": 2, "t": 0, "b": 0},
        "showlegend": False,
        "xaxis": {**hidden, "range": [-0.01, 1.01]},
        "yaxis": {**hidden, "range": [len(top) - 0.7, -0.8]},
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
) -> go.Figure:
    """Draw a class's score around an instant.

    Parameters
    ----------
    times_s : ndarray of float64, shape (n,)
        Centre of each window, in seconds.
    scores : ndarray of float32, shape (n,)
        In [0, 1].
    label : str
        The class.
    at_s : float
        The instant, drawn as a line, in seconds.
    threshold : float
        Drawn as a dotted line, in [0, 1].
    palette : Palette
        Colours of the page's theme.
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
            hovertemplate="%{x:.2f} s · score %{y:.2f}<extra></extra>",
            showlegend=False,
        ),
    ]
    layout = _layout(palette, height=COURSE_PX)
    layout["margin"] |= {"l": 30}
    layout["xaxis"] = {"ticksuffix": " s", "gridcolor": palette.grid, "zeroline": False}
    layout["yaxis"] = {"range": [-0.03, 1.05], "tickvals": [0, 0.5, 1], "gridcolor": palette.grid}
    layout["xaxis"] |= {"fixedrange": True}
    layout["yaxis"] |= {"fixedrange": True, "zeroline": False}
    return go.Figure(traces, layout)


def _fit(label: str, length: int) -> str:
    return label if len(label) <= length else f"{label[: length - 1].rstrip(' ,')}…"


def _layout(palette: Palette, *, height: int) -> dict[str, Any]:
    return {
        "height": height,
        "margin": {"l": 4, "r": 4, "t": HEAD_PX, "b": FOOT_PX},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": palette.text, "size": 13, "family": FONT},
        "hovermode": "closest",
    }
