from pathlib import Path

import pytest

from components.palette import DARK, LIGHT, Palette, palette_for

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
def test_a_higher_score_stands_out_more(palette: Palette, theme: str) -> None:
    contrasts = [contrast(colour, BACKGROUNDS[theme]) for _, colour in palette.scores]
    assert contrasts == sorted(contrasts)
    assert contrasts[0] < 1.2
    assert contrasts[-1] > 7


def test_the_backgrounds_are_those_of_the_theme() -> None:
    config = (Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text()
    for background in BACKGROUNDS.values():
        assert f'backgroundColor = "{background}"' in config


def test_light_until_the_browser_has_said_which() -> None:
    assert palette_for(None) is LIGHT
    assert palette_for("light") is LIGHT
    assert palette_for("dark") is DARK
