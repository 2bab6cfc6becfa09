"""How masks are drawn, on pictures whose content is known."""

from __future__ import annotations

from itertools import combinations
from typing import Tuple

import numpy as np
import pytest
from scipy import ndimage

from SPASegmentLib.interaction.pictures import ADDED, COLORS, REMOVED, color, render, render_all, sampled, window_of

#: What Slicer gives the first segment, "tissue".
FIRST_SEGMENT = (128 / 255, 174 / 255, 128 / 255)


def disk(radius: float, centre: float = 20.0, size: int = 41) -> np.ndarray:
    y, x = np.mgrid[:size, :size]
    return (np.hypot(x - centre, y - centre) <= radius).astype(np.float32)


def test_picture_shows_what_was_added_and_removed() -> None:
    small, large = disk(6), disk(12)
    window = window_of(np.stack([small, large]) > 0, (1.0, 1.0))
    assert window == (20.0, 20.0, pytest.approx(25 * 1.2))
    flat = np.zeros((41, 41), dtype=np.float32)
    for shape, reference, tint in ((large, small, ADDED), (small, large, REMOVED)):
        rgb = render(flat, (1.0, 1.0), shape, reference, window, (0.0, 1.0), (1.0, 1.0, 1.0), 160)
        # In the ring between the two: 9 mm to the right of the centre.
        right = 80 + int(9 / window[2] * 160)
        ring = rgb[72:88, right - 6 : right + 6].reshape(-1, 3).astype(float)
        direction = ring.mean(axis=0) / np.linalg.norm(ring.mean(axis=0))
        assert direction @ np.array(tint) / np.linalg.norm(tint) > 0.999
        assert rgb[80, 80].max() == 0
    same = render(flat, (1.0, 1.0), small, None, window, (0.0, 1.0), (0.0, 1.0, 0.0), 160)
    edge = same[80, 80 + int(6.25 / window[2] * 160) - 3 : 80 + int(6.25 / window[2] * 160) + 4]
    assert (edge[:, 1] > 200).any() and (edge[:, [0, 2]] < 60).all()


def test_a_narrow_difference_is_seen_beside_the_outline() -> None:
    """Two pixels of the picture wide, on whichever side of the white line it lies."""
    y, x = np.mgrid[:41, :41]
    small, large = (np.clip(radius + 0.5 - np.hypot(x - 20, y - 20), 0, 1) for radius in (12.0, 12.35))
    for shape, reference, cool in ((large, small, True), (small, large, False)):
        rgb = render(np.zeros((41, 41)), (1.0, 1.0), shape, reference, (20, 20, 32.0), (0, 1), (1.0, 1.0, 1.0), 192)
        difference = rgb[..., 2].astype(int) - rgb[..., 0]
        colored = (difference if cool else -difference) > 60
        assert colored.sum() > np.pi * 12 / 32 * 192, "along at least half of the outline"


def test_pictures_keep_left_and_right_and_the_size_of_pixels() -> None:
    image = np.zeros((20, 40), dtype=np.float32)
    image[2:6, 4:12] = 1.0
    rgb = render(image, (0.5, 1.0), np.zeros_like(image), None, (19.5, 9.5, 20.0), (0.0, 1.0), (1.0, 1.0, 1.0), 100)
    y, x = np.nonzero(rgb[..., 0] > 120)
    assert abs(x.min() - 10) <= 2 and abs(x.max() - 29) <= 2 and abs(y.min() - 10) <= 3 and abs(y.max() - 29) <= 3


@pytest.mark.parametrize("window", [(20.0, 20.0, 30.0), (3.0, 36.0, 33.0), (20.0, 20.0, 90.0)])
def test_the_frame_is_interpolated_linearly_and_ends_at_its_edge(window: Tuple[float, float, float]) -> None:
    """Against SciPy's interpolation in both directions at once."""
    rng = np.random.default_rng(0)
    spacing, size = (0.8, 1.3), 120
    shape = ndimage.gaussian_filter(rng.normal(0.5, 2.0, (41, 50)), 2).astype(np.float32)
    along = ((np.arange(size) + 0.5) / size - 0.5) * window[2]
    at = np.stack(np.meshgrid(window[1] + along / 1.3, window[0] + along / 0.8, indexing="ij"))
    found = sampled(shape, spacing, window, size)
    expected = ndimage.map_coordinates(shape.astype(np.float64), at, order=1)
    sure = np.abs(expected - 0.5) > 1e-4
    assert found.any() and np.array_equal(found[sure], expected[sure] > 0.5)
    rgb = render(shape, spacing, np.zeros_like(shape), None, window, (0.0, 1.0), (1.0, 1.0, 1.0), size)
    grey = 235 * np.clip(ndimage.map_coordinates(shape.astype(np.float64), at, order=1, mode="nearest"), 0, 1)
    assert np.abs(rgb[..., 0] - grey).max() <= 1.001


def test_all_pictures_of_a_proposal_are_those_of_each() -> None:
    y, x = np.mgrid[:41, :41]
    shapes = [1 / (1 + np.exp(np.hypot(x - 20, y - c) - 8)) for c in (20, 23, 5)] + [np.zeros((41, 41))]
    flat, window = np.random.default_rng(1).random((41, 41)), (20.0, 18.0, 40.0)
    together = render_all(flat, (1.0, 1.0), shapes, window, (0.0, 1.0), 100)
    assert len(together) == 4
    for k, (shape, rgb) in enumerate(zip(shapes, together)):
        alone = render(flat, (1.0, 1.0), shape, shapes[0] if k else None, window, (0.0, 1.0), color(k), 100)
        assert np.array_equal(rgb, alone) and rgb.std() > 0


def test_pictures_of_an_image_in_colour_have_its_colours() -> None:
    y, x = np.mgrid[:41, :41]
    shapes = [1 / (1 + np.exp(np.hypot(x - 20, y - c) - 8)) for c in (20, 23)]
    image = np.random.default_rng(1).integers(0, 256, (41, 41, 3)).astype(np.uint8)
    settings = ((1.0, 1.0), shapes, (20.0, 18.0, 40.0), (0.0, 255.0), 100)
    coloured = render_all(image, *settings)
    for n in range(3):
        alone = render_all(image[..., n].astype(np.float32), *settings)
        assert all(np.array_equal(one[..., n], other[..., n]) for one, other in zip(coloured, alone))
    assert np.ptp(coloured[0].astype(int), axis=2).max() > 100


def lab(rgb: object) -> np.ndarray:
    """CIELAB under daylight of (red, green, blue) in 0..1."""
    c = np.asarray(rgb, dtype=np.float64)
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    f = np.cbrt(to_xyz @ linear / (0.9505, 1.0, 1.089))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_the_unit_of_intensities_is_not_seen() -> None:
    """Such as diffusion in m2/s, whose values are below 1e-8."""
    shape, image = disk(8), ndimage.gaussian_filter(disk(12), 2.0)
    window = window_of(np.stack([shape]) > 0, (1.0, 1.0))
    plain, small = (
        render(image * np.float32(unit), (1.0, 1.0), shape, None, window, (0.0, unit), (1.0, 1.0, 1.0), 80)
        for unit in (1.0, 1e-9)
    )
    assert plain.std() > 20 and np.abs(plain.astype(int) - small).max() <= 1


def test_colours_differ_from_each_other_from_the_differences_and_from_the_first_segment() -> None:
    """A distance of 2 is seen side by side, one of 30 from afar."""
    for one, other in combinations(COLORS, 2):
        assert np.linalg.norm(lab(one) - lab(other)) > 30
    for other in (np.array(ADDED) / 255, np.array(REMOVED) / 255, FIRST_SEGMENT):
        assert min(np.linalg.norm(lab(one) - lab(other)) for one in COLORS) > 30


def test_a_mask_lies_on_its_picture_where_it_is_sampled() -> None:
    """On pixels twice as wide as high, beside the middle of the frame."""
    mask = np.zeros((40, 30), dtype=bool)
    mask[10:20, 5:15] = True
    window = window_of(mask[None], (2.0, 1.0), margin=2.0)
    on = sampled(mask, (2.0, 1.0), window, 200)
    y, x = np.nonzero(on)
    # 20 x 10 mm in a window of 40 mm, five pixels a mm.
    assert abs(np.ptp(x) + 1 - 100) <= 2 and abs(np.ptp(y) + 1 - 50) <= 2
    assert abs(x.mean() - 99.5) < 1 and abs(y.mean() - 99.5) < 1
