import itertools
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from components.style.palette import DARK, LIGHT, Palette, palette_for
from models.events import taxonomy

BACKGROUNDS = {"light": "#ffffff", "dark": "#0f1719"}


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("palette", "theme"), [(LIGHT, "light"), (DARK, "dark")])
def test_words_and_lines_are_legible(palette: Palette, theme: str) -> None:
    background = BACKGROUNDS[theme]
    assert contrast(palette.text, background) >= 7
    assert contrast(palette.muted, background) >= 4.5
    assert contrast(palette.warn, background) >= 4.5
    assert contrast(palette.on_score, palette.score) >= 4.5
    # Graphical objects need 3 to 1 (WCAG 1.4.11).
    for colour in (palette.sound, palette.score, palette.outline, *palette.lines):
        assert contrast(colour, background) >= 3, colour


@pytest.mark.parametrize(("palette", "theme"), [(LIGHT, "light"), (DARK, "dark")])
def test_a_louder_sound_stands_out_more_and_an_empty_lane_hardly(
    palette: Palette, theme: str
) -> None:
    contrasts = [contrast(colour, BACKGROUNDS[theme]) for _, colour in palette.levels]
    assert contrasts == sorted(contrasts)
    assert contrasts[0] < 1.2
    assert contrasts[-1] > 7
    assert contrast(palette.lane, BACKGROUNDS[theme]) < 1.2


def test_the_backgrounds_are_those_of_the_theme() -> None:
    config = (Path(__file__).parents[3] / ".streamlit" / "config.toml").read_text()
    for background in BACKGROUNDS.values():
        assert f'backgroundColor = "{background}"' in config


def test_light_until_the_browser_has_said_which() -> None:
    assert palette_for(None) is LIGHT
    assert palette_for("light") is LIGHT
    assert palette_for("dark") is DARK


# One colour per category

SIGHT = {
    "full": np.eye(3),
    "without red": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "without green": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "without blue": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
"""What eyes make of linear RGB (Machado, Oliveira and Fernandes, 2009, severity 1)."""

APART = 0.08
"""Least distance of two colours in OKLab: four times what is just noticeable, about 0.02."""


def oklab(colour: str, sight: str) -> NDArray[np.float64]:
    """Perceptual coordinates (Ottosson, 2020) of a colour as some eyes see it."""
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.asarray(SIGHT[sight]) @ linear, 0, 1)
    cones = [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
    axes = [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
    return np.asarray(axes) @ np.cbrt(np.asarray(cones) @ seen)


def distance(one: str, other: str, sight: str) -> float:
    return float(np.linalg.norm(oklab(one, sight) - oklab(other, sight)))


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_categories_are_told_apart_by_all_eyes_and_from_the_score(
    palette: Palette, sight: str
) -> None:
    for one, other in itertools.combinations((*palette.category_colours, palette.score), 2):
        assert distance(one, other, sight) >= APART, (one, other)


@pytest.mark.parametrize(("palette", "theme"), [(LIGHT, "light"), (DARK, "dark")])
def test_categories_stand_out_from_the_page_and_from_a_lane(palette: Palette, theme: str) -> None:
    for colour in palette.category_colours:
        assert contrast(colour, BACKGROUNDS[theme]) >= 3
        assert contrast(colour, palette.lane) >= 3


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_a_class_has_the_colour_of_its_category(palette: Palette) -> None:
    assert tuple(palette.categories) == taxonomy.CATEGORIES
    assert palette.category("Bark") == palette.category("Meow") == palette.categories["Animal"]
    assert palette.category("Speech") == palette.category_colour("Human sounds")
    assert palette.category("Speech") != palette.category("Bark")


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_what_audioset_does_not_know_is_neutral(palette: Palette) -> None:
    assert palette.category("Wombat") == palette.category_colour("Wombats") == palette.muted
    assert palette.category_colour(None) == palette.muted


FAR_APART = 2 * APART
"""Least distance of two colours that everything in a picture hangs on."""


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_two_sides_are_far_apart_to_all_eyes(palette: Palette, sight: str) -> None:
    assert distance(*palette.sides, sight) >= FAR_APART


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_both_sides_stand_out_from_a_lane(palette: Palette) -> None:
    for colour in palette.sides:
        assert contrast(colour, palette.lane) >= 3


def test_palettes_can_be_keys() -> None:
    assert len({LIGHT, DARK}) == 2


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_an_outline_or_its_halo_stands_out_from_every_category(palette: Palette) -> None:
    below = [*palette.category_colours, palette.muted, palette.score, palette.lane]
    for line in (palette.outline, palette.warn, palette.text, palette.score):
        assert contrast(line, palette.page) >= 4.5
        for colour in below:
            best = max(contrast(line, colour), contrast(palette.page, colour))
            assert best >= 3, (line, colour)
