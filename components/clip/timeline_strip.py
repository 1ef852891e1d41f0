"""Strip of a clip's timeline: a small picture for a cell of a table."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from components.style.palette import Palette
from models.events.timeline import Timeline

WIDTH, HEIGHT = 120, 24
"""Size in its own units; tables fit it to the row."""

COLUMNS = 60
"""Maximum number of stretches of equal length, each with one colour."""

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
    firsts = np.unique(np.linspace(0, timeline.n_frames, COLUMNS, endpoint=False).astype(int))
    highest = np.maximum.reduceat(timeline.scores, firsts, axis=0)[:, wanted]
    best, scores = highest.argmax(axis=1).tolist(), highest.max(axis=1).tolist()
    edges = (np.append(firsts, timeline.n_frames) * WIDTH / timeline.n_frames).tolist()
    bars = [
        _bar(begin, end, score, palette.category(timeline.labels[wanted[place]]))
        for begin, end, place, score in zip(edges, edges[1:], best, scores, strict=False)
        if score >= FAINTEST
    ]
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    size += ' shape-rendering="crispEdges"'
    line = f'<rect y="{HEIGHT - 1}" width="{WIDTH}" height="1" fill="{palette.grid}"/>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{line}{"".join(bars)}</svg>'
    return Strip("data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode())


def _bar(begin: float, end: float, score: float, colour: str) -> str:
    height = max(2.0, score * (HEIGHT - 2))
    box = f'x="{begin:.1f}" y="{HEIGHT - height:.1f}" width="{end - begin:.1f}"'
    return (
        f'<rect {box} height="{height:.1f}" fill="{colour}" opacity="{0.35 + 0.65 * score:.2f}"/>'
    )
