"""The colours of a theme, each with one meaning.

Teal is what can be acted on, grey is the sound itself. What kind of sound a class is has a colour
of its own, the same wherever the class is drawn; a score deepens it from a lane that is hardly
there, so that nothing heard looks like nothing. Text on colours keeps a contrast of at least 4.5.
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
        Words and numbers; secondary words; lines that help the eye.
    sound : str
        The waveform.
    score, below : str
        A score that reaches the threshold, and one that does not.
    outline : str
        The edge of an event.
    lane, page, head : str
        Where a score of 0 is drawn; the page itself; the playhead.
    on_score : str
        Words on the full colour of a score.
    warn : str
        A value that is not as it should be.
    levels : tuple of (float, str)
        Colour scale of the spectrogram, from 0 to 1.
    lines : tuple of str
        One colour per class where several lines cross; distinct for colour-blind eyes
        (Okabe and Ito's set, 2008, its yellow darkened or lightened to be legible).
    category_colours : tuple of str
        One colour per category of AudioSet, in the order of `models.events.taxonomy.CATEGORIES`.
        Found by a search over hue, chroma and lightness: the same hues in both themes, a contrast
        of at least 3.2 with the page and its panels, and the two that are most alike, `score` among
        them, as far apart as it could make them to all eyes, colour-blind ones included.
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
        """Colours of two models that face each other: blue and orange, to all eyes far apart."""
        return self.lines[0], self.lines[1]

    @property
    def categories(self) -> Mapping[str, str]:
        """Colour of each category, in the order of `models.events.taxonomy.CATEGORIES`."""
        return dict(zip(taxonomy.CATEGORIES, self.category_colours, strict=True))

    def category(self, label: str) -> str:
        """Colour of a class's category; `muted` for a label that AudioSet does not know."""
        return self.category_colour(taxonomy.category(label))

    def category_colour(self, category: str | None) -> str:
        """Colour of a category by its name; `muted` for another name, or none."""
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
    """Colours for the theme the browser shows; light until it has said which."""
    return DARK if theme == "dark" else LIGHT
