"""The rectangle that holds a mask."""

from __future__ import annotations

import numpy as np

from SPASegmentLib.interaction.rectangle import rectangle_of


def test_the_rectangle_holds_all_of_the_mask_and_no_less() -> None:
    mask = np.zeros((7, 9), dtype=bool)
    mask[2, 8] = mask[5, 3] = True
    assert rectangle_of(mask) == (slice(2, 6), slice(3, 9))
    assert rectangle_of(np.ones((2, 3), dtype=bool)) == (slice(0, 2), slice(0, 3))


def test_an_empty_mask_has_an_empty_one() -> None:
    assert rectangle_of(np.zeros((4, 5), dtype=bool)) == (slice(0, 0), slice(0, 0))
    assert rectangle_of(np.zeros((0, 0), dtype=bool)) == (slice(0, 0), slice(0, 0))
