"""Mirrored lanes of two models' scores over time, drawn in the browser.

The first model's scores are drawn upwards, the second's downwards, so that a lane is symmetric
where they agree, and the two are distinguishable without colour. The lanes follow the player of the
same clip, and tell the script where they are clicked.
"""

import html
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.frontend import bundle
from components.style.palette import Palette
from components.view.picture import SCORE_STEPS, in_steps
from models.events.concordance import Aligned, ClassConcordance

MAX_COLUMNS = 2_000
"""Maximum number of steps in a lane, as many as a wide screen has pixels. An hour at a hop of 0.1 s
in ten lanes takes 60 kB, and would take 18 times as much without this limit."""

UP, DOWN = "▲", "▼"
"""Signs of the two models, which do not depend on colour."""


def show(data: dict[str, Any], *, key: str, on_listen: Callable[[], None]) -> None:
    """Draw the lanes, or update their data.

    Parameters
    ----------
    data : dict
        From `lanes_data`.
    key : str
        Key of the component.
    on_listen : callable
        Called when a lane was clicked; the state ``listen`` then is
        ``{"label": ..., "at_s": ...}``.
    """
    bundle.component("lanes", Path(__file__).parent)(key=key, data=data, on_listen_change=on_listen)


def lanes_data(
    aligned: Aligned,
    classes: Sequence[ClassConcordance],
    *,
    clip: str,
    titles: tuple[str, str],
    palette: Palette,
) -> dict[str, Any]:
    """Return the scores of two models over time in the form that lanes.js draws.

    Parameters
    ----------
    aligned : Aligned
        Scores of both models on one time grid.
    classes : sequence of ClassConcordance
        Classes to draw, from top to bottom; each is a class of `aligned`.
    clip : str
        Digest of the clip, whose player the lanes follow.
    titles : tuple of (str, str)
        Titles of the two models.
    palette : Palette
        Colours of the page's theme.
    """
    edges_s, up, down = reduced(aligned.edges_s, *aligned.scores([each.label for each in classes]))
    names = ("text", "muted", "grid", "lane", "page", "outline", "head")
    return {
        "clip": clip,
        "edges_s": edges_s,
        "up": in_steps(up.T).ravel(),
        "down": in_steps(down.T).ravel(),
        "steps": SCORE_STEPS,
        "lanes": [[each.label, each.peak_a, each.peak_b] for each in classes],
        "signs": [UP, DOWN],
        "titles": list(titles),
        "sides": list(palette.sides),
        "colours": {name: getattr(palette, name) for name in names},
        "marked": None,
    }


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
