"""Colours of segments can be told apart, however many there are."""

from __future__ import annotations

from typing import List

import numpy as np
import pytest

pytest.importorskip("slicer")

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.pictures import color
from SPASegmentLib.viewer.segment_colors import SEGMENT_COLORS, hexadecimal, new_color, rgb


def test_no_colour_comes_twice() -> None:
    names: List[str] = []
    for _ in range(24):
        names.append(hexadecimal(new_color(names)))
    assert names[:6] == list(SEGMENT_COLORS)
    masks = [color(n) for n in range(5)]
    for number, name in enumerate(names[6:], start=6):
        # In sRGB, which the choice is not made in.
        others = np.array([*map(rgb, names[:number]), *masks])
        assert np.abs(np.array(rgb(name)) - others).sum(axis=1).min() > 0.15


def test_a_colour_that_has_become_free_comes_again() -> None:
    used = [SEGMENT_COLORS[0], SEGMENT_COLORS[2].upper()]
    assert hexadecimal(new_color(used)) == SEGMENT_COLORS[1]
    assert new_color([]) == rgb(SEGMENT_COLORS[0])


def test_more_segments_than_colours() -> None:
    used = [f"#{number:06x}" for number in range(0, 1 << 24, 40_000)]
    assert all(0 <= part <= 1 for part in new_color(used))
    with pytest.raises(InputError, match="six hexadecimal digits"):
        rgb("red")
