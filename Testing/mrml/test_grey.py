"""Every volume shows something: black and white are two values of it."""

from __future__ import annotations

from typing import Any, Tuple

import numpy as np
import pytest

pytest.importorskip("slicer")

from SPASegmentLib.mrml.grey import show_grey, telling_range
from SPASegmentLib.mrml.volumes import add_volume, load_volume

SHAPE = (16, 48, 48)


def shown(volume: Any) -> Tuple[float, float]:
    """Values that are black and white."""
    display = volume.GetDisplayNode()
    return display.GetLevel() - display.GetWindow() / 2, display.GetLevel() + display.GetWindow() / 2


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("count", [1, 5, 30, 500, 9000])
def test_a_few_voxels_in_an_empty_volume_are_seen(scene: Any, kind: Any, count: int) -> None:
    voxels = np.zeros(SHAPE, kind)
    voxels.flat[:count] = 3
    low, high = shown(add_volume(scene, voxels))
    # Half way up is bright enough; where the voxels are many Slicer's own range is kept.
    assert low == 0 and 1.5 <= high <= 3


@pytest.mark.parametrize(("most", "few"), [(0, 1), (254, 255), (-1000, 500), (500, -1000), (7, 8)])
@pytest.mark.parametrize("count", [20, 15000])
def test_two_values_are_black_and_white(scene: Any, most: int, few: int, count: int) -> None:
    voxels = np.full(SHAPE, most, np.int16)
    voxels.flat[:count] = few
    low, high = shown(add_volume(scene, voxels))
    assert low < high and sorted((most, few))[0] == low and high > (most + few) / 2


@pytest.mark.parametrize(("kind", "outlier"), [(np.float32, 1e6), (np.float32, -3e38), (np.int32, 2**30)])
def test_one_voxel_far_away_does_not_hide_all_others(scene: Any, kind: Any, outlier: float) -> None:
    voxels = (np.random.default_rng(0).random(SHAPE) * 1000).astype(kind)
    voxels[0, 0, 0] = outlier
    assert shown(add_volume(scene, voxels)) == pytest.approx((0, 1000), abs=30)


def test_small_differences_of_large_values(scene: Any) -> None:
    """Slicer's histogram gives them a range that ends below its beginning."""
    voxels = 1e9 + np.random.default_rng(0).random(SHAPE) * 1000
    assert shown(add_volume(scene, voxels)) == pytest.approx((1e9, 1e9 + 1000), abs=5)


def test_the_same_value_everywhere_has_no_range() -> None:
    assert telling_range(np.full(9, 4.0)) is None


def test_large_volumes_are_sampled_and_their_few_voxels_found() -> None:
    values = np.zeros(3_000_001, np.int16)
    assert telling_range(values) is None
    values[1] = 40
    assert telling_range(values) == (0, 40)
    values[:] = np.arange(len(values)) % 1000
    assert telling_range(values) == pytest.approx((0, 999), abs=5)


def test_other_volumes_keep_slicer_s_own_range(scene: Any) -> None:
    volume = add_volume(scene, np.random.default_rng(0).integers(0, 200, SHAPE).astype(np.int16))
    assert volume.GetDisplayNode().GetAutoWindowLevel()
    before = shown(volume)
    show_grey(volume)
    assert shown(volume) == before


def test_colours_are_shown_as_they_are(scene: Any) -> None:
    volume = add_volume(scene, np.random.default_rng(0).integers(50, 200, (1, 20, 30, 3), dtype=np.uint8))
    assert shown(volume) == (0, 255)


@pytest.mark.parametrize("name", ["ct_spleen_mask.nii.gz", "mr_brain1_mask.nrrd"])
@pytest.mark.shared_data
def test_real_label_maps(scene: Any, shared_data: Any, name: str) -> None:
    assert shown(load_volume(scene, str(shared_data / "volumes" / name))) == (0, 1)
