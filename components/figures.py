"""Plotly figures: pure functions from timelines and events to pictures.

Conventions
-----------
Time runs to the right in seconds. Labels reach Plotly escaped, because it reads markup in them.
No figure grows with its clip: a row of scores is reduced to `MAX_COLUMNS` columns by its
maximum, so that a short event never vanishes from a long picture.
"""

import html
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from components.palette import Palette, Scale
from models.envelope import Envelope
from models.events import Event
from models.spectrogram import Spectrogram
from models.timeline import Timeline

View = Literal["heatmap", "lines"]

MAX_COLUMNS = 1_500
"""Columns of a class timeline: about one per pixel of a wide chart."""

CONFIG = {
    "displaylogo": False,
    "scrollZoom": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d"],
}
"""How the charts behave in the browser: drag to zoom, double click to see all again."""

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
    scores_px = LINES_PX if view == "lines" else max(1, len(labels)) * LANE_PX
    heights = (WAVEFORM_PX, SPECTROGRAM_PX, scores_px)
    inner_px = sum(heights) + 2 * GAP_PX
    figure = make_subplots(
        rows=3,
        cols=1,
        shared_xaxes=True,
        row_heights=[height / sum(heights) for height in heights],
        vertical_spacing=GAP_PX / inner_px,
    )
    figure.add_trace(_waveform(envelope, palette), row=1, col=1)
    figure.add_trace(_spectrogram(spectrogram, palette), row=2, col=1)
    if view == "lines":
        figure.add_traces(_score_lines(timeline, labels, palette), rows=3, cols=1)
        figure.add_hline(threshold, row=3, col=1, line={"color": palette.muted, "dash": "dot"})
    else:
        figure.add_trace(_score_map(timeline, labels, palette), row=3, col=1)
        figure.add_trace(_outlines(events, labels, palette), row=3, col=1)
    _style(figure, palette, height=inner_px + HEAD_PX + FOOT_PX)
    _style_axes(figure, timeline.duration_s, palette)
    _name_rows(figure, spectrogram, labels, view)
    return figure


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
    figure = go.Figure(
        [
            go.Bar(x=[1] * len(rows), marker_color=palette.grid, **bar),
            go.Bar(x=[score for _, score in top], marker_color=colours, **bar),
        ]
    )
    figure.add_scatter(
        x=highest,
        y=rows,
        mode="markers",
        marker={"symbol": "line-ns", "size": 11, "line": {"width": 2, "color": colours}},
        hoverinfo="skip",
    )
    for row, (label, score) in enumerate(top):
        name = html.escape(_fit(label, BAR_LABEL_LENGTH))
        figure.add_annotation(x=0, y=row - 0.42, text=name, xanchor="left", showarrow=False)
        number = f"<b>{score:.2f}</b>"
        figure.add_annotation(x=1, y=row - 0.42, text=number, xanchor="right", showarrow=False)
    _style(figure, palette, height=max(1, len(top)) * BAR_PX + HEAD_PX)
    figure.update_layout(
        barmode="overlay", margin={"l": 2, "r": 2, "t": 0, "b": 0}, showlegend=False
    )
    figure.update_xaxes(range=[-0.01, 1.01], visible=False, fixedrange=True)
    figure.update_yaxes(range=[len(top) - 0.7, -0.8], visible=False, fixedrange=True)
    return figure


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
    return go.Heatmap(
        z=spectrogram.levels_db,
        x=spectrogram.times_s,
        y=np.arange(len(spectrogram.bands_hz)),
        colorscale=_colorscale(palette.levels),
        showscale=False,
        hoverinfo="skip",
    )


def _score_map(timeline: Timeline, labels: Sequence[str], palette: Palette) -> go.Heatmap:
    edges_s, scores = _columns(timeline, labels)
    return go.Heatmap(
        z=scores,
        x=edges_s,
        y=np.arange(len(labels) + 1) - 0.5,
        zmin=0,
        zmax=1,
        ygap=3,
        colorscale=_colorscale(palette.scores),
        showscale=False,
        text=[[html.escape(label)] * scores.shape[1] for label in labels],
        hovertemplate="<b>%{text}</b><br>%{x:.2f} s · score %{z:.2f}<extra></extra>",
    )


def _score_lines(timeline: Timeline, labels: Sequence[str], palette: Palette) -> list[go.Scatter]:
    edges_s, scores = _columns(timeline, labels)
    centres_s = (edges_s[:-1] + edges_s[1:]) / 2
    return [
        go.Scatter(
            x=centres_s,
            y=row,
            mode="lines",
            name=html.escape(label),
            line={"color": palette.lines[index % len(palette.lines)], "width": 2},
            hovertemplate="%{x:.2f} s · score %{y:.2f}",
        )
        for index, (label, row) in enumerate(zip(labels, scores, strict=True))
    ]


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


def _style(figure: go.Figure, palette: Palette, *, height: int) -> None:
    figure.update_layout(
        height=height,
        margin={"l": 4, "r": 4, "t": HEAD_PX, "b": FOOT_PX},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": palette.text, "size": 13, "family": FONT},
        hovermode="closest",
        legend={"orientation": "h", "y": -0.12, "yanchor": "top", "x": 0},
    )


def _style_axes(figure: go.Figure, duration_s: float, palette: Palette) -> None:
    figure.update_xaxes(
        range=[0, duration_s],
        minallowed=0,
        maxallowed=duration_s,
        gridcolor=palette.grid,
        zeroline=False,
        ticksuffix=" s",
        tickfont={"color": palette.muted},
    )
    figure.update_yaxes(fixedrange=True, showgrid=False, zeroline=False, automargin=True, ticks="")


def _name_rows(
    figure: go.Figure, spectrogram: Spectrogram, labels: Sequence[str], view: View
) -> None:
    loudest = max(np.abs(figure.data[0].y).max(initial=0), QUIETEST_SCALE)
    figure.update_yaxes(
        range=[-loudest, loudest], tickvals=[0], ticktext=["Waveform"], row=1, col=1
    )
    bands = [int(np.abs(spectrogram.bands_hz - hz).argmin()) for hz in TICKS_HZ]
    names = [f"{hz / 1000:g} kHz" for hz in TICKS_HZ]
    figure.update_yaxes(tickvals=bands, ticktext=names, row=2, col=1)
    if view == "lines":
        figure.update_yaxes(range=[-0.02, 1.02], tickvals=[0, 0.5, 1], row=3, col=1)
    else:
        names = [html.escape(_fit(label, LANE_LABEL_LENGTH)) for label in labels]
        lanes = list(range(len(labels)))
        low = len(labels) - 0.5
        figure.update_yaxes(range=[low, -0.5], tickvals=lanes, ticktext=names, row=3, col=1)
