"""The slices of a volume, cut without VTK, and masks on several of them as voxels."""

from __future__ import annotations

import itertools
import sys
from typing import Any, Callable, Dict, Iterable, Tuple

import numpy as np
import pytest
import slicer

from SPASegmentLib.errors import InputError, OutputError
from SPASegmentLib.interaction.patch import Patch
from SPASegmentLib.interaction.volume_result import SliceResult, SliceState, VolumeResult
from SPASegmentLib.mrml.editor import LogicEditor
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.grid import Grid, matrix_from_array, volume_grid
from SPASegmentLib.mrml.plane import Plane
from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation, next_name, segment_array
from SPASegmentLib.mrml.stack import Stack
from SPASegmentLib.mrml.volume_preview import VolumePreview
from SPASegmentLib.mrml.volumes import add_volume
from SPASegmentLib.mrml.writer import write, write_slices

PLANES = {
    "slices": None, "axial": (0.0, 0.0, 1.0), "sagittal": (1.0, 0.0, 0.0), "oblique": (1.0, 2.0, 3.0),
}  # fmt: skip


@pytest.fixture(params=sorted(PLANES))
def frame(request: pytest.FixtureRequest, scene: Any, noise: np.ndarray, geometry: np.ndarray) -> Frame:
    """A frame in the middle of a volume of every geometry, under a transform."""
    import slicer

    volume = add_volume(scene, noise, geometry)
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = np.eye(4)
    matrix[:3, 3] = (4.0, -2.0, 9.0)
    transform.SetMatrixTransformToParent(matrix_from_array(matrix))
    volume.SetAndObserveTransformNodeID(transform.GetID())
    assert isinstance(volume, slicer.vtkMRMLScalarVolumeNode)
    normal = PLANES[request.param]
    grid = volume_grid(volume)
    plane = Plane.of_slices(grid) if normal is None else Plane.from_normal(normal)
    return Frame.at(volume, tuple((grid.to_world @ [20, 15, 6, 1.0])[:3]), plane)


def test_images_are_those_of_the_frames(frame: Frame) -> None:
    stack = Stack(frame)
    assert stack.index_of(frame) == stack.index(0) and stack.step(stack.index(0)) == 0
    for step in (-2, 0, 1, 3):
        index = stack.index(step)
        other = stack.frame(index)
        assert np.array_equal(stack.image(index).pixels, other.image.pixels)
        assert stack.image(index).spacing == other.image.spacing
        assert stack.index_of(other) == index and stack.key(index) == other.key
        middle = stack.middle(index)
        assert stack.at(middle, frame.plane) == index and other.ras_to_xy(middle)
    distance = np.linalg.norm(np.subtract(stack.middle(stack.index(3)), stack.middle(stack.index(0)))) / 3
    if not frame.aligned:
        assert stack.spacing_mm == pytest.approx(distance)
    assert stack.spacing_mm <= distance + 1e-9


def test_indices_are_those_of_the_voxels_and_end_with_them(volume: Any, ras_of: Callable, noise: np.ndarray) -> None:
    stack = Stack(Frame.at(volume, ras_of(20, 15, 6), Plane.of_slices(volume_grid(volume))))
    for k in (0, 5, 11):
        pixels = stack.image(k).pixels
        assert set(pixels.ravel().tolist()) == set(noise[k].ravel().tolist())
    for index in (-1, 12, 400):
        with pytest.raises(InputError, match="no further slice"):
            stack.image(index)
    with pytest.raises(InputError, match="another direction"):
        stack.at(ras_of(20, 15, 6), Plane.from_normal((1.0, 0.2, 0.1)))


def test_no_copy_of_the_volume_is_made(volume: Any, ras_of: Callable) -> None:
    from SPASegmentLib.mrml.grid import image_array

    stack = Stack(Frame.at(volume, ras_of(20, 15, 6), Plane.of_slices(volume_grid(volume))))
    assert np.shares_memory(stack._voxels, image_array(volume.GetImageData()))


def ball(stack: Stack, middle: Any, radius: float, steps: Iterable[int] = range(-2, 3)) -> Dict[int, np.ndarray]:
    """Masks of a ball (mm), by step."""
    masks = {}
    for step in steps:
        try:
            frame = stack.frame(stack.index(step))
        except InputError:  # the volume ends
            continue
        height, width = frame.image.shape
        y, x = np.mgrid[:height, :width]
        places = frame.to_world @ np.stack([x.ravel(), y.ravel(), 0 * x.ravel(), np.ones(x.size)])
        inside = np.linalg.norm(places[:3] - np.array(middle)[:, None], axis=0) <= radius
        if inside.any():
            masks[step] = inside.reshape(frame.image.shape)
    return masks


#: Sizes in mm of voxels that are not the volume's.
OTHER_VOXELS = {"finer": (0.43, 0.43, 0.43), "coarser": (1.9, 1.9, 1.9), "of thick slices": (0.6, 0.6, 4.3)}


@pytest.mark.parametrize("size", OTHER_VOXELS.values(), ids=OTHER_VOXELS)
@pytest.mark.parametrize("normal", [(0.0, 0.0, 1.0), (0.1, 0.2, 1.0), (1.0, 2.0, 3.0)])
@pytest.mark.parametrize("last", [1.0, -3.0])
def test_all_slices_fill_the_voxels_of_another_lattice(
    scene: Any, size: Any, normal: Tuple[float, float, float], last: float
) -> None:
    """No gaps between slices on a finer one, nothing that grows on a coarser one."""
    voxels = np.random.default_rng(0).normal(size=(round(30 / abs(last)), 40, 40))
    volume = add_volume(scene, voxels, np.diag([0.8, 0.8, last, 1.0]))
    middle = np.array((volume_grid(volume).to_world @ [20.2, 19.7, len(voxels) / 2, 1.0])[:3])
    frame = Frame.at(volume, tuple(middle), Plane.from_normal(normal))
    masks = ball(Stack(frame), middle, 6.0, range(-12, 13))
    to_ras = np.diag([*size, 1.0])
    to_ras[:3, 3] = middle - 8.0
    shape = tuple(int(16.0 / each) for each in size)
    segmentation, grid = with_geometry(scene, to_ras, shape), Grid(to_ras, np.eye(4), bounds(shape))
    segment, editor = add_segment(segmentation, "a"), LogicEditor(segmentation, volume)
    write_slices(editor, frame, masks, segmentation, segment)
    found = segment_array(segmentation, segment, grid)
    # An independent computation: points spread over each voxel, each looked up in the mask that it is closest to.
    to_frame, index = np.linalg.solve(frame.to_world, to_ras), np.indices(found.shape)[::-1].reshape(3, -1)
    share = np.zeros(found.size)
    for offset in itertools.product((-0.4, -0.2, 0.0, 0.2, 0.4), repeat=3):
        places = to_frame[:3, :3] @ (index + np.reshape(offset, (3, 1))) + to_frame[:3, 3:]
        x, y, step = np.floor(places + 0.5).astype(int)
        for each, mask in masks.items():
            on = np.flatnonzero((step == each) & (x >= 0) & (y >= 0) & (x < mask.shape[1]) & (y < mask.shape[0]))
            share[on] += mask[y[on], x[on]] / 125
    share = share.reshape(found.shape)
    assert found[share > 0.999].all() and not found[share == 0].any()
    assert np.count_nonzero(found != (share > 0.5)) < 0.08 * found.sum()
    assert found.sum() == pytest.approx(np.count_nonzero(share > 0.5), rel=0.06)
    # Applied again with one of them alone, the others go.
    write_slices(editor, frame, {0: masks[0]}, segmentation, segment, "add", masks)
    k, j, i = np.nonzero(segment_array(segmentation, segment, grid))
    away = np.abs(to_frame[2] @ [i, j, k, np.ones(i.size)])
    assert away.size and away.max() <= 0.5 + np.abs(to_frame[2, :3]).sum() / 2


def with_geometry(scene: Any, to_ras: np.ndarray, shape: Any) -> Any:
    """An empty segmentation on voxels of its own."""
    segmentation = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    geometry = slicer.vtkOrientedImageData()
    geometry.SetExtent(bounds(shape))
    geometry.SetGeometryFromImageToWorldMatrix(matrix_from_array(to_ras))
    segmentation.GetSegmentation().SetConversionParameter(
        slicer.vtkSegmentationConverter.GetReferenceImageGeometryParameterName(),
        slicer.vtkSegmentationConverter.SerializeImageGeometry(geometry),
    )
    return segmentation


def bounds(shape: Any) -> Any:
    """The extent of so many voxels (i, j, k)."""
    return tuple(v for size in shape for v in (0, size - 1))


def test_all_slices_are_written_as_one_by_one_and_undone_at_once(scene: Any, frame: Frame) -> None:
    stack = Stack(frame)
    masks = ball(stack, stack.middle(stack.index(0)), 5.0)
    assert len(masks) >= 3
    voxels = []
    for together in (True, False):
        segmentation = create_segmentation(frame.volume)
        segment = add_segment(segmentation, "a")
        editor = LogicEditor(segmentation, frame.volume)
        if together:
            written = write_slices(editor, frame, masks, segmentation, segment)
            assert written.changed and not written.kept_out
        else:
            for step, mask in masks.items():
                write(editor, stack.frame(stack.index(step)), mask, segmentation, segment)
        voxels.append(segment_array(segmentation, segment, volume_grid(frame.volume)))
        if together:
            editor.undo()
            assert not segment_array(segmentation, segment, volume_grid(frame.volume)).any()
            editor.redo()
            assert np.array_equal(segment_array(segmentation, segment, volume_grid(frame.volume)), voxels[0])
    assert np.array_equal(*voxels) and voxels[0].sum() > 20


def test_what_is_outdated_and_what_is_replaced(scene: Any, frame: Frame) -> None:
    stack = Stack(frame)
    masks = ball(stack, stack.middle(stack.index(0)), 5.0)
    segmentation = create_segmentation(frame.volume)
    segment = add_segment(segmentation, "a")
    editor = LogicEditor(segmentation, frame.volume)
    grid = volume_grid(frame.volume)
    write(editor, frame, masks[0], segmentation, segment)
    smaller = ball(stack, stack.middle(stack.index(0)), 3.0)
    write_slices(editor, frame, smaller, segmentation, segment, outdated={0: masks[0]})
    now = segment_array(segmentation, segment, grid)
    editor.undo()
    editor.undo()
    write_slices(editor, frame, smaller, segmentation, segment)
    assert np.array_equal(now, segment_array(segmentation, segment, grid))
    write_slices(editor, frame, masks, segmentation, segment)
    write_slices(editor, frame, smaller, segmentation, segment, "replace")
    if frame.aligned:
        kept = now.copy()
        for step in set(masks) - set(smaller):
            on = frame.mask_to_labelmap(masks[step], step=step)
            from SPASegmentLib.mrml.extents import region_of

            kept |= region_of(on, 1, grid.extent)
        assert np.array_equal(segment_array(segmentation, segment, grid), kept)
    else:
        assert (segment_array(segmentation, segment, grid) >= now).all()


def test_a_write_that_fails_leaves_the_segmentation(scene: Any, frame: Frame, monkeypatch: Any) -> None:
    stack = Stack(frame)
    masks = ball(stack, stack.middle(stack.index(0)), 5.0)
    segmentation = create_segmentation(frame.volume)
    segment = add_segment(segmentation, "a")
    editor = LogicEditor(segmentation, frame.volume)
    write(editor, frame, masks[0], segmentation, segment)
    before = segment_array(segmentation, segment, volume_grid(frame.volume))
    monkeypatch.setattr(editor, "add", lambda *_: None)
    with pytest.raises(OutputError, match="as it was"):
        write_slices(editor, frame, masks, segmentation, segment)
    assert np.array_equal(segment_array(segmentation, segment, volume_grid(frame.volume)), before)


def test_the_temporary_segment_shows_all_masks_in_slices_and_in_3d(scene: Any, frame: Frame) -> None:
    import vtk

    stack = Stack(frame)
    masks = ball(stack, stack.middle(stack.index(0)), 5.0)
    slices = {
        stack.index(step): SliceResult(mask.shape, 1.0, SliceState.SURE, 0.9, 1.0, Patch.of(mask))
        for step, mask in masks.items()
    }
    preview = VolumePreview(scene)
    nodes = scene.GetNumberOfNodes()
    for _ in range(2):
        preview.show(stack, VolumeResult(slices))
        for step, mask in masks.items():
            other = stack.frame(stack.index(step))
            assert np.array_equal(other.segment_mask(preview.node, "SPA_volume"), mask)
    surface = preview.node.GetSegmentation().GetSegment("SPA_volume").GetRepresentation("Closed surface")
    mass = vtk.vtkMassProperties()
    mass.SetInputData(surface)
    mass.Update()
    pixel = frame.image.pixel_area * stack.spacing_mm
    expected = sum(mask.sum() for mask in masks.values()) * pixel
    assert mass.GetVolume() == pytest.approx(expected, rel=0.5)
    # Seen from outside, on left-handed volumes too.
    normals = surface.GetPointData().GetNormals()
    centre = np.mean([surface.GetPoint(n) for n in range(surface.GetNumberOfPoints())], axis=0)
    outwards = [
        float(np.dot(np.subtract(surface.GetPoint(n), centre), normals.GetTuple3(n)))
        for n in range(surface.GetNumberOfPoints())
    ]
    assert np.mean(np.array(outwards) > 0) > 0.9
    preview.remove()
    preview.remove()
    assert scene.GetNumberOfNodes() == nodes


def test_many_slices_cost_what_the_lesion_costs(scene: Any) -> None:
    """Of 64 x 64 x 4000 voxels, a lesion of five slices is shown and written by a hundred thousandth of them."""
    volume = add_volume(scene, np.arange(4000 * 64 * 64, dtype=np.int32).reshape(4000, 64, 64))
    stack = Stack(Frame.at(volume, (30.0, 30.0, 2000.0), Plane.named("axial")))
    masks = ball(stack, stack.middle(stack.index(0)), 3.0)
    segmentation = create_segmentation(volume)
    written = write_slices(
        LogicEditor(segmentation, volume), stack.origin, masks, segmentation, add_segment(segmentation, "a")
    )
    assert written.before.size < 1000 and written.changed == sum(mask.sum() for mask in masks.values())
    assert sys.getsizeof(written.before) < 10_000


@pytest.mark.parametrize(
    ("name", "taken", "wanted"),
    [
        ("lesion 6", ("lesion 6",), "lesion 7"),
        ("Segment_1", ("Segment_1", "Segment_2"), "Segment_3"),
        ("lesion", ("lesion",), "lesion 2"),
        ("met 09", (), "met 10"),
        ("Läsion7", (), "Läsion8"),
    ],
)
def test_the_next_structure_is_named_after_the_last(name: str, taken: Any, wanted: str) -> None:
    assert next_name(name, taken) == wanted
