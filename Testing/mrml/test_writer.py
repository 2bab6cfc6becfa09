"""Writing an accepted mask: one undo state, Slicer's rules, nothing else touched."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Callable, List, NamedTuple, Tuple

import numpy as np
import pytest
import slicer

from SPASegmentLib.errors import InputError, OutputError, StateError
from SPASegmentLib.mrml.editor import LogicEditor
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.grid import (
    BINARY_LABELMAP,
    Grid,
    labelmap_image,
    matrix_from_array,
    source_representation,
    volume_grid,
)
from SPASegmentLib.mrml.plane import Plane
from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation, segment_array
from SPASegmentLib.mrml.volumes import add_volume
from SPASegmentLib.mrml.writer import write_mask

SHAPE = (12, 30, 40)
Editor = slicer.vtkMRMLSegmentEditorNode
Segmentation = slicer.vtkMRMLSegmentationNode


def block(k: Tuple[int, int], j: Tuple[int, int], i: Tuple[int, int]) -> np.ndarray:
    voxels = np.zeros(SHAPE, dtype=bool)
    voxels[k[0] : k[1], j[0] : j[1], i[0] : i[1]] = True
    return voxels


#: What the two segments hold before every write, and what is written: they overlap pairwise.
FIRST = block((4, 9), (5, 15), (5, 15))
SECOND = block((5, 8), (12, 22), (12, 26))
WRITTEN = block((6, 7), (9, 19), (8, 20))
SLICE = block((6, 7), (0, 30), (0, 40))


class Desk(NamedTuple):
    """A volume with two segments, a frame on slice 6, and an editor."""

    volume: Any
    segmentation: Any
    first: str
    second: str
    frame: Frame
    editor: LogicEditor

    def voxels(self, segment_id: str) -> np.ndarray:
        return segment_array(self.segmentation, segment_id, volume_grid(self.volume))

    def write(self, segment_id: str, voxels: np.ndarray = WRITTEN, mode: str = "add") -> int:
        mask = self.frame.labels(voxels, volume_grid(self.volume))
        return write_mask(self.editor, self.frame, mask, self.segmentation, segment_id, mode)


def set_voxels(segmentation: Any, segment_id: str, voxels: np.ndarray, volume: Any) -> None:
    slicer.util.updateSegmentBinaryLabelmapFromArray(voxels.astype(np.uint8), segmentation, segment_id, volume)


def make_desk(volume: Any, plane: Plane, point: Tuple[float, float, float]) -> Desk:
    segmentation = create_segmentation(volume)
    ids: List[str] = []
    for name, voxels in (("first", FIRST), ("second", SECOND)):
        ids.append(add_segment(segmentation, name))
        set_voxels(segmentation, ids[-1], voxels, volume)
    editor = LogicEditor(segmentation, volume)
    # The first segment keeps its voxels although the second one overlaps it.
    assert segmentation.GetSegmentation().GetNumberOfLayers() == 2
    return Desk(volume, segmentation, ids[0], ids[1], Frame.at(volume, point, plane), editor)


@pytest.fixture
def desk(volume: Any, ras_of: Callable) -> Desk:
    return make_desk(volume, Plane.of_slices(volume_grid(volume)), ras_of(20, 15, 6))


def test_add(desk: Desk) -> None:
    desk.editor.node.SetOverwriteMode(Editor.OverwriteNone)
    assert desk.write(desk.first) == (WRITTEN & ~FIRST).sum()
    assert np.array_equal(desk.voxels(desk.first), FIRST | WRITTEN)
    assert np.array_equal(desk.voxels(desk.second), SECOND)


def test_replace_this_slice(desk: Desk) -> None:
    desk.editor.node.SetOverwriteMode(Editor.OverwriteNone)
    changed = desk.write(desk.first, mode="replace")
    expected = (FIRST & ~SLICE) | WRITTEN
    assert changed == (expected != FIRST).sum()
    assert np.array_equal(desk.voxels(desk.first), expected)
    assert np.array_equal(desk.voxels(desk.second), SECOND)


def test_replace_by_nothing_clears_the_slice(desk: Desk) -> None:
    assert desk.write(desk.first, np.zeros(SHAPE, dtype=bool), "replace") == (FIRST & SLICE).sum()
    assert np.array_equal(desk.voxels(desk.first), FIRST & ~SLICE)


@pytest.mark.parametrize("mode", ["add", "replace"])
def test_an_empty_segment_can_be_written(desk: Desk, mode: str) -> None:
    fresh = add_segment(desk.segmentation, "fresh")
    desk.editor.node.SetOverwriteMode(Editor.OverwriteNone)
    assert desk.write(fresh, mode=mode) == WRITTEN.sum()
    assert np.array_equal(desk.voxels(fresh), WRITTEN)
    assert np.array_equal(desk.voxels(desk.first), FIRST)
    assert np.array_equal(desk.voxels(desk.second), SECOND)


@pytest.mark.parametrize(
    "overwrite, hidden, erased",
    [
        (Editor.OverwriteAllSegments, False, True),
        (Editor.OverwriteAllSegments, True, True),
        (Editor.OverwriteVisibleSegments, False, True),
        (Editor.OverwriteVisibleSegments, True, False),
        (Editor.OverwriteNone, False, False),
    ],
)
def test_overwrite_modes(desk: Desk, overwrite: int, hidden: bool, erased: bool) -> None:
    desk.editor.node.SetOverwriteMode(overwrite)
    desk.segmentation.GetDisplayNode().SetSegmentVisibility(desk.second, not hidden)
    desk.write(desk.first)
    assert np.array_equal(desk.voxels(desk.first), FIRST | WRITTEN)
    assert np.array_equal(desk.voxels(desk.second), SECOND & ~WRITTEN if erased else SECOND)


@pytest.mark.parametrize("write_mode", ["add", "replace"])
@pytest.mark.parametrize(
    "mask_mode, editable",
    [
        (Segmentation.EditAllowedInsideAllSegments, FIRST | SECOND),
        (Segmentation.EditAllowedInsideVisibleSegments, FIRST),
        (Segmentation.EditAllowedOutsideAllSegments, ~(FIRST | SECOND)),
        (Segmentation.EditAllowedOutsideVisibleSegments, ~FIRST),
        (Segmentation.EditAllowedInsideSingleSegment, SECOND),
    ],
)
def test_masking_modes(desk: Desk, mask_mode: int, editable: np.ndarray, write_mode: str) -> None:
    third = add_segment(desk.segmentation, "third")
    before = block((5, 8), (16, 21), (14, 30))
    set_voxels(desk.segmentation, third, before, desk.volume)
    display = desk.segmentation.GetDisplayNode()
    display.SetSegmentVisibility(desk.second, False)
    display.SetSegmentVisibility(third, True)
    # In Slicer the segment that is edited never masks itself: inside it counts as inside, outside as outside.
    if mask_mode in (Segmentation.EditAllowedInsideAllSegments, Segmentation.EditAllowedInsideVisibleSegments):
        editable = editable | before
    desk.editor.node.SetMaskMode(mask_mode)
    desk.editor.node.SetMaskSegmentID(desk.second)
    desk.editor.node.SetOverwriteMode(Editor.OverwriteNone)
    desk.write(third, mode=write_mode)
    removed = before & SLICE & ~WRITTEN if write_mode == "replace" else np.zeros(SHAPE, dtype=bool)
    single = mask_mode == Segmentation.EditAllowedInsideSingleSegment
    if not single:
        removed &= editable
    assert np.array_equal(desk.voxels(third), (before & ~removed) | (WRITTEN & editable))
    assert np.array_equal(desk.voxels(desk.first), FIRST)
    # Slicer gives what is erased inside of a single segment back to that segment.
    assert np.array_equal(desk.voxels(desk.second), SECOND | removed if single else SECOND)


@pytest.mark.parametrize("removing", [False, True])
@pytest.mark.parametrize("intensity", [False, True])
@pytest.mark.parametrize("mask_mode", range(Segmentation.EditAllowed_Last))
def test_what_can_be_edited_is_told_as_slicer_does_it(
    desk: Desk, noise: np.ndarray, mask_mode: int, intensity: bool, removing: bool
) -> None:
    """The prediction before the write against the write itself, also for limits between two whole numbers."""
    node = desk.editor.node
    node.SetOverwriteMode(Editor.OverwriteNone)
    desk.segmentation.GetDisplayNode().SetSegmentVisibility(desk.second, False)
    node.SetMaskMode(mask_mode)
    node.SetMaskSegmentID(desk.second)
    node.SetSourceVolumeIntensityMask(intensity)
    low, high = np.percentile(noise, [20, 70])
    node.SetSourceVolumeIntensityMaskRange(low + 0.5, high - 0.25)
    third = add_segment(desk.segmentation, "third")
    before = block((5, 8), (10, 21), (14, 30))
    set_voxels(desk.segmentation, third, before, desk.volume)
    grid = desk.frame.segmentation_grid(desk.segmentation)
    mask = desk.frame.labels(block((6, 7), (3, 25), (3, 35)), volume_grid(desk.volume))
    labelmap = desk.frame.mask_to_labelmap(mask, grid)
    extent = labelmap.GetExtent()
    told = np.zeros(SHAPE, dtype=bool)
    told[extent[4] : extent[5] + 1, extent[2] : extent[3] + 1, extent[0] : extent[1] + 1] = desk.editor.editable(
        third, labelmap, removing
    )
    (desk.editor.remove if removing else desk.editor.add)(third, labelmap)
    assert np.array_equal(desk.voxels(third), before & ~told if removing else before | told)


def test_intensity_range(desk: Desk, noise: np.ndarray) -> None:
    low, high = np.percentile(noise, [20, 70])
    desk.editor.node.SetSourceVolumeIntensityMask(True)
    desk.editor.node.SetSourceVolumeIntensityMaskRange(low, high)
    inside = (noise >= low) & (noise <= high)
    desk.write(desk.first)
    assert np.array_equal(desk.voxels(desk.first), FIRST | (WRITTEN & inside))
    assert np.array_equal(desk.voxels(desk.second), SECOND & ~(WRITTEN & inside))


def test_masking_that_lets_nothing_through_is_said(desk: Desk) -> None:
    desk.editor.node.SetSourceVolumeIntensityMask(True)
    desk.editor.node.SetSourceVolumeIntensityMaskRange(1e9, 2e9)
    with pytest.raises(OutputError, match="masking settings"):
        desk.write(desk.first)
    assert np.array_equal(desk.voxels(desk.first), FIRST)


@pytest.mark.parametrize("mode", ["add", "replace"])
@pytest.mark.parametrize("masking", ["intensity", "outside all segments"])
def test_what_masking_refuses_leaves_the_history_alone(desk: Desk, masking: str, mode: str) -> None:
    """One undo after a refusal takes back the last mask that was written, and what was undone can still be redone."""
    third = add_segment(desk.segmentation, "third")
    desk.editor.node.SetOverwriteMode(Editor.OverwriteNone)
    desk.write(desk.first)
    desk.write(desk.second)
    written = desk.voxels(desk.second)
    desk.editor.undo()
    if masking == "intensity":
        desk.editor.node.SetSourceVolumeIntensityMask(True)
        desk.editor.node.SetSourceVolumeIntensityMaskRange(1e9, 2e9)
    else:
        desk.editor.node.SetMaskMode(Segmentation.EditAllowedOutsideAllSegments)
    with pytest.raises(OutputError, match="masking settings"):
        desk.write(third, FIRST & SLICE, mode)
    assert not desk.voxels(third).any()
    desk.editor.redo()
    assert np.array_equal(desk.voxels(desk.second), written)
    for state in (FIRST | WRITTEN, FIRST):
        desk.editor.undo()
        assert np.array_equal(desk.voxels(desk.first), state)
        assert np.array_equal(desk.voxels(desk.second), SECOND)
    assert not desk.editor.logic.CanUndo()


def test_a_mask_that_is_there_already(desk: Desk) -> None:
    desk.editor.node.SetOverwriteMode(Editor.OverwriteNone)
    assert desk.write(desk.first, FIRST & SLICE & ~SECOND) == 0
    assert np.array_equal(desk.voxels(desk.first), FIRST)
    assert not desk.editor.logic.CanUndo()


def test_a_mask_that_is_there_already_still_overwrites_other_segments(desk: Desk) -> None:
    assert desk.write(desk.first, FIRST & SLICE) == 0
    assert np.array_equal(desk.voxels(desk.second), SECOND & ~(FIRST & SLICE))
    desk.editor.undo()
    assert np.array_equal(desk.voxels(desk.second), SECOND)


def test_undo_and_redo_are_exact(desk: Desk) -> None:
    states = [(FIRST, SECOND)]
    for segment, mode in ((desk.first, "add"), (desk.second, "replace"), (desk.first, "replace")):
        desk.write(segment, mode=mode)
        states.append((desk.voxels(desk.first), desk.voxels(desk.second)))
    assert not np.array_equal(states[0][1], states[1][1])
    for state in states[-2::-1]:
        desk.editor.undo()
        assert np.array_equal(desk.voxels(desk.first), state[0])
        assert np.array_equal(desk.voxels(desk.second), state[1])
    with pytest.raises(StateError, match="nothing to undo"):
        desk.editor.undo()
    for state in states[1:]:
        desk.editor.redo()
        assert np.array_equal(desk.voxels(desk.first), state[0])
        assert np.array_equal(desk.voxels(desk.second), state[1])
    with pytest.raises(StateError, match="nothing to redo"):
        desk.editor.redo()


def test_a_write_is_one_undo_state(desk: Desk) -> None:
    saved: List[int] = []
    original = desk.editor.save_state
    desk.editor.save_state = lambda: (saved.append(1), original())[1]  # type: ignore[method-assign]
    desk.write(desk.first, mode="replace")
    assert saved == [1]


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("mode", ["add", "replace"])
def test_slices_across_any_axis(volume: Any, ras_of: Callable, axis: int, mode: str) -> None:
    grid = volume_grid(volume)
    desk = make_desk(volume, Plane.from_normal(grid.to_world[:3, axis]), ras_of(14, 14, 6))
    here = np.zeros(SHAPE, dtype=bool)
    here[(6, slice(None), slice(None)) if axis == 2 else (slice(None), 14, slice(None)) if axis == 1 else (..., 14)] = (
        True
    )
    written = here & block((3, 10), (8, 20), (8, 20))
    desk.write(desk.first, written, mode)
    expected = FIRST | written if mode == "add" else (FIRST & ~here) | written
    assert np.array_equal(desk.voxels(desk.first), expected)
    assert np.array_equal(desk.voxels(desk.second), SECOND & ~written)


@pytest.mark.parametrize("shared", [True, False])
def test_transforms(volume: Any, ras_of: Callable, scene: Any, shared: bool) -> None:
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    turn = np.array([[0, -1, 0, 5], [1, 0, 0, -8], [0, 0, 1, 3], [0, 0, 0, 1.0]])
    transform.SetMatrixTransformToParent(matrix_from_array(turn))
    volume.SetAndObserveTransformNodeID(transform.GetID())
    segmentation = create_segmentation(volume)
    if not shared:
        # The segmentation lies where the volume is seen, without a transform of its own.
        segmentation.SetAndObserveTransformNodeID(None)
        geometry = slicer.vtkOrientedImageData()
        geometry.SetExtent(0, 39, 0, 29, 0, 11)
        geometry.SetGeometryFromImageToWorldMatrix(matrix_from_array(volume_grid(volume).to_world))
        segmentation.GetSegmentation().SetConversionParameter(
            slicer.vtkSegmentationConverter.GetReferenceImageGeometryParameterName(),
            slicer.vtkSegmentationConverter.SerializeImageGeometry(geometry),
        )
    segment = add_segment(segmentation, "a")
    frame = Frame.at(volume, ras_of(20, 15, 6), Plane.of_slices(volume_grid(volume)))
    editor = LogicEditor(segmentation, volume)
    mask = frame.labels(WRITTEN, volume_grid(volume))
    assert write_mask(editor, frame, mask, segmentation, segment) == WRITTEN.sum()
    assert np.array_equal(segment_array(segmentation, segment, volume_grid(volume)), WRITTEN)
    assert np.array_equal(frame.segment_mask(segmentation, segment), mask)


def test_an_oblique_mask(volume: Any, ras_of: Callable, disk: Callable) -> None:
    centre = ras_of(20, 15, 6)
    desk = make_desk(volume, Plane.from_normal((1, 2, 3)), centre)
    fresh = add_segment(desk.segmentation, "fresh")
    mask = disk(desk.frame, centre, 9.0)
    write_mask(desk.editor, desk.frame, mask, desk.segmentation, fresh)
    back = desk.frame.segment_mask(desk.segmentation, fresh)
    assert (mask & back).sum() / (mask | back).sum() >= 0.9
    smaller = disk(desk.frame, centre, 5.0)
    write_mask(desk.editor, desk.frame, smaller, desk.segmentation, fresh, "replace")
    replaced = desk.voxels(fresh)
    write_mask(desk.editor, desk.frame, smaller, desk.segmentation, (other := add_segment(desk.segmentation, "other")))
    # Nothing of the larger disk is left around the smaller one.
    assert np.array_equal(replaced, desk.voxels(other))


def test_a_reference_geometry_that_does_not_start_at_zero(scene: Any, noise: np.ndarray) -> None:
    volume = add_volume(scene, noise, np.diag([0.8, 0.8, 2.0, 1.0]))
    grid = volume_grid(volume)
    segmentation = create_segmentation(volume)
    outside = slicer.vtkSegment()
    outside.AddRepresentation(BINARY_LABELMAP, labelmap_image(np.ones((2, 3, 4)), (-6, -3, -2), grid.to_local))
    segmentation.GetSegmentation().AddSegment(outside, "outside")
    segment = add_segment(segmentation, "a")
    frame = Frame.at(volume, (16.0, 12.0, 12.0), Plane.named("axial"))
    assert frame.segmentation_grid(segmentation).extent[:1] == (-6,)
    editor = LogicEditor(segmentation, volume)
    assert write_mask(editor, frame, frame.labels(WRITTEN, grid), segmentation, segment) == WRITTEN.sum()
    assert np.array_equal(segment_array(segmentation, segment, grid), WRITTEN)
    everything = Grid(grid.to_local, np.eye(4), (-6, 39, -3, 29, -2, 11))
    assert segment_array(segmentation, "outside", everything).sum() == 24


def test_a_finer_reference_geometry(scene: Any, noise: np.ndarray) -> None:
    volume = add_volume(scene, noise, np.diag([0.8, 0.8, 2.0, 1.0]))
    segmentation = create_segmentation(volume)
    fine = np.diag([0.4, 0.4, 1.0, 1.0])
    fine[:3, 3] = (-0.2, -0.2, -0.5)
    geometry = slicer.vtkOrientedImageData()
    geometry.SetExtent(0, 79, 0, 59, 0, 23)
    geometry.SetGeometryFromImageToWorldMatrix(matrix_from_array(fine))
    segmentation.GetSegmentation().SetConversionParameter(
        slicer.vtkSegmentationConverter.GetReferenceImageGeometryParameterName(),
        slicer.vtkSegmentationConverter.SerializeImageGeometry(geometry),
    )
    segment = add_segment(segmentation, "a")
    frame = Frame.at(volume, (16.0, 12.0, 12.0), Plane.named("axial"))
    mask = frame.labels(WRITTEN, volume_grid(volume))
    editor = LogicEditor(segmentation, volume)
    assert write_mask(editor, frame, mask, segmentation, segment) == 8 * WRITTEN.sum()
    assert np.array_equal(frame.segment_mask(segmentation, segment), mask)
    smaller = mask.copy()
    smaller[:, 25:] = False
    write_mask(editor, frame, smaller, segmentation, segment, "replace")
    assert np.array_equal(frame.segment_mask(segmentation, segment), smaller)


def test_voxels_that_came_without_a_reference_geometry(scene: Any, noise: np.ndarray) -> None:
    volume = add_volume(scene, noise)
    segmentation = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    imported = slicer.vtkSegment()
    imported.AddRepresentation(BINARY_LABELMAP, labelmap_image(np.ones((2, 3, 4)), (2, 3, 4), np.eye(4)))
    segmentation.GetSegmentation().AddSegment(imported, "imported")
    frame = Frame.at(volume, (20.0, 15.0, 6.0), Plane.named("axial"))
    editor = LogicEditor(segmentation, volume)
    grid = volume_grid(volume)
    assert write_mask(editor, frame, frame.labels(WRITTEN, grid), segmentation, "imported") == WRITTEN.sum()
    assert np.array_equal(segment_array(segmentation, "imported", grid), WRITTEN | block((4, 6), (3, 6), (2, 6)))


class Failing(LogicEditor):
    """Fails in the ways that Slicer's call can fail."""

    failure = ""

    def add(self, segment_id: str, labelmap: Any) -> None:
        if self.failure == "silent":
            return
        super().add(segment_id, labelmap)
        if self.failure == "raises":
            raise RuntimeError("lost the graphics card")
        if self.failure == "interrupted":
            raise KeyboardInterrupt
        extent = np.array(labelmap.GetExtent())
        beside = {"elsewhere": extent + [0, 0, 0, 0, 1, 1], "another": extent}[self.failure]
        target = next(s for s in self._segmentation.GetSegmentation().GetSegmentIDs() if s != segment_id)
        labelmap.SetExtent([int(v) for v in beside])
        super().add(segment_id if self.failure == "elsewhere" else target, labelmap)


@pytest.mark.parametrize("mode", ["add", "replace"])
@pytest.mark.parametrize("failure", ["silent", "raises", "interrupted", "elsewhere", "another"])
def test_a_failed_write_leaves_the_segmentation_as_it_was(desk: Desk, failure: str, mode: str) -> None:
    editor = Failing(desk.segmentation, desk.volume)
    editor.failure = failure
    editor.node.SetOverwriteMode(Editor.OverwriteNone)
    desk = desk._replace(editor=editor)
    expected = KeyboardInterrupt if failure == "interrupted" else OutputError
    with pytest.raises(expected):
        desk.write(desk.first, mode=mode)
    assert np.array_equal(desk.voxels(desk.first), FIRST)
    assert np.array_equal(desk.voxels(desk.second), SECOND)
    # The next write works again.
    working = LogicEditor(desk.segmentation, desk.volume)
    working.node.SetOverwriteMode(Editor.OverwriteNone)
    desk._replace(editor=working).write(desk.first)
    assert np.array_equal(desk.voxels(desk.first), FIRST | WRITTEN)


def test_a_write_looks_at_the_neighbourhood_alone(scene: Any, volume: Any, ras_of: Callable) -> None:
    """Memory and time go with the mask, not with the segments beside it nor with their size."""
    from SPASegmentLib.mrml.snapshot import MARGIN, Snapshot, shape_of

    desk = make_desk(volume, Plane.of_slices(volume_grid(volume)), ras_of(20, 15, 6))
    for number in range(3):
        set_voxels(desk.segmentation, add_segment(desk.segmentation, str(number)), np.ones(SHAPE, bool), volume)
    grid = desk.frame.segmentation_grid(desk.segmentation)
    labelmap = desk.frame.mask_to_labelmap(desk.frame.labels(WRITTEN, volume_grid(volume)), grid)
    snapshot = Snapshot(desk.segmentation, grid, labelmap.GetExtent())
    layers = {id(layer): layer for layer, _value in snapshot._segments.values() if layer is not None}
    assert len(layers) == 5 and all(layer.whole is None for layer in layers.values())
    around = tuple(n + 2 * MARGIN for n in shape_of(labelmap.GetExtent()))
    assert {layer.values.shape for layer in layers.values()} == {around} and np.prod(around) < WRITTEN.size / 4


@pytest.mark.parametrize("mode", ["add", "replace"])
@pytest.mark.parametrize("failure", ["raises", "elsewhere", "another"])
def test_a_failed_write_into_shared_labelmaps_leaves_them_as_they_were(
    volume: Any, ras_of: Callable, failure: str, mode: str
) -> None:
    """Two segments in one labelmap, of which a write that may not overwrite gives one a labelmap of its own."""
    segmentation = create_segmentation(volume)
    voxels = {"a": block((3, 9), (2, 12), (2, 14)), "b": block((3, 9), (14, 24), (16, 30))}
    voxels["c"] = block((6, 7), (0, 3), (30, 33))
    ids = {name: add_segment(segmentation, name) for name in voxels}
    for name, wanted in voxels.items():
        set_voxels(segmentation, ids[name], wanted, volume)
    segmentation.GetSegmentation().CollapseBinaryLabelmaps(False)
    assert segmentation.GetSegmentation().GetNumberOfLayers() == 1
    editor = Failing(segmentation, volume)
    editor.failure = failure
    editor.node.SetOverwriteMode(Editor.OverwriteNone)
    frame = Frame.at(volume, ras_of(20, 15, 6), Plane.of_slices(volume_grid(volume)))
    desk = Desk(volume, segmentation, ids["a"], ids["b"], frame, editor)
    with pytest.raises(OutputError):
        desk.write(desk.first, block((6, 7), (4, 22), (4, 26)), mode)
    for name, wanted in voxels.items():
        assert np.array_equal(desk.voxels(ids[name]), wanted), name


def test_what_cannot_be_written(desk: Desk, scene: Any) -> None:
    with pytest.raises(InputError, match="mask is empty"):
        desk.write(desk.first, np.zeros(SHAPE, dtype=bool))
    with pytest.raises(InputError, match="does not exist"):
        desk.write("nobody")
    with pytest.raises(InputError, match="write mode"):
        desk.write(desk.first, mode="erase")
    with pytest.raises(InputError, match="must agree"):
        write_mask(desk.editor, desk.frame, np.ones((3, 3), dtype=bool), desk.segmentation, desk.first)
    assert not desk.editor.logic.CanUndo()
    surfaces = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    surfaces.GetSegmentation().SetSourceRepresentationName("Closed surface")
    surfaces.GetSegmentation().AddSegment(slicer.vtkSegment(), "a")
    with pytest.raises(InputError, match="made of surfaces"):
        write_mask(desk.editor, desk.frame, np.ones(desk.frame.image.shape, dtype=bool), surfaces, "a")


def test_a_closed_editor_leaves_no_node(volume: Any, scene: Any) -> None:
    segmentation = create_segmentation(volume)
    nodes = scene.GetNumberOfNodes()
    first, second = LogicEditor(segmentation, volume), LogicEditor(segmentation, volume)
    assert first.node is not second.node
    for editor in (first, second, first):
        editor.close()
    assert scene.GetNumberOfNodes() == nodes


def test_slicer_5_2_has_other_names_for_the_representation_that_is_edited(desk: Desk) -> None:
    core = desk.segmentation.GetSegmentation()
    old = SimpleNamespace(GetMasterRepresentationName=core.GetSourceRepresentationName)
    assert source_representation(old) == source_representation(core) == BINARY_LABELMAP
