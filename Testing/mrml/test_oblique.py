"""Frames on planes across the voxels: linear reslice, majority back."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from typing import Any, Callable, Dict, Tuple

import numpy as np
import pytest
import vtk
from scipy.spatial.transform import Rotation

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.grid import Grid, image_array, image_grid, volume_grid
from SPASegmentLib.mrml.plane import Plane
from SPASegmentLib.mrml.sampling import sample_labels, splat
from SPASegmentLib.mrml.stack import Stack
from SPASegmentLib.mrml.volumes import add_volume

NORMALS = {"axial": (0, 0, 1), "sagittal": (1, 0, 0), "coronal": (0, 1, 0), "slanted": (1, 2, 3)}


@pytest.fixture
def large(scene: Any, oblique: np.ndarray) -> Any:
    rng = np.random.default_rng(0)
    return add_volume(scene, rng.normal(size=(24, 90, 100)).astype(np.float32), oblique)


def centre_of(volume: Any) -> Any:
    k, j, i = image_array(volume.GetImageData()).shape
    return tuple((volume_grid(volume).to_world @ [i / 2, j / 2, k / 2, 1])[:3])


@pytest.mark.parametrize("normal", NORMALS.values(), ids=NORMALS)
def test_a_disk_comes_back(large: Any, normal: Any, disk: Callable) -> None:
    centre = centre_of(large)
    frame = Frame.at(large, centre, Plane.from_normal(normal))
    assert not frame.aligned
    assert frame.image.spacing == pytest.approx((0.7, 0.7))
    mask = disk(frame, centre, 18.0)
    labelmap = frame.mask_to_labelmap(mask)
    back = frame.labels(image_array(labelmap), image_grid(labelmap, np.eye(4)))
    assert (mask & back).sum() / (mask | back).sum() >= 0.9


@pytest.mark.parametrize("normal", NORMALS.values(), ids=NORMALS)
def test_a_frame_is_as_large_as_the_volume_and_no_larger(large: Any, normal: Any) -> None:
    """Seen along the normal: its outermost pixels lie within a pixel of the outermost voxels' borders."""
    frame = Frame.at(large, centre_of(large), Plane.from_normal(normal))
    grid = volume_grid(large)
    corners = np.linalg.solve(frame.to_world, grid.to_world @ grid.corners(0.5))[:2]
    height, width = frame.image.shape
    first, last = -corners.min(axis=1), corners.max(axis=1) - (width - 1, height - 1)
    assert ((first >= 0) & (first < 1) & (last >= 0) & (last < 1)).all()


def test_pixels_agree_with_the_reslice_of_vtk(large: Any) -> None:
    frame = Frame.at(large, centre_of(large), Plane.from_normal((1, 2, 3)))
    reslice = vtk.vtkImageReslice()
    reslice.SetInputData(large.GetImageData())
    reslice.SetInterpolationModeToLinear()
    points = frame.to_index[:3]
    axes = vtk.vtkMatrix4x4()
    for row in range(3):
        for column in range(4):
            axes.SetElement(row, column, points[row, column])
    reslice.SetResliceAxes(axes)
    height, width = frame.image.shape
    reslice.SetOutputExtent(0, width - 1, 0, height - 1, 0, 0)
    reslice.SetOutputSpacing(1, 1, 1)
    reslice.SetOutputOrigin(0, 0, 0)
    reslice.SetBackgroundLevel(np.nan)
    reslice.Update()
    expected = image_array(reslice.GetOutput())[0]
    inside = np.isfinite(expected)
    assert inside.sum() > 5000
    assert frame.image.pixels[inside] == pytest.approx(expected[inside], abs=2e-3)
    # What lies outside of the volume is as dark as the darkest pixel.
    y, x = np.mgrid[:height, :width]
    index = points[:, 0, None, None] * x + points[:, 1, None, None] * y + points[:, 3, None, None]
    far = ((index < -0.6) | (index > np.array([99.6, 89.6, 23.6])[:, None, None])).any(axis=0)
    assert (frame.image.pixels[far] == frame.image.pixels.min()).all()


def test_a_ramp_is_resliced_to_its_own_values(scene: Any, oblique: np.ndarray) -> None:
    k, j, i = np.mgrid[:20, :60, :70].astype(np.float64)
    gradient = np.array([1.5, -2.0, 0.7])
    world = np.einsum("rc,ckji->rkji", oblique[:3, :3], np.stack([i, j, k]))
    ramp = np.einsum("r,rkji->kji", gradient, world)
    volume = add_volume(scene, ramp, oblique)
    frame = Frame.at(volume, centre_of(volume), Plane.from_normal((-1, 1, 2)))
    height, width = frame.image.shape
    for x, y in ((width // 2, height // 2), (width // 2 + 9, height // 2 - 7)):
        expected = gradient @ (np.array(frame.xy_to_ras(x, y)) - oblique[:3, 3])
        assert frame.image.pixels[y, x] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("angle, aligned", [(0.0009, True), (0.002, False)])
def test_a_tilt_within_the_tolerance_counts_as_aligned(scene: Any, angle: float, aligned: bool) -> None:
    volume = add_volume(scene, np.random.default_rng(0).normal(size=(10, 20, 20)))
    frame = Frame.at(volume, (10.0, 10.0, 5.0), Plane.from_normal((0.0, np.sin(angle), np.cos(angle))))
    assert frame.aligned is aligned


def test_parallel_slices_share_their_pixels(large: Any, disk: Callable) -> None:
    frame = Frame.at(large, centre_of(large), Plane.from_normal((1, 2, 3)))
    following = frame.neighbour(1)
    assert following.image.shape == frame.image.shape
    moved = np.array(following.xy_to_ras(3, 4)) - np.array(frame.xy_to_ras(3, 4))
    assert np.cross(moved, frame.plane.normal) == pytest.approx(np.zeros(3), abs=1e-9)
    # One step is never more than one voxel along any axis.
    step = np.linalg.solve(volume_grid(large).to_world[:3, :3], moved)
    assert np.abs(step).max() == pytest.approx(1.0)
    count = 1
    with pytest.raises(InputError, match="no further slice|does not meet"):
        while True:
            following = following.neighbour(1)
            count += 1
    assert count > 5


def test_slices_are_the_same_wherever_they_were_clicked(large: Any) -> None:
    """Masks accepted after clicks on several of them go through the volume together."""
    plane, centre = Plane.from_normal((1, 2, 3)), np.array(centre_of(large))
    frame = Frame.at(large, tuple(centre), plane)
    step = np.linalg.norm(frame.to_world[:3, 2])
    for right, down, along in ((3.3, -7.7, 0.0), (-4.1, 2.2, 3.0), (0.6, 0.1, -2.3)):
        on_slice = np.array(frame.xy_to_ras(*frame.ras_to_xy(tuple(centre))))
        point = tuple(on_slice + right * plane.right + down * plane.down + along * step * plane.normal)
        other = Frame.at(large, point, plane)
        index = Stack(frame).index_of(other)
        assert index == round(along)
        assert other.key == frame.key_at(index)
        assert np.allclose(other.image.pixels, frame.neighbour(index).image.pixels, atol=1e-5)
        # The point is seen on it where it lies, at most half a slice in front of it or behind.
        assert np.linalg.norm(np.subtract(other.xy_to_ras(*other.ras_to_xy(point)), point)) <= 0.5 * step + 1e-9


def test_voxels_of_a_plane_have_no_holes(large: Any) -> None:
    frame = Frame.at(large, centre_of(large), Plane.from_normal((1, 2, 3)))
    labelmap = frame.mask_to_labelmap(np.ones(frame.image.shape, dtype=bool))
    # Every pixel inside the volume finds its own voxel written.
    back = frame.labels(image_array(labelmap), image_grid(labelmap, np.eye(4)))
    grid = volume_grid(large)
    height, width = frame.image.shape
    for y in range(0, height, 7):
        for x in range(0, width, 7):
            index = np.floor(grid.index_of(frame.xy_to_ras(x, y)) + 0.5)
            assert back[y, x] == (((index >= 0) & (index < grid.shape)).all())


def test_writing_on_a_finer_grid_fills_the_thickness_of_the_slice(scene: Any) -> None:
    volume = add_volume(scene, np.random.default_rng(0).normal(size=(5, 20, 20)), np.diag([1.0, 1.0, 4.0, 1.0]))
    frame = Frame.at(volume, (10.0, 10.0, 8.0), Plane.named("axial"))
    mask = np.zeros(frame.image.shape, dtype=bool)
    mask[5:9, 6:12] = True
    # Twice as fine, over the same space.
    fine = np.diag([0.5, 0.5, 2.0, 1.0])
    fine[:3, 3] = (-0.25, -0.25, -1.0)
    labelmap = frame.mask_to_labelmap(mask, Grid(fine, np.eye(4), (0, 39, 0, 39, 0, 9)))
    array = image_array(labelmap)
    assert labelmap.GetDimensions()[2] == 2 or array.any(axis=(1, 2)).sum() == 2
    assert array.sum() == 8 * mask.sum()
    assert np.array_equal(frame.labels(array, image_grid(labelmap, np.eye(4))), mask)


def test_writing_on_a_coarser_grid_writes_by_majority(scene: Any) -> None:
    volume = add_volume(scene, np.random.default_rng(0).normal(size=(6, 20, 20)))
    frame = Frame.at(volume, (10.0, 10.0, 2.0), Plane.named("axial"))
    mask = np.zeros(frame.image.shape, dtype=bool)
    mask[4:8, 4:7] = True
    coarse = np.diag([2.0, 2.0, 3.0, 1.0])
    coarse[:3, 3] = (0.5, 0.5, 1.0)
    grid = Grid(coarse, np.eye(4), (0, 9, 0, 9, 0, 1))
    labelmap = frame.mask_to_labelmap(mask, grid)
    array = image_array(labelmap)
    assert np.array_equal(np.flatnonzero(array.any(axis=(1, 2))) + labelmap.GetExtent()[4], [0])
    # Columns 4 to 6 of 20 pixels: one pair is whole, the other half of the next pair is no majority.
    assert array.sum() == 2 * 1


def test_masks_beyond_the_grid_are_clipped(scene: Any, noise: np.ndarray) -> None:
    volume = add_volume(scene, noise)
    frame = Frame.at(volume, (20.0, 15.0, 6.0), Plane.named("axial"))
    everything = np.ones(frame.image.shape, dtype=bool)
    grid = volume_grid(volume)
    part = Grid(grid.to_local, grid.local_to_world, (5, 14, 3, 8, 0, 11))
    assert frame.mask_to_labelmap(everything, part).GetExtent() == (5, 14, 3, 8, 6, 6)
    assert frame.mask_to_labelmap(everything, Grid(grid.to_local, np.eye(4), (0, 39, 0, 29, 0, 3))) is None
    assert frame.mask_to_labelmap(np.zeros_like(everything)) is None


def test_touched_takes_voxels_that_the_majority_leaves_out() -> None:
    mask = np.zeros((8, 8), dtype=bool)
    mask[2, 2] = True
    coarse = np.diag([0.25, 0.25, 1.0, 1.0])
    assert splat(mask, coarse, (0, 7, 0, 7, 0, 0), thick=False) is None
    found = splat(mask, coarse, (0, 7, 0, 7, 0, 0), thick=False, touched=True)
    assert found is not None and found[0].sum() == 2 * 2  # a pixel of 0.25 voxels around a corner of four voxels


def tilted(seed: int, spacing: Tuple[float, float, float]) -> np.ndarray:
    to_index = np.eye(4)
    to_index[:3, :3] = Rotation.random(random_state=seed).as_matrix() * np.array(spacing)
    to_index[:3, 3] = np.random.default_rng(seed).uniform(-3, 12, 3)
    return to_index


@pytest.mark.parametrize("spacing", [(0.8, 0.8, 1.0), (0.3, 1.4, 3.3), (2.2, 2.0, 0.4)])
@pytest.mark.parametrize("seed", range(4))
def test_voxels_are_those_with_most_of_their_samples_on(seed: int, spacing: Tuple[float, float, float]) -> None:
    """Counted one sample after the other."""
    to_index, extent = tilted(seed, spacing), (-4, 17, -2, 14, -6, 20)
    mask = np.random.default_rng(seed).random((9, 7)) < 0.6
    mask[0] = mask[-1] = mask[:, 0] = mask[:, -1] = False
    counts = [1 + 2 * int(np.ceil(np.linalg.norm(to_index[:3, n]))) for n in range(3)]
    hits: Dict[Tuple[int, ...], int] = Counter()
    total: Dict[Tuple[int, ...], int] = Counter()
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    for y in range(rows[0] - 1, rows[-1] + 2):
        for x in range(columns[0] - 1, columns[-1] + 2):
            for n in np.ndindex(*counts):
                away = (np.array(n) + 0.5) / counts - 0.5
                voxel = tuple(np.floor(to_index[:3] @ [*(np.array([x, y, 0]) + away), 1.0] + 0.5).astype(int))
                total[voxel] += 1
                hits[voxel] += bool(mask[y, x])
    inside = [v for v in total if all(extent[2 * n] <= v[n] <= extent[2 * n + 1] for n in range(3))]
    for touched in (False, True):
        wanted = {v for v in inside if (hits[v] > 0 if touched else 2 * hits[v] > total[v])}
        found = splat(mask, to_index, extent, thick=True, touched=touched)
        assert found is not None
        array, first = found
        assert {tuple(int(n) for n in v[::-1] + np.array(first)) for v in np.argwhere(array)} == wanted


def test_a_tilted_mask_takes_memory_for_its_voxels_and_not_for_the_box_around() -> None:
    """A disk of 400 pixels took 1.7 GB and nine seconds."""
    y, x = np.mgrid[:160, :160]
    mask = np.hypot(x - 80, y - 80) < 76
    to_index = tilted(1, (1.0, 1.0, 1.0))
    tracemalloc.start()
    try:
        found = splat(mask, to_index, (-300, 300, -300, 300, -300, 300), thick=True)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found is not None and found[0].size > 20 * found[0].sum(), "a box that is mostly empty"
    assert peak < 8 * found[0].size, "counters of the box would take 16 bytes and more for each of its voxels"


def test_labels_outside_of_their_array_are_no_labels() -> None:
    array = np.ones((2, 3, 4), dtype=np.uint8)
    mask = sample_labels(array, (10, 0, 0), None, (5, 20), np.eye(4))
    expected = np.zeros((5, 20), dtype=bool)
    expected[:3, 10:14] = True
    assert np.array_equal(mask, expected)
