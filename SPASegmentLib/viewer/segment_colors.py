"""Colours of new segments: however many there are, none is like another, nor like the masks on screen."""

from __future__ import annotations

import colorsys
import re
from typing import Iterable, List, Tuple

import numpy as np
from vtkmodules.vtkCommonCore import vtkMath

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.pictures import color
from SPASegmentLib.translation import texts

_ = texts(__name__)

RGB = Tuple[float, float, float]

#: Of the first segments, one after the other; apart from those of the masks on screen.
SEGMENT_COLORS = ("#e8c547", "#7fc8a9", "#c792ea", "#f2777a", "#89b4fa", "#d9a066")

#: Masks on screen.
_MASKS = 5
#: Of the colours that are chosen from when those are used up: seen on dark images, with a fill that lets them through.
_HUES, _LIGHTS, _STRENGTHS = 36, (0.4, 0.55, 0.7, 0.82), (0.45, 0.85)


def new_color(used: Iterable[str]) -> RGB:
    """A colour for one more segment: the first of `SEGMENT_COLORS` that is free, else the one least like all others.

    Args:
        used: colours of the segments that there are, "#rrggbb".
    """
    taken = [name.lower() for name in used]
    free = next((name for name in SEGMENT_COLORS if name not in taken), None)
    if free is not None:
        return rgb(free)
    found = _choices()
    others = [*map(rgb, taken), *map(color, range(_MASKS))]
    apart = np.linalg.norm(_seen(found)[:, None] - _seen(others)[None], axis=2).min(axis=1)
    return found[int(np.argmax(apart))]


def rgb(name: str) -> RGB:
    """Parts from 0 to 1 of a colour "#rrggbb".

    Raises:
        InputError: it is none.
    """
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", name):
        raise InputError(_("A colour is written as # and six hexadecimal digits."))
    red, green, blue = (int(name[n : n + 2], 16) / 255 for n in (1, 3, 5))
    return (red, green, blue)


def hexadecimal(parts: RGB) -> str:
    """A colour as "#rrggbb"."""
    return "#" + "".join(f"{round(255 * value):02x}" for value in parts)


def _choices() -> List[RGB]:
    return [
        colorsys.hls_to_rgb(hue / _HUES, light, strength)
        for hue in range(_HUES)
        for light in _LIGHTS
        for strength in _STRENGTHS
    ]


def _seen(colors: List[RGB]) -> np.ndarray:
    """Colours (n, 3) where equal distances are seen as equal ones: CIELAB."""
    found = [[0.0, 0.0, 0.0] for _color in colors]
    for parts, lab in zip(colors, found):
        vtkMath.RGBToLab(parts, lab)
    return np.array(found)
