"""Difference texts, on masks made by hand; directions are those of the screen."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from SPASegmentLib.interaction.differences import _edge, _grown, compare, compare_all

H, W = 60, 80


def _disk(x: float, y: float, radius: float, spacing: tuple = (1.0, 1.0)) -> np.ndarray:
    rows, columns = np.mgrid[:H, :W]
    return np.hypot((columns - x) * spacing[0], (rows - y) * spacing[1]) <= radius


def _box(x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    mask = np.zeros((H, W), dtype=bool)
    mask[y0:y1, x0:x1] = True
    return mask


def _text(candidate: np.ndarray, recommended: np.ndarray, spacing: tuple = (1.0, 1.0)) -> str:
    return compare(candidate, recommended, spacing).description


def test_pixels_and_areas() -> None:
    difference = compare(_box(12, 10, 32, 20), _box(10, 10, 30, 20), (0.5, 2.0))
    assert np.array_equal(difference.added, _box(30, 10, 32, 20))
    assert np.array_equal(difference.removed, _box(10, 10, 12, 20))
    assert (difference.added_mm2, difference.removed_mm2) == (20.0, 20.0)


def test_larger_in_percent_and_mm2_with_its_place() -> None:
    """20 x 10 pixels of 0.5 mm2 and 2 columns more on the right: 10 of 100 mm2."""
    text = _text(_box(10, 10, 32, 20), _box(10, 10, 30, 20), (1.0, 0.5))
    assert text == "larger: +10 % (+10 mm2), mostly right"


def test_smaller() -> None:
    text = _text(_box(10, 10, 30, 18), _box(10, 10, 30, 20))
    assert text == "smaller: -20 % (-40 mm2), mostly bottom"


@pytest.mark.parametrize(
    ("x", "y", "place"),
    [
        (16, 0, "right"), (12, 12, "lower right"), (0, 16, "bottom"), (-12, 12, "lower left"),
        (-16, 0, "left"), (-12, -12, "upper left"), (0, -16, "top"), (12, -12, "upper right"),
    ],
)  # fmt: skip
def test_every_direction(x: int, y: int, place: str) -> None:
    base = _disk(40, 30, 14)
    bump = _disk(40 + x, 30 + y, 6)
    assert _text(base | bump, base).endswith(f"mm2), mostly {place}")
    assert _text(base & ~bump, base).endswith(f"mm2), mostly {place}")


def test_directions_are_judged_in_mm() -> None:
    """One column and one row over: with rows four times as high the change lies below, not lower right."""
    base = _disk(40, 30, 12, (1.0, 4.0))
    patch = np.zeros((H, W), dtype=bool)
    patch[33:35, 41:46] = True
    assert not (base & patch).any()
    assert _text(base | patch, base, (1.0, 4.0)).endswith("mostly bottom")
    assert not _text(base | patch, base, (4.0, 1.0)).endswith("mostly bottom")


@pytest.mark.parametrize("stretch", [1.0, 4.0])
def test_all_around_also_for_an_elongated_object(stretch: float) -> None:
    rows, columns = np.mgrid[:H, :W]

    def ellipse(grow: float) -> np.ndarray:
        return ((columns - 40) / (8 * stretch**0.8 + grow)) ** 2 + ((rows - 30) / (8 + grow)) ** 2 <= 1

    assert _text(ellipse(2.0), ellipse(0.0)).endswith("all around")
    assert _text(ellipse(0.0), ellipse(2.0)).endswith("all around")


def test_two_sides() -> None:
    base = _box(30, 20, 50, 40)
    assert _text(_box(26, 20, 54, 40), base) == "larger: +40 % (+160 mm2), mostly left and right"
    assert _text(_box(30, 22, 50, 38), base) == "smaller: -20 % (-80 mm2), mostly top and bottom"
    corners = base | _box(26, 16, 31, 21) | _box(49, 39, 54, 44)
    assert _text(corners, base).endswith("mostly upper left and lower right")


def test_holes() -> None:
    solid, ring = _disk(40, 30, 15), _disk(40, 30, 15) & ~_disk(42, 30, 5)
    assert _text(solid, ring).endswith("fills a hole") and _text(solid, ring).startswith("larger")
    assert _text(ring, solid).endswith("leaves a hole") and _text(ring, solid).startswith("smaller")


def test_separate_parts() -> None:
    base, part = _disk(25, 30, 10), _disk(60, 30, 4)
    assert _text(base | part, base).endswith("with a separate part, right")
    assert _text(base, base | part).endswith("without a separate part, right")


def test_a_bump_is_not_called_a_separate_part() -> None:
    base = _disk(25, 30, 10)
    assert "separate" not in _text(base | _disk(36, 30, 4), base)


@pytest.mark.parametrize(
    ("dx", "dy", "direction"), [(4, 0, "to the right"), (-3, -3, "up and left"), (0, 5, "down"), (0, -2, "up")]
)
def test_moved(dx: int, dy: int, direction: str) -> None:
    assert _text(_disk(40 + dx, 30 + dy, 12), _disk(40, 30, 12)) == f"similar area, moved {direction}"


def test_moved_across_a_long_object() -> None:
    assert _text(_box(10, 24, 70, 32), _box(10, 21, 70, 29)) == "similar area, moved down"


def test_another_shape_of_similar_area_is_not_called_moved() -> None:
    text = _text(_box(25, 25, 55, 35), _box(30, 22, 50, 37))
    assert text == "similar area, other shape: +100 and -100 mm2"


def test_more_here_less_there() -> None:
    base = _disk(40, 30, 14)
    candidate = (base | _disk(56, 30, 5)) & ~_disk(40, 16, 6)
    assert _text(candidate, base).endswith("more right, less top")


def test_a_mixed_change_tells_the_net_area() -> None:
    base = _box(20, 20, 40, 40)
    candidate = (base | _box(40, 20, 44, 40)) & ~_box(20, 38, 42, 40)
    difference = compare(candidate, base, (1.0, 1.0))
    net = difference.added_mm2 - difference.removed_mm2
    assert 0 < net < 0.5 * (difference.added_mm2 + difference.removed_mm2)
    assert difference.description.startswith(f"larger: +{100 * net / 400:.1f} % (+{net:.0f} mm2)")


def test_at_another_place() -> None:
    assert _text(_disk(60, 30, 8), _disk(20, 30, 8)) == "similar area, at another place, right"


def test_empty_masks() -> None:
    empty, square = np.zeros((H, W), dtype=bool), _box(10, 10, 20, 20)
    assert _text(empty, square, (0.5, 0.5)) == "empty: -25 mm2"
    assert _text(square, empty) == "100 mm2 where the recommended mask is empty"
    assert _text(empty, empty) == "same as the recommended mask"
    assert compare(empty, empty, (1.0, 1.0)).added_mm2 == 0.0


def test_small_numbers_keep_their_digits() -> None:
    base = _box(5, 5, 55, 45)
    candidate = base.copy()
    candidate[20:24, 55] = True
    assert _text(candidate, base, (0.1, 0.1)) == "larger: +0.2 % (+0.04 mm2), mostly right"


def test_a_mask_that_touches_the_frame_edges() -> None:
    assert _text(_box(0, 0, 10, 12), _box(0, 0, 10, 10)) == "larger: +20 % (+20 mm2), mostly bottom"
    assert _text(_box(0, 0, W, H), _box(0, 0, W, H - 6)).endswith("mostly bottom")


def test_compare_all_takes_row_0_as_the_recommended_prediction() -> None:
    masks = np.stack([_box(10, 10, 30, 20), _box(10, 10, 32, 20), _box(10, 10, 30, 18)])
    texts = [difference.description for difference in compare_all(masks, (1.0, 1.0))]
    assert texts == ["larger: +10 % (+20 mm2), mostly right", "smaller: -20 % (-40 mm2), mostly bottom"]
    assert compare_all(masks[:1], (1.0, 1.0)) == ()


def test_thousands_of_parts_are_told_from_one() -> None:
    """Each was compared with the whole image: a noisy radiograph's mask took seconds."""
    base = np.zeros((300, 400), dtype=bool)
    base[100:200, 40:160] = True
    specks = np.zeros_like(base)
    specks[2:298:3, 200:398:3] = True
    assert specks.sum() > 6000
    assert _text(base | specks, base).endswith("with a separate part, right")
    near = base.copy()
    near[80:220, 160:200] = True  # most of what was added touches the base
    assert "separate" not in _text(near | specks, base)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (2, 2), (3, 3), (20, 31)])
@pytest.mark.parametrize("share", [0.2, 0.8, 1.0])
def test_edges_and_neighbours_are_those_of_scipy(shape: tuple, share: float) -> None:
    mask = np.random.default_rng(0).random(shape) < share
    assert np.array_equal(_edge(mask), mask & ~ndimage.binary_erosion(mask))
    assert np.array_equal(_grown(mask), ndimage.binary_dilation(mask, np.ones((3, 3))))
