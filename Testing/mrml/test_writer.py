"""Writing an accepted mask: one undo state, nothing else touched."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Callable, List

import numpy as np
import pytest
import slicer
from two_segments import FIRST, SECOND, SHAPE, SLICE, WRITTEN, Desk, block, make_desk, set_voxels

from SPASegmentLib.errors import InputError, StateError
from SPASegmentLib.mrml import extents
from SPASegmentLib.mrml.editor import LogicEditor
from SPASegmentLib.mrml.grid import BINARY_LABELMAP, source_representation, volume_grid
from SPASegmentLib.mrml.plane import Plane
from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation
from SPASegmentLib.mrml.texts import taken_text
from SPASegmentLib.mrml.writer import write, write_mask

Editor = slicer.vtkMRMLSegmentEditorNode


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


@pytest.mark.parametrize("mode", ["add", "replace"])
@pytest.mark.parametrize("overwrite", [True, False])
def test_what_other_segments_lose_is_told(desk: Desk, mode: str, overwrite: bool) -> None:
    fresh = add_segment(desk.segmentation, "fresh")
    if not overwrite:
        desk.editor.node.SetOverwriteMode(Editor.OverwriteNone)
    grid = volume_grid(desk.volume)
    mask = desk.frame.labels(WRITTEN, grid)
    for segment, expected, names in ((fresh, FIRST | SECOND, ("first", "second")), (desk.first, WRITTEN, ("fresh",))):
        written = write(desk.editor, desk.frame, mask, desk.segmentation, segment, mode)
        lost, area = WRITTEN & expected, desk.frame.image.area_text(desk.frame.labels(WRITTEN & expected, grid))
        said = taken_text(written, desk.frame, mask)
        if not overwrite:
            assert written.taken is None and written.taken_from == () and said == ""
            continue
        assert written.taken is not None and written.taken.sum() == lost.sum() > 0 and written.taken_from == names
        assert said == f"{area} of it were taken from {'fresh' if len(names) == 1 else '2 other segments'}."


def test_many_segments_are_looked_at_together(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each was looked at by itself, several times: a volume applied beside 60 segments took 14 s."""
    looked: List[Any] = []
    voxels_of = extents.image_array

    def counted(image: Any) -> np.ndarray:
        looked.append(image)
        return voxels_of(image)

    monkeypatch.setattr(extents, "image_array", counted)
    counts = []
    for more in (0, 20):
        for n in range(more):
            added = add_segment(desk.segmentation, f"more {n}")
            set_voxels(desk.segmentation, added, block((5, 8), (2, 4), (n, n + 1)), desk.volume)
        desk.segmentation.GetSegmentation().CollapseBinaryLabelmaps(False)
        looked.clear()
        mask = desk.frame.labels(WRITTEN, volume_grid(desk.volume))
        written = write(desk.editor, desk.frame, mask, desk.segmentation, desk.first)
        desk.editor.undo()
        assert written.taken_from == ("second",) and written.stands() is False
        counts.append(len(looked))
    assert desk.segmentation.GetSegmentation().GetNumberOfLayers() == 2, "22 segments share two labelmaps"
    assert counts[1] < counts[0] + 5, "Slicer may lay one of them elsewhere"


def test_what_one_of_many_segments_of_a_labelmap_loses_is_told_of_that_one(desk: Desk) -> None:
    names = [f"stripe {n}" for n in range(8)]
    for n, name in enumerate(names):
        stripe = add_segment(desk.segmentation, name)
        set_voxels(desk.segmentation, stripe, block((4, 9), (9, 12), (12 + n, 13 + n)) & ~FIRST & ~SECOND, desk.volume)
    desk.segmentation.GetSegmentation().CollapseBinaryLabelmaps(False)
    mask = desk.frame.labels(block((6, 7), (9, 11), (15, 18)), volume_grid(desk.volume))
    written = write(desk.editor, desk.frame, mask, desk.segmentation, desk.first)
    assert written.taken_from == ("stripe 3", "stripe 4", "stripe 5")
    assert written.taken is not None and written.taken.sum() == written.others.sum() == 2 * 3


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
