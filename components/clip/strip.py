"""Strip of a clip's timeline: a small picture for a cell of a table."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from components.style.palette import Palette
from models.events.timeline import Timeline

WIDTH, HEIGHT = 160, 24
"""Size in its own units; tables fit it to the row."""

COLUMNS = 80
"""Number of stretches of equal length, each with one colour."""

FAINTEST = 0.1
"""Score below which nothing is drawn, in [0, 1]."""


@dataclass(frozen=True)
class Strip:
    """A picture.

    Parameters
    ----------
    url : str
        Its data URL, as SVG.
    """

    url: str

    @property
    def n_bytes(self) -> int:
        """Size in memory, in bytes."""
        return len(self.url)


def draw(timeline: Timeline, labels: Sequence[str], palette: Palette) -> Strip:
    """Draw the best of some classes over time.

    Each stretch has the colour of the category of its best class, the higher and the stronger the
    higher the score is.

    Parameters
    ----------
    timeline : Timeline
        Scores of the clip.
    labels : sequence of str
        The classes; all, if there are none.
    palette : Palette
        Palette of the page's theme.
    """
    places = {label: place for place, label in enumerate(timeline.labels)}
    wanted = [places[label] for label in labels if label in places] or list(places.values())
    edges = np.linspace(0, timeline.n_frames, COLUMNS + 1)
    firsts = np.minimum(edges[:-1].astype(int), timeline.n_frames - 1)
    highest = np.maximum.reduceat(timeline.scores, np.unique(firsts), axis=0)[:, wanted]
    of_column = np.searchsorted(np.unique(firsts), firsts)
    best, scores = highest.argmax(axis=1)[of_column], highest.max(axis=1)[of_column]
    bars = [
        _bar(column, float(score), palette.category(timeline.labels[wanted[place]]))
        for column, (place, score) in enumerate(zip(best.tolist(), scores, strict=True))
        if score >= FAINTEST
    ]
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    line = f'<rect y="{HEIGHT - 1}" width="{WIDTH}" height="1" fill="{palette.grid}"/>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{line}{"".join(bars)}</svg>'
    return Strip("data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode())


def _bar(column: int, score: float, colour: str) -> str:
    width = WIDTH / COLUMNS
    height = max(2.0, score * (HEIGHT - 2))
    box = f'x="{column * width:g}" y="{HEIGHT - height:.1f}" width="{width:g}"'
    return (
        f'<rect {box} height="{height:.1f}" fill="{colour}" opacity="{0.35 + 0.65 * score:.2f}"/>'
    )
