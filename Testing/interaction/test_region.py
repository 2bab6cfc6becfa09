"""Regions: square in mm, resampled without a shift, and back to the frame."""

from __future__ import annotations

import numpy as np
import pytest

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.region import MARGIN, SIDE_PER_EXTENT, Region, resample
from SPASegmentLib.interaction.types import Box, FrameImage
from SPASegmentLib.model.normalisation import normalise


def _frame(height: int, width: int, spacing: tuple = (1.0, 1.0), seed: int = 0) -> FrameImage:
    return FrameImage(np.random.default_rng(seed).normal(size=(height, width)) * 100, spacing)


def _ramp_x(height: int, width: int) -> np.ndarray:
    return np.tile(np.arange(width, dtype=np.float64), (height, 1))


def test_region_is_square_in_mm_on_anisotropic_pixels() -> None:
    region = Region.around(_frame(60, 300, (0.5, 3.0)), (150, 30), 60.0, 128)
    assert (region.width, region.height) == (120, 20)
    assert region.map_spacing((40, 60)) == pytest.approx((1.0, 1.5))


@pytest.mark.parametrize("side", [8.0, 9.0])
def test_the_centre_is_centred_to_within_half_a_pixel(side: float) -> None:
    region = Region.around(_frame(50, 50), (20, 30), side, 16)
    middle = (region.left + (region.width - 1) / 2, region.top + (region.height - 1) / 2)
    assert abs(middle[0] - 20) <= 0.5 and abs(middle[1] - 30) <= 0.5


def test_coordinates_there_and_back_and_at_the_corners() -> None:
    region = Region.around(_frame(80, 90, (0.7, 1.3)), (40.2, 33.9), 30.0, 64)
    for point in [(0.0, 0.0), (40.2, 33.9), (12.5, 71.0)]:
        assert region.to_frame(*region.to_region(*point)) == pytest.approx(point)
    assert region.to_region(region.left - 0.5, region.top - 0.5) == pytest.approx((-0.5, -0.5))
    right, bottom = region.left + region.width - 0.5, region.top + region.height - 0.5
    assert region.to_region(right, bottom) == pytest.approx((63.5, 63.5))
    assert region.from_map(-0.5, 15.5, (16, 32)) == pytest.approx((-0.5, 63.5))


def test_pixels_hold_what_lies_at_their_coordinates() -> None:
    """A ramp in frame coordinates must come out as the frame coordinate of each network pixel."""
    for size in (32, 128):  # shrinking and enlarging
        region = Region.around(FrameImage(_ramp_x(100, 100)), (50, 50), 64.0, size)
        seen = region.pixels()
        truth = np.array([region.to_frame(i, 0)[0] for i in range(size)])
        inner = slice(size // 8, -size // 8)
        # z-scored, so only a straight line through the truth is left of the ramp: its zero must be at the centre.
        slope, offset = np.polyfit(truth[inner], seen[size // 2, inner], 1)
        assert np.abs(slope * truth[inner] + offset - seen[size // 2, inner]).max() < 1e-4
        assert -offset / slope == pytest.approx(region.to_frame((size - 1) / 2, 0)[0], abs=1e-3)
        assert np.ptp(seen, axis=0).max() < 1e-5


@pytest.mark.parametrize("map_size", [(16, 16), (64, 64), (100, 37)])
def test_maps_return_without_a_shift(map_size: tuple) -> None:
    region = Region.around(_frame(90, 120, (1.0, 1.0)), (60, 45), 48.0, 64)
    ys, xs = np.meshgrid(np.arange(map_size[0]), np.arange(map_size[1]), indexing="ij")
    frame_x = (xs + 0.5) * region.width / map_size[1] - 0.5 + region.left
    frame_y = (ys + 0.5) * region.height / map_size[0] - 0.5 + region.top
    back = region.maps_to_frame(np.stack([frame_x, frame_y]))
    assert back.shape == (2, 90, 120) and back.dtype == np.float32
    margin = 5
    rows = slice(region.top + margin, region.top + region.height - margin)
    columns = slice(region.left + margin, region.left + region.width - margin)
    # Where it averages, the sampled filter is not exactly symmetric: up to 0.014 pixels here, no half pixel.
    tolerance = 1e-3 if map_size[0] <= 48 else 0.02
    assert np.abs(back[0] - _ramp_x(90, 120))[rows, columns].max() < tolerance
    assert np.abs(back[1] - _ramp_x(120, 90).T)[rows, columns].max() < tolerance
    outside = np.ones((90, 120), dtype=bool)
    outside[region.top : region.top + region.height, region.left : region.left + region.width] = False
    assert not back[:, outside].any()


def test_enlarging_is_bilinear() -> None:
    """Against the interpolation formula written out in float64."""
    region = Region.around(_frame(40, 40), (20, 20), 24.0, 64)
    maps = np.random.default_rng(1).random((1, 8, 8))
    back = region.maps_to_frame(maps)[0]
    for y, x in [(region.top + 7, region.left + 11), (region.top, region.left), (20, 23)]:
        v = np.clip((y - region.top + 0.5) * 8 / region.height - 0.5, 0, 7)
        u = np.clip((x - region.left + 0.5) * 8 / region.width - 0.5, 0, 7)
        i, j = int(min(v, 6)), int(min(u, 6))
        a, b = v - i, u - j
        square = maps[0, i : i + 2, j : j + 2]
        expected = (1 - a) * ((1 - b) * square[0, 0] + b * square[0, 1]) + a * (
            (1 - b) * square[1, 0] + b * square[1, 1]
        )
        assert back[y, x] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("centre", [(20, 15), (2, 1), (38.4, 29.6)])
def test_mask_comes_back_pixel_for_pixel_at_native_size(centre: tuple) -> None:
    """Also where the region leaves the frame."""
    frame = _frame(31, 40, (0.8, 1.1))
    region = Region.around(frame, centre, 14.0, 64)
    mask = np.random.default_rng(2).random(frame.shape) > 0.5
    there = region.mask_to_region(mask, region.native_size)
    back = region.maps_to_frame(there[None])[0] > 0.5
    rows = slice(max(region.top, 0), region.top + region.height)
    columns = slice(max(region.left, 0), region.left + region.width)
    assert np.array_equal(back[rows, columns], mask[rows, columns])
    assert back.sum() == mask[rows, columns].sum()


def test_a_mask_is_averaged_not_sampled_when_shrunk() -> None:
    """A checkerboard must become grey, and the area of a shape must survive."""
    frame = _frame(64, 64)
    region = Region.around(frame, (31.5, 31.5), 64.0, 64)
    board = (np.indices((64, 64)).sum(0) % 2).astype(bool)
    assert np.abs(region.mask_to_region(board, (16, 16)) - 0.5).max() < 0.05
    disk = np.hypot(*(np.indices((64, 64)) - 30.0)) < 14
    assert region.mask_to_region(disk, (16, 16)).sum() * 16 == pytest.approx(disk.sum(), rel=0.01)


def test_beyond_the_frame_the_edge_continues() -> None:
    frame = FrameImage(_ramp_x(20, 20))
    region = Region.around(frame, (0, 10), 11.0, 11)
    assert region.left == -5
    seen = region.pixels()
    assert np.ptp(seen[:, :6]) == 0 and seen[0, 6] > seen[0, 5]
    mask = np.zeros((20, 20), dtype=bool)
    mask[:, :2] = True
    assert region.mask_to_region(mask, (11, 11))[:, :7].min() == 1


def test_normalise() -> None:
    values = np.random.default_rng(3).normal(50, 7, (64, 64))
    values[0, 0] = 1e6  # a metal artefact must not flatten the rest
    result = normalise(values)
    assert result.dtype == np.float32
    assert result.mean() == pytest.approx(0, abs=1e-5) and result.std() == pytest.approx(1, abs=1e-5)
    assert np.abs(result).max() < 5
    clipped = np.clip(values, *np.percentile(values, [0.5, 99.5]))
    assert result == pytest.approx((clipped - clipped.mean()) / clipped.std(), abs=1e-4)
    assert np.array_equal(normalise(np.full((8, 8), 3.7)), np.zeros((8, 8), dtype=np.float32))


def test_normalise_keeps_an_object_smaller_than_the_clipped_share() -> None:
    values = np.zeros((64, 64))
    values[30, 30] = 1.0
    result = normalise(values)
    assert np.isfinite(result).all() and result.argmax() == 30 * 64 + 30 and result.max() > 10


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_normalise_does_not_depend_on_the_unit(scale: float) -> None:
    values = np.random.default_rng(4).random((16, 16))
    assert normalise(values * scale) == pytest.approx(normalise(values), abs=1e-4)


def test_a_huge_side_is_limited_to_what_the_frame_shows() -> None:
    region = Region.around(_frame(40, 30), (15, 20), 1e9, 32)
    assert (region.width, region.height) == (80, 80)
    assert region.left < 0 and region.left + region.width > 30


def test_a_side_below_a_pixel_is_one_pixel() -> None:
    region = Region.around(_frame(40, 30), (15, 20), 0.1, 32)
    assert (region.width, region.height, region.left, region.top) == (1, 1, 15, 20)
    assert np.array_equal(region.pixels(), np.zeros((32, 32), dtype=np.float32))


@pytest.mark.parametrize(("height", "width", "spacing"), [(30, 90, (0.5, 2.0)), (30, 90, (2.0, 0.5)), (90, 30, (1, 1))])
def test_the_whole_frame_is_in_the_middle_of_its_region(height: int, width: int, spacing: tuple) -> None:
    region = Region.whole(_frame(height, width, spacing), 64)
    longer = max(height * spacing[1], width * spacing[0])
    assert (region.width * spacing[0], region.height * spacing[1]) == pytest.approx((longer, longer), abs=2)
    assert region.left + (region.width - 1) / 2 == pytest.approx((width - 1) / 2, abs=0.51)
    assert region.top + (region.height - 1) / 2 == pytest.approx((height - 1) / 2, abs=0.51)


def test_the_region_around_a_mask_is_some_extents_wide_and_a_margin() -> None:
    mask = np.zeros((300, 400), bool)
    mask[100:110, 200:220] = True
    region = Region.around_mask(_frame(300, 400), mask, 64)
    assert region.width == region.height == SIDE_PER_EXTENT * 20 + MARGIN
    assert (region.left + region.width / 2, region.top + region.height / 2) == pytest.approx((210, 105), abs=1)


def test_around_box_holds_the_box_and_its_margin() -> None:
    region = Region.around_box(_frame(100, 100, (1.0, 2.0)), Box(20, 30, 40, 50), 64)
    assert (region.width, region.height) == (80, 40)  # 40 mm high box, half of it on each side
    assert region.left <= 20 and region.left + region.width - 1 >= 40
    assert region.left + (region.width - 1) / 2 == pytest.approx(30, abs=0.5)


@pytest.mark.parametrize("centre", [(-1, 5), (5, 10.6), (float("nan"), 5)])
def test_a_click_outside_is_refused(centre: tuple) -> None:
    with pytest.raises(InputError, match="outside the 20 x 10 image"):
        Region.around(_frame(10, 20), centre, 8.0, 16)


@pytest.mark.parametrize("side", [0.0, -3.0, float("nan")])
def test_a_side_that_is_not_positive_is_refused(side: float) -> None:
    with pytest.raises(InputError, match="positive size"):
        Region.around(_frame(10, 20), (5, 5), side, 16)


def test_a_box_outside_and_a_mask_of_another_size_are_refused() -> None:
    frame = _frame(10, 20)
    with pytest.raises(InputError, match="box lies outside"):
        Region.around_box(frame, Box(30, 2, 40, 8), 16)
    with pytest.raises(InputError, match="must agree"):
        Region.around(frame, (5, 5), 8.0, 16).mask_to_region(np.zeros((20, 10)), (8, 8))


def test_resample_does_not_hand_out_its_input() -> None:
    maps = np.zeros((1, 4, 4), dtype=np.float32)
    resample(maps, (4, 4))[:] = 1
    assert not maps.any()


@pytest.mark.parametrize(
    ("before", "after"),
    [((6, 64, 64), (333, 410)), ((1, 820, 700), (128, 128)), ((3, 1, 7), (5, 2)), ((1, 300, 300), (299, 301))],
)
def test_resample_agrees_with_pytorch(before: tuple, after: tuple) -> None:
    from torch import from_numpy
    from torch.nn import functional

    maps = np.random.default_rng(0).standard_normal(before).astype(np.float32)
    wanted = functional.interpolate(from_numpy(maps)[:, None], size=after, mode="bilinear", antialias=True)[:, 0]
    assert np.abs(resample(maps, after) - wanted.numpy()).max() < 2e-6
