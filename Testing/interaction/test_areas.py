"""Areas in words."""

from __future__ import annotations

import numpy as np
import pytest

from SPASegmentLib.interaction.areas import area_text
from SPASegmentLib.interaction.differences import compare
from SPASegmentLib.interaction.types import FrameImage


@pytest.mark.parametrize(
    ("area", "text"),
    [(0, "0 mm2"), (0.00042, "0.0004 mm2"), (0.043, "0.04 mm2"), (0.1, "0.1 mm2"), (4.21, "4.2 mm2"), (42.4, "42 mm2")],
)
def test_as_many_digits_as_a_reader_needs(area: float, text: str) -> None:
    assert area_text(area) == text
    assert area_text(area, signed=True) == f"+{text}"
    assert area_text(-area, signed=True) == (f"-{text}" if area else "+0 mm2")


def test_pixels_where_their_size_is_unknown() -> None:
    mask = np.zeros((20, 20), bool)
    mask[5:10, 5:10] = True
    pixels = np.random.default_rng(0).random((20, 20))
    assert FrameImage(pixels, (0.1, 0.2)).area_text(mask) == "0.5 mm2"
    assert FrameImage(pixels, in_mm=False).area_text(mask) == "25 pixels"
    larger = mask.copy()
    larger[5:10, 10] = True
    for one, other in ((larger, mask), (mask, larger), (mask, ~mask), (mask & False, mask), (mask, mask & False)):
        text = compare(one, other, (1.0, 1.0), in_mm=False).description
        assert "mm2" not in text
    assert compare(larger, mask, (1.0, 1.0), in_mm=False).description == "larger: +20 % (+5 pixels), mostly right"
