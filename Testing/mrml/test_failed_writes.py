"""A write that fails leaves everything as it was, and looks at nothing but the mask's neighbourhood."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np
import pytest
import slicer
from two_segments import FIRST, SECOND, SHAPE, WRITTEN, Desk, block, make_desk, set_voxels

from SPASegmentLib.errors import OutputError
from SPASegmentLib.mrml.editor import LogicEditor
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.grid import volume_grid
from SPASegmentLib.mrml.plane import Plane
from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation

Editor = slicer.vtkMRMLSegmentEditorNode


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


def test_a_write_looks_at_the_neighbourhood_alone(scene: Any, volume: Any, ras_of: Callable) -> None:
    """Memory and time go with the mask, not with the segments beside it nor with their size."""
    from SPASegmentLib.mrml.extents import shape_of
    from SPASegmentLib.mrml.snapshot import MARGIN, Snapshot

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
