"""Figure and text description of a confusion matrix."""

import html
from typing import Any

import numpy as np
import plotly.graph_objects as go

from components.style.figures import FONT
from components.style.palette import Palette
from models.teaching.assessment import Assessment

CELL_PX = 44
"""Height of a row, in pixels."""

MAX_NUMBERED = 12
"""Maximum number of classes with which counts are written into the cells."""

NAME_LENGTH = 16
"""Number of characters of a class's name beside its row."""


def confusion_figure(assessment: Assessment, palette: Palette) -> go.Figure:
    """Draw the confusion matrix of an assessment.

    Parameters
    ----------
    assessment : Assessment
        The assessment. Rows without examples are left out.
    palette : Palette
        Palette of the page's theme.
    """
    counts, rows = _counted(assessment)
    totals = counts.sum(axis=1, keepdims=True)
    names = [_short(label) for label in assessment.labels]
    own = [names[row] for row in rows]
    hover = [
        [
            f"{count} of {total} examples of {html.escape(assessment.labels[row])}"
            f"<br>taken for {html.escape(label)}"
            for count, label in zip(line, assessment.labels, strict=True)
        ]
        for line, (total,), row in zip(counts.tolist(), totals.tolist(), rows, strict=True)
    ]
    cells = go.Heatmap(
        z=counts / totals,
        x=list(range(len(names))),
        y=list(range(len(own))),
        zmin=0,
        zmax=1,
        colorscale=[(0, palette.lane), (1, palette.score)],
        showscale=False,
        xgap=2,
        ygap=2,
        hovertext=hover,
        hoverinfo="text",
    )
    traces = [cells]
    if len(names) <= MAX_NUMBERED:
        traces.append(_numbers(counts, counts / totals, palette))
    return go.Figure(traces, _layout(names, own, palette))


def in_words(assessment: Assessment) -> str:
    """Return a text description of the figure, for screen readers."""
    counts, rows = _counted(assessment)
    lines = [
        f"{assessment.labels[row]}: "
        + ", ".join(
            f"{count} predicted as {label}"
            for count, label in zip(line, assessment.labels, strict=True)
            if count
        )
        for line, row in zip(counts.tolist(), rows, strict=True)
    ]
    return "Confusion matrix. " + ". ".join(lines)


def _counted(assessment: Assessment) -> tuple[Any, list[int]]:
    rows = [int(row) for row in np.flatnonzero(assessment.confusion.sum(axis=1))]
    return assessment.confusion[rows], rows


def _numbers(counts: Any, shares: Any, palette: Palette) -> go.Scatter:  # noqa: ANN401
    places = [(row, column) for row, column in np.ndindex(*counts.shape) if counts[row, column]]
    return go.Scatter(
        x=[column for _, column in places],
        y=[row for row, _ in places],
        text=[f"<b>{counts[place]}</b>" for place in places],
        mode="text",
        textfont={
            "color": [palette.on_score if shares[place] > 0.5 else palette.text for place in places]
        },
        hoverinfo="skip",
    )


def _layout(names: list[str], own: list[str], palette: Palette) -> dict[str, Any]:
    axis = {"showgrid": False, "zeroline": False, "fixedrange": True, "automargin": True}
    columns = {"tickvals": list(range(len(names))), "ticktext": names, "side": "top"}
    rows = {"tickvals": list(range(len(own))), "ticktext": own, "autorange": "reversed"}
    return {
        "height": 70 + CELL_PX * len(own),
        "margin": {"l": 4, "r": 4, "t": 30, "b": 4},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": palette.text, "size": 13, "family": FONT},
        "xaxis": {**axis, **columns},
        "yaxis": {**axis, **rows},
        "showlegend": False,
    }


def _short(label: str) -> str:
    cut = label if len(label) <= NAME_LENGTH else f"{label[: NAME_LENGTH - 1].rstrip(' ,')}…"
    return html.escape(cut)
