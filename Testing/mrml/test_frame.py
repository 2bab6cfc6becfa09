"""Frames on planes along the volume's axes: the pixels are voxels, and masks come back exactly."""

from __future__ import annotations

import tracemalloc
from typing import Any, Callable, List, Tuple

import numpy as np
import pytest
import slicer
import vtk

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.background import is_background
from SPASegmentLib.mrml.colours import seen
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.grid import Grid, image_array, matrix_from_array, volume_grid
from SPASegmentLib.mrml.plane import Plane, xy_to_ras
from SPASegmentLib.mrml.sampling import sample_labels
from SPASegmentLib.mrml.volumes import add_volume

PLANES = ("axial", "sagittal", "coronal")


def index_of(frame: Frame, x: float, y: float) -> np.ndarray:
    """Voxel index below a pixel, by VTK's own matrices."""
    matrix = vtk.vtkMatrix4x4()
    frame.volume.GetRASToIJKMatrix(matrix)
    return np.array(matrix.MultiplyPoint((*frame.xy_to_ras(x, y), 1.0))[:3])


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_pixels_are_voxels_in_any_geometry(scene: Any, noise: np.ndarray, geometry: np.ndarray, axis: int) -> None:
    volume = add_volume(scene, noise, geometry)
    position = (31, 21, 8)
    ras = tuple((geometry @ [*position, 1.0])[:3])
    frame = Frame.at(volume, ras, Plane.from_normal(geometry[:3, axis]))
    assert frame.aligned
    size = np.linalg.norm(geometry[:3, :3], axis=0)
    assert sorted(frame.image.spacing) == pytest.approx(sorted(np.delete(size, axis)))
    height, width = frame.image.shape
    assert frame.image.pixels.size == noise.size // noise.shape[2 - axis]
    for x, y in ((0, 0), (width - 1, 0), (0, height - 1), (7, 5)):
        i, j, k = np.rint(index_of(frame, x, y)).astype(int)
        assert (i, j, k)[axis] == position[axis]
        assert frame.image.pixels[y, x] == noise[k, j, i]


@pytest.mark.parametrize("name", PLANES)
@pytest.mark.parametrize("kind", ["dicom axial", "sagittal acquisition", "left-handed"])
def test_frames_are_turned_as_in_the_slice_view(scene: Any, noise: np.ndarray, name: str, kind: str) -> None:
    matrices = {
        "dicom axial": np.diag([-1.0, -1, 1, 1]),
        "sagittal acquisition": np.array([[0.0, 0, 1, 0], [-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 0, 1]]),
        "left-handed": np.diag([1.0, 1, -2, 1]),
    }
    volume = add_volume(scene, noise, matrices[kind])
    centre = tuple((matrices[kind] @ [20, 15, 6, 1])[:3])
    to_world = Frame.at(volume, centre, Plane.named(name)).to_world
    right, down, normal = (to_world[:3, n] / np.linalg.norm(to_world[:3, n]) for n in range(3))
    node = scene.AddNewNodeByClass("vtkMRMLSliceNode")
    assert node.SetOrientation(name.capitalize())
    view = np.array([[node.GetSliceToRAS().GetElement(r, c) for c in range(3)] for r in range(3)])
    assert right == pytest.approx(view[:, 0])
    assert down == pytest.approx(-view[:, 1])
    assert normal == pytest.approx(view[:, 2])


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_mask_on_an_aligned_plane_comes_back_identical(
    scene: Any, noise: np.ndarray, geometry: np.ndarray, axis: int
) -> None:
    volume = add_volume(scene, noise, geometry)
    frame = Frame.at(volume, tuple((geometry @ [20, 15, 6, 1.0])[:3]), Plane.from_normal(geometry[:3, axis]))
    mask = np.random.default_rng(axis).random(frame.image.shape) > 0.5
    labelmap = frame.mask_to_labelmap(mask)
    assert labelmap.GetDimensions()[axis] == 1
    full = np.zeros(noise.shape, dtype=bool)
    e = labelmap.GetExtent()
    full[e[4] : e[5] + 1, e[2] : e[3] + 1, e[0] : e[1] + 1] = image_array(labelmap)
    # Independent of the frame: look the pixels up through VTK's matrix.
    y, x = np.nonzero(mask)
    index = np.array([np.rint(index_of(frame, c, r)) for c, r in zip(x, y)]).astype(int)
    expected = np.zeros(noise.shape, dtype=bool)
    expected[index[:, 2], index[:, 1], index[:, 0]] = True
    assert np.array_equal(full, expected)
    assert np.array_equal(frame.labels(full, volume_grid(volume)), mask)


@pytest.mark.parametrize(
    "dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32", "float64"]
)
def test_all_scalar_types(scene: Any, dtype: str) -> None:
    array = np.arange(4 * 5 * 6).reshape(4, 5, 6).astype(dtype)
    frame = Frame.at(add_volume(scene, array), (3.0, 2.0, 1.0), Plane.named("axial"))
    assert frame.image.pixels.dtype == np.float32
    # Unit spacing in RAS: the frame shows the patient's left on the right, so both axes are turned.
    assert np.array_equal(frame.image.pixels, array[1, ::-1, ::-1].astype(np.float32))


def test_integers_beyond_32_bits_keep_their_values(scene: Any) -> None:
    array = np.arange(24, dtype=np.int64).reshape(2, 3, 4) * 2**40
    frame = Frame.at(add_volume(scene, array), (1.0, 1.0, 1.0), Plane.named("axial"))
    assert np.array_equal(frame.image.pixels, array[1, ::-1, ::-1].astype(np.float32))


def test_boolean_volume(scene: Any) -> None:
    array = np.zeros((3, 4, 5), dtype=bool)
    array[:, 1, 2] = True
    frame = Frame.at(add_volume(scene, array), (2.0, 1.0, 1.0), Plane.named("axial"))
    assert frame.image.pixels.sum() == 1


@pytest.mark.parametrize("normal", [(0, 0, 1), (1, 2, 3)])
@pytest.mark.parametrize("components", [3, 4])
def test_colour_becomes_luminance(scene: Any, normal: Any, components: int) -> None:
    rng = np.random.default_rng(0)
    colour = rng.integers(0, 256, (8, 9, 10, components)).astype(np.uint8)
    grey = colour[..., 0] * 0.299 + colour[..., 1] * 0.587 + colour[..., 2] * 0.114
    plane, point = Plane.from_normal(normal), (4.0, 4.0, 4.0)
    pixels = Frame.at(add_volume(scene, colour), point, plane).image.pixels
    assert pixels == pytest.approx(Frame.at(add_volume(scene, grey), point, plane).image.pixels, abs=1e-3)


@pytest.mark.parametrize("normal", [(0, 0, 1), (0, 1, 0), (1, 0, 0), (1, 2, 3)])
@pytest.mark.parametrize("components", [3, 4])
def test_pictures_of_a_slice_have_its_colours(scene: Any, normal: Any, components: int) -> None:
    """Each as a grey volume of that colour alone has it on the same slice."""
    colour = np.random.default_rng(0).integers(0, 256, (8, 9, 10, components)).astype(np.uint8)
    plane, point = Plane.from_normal(normal), (4.0, 4.0, 4.0)
    frame = Frame.at(add_volume(scene, colour), point, plane)
    found = seen(frame)
    assert found.shape == (*frame.shape, 3)
    for n in range(3):
        alone = Frame.at(add_volume(scene, colour[..., n]), point, plane)
        assert found[..., n] == pytest.approx(alone.image.pixels, abs=1e-3)
        assert np.array_equal(seen(alone), alone.image.pixels)


@pytest.mark.parametrize(("low", "high", "taken"), [(0, 255, True), (0, 400, False), (-3, 200, False)])
def test_three_time_points_are_no_colours(scene: Any, low: int, high: int, taken: bool) -> None:
    values = np.random.default_rng(0).integers(low, high + 1, (8, 9, 10, 3)).astype(np.int16)
    volume, point = add_volume(scene, values), (4.0, 4.0, 4.0)
    if taken:
        assert Frame.at(volume, point, Plane.named("axial")).image.pixels.std() > 0
    else:
        with pytest.raises(InputError, match="3 values per voxel that are no colours"):
            Frame.at(volume, point, Plane.named("axial"))


def test_clicks_and_points_agree_under_a_parent_transform(volume: Any, ras_of: Callable, scene: Any) -> None:
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    turn = np.array([[0, -1, 0, 5], [1, 0, 0, -8], [0, 0, 1, 3], [0, 0, 0, 1.0]])
    transform.SetMatrixTransformToParent(matrix_from_array(turn))
    volume.SetAndObserveTransformNodeID(transform.GetID())
    ras = ras_of(25, 11, 4)
    frame = Frame.at(volume, ras, Plane.of_slices(volume_grid(volume)))
    assert frame.aligned
    x, y = frame.ras_to_xy(ras)
    assert frame.xy_to_ras(x, y) == pytest.approx(ras)
    assert frame.image.pixels[round(y), round(x)] == image_array(volume.GetImageData())[4, 11, 25]


def test_a_frame_moves_with_its_volume(volume: Any, ras_of: Callable, scene: Any) -> None:
    frame = Frame.at(volume, ras_of(25, 11, 4), Plane.of_slices(volume_grid(volume)))
    before = frame.ras_to_xy(ras_of(25, 11, 4))
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(matrix_from_array(np.diag([-1.0, -1, 1, 1])))
    volume.SetAndObserveTransformNodeID(transform.GetID())
    assert frame.ras_to_xy(ras_of(25, 11, 4)) == pytest.approx(before)


def test_plane_of_a_slice_view(volume: Any, scene: Any) -> None:
    node = scene.AddNewNodeByClass("vtkMRMLSliceNode")
    node.SetOrientation("Axial")
    node.SetDimensions(300, 200, 1)
    node.RotateToVolumePlane(volume)
    centre = (volume_grid(volume).to_world @ [20, 15, 6, 1])[:3]
    node.JumpSliceByCentering(*centre)
    ras = xy_to_ras(node, 150, 100)
    frame = Frame.at(volume, ras, Plane.of_slice_node(node))
    assert frame.aligned
    x, y = frame.ras_to_xy(ras)
    right = frame.ras_to_xy(xy_to_ras(node, 160, 100))
    above = frame.ras_to_xy(xy_to_ras(node, 150, 110))
    # On screen x runs right and y up; in the frame y runs down.
    assert right[0] > x and abs(right[1] - y) < 1e-6
    assert above[1] < y and abs(above[0] - x) < 1e-6


def test_neighbours_run_through_the_volume_and_end_at_its_ends(volume: Any, ras_of: Callable) -> None:
    frame = Frame.at(volume, ras_of(20, 15, 6), Plane.of_slices(volume_grid(volume)))
    voxels = image_array(volume.GetImageData())
    seen = {float(frame.image.pixels[0, 0])}
    for step in (1, -1):
        current = frame
        while True:
            try:
                current = current.neighbour(step)
            except InputError as error:
                assert "no further slice" in str(error)
                break
            assert current.image.shape == frame.image.shape
            seen.add(float(current.image.pixels[0, 0]))
    assert len(seen) == voxels.shape[0]
    assert frame.neighbour(1).neighbour(-1).key == frame.key
    assert frame.neighbour(1).key != frame.key


def test_a_volume_of_one_slice(scene: Any, noise: np.ndarray) -> None:
    volume = add_volume(scene, noise[:1])
    frame = Frame.at(volume, (10.0, 10.0, 0.2), Plane.named("axial"))
    assert frame.image.shape == (30, 40)
    with pytest.raises(InputError, match="no further slice"):
        frame.neighbour(1)
    for name in ("sagittal", "coronal"):
        with pytest.raises(InputError, match="a line of pixels"):
            Frame.at(volume, (10.0, 10.0, 0.2), Plane.named(name))


@pytest.mark.parametrize("size", [1e-200, 1.0, 1e200])
def test_the_length_of_a_normal_says_nothing(scene: Any, noise: np.ndarray, size: float) -> None:
    with np.errstate(all="raise"):
        plane = Plane.from_normal((size, -size, 0.5 * size))
    assert plane.normal == pytest.approx(np.array([2.0, -2.0, 1.0]) / 3)


def test_a_slice_of_2000_by_2000_pixels(scene: Any) -> None:
    image = np.random.default_rng(0).integers(0, 1000, (2, 2000, 2000)).astype(np.int16)
    volume = add_volume(scene, image)
    frame = Frame.at(volume, (1000.0, 1000.0, 1.0), Plane.named("axial"))
    assert frame.image.shape == (2000, 2000)
    mask = np.ones((2000, 2000), dtype=bool)
    labelmap = frame.mask_to_labelmap(mask)
    assert image_array(labelmap).sum() == 4_000_000
    tilted = Frame.at(volume, (1000.0, 1000.0, 1.0), Plane.from_normal((0.0, 0.0005, 1.0)))
    assert tilted.aligned


def test_a_mask_that_fills_a_radiograph_is_placed_without_an_index_for_each_pixel(scene: Any) -> None:
    """These were 50 bytes a pixel, and took a second for the five masks of each round."""
    pixels = np.random.default_rng(0).integers(0, 100, (1, 1500, 1200), dtype=np.int16)
    frame = Frame.at(add_volume(scene, pixels), (10.0, 10.0, 0.0), Plane.named("axial"))
    mask = np.ones(frame.shape, dtype=bool)
    tracemalloc.start()
    try:
        image = frame.mask_to_labelmap(mask)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert image is not None and image_array(image).all() and image_array(image).shape == pixels.shape
    assert peak < 5 * mask.size


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("extent", [(0, 39, 0, 29, 0, 11), (-5, 12, 7, 50, 3, 9), (30, 60, -4, 3, 6, 6)])
def test_labels_are_those_of_the_closest_voxels(
    scene: Any, noise: np.ndarray, geometry: np.ndarray, axis: int, extent: Tuple[int, ...]
) -> None:
    volume = add_volume(scene, noise, geometry)
    frame = Frame.at(volume, tuple((geometry @ [31, 5, 6, 1])[:3]), Plane.from_normal(geometry[:3, axis]))
    grid = Grid(volume_grid(volume).to_local, np.eye(4), extent)  # type: ignore[arg-type]
    array = np.random.default_rng(0).integers(0, 3, grid.shape[::-1])
    to_grid = np.linalg.solve(grid.to_world, frame.to_world)
    for value in (None, 1):
        wanted = sample_labels(array, extent[::2], value, frame.shape, to_grid)  # type: ignore[arg-type]
        assert np.array_equal(frame.labels(array, grid, value), wanted)


def test_a_segment_on_a_radiograph_is_read_without_an_index_for_each_pixel(scene: Any) -> None:
    """A mask that was accepted looked at 20 of them, which took four seconds."""
    pixels = np.random.default_rng(0).integers(0, 100, (1, 1500, 1200), dtype=np.int16)
    volume = add_volume(scene, pixels)
    frame, grid = Frame.at(volume, (10.0, 10.0, 0.0), Plane.named("axial")), volume_grid(volume)
    tracemalloc.start()
    try:
        mask = frame.labels(pixels, grid, 7)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert mask.sum() == (pixels == 7).sum()
    assert peak < 5 * mask.size


@pytest.mark.parametrize("offset", [(-0.6, 0, 0), (39.6, 0, 0), (0, 29.6, 0), (0, 0, 11.6), (0, 0, -0.6)])
def test_click_outside_the_volume(volume: Any, ras_of: Callable, offset: Any) -> None:
    with pytest.raises(InputError, match="outside the volume"):
        Frame.at(volume, ras_of(*offset), Plane.named("axial"))


@pytest.mark.parametrize("index", [(-0.5, -0.5, -0.5), (39.5, 29.5, 11.5)])
def test_click_on_the_outermost_edge(volume: Any, ras_of: Callable, index: Any) -> None:
    inside = np.array(index) * (1 - 1e-6) + 1e-6
    frame = Frame.at(volume, ras_of(*inside), Plane.of_slices(volume_grid(volume)))
    assert frame.image.shape == (30, 40)


def test_click_on_another_slice(volume: Any, ras_of: Callable) -> None:
    frame = Frame.at(volume, ras_of(20, 15, 6), Plane.of_slices(volume_grid(volume)))
    with pytest.raises(InputError, match="another slice"):
        frame.click(ras_of(20, 15, 8))
    assert frame.click(ras_of(20, 15, 6)).positive
    assert not frame.click(ras_of(20, 15, 6), positive=False).positive


def test_box_between_two_corners(volume: Any, ras_of: Callable) -> None:
    frame = Frame.at(volume, ras_of(20, 15, 6), Plane.of_slices(volume_grid(volume)))
    box = frame.box(ras_of(10, 8, 6), ras_of(20, 25, 6))
    assert (box.x1 - box.x0, box.y1 - box.y0) == pytest.approx((10, 17))
    assert frame.box(ras_of(20, 25, 6), ras_of(10, 8, 6)) == box
    beyond = frame.box(ras_of(10, 8, 6), ras_of(100, 100, 6))
    assert beyond.x1 <= 39 and beyond.y1 <= 29 and beyond.x0 >= 0 and beyond.y0 >= 0
    with pytest.raises(InputError, match="another slice"):
        frame.box(ras_of(10, 8, 6), ras_of(20, 25, 9))
    with pytest.raises(InputError, match="two different corners"):
        frame.box(ras_of(10, 8, 6), ras_of(10, 8, 6))


def test_click_on_air(scene: Any) -> None:
    body = np.full((3, 60, 60), -1000.0)
    body[:, 15:45, 15:45] = np.random.default_rng(0).normal(40, 10, (3, 30, 30))
    body[:, 25:35, 25:35] = -1000.0  # air inside the body
    volume = add_volume(scene, body)
    frame = Frame.at(volume, (30.0, 30.0, 1.0), Plane.named("axial"))
    with pytest.raises(InputError, match="empty background"):
        frame.click((5.0, 5.0, 1.0))
    frame.click((5.0, 5.0, 1.0), positive=False)
    frame.click((30.0, 30.0, 1.0))
    frame.click((20.0, 20.0, 1.0))


@pytest.mark.parametrize("edge", ["upper", "lower", "left", "right"])
def test_air_reaches_the_edge_of_the_image_on_any_side(edge: str) -> None:
    """And air that reaches none is inside the body."""
    body = np.random.default_rng(0).normal(40, 10, (60, 60))
    for enclosed in (True, False):
        pixels = body.copy()
        pixels[(5 if enclosed else 0) : 30, 25:35] = -1000.0
        turned = {"upper": pixels, "lower": pixels[::-1], "left": pixels.T, "right": pixels.T[:, ::-1]}[edge]
        y, x = np.argwhere(turned == -1000).mean(axis=0)
        assert is_background(turned, x, y) is not enclosed


def test_a_point_on_the_border_of_a_voxel_belongs_to_the_grid() -> None:
    grid = Grid(np.eye(4), np.eye(4), (2, 5, 0, 3, 1, 1))
    assert grid.contains(np.array([5.5, 3.5, 1.5])) and grid.contains(np.array([1.5, -0.5, 0.5]))
    for beyond in ([5.6, 0, 1], [1.4, 0, 1], [2, 3.6, 1], [2, 0, 0.4]):
        assert not grid.contains(np.array(beyond))


def test_what_is_no_image_is_refused(scene: Any, noise: np.ndarray) -> None:
    plane, point = Plane.named("axial"), (5.0, 5.0, 1.0)
    with pytest.raises(InputError, match="no volume"):
        Frame.at(None, point, plane)
    with pytest.raises(InputError, match="no image"):
        Frame.at(scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode"), point, plane)
    tensors = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    tensors.SetAndObserveImageData(vtk.vtkImageData())
    tensors.GetImageData().SetDimensions(9, 9, 9)
    with pytest.raises(InputError, match="no image"):
        Frame.at(tensors, point, plane)
    labels = scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode")
    labels.SetAndObserveImageData(add_volume(scene, noise).GetImageData())
    with pytest.raises(InputError, match="label map"):
        Frame.at(labels, point, plane)
    flat = noise.copy()
    flat[1] = 3
    with pytest.raises(InputError, match="same value everywhere"):
        Frame.at(add_volume(scene, flat), point, plane)


@pytest.mark.parametrize("plane", ["axial", "sagittal", "1,2,5"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 3.4e38, -3.4e38])
def test_voxels_without_a_value_are_background(scene: Any, noise: np.ndarray, plane: str, bad: float) -> None:
    """Slicer loads them as they are."""
    volume = add_volume(scene, noise)
    whole = Frame.at(volume, (4.0, 4.0, 1.0), Plane.parse(plane)).image.pixels
    image_array(volume.GetImageData())[:, 4, :] = bad
    pixels = Frame.at(volume, (4.0, 4.0, 1.0), Plane.parse(plane)).image.pixels
    changed = pixels != whole
    assert changed.any() and np.isfinite(pixels).all()
    assert (pixels[changed] == pixels.min()).all()


def test_an_image_of_huge_values_keeps_them(scene: Any, noise: np.ndarray) -> None:
    """Where all are huge, they mean something; an infinite one beside them still does not."""
    volume = add_volume(scene, noise.astype(np.float32) * np.float32(1e25))
    whole = Frame.at(volume, (4.0, 4.0, 1.0), Plane.named("axial")).image.pixels
    assert len(np.unique(whole)) > whole.size / 2 and np.abs(whole).max() > 1e24
    image_array(volume.GetImageData())[:, 4, :] = np.inf
    pixels = Frame.at(volume, (4.0, 4.0, 1.0), Plane.named("axial")).image.pixels
    assert np.isfinite(pixels).all() and (pixels[pixels != whole] == pixels.min()).all()


def test_small_differences_of_large_values_are_kept(scene: Any) -> None:
    array = np.arange(24, dtype=np.int64).reshape(2, 3, 4) + 2**40
    frame = Frame.at(add_volume(scene, array), (1.0, 1.0, 1.0), Plane.named("axial"))
    assert len(np.unique(frame.image.pixels)) == 12


def test_a_bending_transform_is_refused(volume: Any, ras_of: Callable, scene: Any) -> None:
    ras = ras_of(20, 15, 6)
    bend = scene.AddNewNodeByClass("vtkMRMLBSplineTransformNode")
    volume.SetAndObserveTransformNodeID(bend.GetID())
    bend.SetAndObserveTransformToParent(slicer.vtkOrientedBSplineTransform())
    with pytest.raises(InputError, match="harden"):
        Frame.at(volume, ras, Plane.named("axial"))


@pytest.mark.parametrize("text", ["top", "1,2", "0,0,0", "a,b,c", "nan,0,1"])
def test_planes_that_are_none(text: str) -> None:
    with pytest.raises(InputError):
        Plane.parse(text)


def test_planes_from_text() -> None:
    assert np.array_equal(Plane.parse("Coronal").normal, [0, 1, 0])
    oblique = Plane.parse("0, 3, 4")
    assert oblique.normal == pytest.approx([0, 0.6, 0.8])
    axes = np.stack([oblique.right, oblique.down, oblique.normal])
    assert axes @ axes.T == pytest.approx(np.eye(3))
    assert oblique.right[0] < 0  # the patient's left is on the right, as on the axial plane


def test_a_volume_that_was_cropped_in_place_is_refused(volume: Any, ras_of: Callable, noise: np.ndarray) -> None:
    """The indices of the frame stand for other voxels then."""
    frame = Frame.at(volume, ras_of(20, 15, 6), Plane.of_slices(volume_grid(volume)))
    mask = np.ones(frame.image.shape, dtype=bool)
    other = add_volume(volume.GetScene(), noise[:, 5:, 5:])
    volume.SetAndObserveImageData(other.GetImageData())
    for use in (
        lambda: frame.to_world, lambda: frame.click(ras_of(20, 15, 6)), lambda: frame.neighbour(1),
        lambda: frame.mask_to_labelmap(mask),
    ):
        with pytest.raises(InputError, match="another size"):
            use()


def test_a_frame_knows_which_views_show_it(volume: Any, ras_of: Callable) -> None:
    grid = volume_grid(volume)
    frame = Frame.at(volume, ras_of(20, 15, 6), Plane.of_slices(grid))
    normal = grid.to_world[:3, 2] / np.linalg.norm(grid.to_world[:3, 2])

    def view(point: Tuple[float, float, float], axis: np.ndarray = normal) -> np.ndarray:
        matrix = np.eye(4)
        matrix[:3, 2], matrix[:3, 3] = axis, point
        return matrix

    places = ((20, 15, 6, True), (3, 27, 6.45, True), (20, 15, 5.6, True), (20, 15, 7, False), (20, 15, 0, False))
    for i, j, k, shown in places:
        assert frame.is_in(view(ras_of(i, j, k))) is shown
        assert frame.is_in(view(ras_of(i, j, k), -normal)) is shown
    across = grid.to_world[:3, 0] / np.linalg.norm(grid.to_world[:3, 0])
    assert not frame.is_in(view(ras_of(20, 15, 6), across))
    tilted = normal + 0.02 * across
    assert not frame.is_in(view(ras_of(20, 15, 6), tilted / np.linalg.norm(tilted)))


def test_an_oblique_frame_knows_which_views_show_it(volume: Any, ras_of: Callable) -> None:
    plane = Plane.from_normal((1, 2, 3))
    frame = Frame.at(volume, ras_of(20, 15, 6), plane)
    matrix = np.eye(4)
    for steps, shown in ((0.0, True), (0.4, True), (0.6, False), (-2.0, False)):
        step = frame.to_world[:3, 2]
        matrix[:3, 2], matrix[:3, 3] = plane.normal, np.array(frame.xy_to_ras(20, 15)) + steps * step
        assert frame.is_in(matrix) is shown


@pytest.mark.parametrize("normal", [None, (1, 2, 3)])
def test_a_frame_knows_that_its_volume_has_changed(volume: Any, ras_of: Callable, normal: Any) -> None:
    plane = Plane.of_slices(volume_grid(volume)) if normal is None else Plane.from_normal(normal)
    frame = Frame.at(volume, ras_of(20, 15, 6), plane)
    frame.check()
    voxels = image_array(volume.GetImageData())
    kept = voxels.copy()
    if normal is None:
        voxels[0] += 1
        # Another slice is no matter.
        frame.check()
    voxels += 1
    with pytest.raises(InputError, match="replaced"):
        frame.check()
    voxels[...] = kept
    frame.check()
    origin, spacing = volume.GetOrigin(), volume.GetSpacing()
    for change, back in (
        (lambda: volume.SetOrigin(1.0, 2.0, 3.0), lambda: volume.SetOrigin(*origin)),
        (lambda: volume.SetSpacing(1.0, 1.0, 1.0), lambda: volume.SetSpacing(*spacing)),
    ):
        change()
        with pytest.raises(InputError, match="moved, or its spacing"):
            frame.check()
        back()
        frame.check()


def test_a_frame_without_its_pixels_still_knows_them(volume: Any, ras_of: Callable) -> None:
    frame = Frame.at(volume, ras_of(20, 15, 6), Plane.of_slices(volume_grid(volume)))
    before, size = frame.image, sum(array.nbytes for array in _arrays(frame))
    frame.put_pixels_away()
    frame.put_pixels_away()
    assert sum(array.nbytes for array in _arrays(frame)) < size - before.pixels.nbytes / 2
    frame.check()
    key, shape = frame.key, frame.shape
    assert shape == before.shape and frame._image is None, "nobody asked for pixels"
    voxels = image_array(volume.GetImageData())
    voxels += 1
    with pytest.raises(InputError, match="replaced"):
        frame.check()
    assert np.array_equal(frame.image.pixels, before.pixels + 1), "as the volume is now"
    with pytest.raises(InputError, match="replaced"):
        frame.check()
    voxels -= 1
    frame.check()
    assert frame.key == key and frame.image.spacing == before.spacing


def _arrays(frame: Frame) -> List[np.ndarray]:
    """All that a frame holds, directly or in its image."""
    held = [value for one in (frame, frame.__dict__.get("_image")) if one is not None for value in vars(one).values()]
    return [value for value in held if isinstance(value, np.ndarray)]


def test_a_frame_moves_with_a_transform(volume: Any, ras_of: Callable, scene: Any) -> None:
    frame = Frame.at(volume, ras_of(20, 15, 6), Plane.of_slices(volume_grid(volume)))
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    shift = np.eye(4)
    shift[0, 3] = 9.0
    transform.SetMatrixTransformToParent(matrix_from_array(shift))
    before = frame.to_world
    volume.SetAndObserveTransformNodeID(transform.GetID())
    frame.check()
    assert np.allclose(frame.to_world[:3, 3] - before[:3, 3], (9.0, 0.0, 0.0))
