"""Masking, overwriting and the intensity range: Slicer's own rules hold for what is written."""

from __future__ import annotations

import numpy as np
import pytest
import slicer
from two_segments import FIRST, SECOND, SHAPE, SLICE, WRITTEN, Desk, block, set_voxels

from SPASegmentLib.errors import OutputError
from SPASegmentLib.mrml.grid import volume_grid
from SPASegmentLib.mrml.segmentation import add_segment

Editor = slicer.vtkMRMLSegmentEditorNode
Segmentation = slicer.vtkMRMLSegmentationNode


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
