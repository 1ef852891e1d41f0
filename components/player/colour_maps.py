"""Colour maps of the spectrogram, as stops between which colours are interpolated.

Viridis, Magma, Inferno and Cividis are matplotlib's (Smith and van der Walt, 2015, CC0; Nuñez,
Anderton and Renslow, 2018): their lightness rises evenly with the level, also with colour vision
deficiency, so that equal steps of level look equal. Each tenth or so of their 256 colours is taken;
between two of them no colour is off by more than a few steps of 255. Grey follows the page's theme.
"""

from components.style.palette import Palette, Scale
from components.view.settings import ColourMap

_HEX: dict[ColourMap, str] = {
    "Viridis": "440154 482878 3e4989 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725",
    "Magma": "000004 180f3d 440f76 721f81 9e2f7f cd4071 f1605d fd9668 feca8d fcfdbf",
    "Inferno": "000004 1b0c41 4a0c6b 781c6d a52c60 cf4446 ed6925 fb9b06 f7d13d fcffa4",
    "Cividis": "00224e 123570 3b496c 575d6d 707173 8a8678 a59c74 c3b369 e1cc55 fee838",
}


def stops(name: ColourMap, palette: Palette) -> Scale:
    """Return the stops of a colour map, from the lowest level, 0, to the highest, 1.

    Parameters
    ----------
    name : ColourMap
        Name of the map.
    palette : Palette
        Palette of the page's theme, whose `levels` are the map "Grey".
    """
    if name == "Grey":
        return palette.levels
    colours = _HEX[name].split()
    return tuple((at / (len(colours) - 1), f"#{one}") for at, one in enumerate(colours))
