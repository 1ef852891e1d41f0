"""Figure of two models' scores over time, in mirrored lanes.

The first model's scores are drawn upwards, the second's downwards, so that a lane is symmetric
where they agree, and the two are distinguishable without colour. Tooltips show the scores of an
instant; the table on the page has the figures of the whole clip.
"""

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from components.style.figures import FONT, time_ticks
from components.style.palette import Palette
from components.style.text import instant
from models.events.concordance import Aligned, ClassConcordance

LANE_PX = 70
"""Height of a lane with the text above it, in pixels."""

HEAD_PX, FOOT_PX = 4, 28

MAX_COLUMNS = 2_000
"""Maximum number of steps in a lane, as many as a wide screen has pixels. An hour at a hop of 0.1 s
in ten lanes gives a figure of 1.4 MB, and would be 18 times as large without this limit."""

LABEL_LENGTH = 34
"""Number of characters of a label that fit above a lane on a phone, beside two numbers."""

UP, DOWN = "▲", "▼"
"""Signs of the two models, which do not depend on colour."""

# Within a lane of height 1 with text above: position of score 0, and extent of score 1.
_MIDDLE, _REACH = 0.66, 0.31
_WORDS = 0.17


def lanes_figure(
    aligned: Aligned,
    classes: Sequence[ClassConcordance],
    *,
    titles: tuple[str, str],
    palette: Palette,
) -> go.Figure:
    """Draw the scores of two models over time, with a lane per class.

    Parameters
    ----------
    aligned : Aligned
        Scores of both models on one time grid.
    classes : sequence of ClassConcordance
        Classes to draw, from top to bottom; each is a class of `aligned`.
    titles : tuple of (str, str)
        Titles of the two models.
    palette : Palette
        Colours of the page's theme.
    """
    scores = aligned.scores([each.label for each in classes])
    edges_s, up, down = reduced(aligned.edges_s, *scores)
    traces = [
        *_grounds(edges_s, up, down, classes, titles, palette),
        _outlines(edges_s, -up, f"{UP} {_safe(titles[0])}", palette.sides[0]),
        _outlines(edges_s, down, f"{DOWN} {_safe(titles[1])}", palette.sides[1]),
        _middles(len(classes), edges_s, palette),
        *_words(classes, edges_s, palette),
    ]
    return go.Figure(traces, _layout(len(classes), edges_s, palette))


def legend(titles: tuple[str, str], palette: Palette) -> str:
    """Return the legend as HTML: sign and title of each model, in its colour."""
    words = (
        '<span style="display:inline-block;overflow-wrap:anywhere">'
        f'<span style="color:{colour}">{sign}</span> {html.escape(title)}</span>'
        for colour, sign, title in zip(palette.sides, (UP, DOWN), titles, strict=True)
    )
    return " &emsp; ".join(words)


def reduced(
    edges_s: NDArray[np.float64], *scores: NDArray[np.float32], limit: int = MAX_COLUMNS
) -> tuple[NDArray[Any], ...]:
    """Merge neighbouring moments if there are more than `limit`.

    Parameters
    ----------
    edges_s : ndarray of float64, shape (n_moments + 1,)
        Edges of the moments, in seconds.
    *scores : ndarray of float32, shape (n_moments, n_classes)
        Scores, of which the maximum of each merged stretch is kept, so that short events are not
        lost.
    limit : int
        Maximum number of columns.

    Returns
    -------
    tuple of ndarray
        Edges, float64 of shape (n_columns + 1,), and the merged scores, float32 of shape
        (n_columns, n_classes) each.
    """
    n_moments = len(edges_s) - 1
    starts = np.arange(0, n_moments, -(-n_moments // limit))
    joined = (np.maximum.reduceat(each, starts, axis=0) for each in scores)
    return (edges_s[[*starts, n_moments]], *joined)


def _grounds(
    edges_s: NDArray[np.float64],
    up: NDArray[np.float32],
    down: NDArray[np.float32],
    classes: Sequence[ClassConcordance],
    titles: tuple[str, str],
    palette: Palette,
) -> list[go.Heatmap]:
    """Draw the backgrounds of the lanes, which also show the tooltips."""
    plain = {"colorscale": [[0, palette.lane], [1, palette.lane]], "showscale": False}
    middles_s = (edges_s[:-1] + edges_s[1:]) / 2
    times = [instant(middle_s, float(edges_s[-1])) for middle_s in middles_s.tolist()]
    return [
        go.Heatmap(
            x=edges_s,
            y=[lane + _MIDDLE - _REACH, lane + _MIDDLE + _REACH],
            z=up[:, lane][np.newaxis],
            customdata=down[:, lane][np.newaxis],
            hovertext=[times],
            hovertemplate=f"<b>{_safe(each.label)}</b> at %{{hovertext}}"
            f"<br>{UP} {_safe(titles[0])} %{{z:.2f}}"
            f"<br>{DOWN} {_safe(titles[1])} %{{customdata:.2f}}<extra></extra>",
            **plain,
        )
        for lane, each in enumerate(classes)
    ]


def _outlines(
    edges_s: NDArray[np.float64], scores: NDArray[np.float32], name: str, colour: str
) -> go.Scatter:
    """Draw one model's signed scores in all lanes, as one shape per lane with gaps between."""
    n_columns, n_lanes = scores.shape
    x = np.full((n_lanes, 2 * n_columns + 3), np.nan, np.float32)
    y = np.full_like(x, np.nan)
    x[:, :-1] = np.repeat(edges_s, 2)
    y[:, 1:-2] = np.repeat(scores.T, 2, axis=1)
    y[:, [0, -2]] = 0.0
    y = np.arange(n_lanes)[:, np.newaxis] + _MIDDLE + _REACH * y
    return go.Scatter(
        x=x.ravel(),
        y=y.astype(np.float32).ravel(),
        name=name,
        mode="lines",
        # With simplification a long low stretch would be drawn as a wedge.
        line={"width": 0, "simplify": False},
        fill="toself",
        fillcolor=colour,
        hoverinfo="skip",
    )


def _middles(n_lanes: int, edges_s: NDArray[np.float64], palette: Palette) -> go.Scatter:
    """Draw a hairline in the middle of each lane, which separates the two models."""
    return go.Scatter(
        x=[edges_s[0], edges_s[-1], None] * n_lanes,
        y=[lane + _MIDDLE for lane in range(n_lanes) for _ in range(3)],
        mode="lines",
        line={"color": palette.page, "width": 1},
        hoverinfo="skip",
    )


def _words(
    classes: Sequence[ClassConcordance], edges_s: NDArray[np.float64], palette: Palette
) -> list[go.Scatter]:
    """Draw the label and both models' highest scores above each lane."""
    names = [f"<b>{_safe(_fit(each.label))}</b>" for each in classes]
    up, down = (
        f'<span style="color:{colour}">{sign}</span>'
        for colour, sign in zip(palette.sides, (UP, DOWN), strict=True)
    )
    peaks = [f"{up} {each.peak_a:.2f}  {down} {each.peak_b:.2f}" for each in classes]
    ends = (edges_s[0], edges_s[-1])
    return [
        go.Scatter(
            x=[x_s] * len(classes),
            y=[lane + _WORDS for lane in range(len(classes))],
            text=words,
            textposition=f"middle {side}",
            mode="text",
            hoverinfo="skip",
            showlegend=False,
            cliponaxis=False,
        )
        for x_s, words, side in zip(ends, (names, peaks), ("right", "left"), strict=True)
    ]


def _layout(n_lanes: int, edges_s: NDArray[np.float64], palette: Palette) -> dict[str, Any]:
    still = {"fixedrange": True, "zeroline": False}
    begin_s, end_s = float(edges_s[0]), float(edges_s[-1])
    return {
        "height": max(1, n_lanes) * LANE_PX + HEAD_PX + FOOT_PX,
        "margin": {"l": 4, "r": 4, "t": HEAD_PX, "b": FOOT_PX},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": palette.text, "size": 13, "family": FONT},
        "hovermode": "closest",
        "hoverlabel": {"font": {"family": FONT, "size": 13}},
        "showlegend": False,
        "xaxis": {
            **still,
            **time_ticks(begin_s, end_s, end_s),
            "range": [begin_s, end_s],
            "ticks": "",
            "gridcolor": palette.grid,
            "tickfont": {"color": palette.muted},
        },
        "yaxis": {**still, "range": [max(1, n_lanes), 0], "visible": False},
    }


def _fit(label: str) -> str:
    if len(label) <= LABEL_LENGTH:
        return label
    return f"{label[: LABEL_LENGTH - 1].rstrip(' ,')}…"


def _safe(text: str) -> str:
    """Escape markup and Plotly's ``%{...}`` templates in a text."""
    return html.escape(text).replace("%", "&#37;")
