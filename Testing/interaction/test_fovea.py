"""The grid that looks are compared on: fine around the click, coarse far away."""

from __future__ import annotations

import numpy as np
import pytest

from SPASegmentLib.interaction.fovea import GROWTH, Fovea
from SPASegmentLib.interaction.preference import pairwise_dice
from SPASegmentLib.interaction.region import Region
from SPASegmentLib.interaction.types import FrameImage


def frame(height: int, width: int) -> FrameImage:
    return FrameImage(np.random.default_rng(0).normal(size=(height, width)).astype(np.float32), (0.5, 0.8))


@pytest.mark.parametrize(("x", "y"), [(20.0, 40.0), (0.0, 0.0), (299.4, 89.6), (150.3, -0.4)])
def test_cells_cover_the_frame_once_and_are_never_coarser_than_a_tenth_of_their_distance(x: float, y: float) -> None:
    grid = Fovea.around(frame(90, 300), x, y)
    assert grid.areas.sum() == pytest.approx(90 * 300 * 0.4)
    for edges, at, count in ((grid.rows, y, 90), (grid.columns, x, 300)):
        assert (edges[0], edges[-1]) == (-0.5, count - 0.5)
        assert (np.diff(edges) > 0).all()
        away = np.minimum(np.abs(edges[:-1] - at), np.abs(edges[1:] - at))
        assert (np.diff(edges) <= np.maximum(1.0, GROWTH * (away + 1.5))).all()
    column, row = grid.cell(x, y)
    assert grid.columns[column] <= min(x, 299.5) <= grid.columns[column + 1]
    assert grid.rows[row] <= min(y, 89.5) <= grid.rows[row + 1]
    assert grid.areas[row, column] == pytest.approx(0.4), "one pixel at the click"


@pytest.mark.parametrize(("radius", "at"), [(4, (100, 80)), (25, (110, 90)), (70, (90, 95))])
def test_dice_on_the_grid_is_nearly_that_of_the_pixels(radius: int, at: tuple[int, int]) -> None:
    image = frame(180, 200)
    ys, xs = np.mgrid[:180, :200]
    masks = np.stack([np.hypot(ys - at[1], xs - at[0] - shift) <= radius for shift in (0, radius // 3, radius // 2)])
    grid = Fovea.around(image, float(at[0]), float(at[1]))
    sampled = grid.sample(Region(image, 0, 0, 200, 180, 128), masks.astype(np.float32)) > 0.5
    np.testing.assert_allclose(pairwise_dice(sampled, sampled, grid.areas), pairwise_dice(masks, masks), atol=0.03)


def test_maps_of_a_region_lie_where_the_region_lies() -> None:
    image = frame(100, 120)
    region = Region(image, 30, -10, 40, 50, 64)
    grid = Fovea.around(image, 50.0, 10.0)
    on_grid = grid.sample(region, np.ones((2, 16, 16), np.float32))
    rows, columns = ((edges[:-1] + edges[1:]) / 2 for edges in (grid.rows, grid.columns))
    inside = ((rows > -10.5) & (rows < 39.5))[:, None] & ((columns > 29.5) & (columns < 69.5))
    np.testing.assert_allclose(on_grid, np.broadcast_to(inside, on_grid.shape), atol=1e-6)


def test_maps_of_one_region_on_the_pixels_of_another() -> None:
    image = frame(100, 120)
    ys, xs = np.mgrid[:64, :64]
    disks = np.stack([np.hypot(ys - 30, xs - 34) < radius for radius in (8, 14)]).astype(np.float32)
    near, far = Region(image, 40, 20, 50, 50, 64), Region(image, 10, -10, 110, 110, 128)
    itself = Fovea.of_map(near, (64, 64)).sample(near, disks)
    np.testing.assert_allclose(itself, disks, atol=1e-6)
    found = Fovea.of_map(far, (128, 128))
    assert found.areas.sum() == pytest.approx(110 * 110 * 0.4)
    direct = found.sample(near, disks)
    by_frame = np.stack([far.mask_to_region(map_, (128, 128)) for map_ in near.maps_to_frame(disks)])
    assert np.abs(direct - by_frame).mean() < 0.002
    assert pairwise_dice(direct > 0.5, by_frame > 0.5).diagonal().min() > 0.97
