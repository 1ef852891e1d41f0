"""Plotly figures: pure functions from timelines and events to pictures.

Conventions
-----------
Time runs to the right in seconds. Labels reach Plotly escaped, because it reads markup in them.
No figure grows with its clip: a row of scores is reduced to `MAX_COLUMNS` columns by its
maximum, so that a short event never vanishes from a long picture.
"""

import html
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from components.palette import Palette, Scale
from models.envelope import Envelope
from models.events import Event
from models.spectrogram import FLOOR_DB, Spectrogram
from models.timeline import Timeline

View = Literal["heatmap", "lines"]

MAX_COLUMNS = 1_500
"""Columns of a class timeline: about one per pixel of a wide chart."""

CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": "reset"}
"""How the charts behave in the browser: drag to zoom, double click to see all again."""

DASHES = ("solid", "dash", "dot")

FONT = "Source Sans, sans-serif"
"""Streamlit's own, so that charts and page read alike."""

LANE_PX = 26
"""Height of one class's lane: room for a label of 12 px and air."""

BAR_PX = 38
"""Height of a bar with its label above it."""

LANE_LABEL_LENGTH = 24
BAR_LABEL_LENGTH = 30
"""Characters of a label that fit beside a lane, on a phone too, and above a bar."""

TICKS_HZ = (500, 2_000, 7_000)
"""Frequencies named beside the spectrogram: the voice's body, its consonants, hiss."""

QUIETEST_SCALE = 0.01
"""Peak, linear, below which a waveform is not blown up further: -40 dBFS."""

ROWS = ("yaxis", "yaxis2", "yaxis3")
SPECTROGRAM_ROW, SCORES_ROW = "y2", "y3"
"""Plotly's names for the rows under one time axis: layout keys, and what traces refer to."""

_ROW_AXIS = {
    "fixedrange": True,
    "showgrid": False,
    "zeroline": False,
    "automargin": True,
    "ticks": "",
}

WAVEFORM_PX = 90
SPECTROGRAM_PX = 120
LINES_PX = 260
GAP_PX = 14
FOOT_PX = 44
HEAD_PX = 8


def clip_figure(
    envelope: Envelope,
    spectrogram: Spectrogram,
    timeline: Timeline,
    events: Sequence[Event],
    *,
    labels: Sequence[str],
    threshold: float,
    view: View,
    palette: Palette,
) -> go.Figure:
    """Waveform, spectrogram and class timelines over one time axis.

    Parameters
    ----------
    envelope, spectrogram, timeline
        Of the same clip.
    events : sequence of Event
        Outlined in their class's lane.
    labels : sequence of str
        Classes to draw, the most important first.
    threshold : float
        Drawn as a line where scores are lines, in [0, 1].
    view : {'heatmap', 'lines'}
        How the class timelines are drawn.
    palette : Palette
        Colours of the page's theme.

    Returns
    -------
    plotly.graph_objects.Figure
        Its height fits its content; its width is its container's.
    """
    traces = [_waveform(envelope, palette), _spectrogram(spectrogram, palette)]
    if view == "lines":
        scores_px = LINES_PX
        traces += _score_lines(timeline, labels, palette)
        traces.append(_threshold_line(threshold, timeline.duration_s, palette))
        scores_axis = {"range": [-0.02, 1.02], "tickvals": [0, 0.5, 1]}
    else:
        scores_px = max(1, len(labels)) * LANE_PX
        traces.append(_score_map(timeline, labels, palette))
        traces.append(_outlines(events, labels, palette))
        scores_axis = _lanes_axis(labels)
    heights_px = (WAVEFORM_PX, SPECTROGRAM_PX, scores_px)
    rows = (_waveform_axis(envelope), _spectrogram_axis(spectrogram), scores_axis)
    # One layout, checked once: Plotly's subplots and updates take four times as long.
    layout = _layout(palette, height=sum(heights_px) + 2 * GAP_PX + HEAD_PX + FOOT_PX)
    layout["xaxis"] = _time_axis(timeline.duration_s, palette)
    for name, domain, axis in zip(ROWS, _domains(heights_px), rows, strict=True):
        layout[name] = {**_ROW_AXIS, "domain": domain, **axis}
    return go.Figure(traces, layout)


def bars_figure(
    top: Sequence[tuple[str, float]],
    *,
    peaks: Mapping[str, float],
    threshold: float,
    palette: Palette,
) -> go.Figure:
    """Clip scores as horizontal bars, the best on top.

    Parameters
    ----------
    top : sequence of (str, float)
        Label and score in [0, 1], best first.
    peaks : mapping of str to float
        Highest score of each label in the clip, in [0, 1]: a tick on its bar.
    threshold : float
        Classes whose peak reaches it are drawn in full colour, in [0, 1].
    palette : Palette
        Colours of the page's theme.
    """
    rows = list(range(len(top)))
    highest = [peaks[label] for label, _ in top]
    colours = [palette.score if peak >= threshold else palette.below for peak in highest]
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


def _waveform(envelope: Envelope, palette: Palette) -> go.Scatter:
    return go.Scatter(
        x=envelope.times_s.astype(np.float32),
        y=envelope.values,
        mode="lines",
        line={"color": palette.sound, "width": 1},
        hoverinfo="skip",
        showlegend=False,
    )


def _spectrogram(spectrogram: Spectrogram, palette: Palette) -> go.Heatmap:
    # A byte per cell is all a colour needs, and a fifth of what would be sent.
    levels = np.rint((spectrogram.levels_db - FLOOR_DB) * (255 / -FLOOR_DB)).astype(np.uint8)
    return go.Heatmap(
        z=levels,
        zmin=0,
        zmax=255,
        x=spectrogram.times_s,
        y=np.arange(len(spectrogram.bands_hz)),
        yaxis=SPECTROGRAM_ROW,
        colorscale=_colorscale(palette.levels),
        showscale=False,
        hoverinfo="skip",
    )


def _score_map(timeline: Timeline, labels: Sequence[str], palette: Palette) -> go.Heatmap:
    edges_s, scores = _columns(timeline, labels)
    return go.Heatmap(
        z=scores,
        x=edges_s,
        y=np.arange(len(labels)),
        yaxis=SCORES_ROW,
        zmin=0,
        zmax=1,
        ygap=3,
        colorscale=_colorscale(palette.scores),
        showscale=False,
        # The lane's number reads as its label: Plotly looks it up among the axis' ticks.
        hovertemplate="<b>%{y}</b><br>%{x:.2f} s · score %{z:.2f}<extra></extra>",
    )


def _score_lines(timeline: Timeline, labels: Sequence[str], palette: Palette) -> list[go.Scatter]:
    edges_s, scores = _columns(timeline, labels)
    centres_s = (edges_s[:-1] + edges_s[1:]) / 2
    return [
        go.Scatter(
            x=centres_s,
            y=row,
            yaxis=SCORES_ROW,
            mode="lines",
            name=html.escape(label),
            line=_line(index, palette),
            hovertemplate="%{x:.2f} s · score %{y:.2f}",
        )
        for index, (label, row) in enumerate(zip(labels, scores, strict=True))
    ]


def _line(index: int, palette: Palette) -> dict[str, Any]:
    """Give each class a line of its own: when the colours are used up, dashes tell them apart."""
    turn, colour = divmod(index, len(palette.lines))
    return {"color": palette.lines[colour], "width": 2, "dash": DASHES[turn % len(DASHES)]}


def _threshold_line(threshold: float, duration_s: float, palette: Palette) -> go.Scatter:
    return go.Scatter(
        x=[0, duration_s],
        y=[threshold, threshold],
        yaxis=SCORES_ROW,
        mode="lines",
        line={"color": palette.muted, "dash": "dot", "width": 1},
        hoverinfo="skip",
        showlegend=False,
    )


def _outlines(events: Sequence[Event], labels: Sequence[str], palette: Palette) -> go.Scatter:
    """All events as rectangles in one trace: a shape each would slow the browser down."""
    lanes = {label: lane for lane, label in enumerate(labels)}
    x: list[float | None] = []
    y: list[float | None] = []
    for event in events:
        if event.label not in lanes:
            continue
        low, high = lanes[event.label] - 0.42, lanes[event.label] + 0.42
        on, off = event.onset_s, event.offset_s
        x += [on, off, off, on, on, None]
        y += [low, low, high, high, low, None]
    return go.Scatter(
        x=x,
        y=y,
        yaxis=SCORES_ROW,
        mode="lines",
        line={"color": palette.outline, "width": 1.25},
        hoverinfo="skip",
        showlegend=False,
    )


def _columns(
    timeline: Timeline, labels: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Scores of some classes, lane by lane, in at most `MAX_COLUMNS` columns with their edges."""
    column_of = {label: column for column, label in enumerate(timeline.labels)}
    scores = timeline.scores[:, [column_of[label] for label in labels]]
    firsts = np.arange(0, timeline.n_frames, -(-timeline.n_frames // MAX_COLUMNS))
    edges_s = np.append(timeline.edges_s[firsts], timeline.duration_s)
    return edges_s, np.maximum.reduceat(scores, firsts, axis=0).T


def _fit(label: str, length: int) -> str:
    return label if len(label) <= length else f"{label[: length - 1].rstrip(' ,')}…"


def _colorscale(scale: Scale) -> list[list[object]]:
    return [[position, colour] for position, colour in scale]


def _layout(palette: Palette, *, height: int) -> dict[str, Any]:
    return {
        "height": height,
        "margin": {"l": 4, "r": 4, "t": HEAD_PX, "b": FOOT_PX},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": palette.text, "size": 13, "family": FONT},
        "hovermode": "closest",
        "legend": {"orientation": "h", "y": -0.12, "yanchor": "top", "x": 0},
    }


def _time_axis(duration_s: float, palette: Palette) -> dict[str, Any]:
    return {
        "anchor": SCORES_ROW,
        "range": [0, duration_s],
        "minallowed": 0,
        "maxallowed": duration_s,
        "gridcolor": palette.grid,
        "zeroline": False,
        "ticksuffix": " s",
        "tickfont": {"color": palette.muted},
    }


def _domains(heights_px: Sequence[int]) -> list[tuple[float, float]]:
    """Share the height out from the top, with a gap between two rows."""
    total_px = sum(heights_px) + (len(heights_px) - 1) * GAP_PX
    domains, top_px = [], float(total_px)
    for height_px in heights_px:
        domains.append((max(0.0, top_px - height_px) / total_px, top_px / total_px))
        top_px -= height_px + GAP_PX
    return domains


def _waveform_axis(envelope: Envelope) -> dict[str, Any]:
    loudest = max(float(np.abs(envelope.values).max(initial=0)), QUIETEST_SCALE)
    return {"range": [-loudest, loudest], "tickvals": [0], "ticktext": ["Waveform"]}


def _spectrogram_axis(spectrogram: Spectrogram) -> dict[str, Any]:
    bands = [int(np.abs(spectrogram.bands_hz - hz).argmin()) for hz in TICKS_HZ]
    return {"tickvals": bands, "ticktext": [f"{hz / 1000:g} kHz" for hz in TICKS_HZ]}


def _lanes_axis(labels: Sequence[str]) -> dict[str, Any]:
    names = [html.escape(_fit(label, LANE_LABEL_LENGTH)) for label in labels]
    lanes = list(range(len(labels)))
    return {"range": [len(labels) - 0.5, -0.5], "tickvals": lanes, "ticktext": names}
