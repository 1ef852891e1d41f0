"""Heat map of the highest score of each class in each clip; a click opens the clip there."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from components.clip import clip_steps
from components.clip.clip_figures import ClipFigures
from components.style import figures, text
from components.style.palette import Palette
from components.ui import widgets

MAX_CLASSES = 20
"""Number of classes that are drawn unless more are chosen; all are legible on 1,400 pixels."""

MAX_CHOSEN = 60
"""Maximum number of chosen classes that are drawn."""

ROW_PX, HEAD_PX = 26, 150
"""Height of a row, and of the names of the classes above, in pixels."""

MAX_FITTING = 10
"""Number of classes whose columns are wide enough on a phone; with more the figure scrolls."""

NAME_LENGTH, LABEL_LENGTH = 22, 22
"""Number of characters of a clip's and of a class's name."""

_KEY = "heat-map"


@dataclass(frozen=True, eq=False)
class HeatMapRow:
    """A clip of the heat map.

    Parameters
    ----------
    key : str
        Key of its recording.
    name : str
        Its name.
    figures : ClipFigures
        Its figures.
    """

    key: str
    name: str
    figures: ClipFigures


def figure(
    rows: Sequence[HeatMapRow], labels: Sequence[str], *, selected: int | None, palette: Palette
) -> go.Figure:
    """Draw the highest score of each class in each clip.

    Parameters
    ----------
    rows : sequence of HeatMapRow
        The clips, from top to bottom.
    labels : sequence of str
        The classes, from left to right.
    selected : int or None
        HeatMapRow of the clip that is open.
    palette : Palette
        Palette of the page's theme.

    Returns
    -------
    Figure
        Its second trace has one point per cell, row by row, which can be selected: a heat map
        itself cannot.
    """
    scores = _scores(rows, labels)
    cells = [(row, column) for row in range(len(rows)) for column in range(len(labels))]
    traces = [
        go.Heatmap(
            z=scores,
            zmin=0,
            zmax=1,
            xgap=1,
            ygap=1,
            colorscale=[[0, palette.lane], [1, palette.score]],
            colorbar={"thickness": 8, "len": 1, "tickvals": [0, 0.5, 1], "outlinewidth": 0},
            hoverinfo="skip",
        ),
        go.Scatter(
            x=[column for _, column in cells],
            y=[row for row, _ in cells],
            mode="markers",
            marker={"symbol": "square", "size": ROW_PX - 6, "opacity": 0},
            selected={"marker": {"opacity": 0}},
            unselected={"marker": {"opacity": 0}},
            hovertext=[_told(rows[row], labels[column]) for row, column in cells],
            hoverinfo="text",
            showlegend=False,
        ),
    ]
    names = [html.escape(text.shorten_end(one.name, NAME_LENGTH)) for one in rows]
    if selected is not None:
        names[selected] = f"<b>{names[selected]}</b>"
    return go.Figure(traces, _layout(names, labels, palette))


def show(
    rows: Sequence[HeatMapRow], labels: Sequence[str], *, selected: int | None, palette: Palette
) -> None:
    """Draw the heat map; a click on a cell opens its clip where the class scores highest."""
    # Keys and times alone: Streamlit holds what a callback refers to until the session ends.
    cells = [(row.key, row.figures.best(label)) for row in rows for label in labels]

    def open_cell() -> None:
        point = widgets.selected_point(_KEY)
        if point is not None:
            clip_steps.open_clip(*cells[point])

    with st.container(key="heat-map-fits" if len(labels) <= MAX_FITTING else "heat-map-scrolls"):
        st.plotly_chart(
            figure(rows, labels, selected=selected, palette=palette),
            key=_KEY,
            theme=None,
            config=figures.CONFIG,
            on_select=open_cell,
            selection_mode="points",
            alt=f"Highest scores of {len(labels)} classes in {len(rows)} clips. With classes that "
            "are chosen above, the table has them as numbers.",
        )
    st.caption("Select a cell to hear the class where it scores highest in that clip.")


def _scores(rows: Sequence[HeatMapRow], labels: Sequence[str]) -> NDArray[np.float32]:
    return np.array([[row.figures.peak(label) for label in labels] for row in rows], np.float32)


def _told(row: HeatMapRow, label: str) -> str:
    best_s, _ = row.figures.best(label)
    at = text.instant(best_s, row.figures.duration_s)
    return (
        f"<b>{html.escape(label)}</b><br>{html.escape(text.shorten(row.name, 60))}<br>"
        f"highest score {row.figures.peak(label):.2f} at {at}"
    )


def _layout(names: Sequence[str], labels: Sequence[str], palette: Palette) -> dict[str, object]:
    axis = {"showgrid": False, "zeroline": False, "fixedrange": True, "tickmode": "array"}
    ticks = {"tickfont": {"color": palette.text, "size": 12}}
    return {
        **figures.base_layout(palette, height=HEAD_PX + ROW_PX * len(names) + 10),
        "margin": {"l": 2, "r": 2, "t": 4, "b": 4},
        "showlegend": False,
        "hoverdistance": 60,
        "hoverlabel": {
            "bgcolor": palette.page,
            "bordercolor": palette.muted,
            "font": {"color": palette.text, "family": figures.FONT},
        },
        "clickmode": "event+select",
        "dragmode": False,
        "xaxis": {
            **axis,
            **ticks,
            "side": "top",
            "tickangle": -60,
            "tickvals": list(range(len(labels))),
            "ticktext": [html.escape(text.shorten_end(one, LABEL_LENGTH)) for one in labels],
            "range": [-0.5, len(labels) - 0.5],
            "automargin": True,
        },
        "yaxis": {
            **axis,
            **ticks,
            "tickvals": list(range(len(names))),
            "ticktext": names,
            "range": [len(names) - 0.5, -0.5],
            "automargin": True,
        },
    }
