"""Colour palettes of the light and dark theme.

Each colour has one meaning. Teal marks interactive elements, grey the waveform. Each category of
classes has one colour wherever its classes are drawn; a score scales it from the nearly invisible
background of a lane, so that a score of 0 is invisible. Text on colours has a contrast of at least
4.5.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from models.events import taxonomy

ThemeName = Literal["light", "dark"]

Scale = tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Palette:
    """Colours for figures, as CSS strings.

    Parameters
    ----------
    text, muted, grid : str
        Text; secondary text; grid lines.
    sound : str
        Waveform.
    score, below : str
        Score that reaches the threshold; score that does not.
    outline : str
        Outline of an event.
    lane, page, head : str
        Background of a lane, a score of 0; background of the page; playhead.
    on_score : str
        Text on the full colour of a score.
    warn : str
        Value outside of its normal range.
    levels : tuple of (float, str)
        Colour scale of the spectrogram, from 0 to 1.
    lines : tuple of str
        One colour per class for crossing lines, distinguishable with colour vision deficiency
        (Okabe and Ito's set, 2008, its yellow darkened or lightened to be legible).
    category_colours : tuple of str
        One colour per category of AudioSet, in the order of `models.events.taxonomy.CATEGORIES`.
        Found by a search over hue, chroma and lightness: the same hues in both themes, a contrast
        of at least 3.2 with the page and its panels, and a maximal distance between the two most
        similar colours, `score` included, with and without colour vision deficiency.
    """

    text: str
    muted: str
    grid: str
    sound: str
    score: str
    below: str
    outline: str
    lane: str
    page: str
    head: str
    on_score: str
    warn: str
    levels: Scale
    lines: tuple[str, ...]
    category_colours: tuple[str, ...]

    @property
    def sides(self) -> tuple[str, str]:
        """Colours of two compared models: blue and orange, also distinct with colour blindness."""
        return self.lines[0], self.lines[1]

    @property
    def categories(self) -> Mapping[str, str]:
        """Colour by category, in the order of `models.events.taxonomy.CATEGORIES`."""
        return dict(zip(taxonomy.CATEGORIES, self.category_colours, strict=True))

    def category(self, label: str) -> str:
        """Return the colour of a label's category; `muted` for a label that is not in AudioSet."""
        return self.category_colour(taxonomy.category(label))

    def category_colour(self, category: str | None) -> str:
        """Return the colour of a category by name; `muted` for None or an unknown name."""
        return self.muted if category is None else self.categories.get(category, self.muted)


LIGHT = Palette(
    text="#1b2526",
    muted="#5a6869",
    grid="#e3e9e9",
    sound="#6d7c7e",
    score="#0b7a75",
    below="#a9c4c2",
    outline="#12393a",
    lane="#f3f7f7",
    page="#ffffff",
    head="#b3261e",
    on_score="#ffffff",
    warn="#a8480b",
    levels=((0.0, "#f6f9f9"), (0.5, "#b4bfc0"), (1.0, "#1b2526")),
    lines=(
        "#0072b2",
        "#d55e00",
        "#007a5a",
        "#b0508b",
        "#8a6d00",
        "#3d9bd1",
        "#1b2526",
        "#c98300",
        "#6a51a3",
        "#7f8c8d",
    ),
    category_colours=(
        "#e25813",
        "#675210",
        "#a946dc",
        "#3e9a68",
        "#1f5290",
        "#8685b1",
        "#434343",
    ),
)


DARK = Palette(
    text="#e4ecec",
    muted="#9db0b1",
    grid="#26363a",
    sound="#8fa3a5",
    score="#3fd0c4",
    below="#3b6664",
    outline="#d7fbf7",
    lane="#16232a",
    page="#0f1719",
    head="#ff8a80",
    on_score="#0f1719",
    warn="#ff9a4d",
    levels=((0.0, "#152124"), (0.5, "#566a6d"), (1.0, "#eef5f5")),
    lines=(
        "#56b4e9",
        "#ff9a4d",
        "#2fd19b",
        "#e79bc9",
        "#f0e442",
        "#8fb8ff",
        "#e4ecec",
        "#e6a800",
        "#b9a2f0",
        "#93a4a5",
    ),
    category_colours=(
        "#d24c02",
        "#f5bf48",
        "#d785fa",
        "#b0efc2",
        "#4d70eb",
        "#7c73a0",
        "#999988",
    ),
)


def palette_for(theme: ThemeName | None) -> Palette:
    """Return the palette of the browser's theme; the light one until it is known."""
    return DARK if theme == "dark" else LIGHT
