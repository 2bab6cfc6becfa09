"""The masks on screen: temporary segments that touch nothing of the user's."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pytest
import slicer

from SPASegmentLib.mrml.editor import LogicEditor
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.grid import matrix_from_array, volume_grid
from SPASegmentLib.mrml.hierarchy import remove_ghosts
from SPASegmentLib.mrml.plane import Plane
from SPASegmentLib.mrml.preview import Preview, color, segment_id
from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation
from SPASegmentLib.mrml.volumes import remove_volume
from SPASegmentLib.mrml.writer import write_mask


@pytest.fixture
def frame(volume: Any, ras_of: Callable) -> Frame:
    return Frame.at(volume, ras_of(20, 15, 6), Plane.of_slices(volume_grid(volume)))


@pytest.fixture
def masks(frame: Frame, ras_of: Callable, disk: Callable) -> np.ndarray:
    return np.stack([disk(frame, ras_of(20, 15, 6), radius) for radius in (5, 3, 4, 6, 7)])


@pytest.mark.parametrize("normal", [None, (1.0, 2.0, 3.0)])
def test_segments_show_the_masks_exactly(
    scene: Any, volume: Any, ras_of: Callable, disk: Callable, normal: Any
) -> None:
    plane = Plane.of_slices(volume_grid(volume)) if normal is None else Plane.from_normal(normal)
    frame = Frame.at(volume, ras_of(20, 15, 6), plane)
    masks = np.stack([disk(frame, ras_of(20, 15, 6), radius) for radius in (5, 3, 4, 6, 7)])
    preview = Preview(scene)
    preview.show(frame, masks)
    core = preview.node.GetSegmentation()
    assert list(core.GetSegmentIDs()) == [segment_id(n) for n in range(5)]
    for n, mask in enumerate(masks):
        assert np.array_equal(frame.segment_mask(preview.node, segment_id(n)), mask)
        assert core.GetSegment(segment_id(n)).GetColor() == pytest.approx(color(n))
    # A candidate does not cut a hole into another one.
    assert core.GetNumberOfLayers() == 5


def test_colours_are_different_for_up_to_six_candidates() -> None:
    assert len({color(n) for n in range(7)}) == 7


def test_rounds_reuse_the_nodes(scene: Any, frame: Frame, masks: np.ndarray) -> None:
    preview = Preview(scene)
    before = scene.GetNumberOfNodes()
    preview.show(frame, masks)
    node, nodes = preview.node, scene.GetNumberOfNodes()
    for count in (5, 3, 1, 4):
        preview.show(frame, masks[::-1][:count])
        assert preview.node is node and scene.GetNumberOfNodes() == nodes
        assert node.GetSegmentation().GetNumberOfSegments() == node.GetSegmentation().GetNumberOfLayers() == 5
        for n in range(5):
            shown = frame.segment_mask(node, segment_id(n))
            assert np.array_equal(shown, masks[::-1][n]) if n < count else not shown.any()
    preview.remove()
    preview.remove()
    assert scene.GetNumberOfNodes() == before and preview.node is None
    preview.show(frame, masks)
    assert np.array_equal(frame.segment_mask(preview.node, segment_id(0)), masks[0])


def test_highlight(scene: Any, frame: Frame, masks: np.ndarray) -> None:
    preview = Preview(scene)
    preview.show(frame, masks[:4])
    display = preview.node.GetDisplayNode()

    def shown() -> Any:
        visible = [n for n in range(5) if display.GetSegmentVisibility(segment_id(n))]
        return visible, [n for n in visible if display.GetSegmentVisibility2DFill(segment_id(n))]

    assert shown() == ([0], [0])
    preview.highlight(2)
    assert shown() == ([0, 2], [2])
    preview.highlight(4)  # not on screen
    assert shown() == ([0], [])
    preview.highlight(0)
    assert shown() == ([0], [0])
    assert all(display.GetSegmentVisibility2DOutline(segment_id(n)) for n in range(5))
    assert not display.GetVisibility3D()


def test_it_lies_under_the_transform_of_the_volume(
    scene: Any, volume: Any, frame: Frame, masks: np.ndarray, ras_of: Callable
) -> None:
    preview = Preview(scene)
    preview.show(frame, masks)
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(matrix_from_array(np.diag([-1.0, -1, 1, 1])))
    volume.SetAndObserveTransformNodeID(transform.GetID())
    preview.show(frame, masks)
    assert preview.node.GetParentTransformNode() is transform
    assert np.array_equal(frame.segment_mask(preview.node, segment_id(0)), masks[0])
    volume.SetAndObserveTransformNodeID(None)
    preview.show(frame, masks)
    assert preview.node.GetParentTransformNode() is None


def test_it_is_neither_undone_nor_saved(
    scene: Any, volume: Any, frame: Frame, masks: np.ndarray, tmp_path: Path
) -> None:
    segmentation = create_segmentation(volume, "mine")
    segment = add_segment(segmentation, "lesion")
    editor = LogicEditor(segmentation, volume)
    preview = Preview(scene)
    preview.show(frame, masks)
    write_mask(editor, frame, masks[0], segmentation, segment)
    preview.show(frame, masks[1:])
    editor.undo()
    assert np.array_equal(frame.segment_mask(preview.node, segment_id(0)), masks[1])
    assert segmentation.GetSegmentation().GetNumberOfSegments() == 1
    assert preview.node.GetHideFromEditors() and not preview.node.GetUndoEnabled()

    scene.SetURL(str(tmp_path / "scene.mrml"))
    scene.SetRootDirectory(str(tmp_path))
    assert scene.Commit()
    saved = (tmp_path / "scene.mrml").read_text()
    assert 'name="mine"' in saved
    assert "SPA" not in saved
    assert saved.count("<Segmentation\n") == saved.count("<SegmentationDisplay\n") == 1


def test_it_survives_a_closed_scene(scene: Any, volume: Any, frame: Frame, masks: np.ndarray) -> None:
    preview = Preview(scene)
    preview.show(frame, masks)
    remove_volume(volume)
    scene.Clear(0)
    preview.highlight(1)
    preview.remove()
    assert scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 0


def hierarchy_items(scene: Any) -> int:
    import vtk

    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    ids = vtk.vtkIdList()
    hierarchy.GetItemChildren(hierarchy.GetSceneItemID(), ids, True)
    return int(ids.GetNumberOfIds())


def test_inside_slicer_it_has_an_item_that_goes_with_it(
    scene: Any, frame: Frame, masks: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slicer, "app", object(), raising=False)
    items = hierarchy_items(scene)
    preview = Preview(scene)
    preview.show(frame, masks)
    assert hierarchy_items(scene) == items + 1
    assert remove_ghosts(scene) == 0
    preview.remove()
    assert hierarchy_items(scene) == items


def test_outside_of_slicer_the_hierarchy_is_left_alone(scene: Any, frame: Frame, masks: np.ndarray) -> None:
    items = hierarchy_items(scene)
    Preview(scene).show(frame, masks)
    assert hierarchy_items(scene) == items


@pytest.mark.parametrize("kind", ["mrml", "mrb"])
def test_what_a_scene_saved_in_the_middle_keeps_is_hidden_and_can_be_dropped(
    scene: Any, frame: Frame, masks: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    assert remove_ghosts(scene) == 0
    monkeypatch.setattr(slicer, "app", object(), raising=False)
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    hierarchy.CreateFolderItem(hierarchy.GetSceneItemID(), "kept")
    Preview(scene).show(frame, masks)
    path = str(tmp_path / f"scene.{kind}")
    scene.SetRootDirectory(str(tmp_path))
    assert scene.Commit(path) if kind == "mrml" else scene.WriteToMRB(path)
    scene.Clear(0)
    if kind == "mrb":
        # Slicer's application unpacks bundles; the wheel cannot.
        with zipfile.ZipFile(path) as bundle:
            bundle.extractall(tmp_path / "bundle")
        (path,) = (str(found) for found in (tmp_path / "bundle").rglob("*.mrml"))
    scene.SetURL(path)
    assert scene.Connect()
    assert not scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode")
    assert not scene.GetNumberOfNodesByClass("vtkMRMLSegmentationDisplayNode")
    found = hierarchy_items(scene)
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    ghost = hierarchy.GetItemByName("SPA preview")
    hidden = slicer.vtkMRMLSubjectHierarchyConstants.GetSubjectHierarchyExcludeFromTreeAttributeName()
    assert hierarchy.GetItemAttribute(ghost, hidden) == "1"
    assert remove_ghosts(scene) == 1
    assert hierarchy_items(scene) == found - 1
    names = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    assert names.GetItemByName("kept") and not names.GetItemByName("SPA preview")
