"""Colour maps of the spectrogram: perceptual evenness, and order of lightness."""

from itertools import pairwise

import pytest

from components.player.colour_maps import stops
from components.style.palette import DARK, LIGHT, Palette
from components.view.settings import COLOUR_MAPS, ColourMap, SpectrogramSettings

EVEN: tuple[ColourMap, ...] = ("Viridis", "Magma", "Inferno", "Cividis")


def lightness(colour: str) -> float:
    """Return L* of CIELAB, in [0, 100] (CIE 15), of a colour of sRGB (IEC 61966-2-1)."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels
    )
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance


@pytest.mark.parametrize("name", EVEN)
def test_lightness_rises_evenly(name: ColourMap) -> None:
    found = [lightness(colour) for _, colour in stops(name, LIGHT)]
    steps = [after - before for before, after in pairwise(found)]
    assert min(steps) > 0
    assert max(steps) < 2 * min(steps)


@pytest.mark.parametrize("name", COLOUR_MAPS)
@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_positions_go_from_0_to_1_and_lightness_in_one_direction(
    name: ColourMap, palette: Palette
) -> None:
    positions = [position for position, _ in stops(name, palette)]
    assert (positions[0], positions[-1]) == (0.0, 1.0)
    assert positions == sorted(set(positions))
    found = [lightness(colour) for _, colour in stops(name, palette)]
    assert found in (sorted(found), sorted(found, reverse=True))


def test_the_default_is_a_perceptual_one() -> None:
    assert SpectrogramSettings().colours in EVEN
