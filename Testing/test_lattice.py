"""Lattices: what differs, and voxels that are moved from one to another."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from SPASegmentLib.lattice import Lattice, differences, farthest, moved, shear

SHAPE = (9, 7, 5)


def affine(*spacing: float, origin: tuple = (-30.0, 12.0, 4.0)) -> np.ndarray:
    matrix = np.diag([*spacing, 1.0])
    matrix[:3, 3] = origin
    return matrix


BASE = Lattice(SHAPE, affine(0.7, 0.8, 2.5))


def test_the_same_lattice_and_what_headers_lose_by_rounding() -> None:
    assert differences(BASE, BASE) == ""
    rounded = Lattice(SHAPE, np.round(BASE.to_ras + 1e-4, 3))  # type: ignore[operator]
    assert differences(BASE, rounded) == ""


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (Lattice((9, 7, 6), BASE.to_ras), "9 x 7 x 6 voxels, not 9 x 7 x 5"),
        (Lattice(SHAPE, affine(0.7, 0.8, 2.6)), "voxels of 0.7 x 0.8 x 2.6 mm, not 0.7 x 0.8 x 2.5"),
        (Lattice(SHAPE, affine(0.7, 0.8, 2.5, origin=(-10, 12, 4))), "the first voxel lies 20 mm away"),
        (Lattice(SHAPE, affine(-0.7, 0.8, 2.5)), "axes that run to left, anterior, superior, not right, anterior"),
        (Lattice((9, 7), BASE.to_ras), "9 x 7 voxels, not 9 x 7 x 5"),
        (Lattice((9, 7, 5, 2), BASE.to_ras), "9 x 7 x 5 x 2 voxels"),
        (Lattice((5, 7, 9)), "5 x 7 x 9 voxels, not 9 x 7 x 5"),
    ],
)
def test_what_differs_is_said(other: Lattice, words: str) -> None:
    assert words in differences(other, BASE)


def test_a_small_turn_is_said_in_degrees() -> None:
    angle = np.radians(3)
    turned = np.array(BASE.to_ras)
    turned[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]] @ turned[:2, :2]
    assert "turned by up to 3 degrees" in differences(Lattice(SHAPE, turned), BASE)


def test_a_small_difference_of_spacings_counts_where_it_adds_up() -> None:
    """0.9 percent are nothing on a few voxels, and 3.6 mm at the far end of 400."""
    for size, same in ((3, True), (400, False)):
        one, other = (Lattice((size, 2, 2), affine(s, 1, 2)) for s in (1.009, 1.0))
        assert (differences(one, other) == "") is same
    assert farthest(Lattice((401, 1, 1), affine(1.01, 1, 1)), Lattice((401, 1, 1), affine(1, 1, 1))) == pytest.approx(4)


def test_lattices_without_a_place_are_compared_by_size() -> None:
    assert differences(Lattice(SHAPE), BASE) == ""
    assert differences(Lattice((9, 7)), Lattice((9, 7, 1))) == ""


def test_microscopy_has_the_same_rule() -> None:
    small = affine(5e-4, 5e-4, 2e-3, origin=(0.1, 0.1, 0))
    shifted = small.copy()
    shifted[0, 3] += 5e-4
    assert differences(Lattice(SHAPE, small), Lattice(SHAPE, shifted)) != ""


def test_shear_is_measured_at_the_corners() -> None:
    assert shear(BASE) == pytest.approx(0, abs=1e-12)
    sheared = affine(1, 1, 2)
    sheared[0, 1] = np.tan(np.radians(15))
    assert 3 < shear(Lattice((60, 64, 8), sheared)) < 10
    sheared[0, 1] = 1e-5
    assert shear(Lattice((60, 64, 8), sheared)) < 1e-3


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("flips", [(1, 1, 1), (-1, 1, 1), (1, -1, -1), (-1, -1, -1)])
def test_flipped_turned_and_cropped_voxels_are_moved_to_their_places(order: tuple, flips: tuple) -> None:
    whole = np.random.default_rng(0).integers(1, 100, SHAPE)
    cropped = whole[2:8, 1:6, 0:4]
    to_whole = np.eye(4)
    to_whole[:3, 3] = (2, 1, 0)
    turn = np.zeros((4, 4))
    for axis, source in enumerate(order):
        turn[source, axis] = flips[axis]
        turn[source, 3] = 0 if flips[axis] > 0 else cropped.shape[source] - 1
    turn[3, 3] = 1
    stored = cropped.transpose(order)[tuple(slice(None, None, flip) for flip in flips)]
    found = moved(stored, Lattice(stored.shape, BASE.to_ras @ to_whole @ turn), BASE)
    expected = np.zeros_like(whole)
    expected[2:8, 1:6, 0:4] = cropped
    assert found is not None and np.array_equal(found, expected)


def test_what_lies_beyond_is_left_out() -> None:
    values = np.ones(SHAPE)
    shifted = np.array(BASE.to_ras)
    shifted[0, 3] += 7 * 0.7
    found = moved(values, Lattice(SHAPE, shifted), BASE)
    assert found is not None and found.sum() == 2 * 7 * 5 and found[7:].all()
    shifted[0, 3] += 70
    found = moved(values, Lattice(SHAPE, shifted), BASE)
    assert found is not None and not found.any()


def test_voxels_between_others_are_not_moved() -> None:
    values = np.ones(SHAPE)
    for change in (affine(0.7, 0.8, 2.5, origin=(-30.35, 12, 4)), affine(0.71, 0.8, 2.5), affine(1.4, 0.8, 2.5)):
        assert moved(values, Lattice(SHAPE, change), BASE) is None
    assert moved(values, Lattice(SHAPE), BASE) is None
