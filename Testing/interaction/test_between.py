"""Masks between two slices, against cases that can be computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from SPASegmentLib.interaction.between import between, tapered
from SPASegmentLib.interaction.innermost import innermost
from SPASegmentLib.interaction.patch import Patch, Window, distance_on

NOTHING = Patch(np.zeros((0, 0), dtype=bool))
WHOLE = Window(0, 0, 60, 60)


def square(centre: tuple[int, int], half: int) -> np.ndarray:
    mask = np.zeros((60, 60), dtype=bool)
    y, x = centre
    mask[y - half : y + half + 1, x - half : x + half + 1] = True
    return mask


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_between_two_squares_lies_the_square_of_the_size_between(share: float) -> None:
    small, large = Patch.of(square((30, 30), 4)), Patch.of(square((30, 30), 12))
    found = between(WHOLE, small, large, share, (1.0, 1.0)) > 0
    half = 4 + share * 8
    assert np.array_equal(found[30], np.abs(np.arange(60) - 30) <= half)
    assert np.array_equal(found[:, 30], found[30])


def test_distances_are_in_mm() -> None:
    mask = Patch.of(square((30, 30), 10))
    found = between(WHOLE, mask, mask, 0.5, (0.5, 2.0))
    assert found[30, 30] == pytest.approx(10 * 0.5 + 0.25)  # half a pixel beyond the last pixel's centre


def test_a_structure_that_moves_is_between_its_places() -> None:
    # Without alignment the two disks, which do not meet, have nothing between them.
    first, second = Patch.of(square((30, 12), 5)), Patch.of(square((30, 46), 5))
    assert np.array_equal(between(WHOLE, first, second, 0.5, (1.0, 1.0)) > 0, square((30, 29), 5))
    assert not (between(WHOLE, first, second, 0.5, (1.0, 1.0), alignment=0.0) > 0).any()


def test_holes_stay_holes() -> None:
    ring = square((30, 30), 12) & ~square((30, 30), 5)
    found = between(WHOLE, Patch.of(ring), Patch.of(ring), 0.5, (1.0, 1.0)) > 0
    assert np.array_equal(found, ring)


def test_towards_its_end_a_ball_narrows_as_a_ball() -> None:
    # A ball of radius 20: its middle, and the slice 20 away where it has ended, give every slice between them.
    yy, xx = np.mgrid[:60, :60]
    middle = np.hypot(yy - 30, xx - 30) <= 20
    for step in (5, 10, 15):
        found = between(WHOLE, Patch.of(middle), NOTHING, step / 20, (1.0, 1.0)) > 0
        radius = np.sqrt(found.sum() / np.pi)
        assert radius == pytest.approx(np.sqrt(20**2 - step**2), abs=0.6)
        back = between(WHOLE, NOTHING, Patch.of(middle), 1 - step / 20, (1.0, 1.0)) > 0
        assert np.array_equal(found, back)
    assert not (tapered(distance_on(WHOLE, Patch.of(middle), (1.0, 1.0)), 1.0) > 0).any()


def test_patches_keep_masks_where_they_are() -> None:
    mask = square((20, 41), 7)
    patch = Patch.of(mask)
    assert patch.values.shape == (15, 15) and patch.extent == (13, 34, 28, 49)
    assert np.array_equal(patch.whole((60, 60)), mask)
    window = Window.around((60, 60), patch)
    assert np.array_equal(patch.on(window), mask[window.top : window.bottom, window.left : window.right])
    assert not Patch.of(np.zeros((60, 60), bool)).whole((60, 60)).any()


def test_the_innermost_pixel_of_a_ring_is_in_the_ring() -> None:
    ring = square((30, 30), 12) & ~square((30, 30), 5)
    x, y = innermost(ring)
    assert ring[y, x]
