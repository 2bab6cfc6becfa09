"""The slices of a volume, cut without VTK, and masks on several of them as voxels."""

from __future__ import annotations

import sys
from typing import Any, Callable, Dict

import numpy as np
import pytest

from SPASegmentLib.errors import InputError, OutputError
from SPASegmentLib.interaction.patch import Patch
from SPASegmentLib.interaction.volume_result import SliceResult, SliceState, VolumeResult
from SPASegmentLib.mrml.editor import LogicEditor
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.grid import matrix_from_array, volume_grid
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


def ball(stack: Stack, middle: Any, radius: float) -> Dict[int, np.ndarray]:
    """Masks of a ball (mm), by step."""
    masks = {}
    for step in range(-2, 3):
        frame = stack.frame(stack.index(step))
        height, width = frame.image.shape
        y, x = np.mgrid[:height, :width]
        places = frame.to_world @ np.stack([x.ravel(), y.ravel(), 0 * x.ravel(), np.ones(x.size)])
        inside = np.linalg.norm(places[:3] - np.array(middle)[:, None], axis=0) <= radius
        if inside.any():
            masks[step] = inside.reshape(frame.image.shape)
    return masks


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
            from SPASegmentLib.mrml.snapshot import region_of

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
