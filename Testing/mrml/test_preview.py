"""The masks on screen: temporary segments that touch nothing of the user's."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, Callable, List

import numpy as np
import pytest
import slicer
import vtk

from SPASegmentLib.interaction.pictures import color
from SPASegmentLib.mrml.editor import LogicEditor
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.grid import matrix_from_array, volume_grid
from SPASegmentLib.mrml.hierarchy import remove_ghosts
from SPASegmentLib.mrml.plane import Plane
from SPASegmentLib.mrml.preview import Preview, segment_id
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
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    ids = vtk.vtkIdList()
    hierarchy.GetItemChildren(hierarchy.GetSceneItemID(), ids, True)
    return int(ids.GetNumberOfIds())


class Watcher:
    """What Slicer's plugin for segmentations does about one node: items for segments, and errors without an item.

    Once the data tree was opened, its plugin for segments also looks for the display of what it shows.
    """

    def __init__(self, scene: Any) -> None:
        self.errors: List[str] = []
        self._hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
        self._hierarchy.AddObserver(self._hierarchy.SubjectHierarchyItemAboutToBeRemovedEvent, self._removed)
        scene.AddObserver(slicer.vtkMRMLScene.NodeAddedEvent, self._added)

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def _added(self, scene: Any, _event: str, node: Any) -> None:
        if node.IsA("vtkMRMLSegmentationNode"):
            for event in (node.DisplayModifiedEvent, slicer.vtkSegmentation.SegmentModified):
                node.AddObserver(event, lambda node, _event: self._changed(node))

    def _changed(self, node: Any) -> None:
        parent = self._hierarchy.GetItemByDataNode(node)
        if not parent:
            self.errors.append("Unable to find subject hierarchy item")
        elif node.GetDisplayNode() is None:
            self.errors.append("No display node for segmentation")
        elif not self._hierarchy.GetNumberOfItemChildren(parent):
            for name in node.GetSegmentation().GetSegmentIDs():
                child = self._hierarchy.CreateHierarchyItem(parent, name, "Segments")
                self._hierarchy.SetItemAttribute(child, node.GetSegmentIDAttributeName(), name)

    @vtk.calldata_type(vtk.VTK_LONG)
    def _removed(self, hierarchy: Any, _event: str, item: int) -> None:
        node = hierarchy.GetItemDataNode(hierarchy.GetItemParent(item))
        name = hierarchy.GetItemAttribute(item, slicer.vtkMRMLSegmentationNode.GetSegmentIDAttributeName())
        if name and node is not None:
            node.GetSegmentation().RemoveSegment(name)


def test_inside_slicer_it_has_an_item_while_it_changes_and_at_no_other_time(
    scene: Any, frame: Frame, masks: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slicer, "app", object(), raising=False)
    items, watcher, preview = hierarchy_items(scene), Watcher(scene), Preview(scene)
    for act in (
        lambda: preview.show(frame, masks), lambda: preview.highlight(2), lambda: preview.show(frame, masks[::-1]),
        preview.remove, lambda: preview.show(frame, masks),
    ):
        act()
        assert watcher.errors == [] and hierarchy_items(scene) == items
    assert preview.node.GetSegmentation().GetNumberOfSegments() == 5
    # Whoever else changes it finds none; the watcher sees it.
    preview.node.GetDisplayNode().Modified()
    assert watcher.errors


def test_other_voxels_are_a_change_of_the_display(scene: Any, frame: Frame, masks: np.ndarray) -> None:
    """What draws them in Slicer does not look at the voxels before its display node says something."""
    preview = Preview(scene)
    preview.show(frame, masks)
    said: List[int] = []
    display = preview.node.GetDisplayNode()
    display.AddObserver("ModifiedEvent", lambda *_: said.append(1))
    for count in (1, 2):
        preview.show(frame, masks[::-1] if count == 1 else masks)
        assert len(said) >= count


def test_nothing_is_removed_twice(scene: Any, frame: Frame, masks: np.ndarray) -> None:
    """Slicer's application takes display nodes along with their node."""

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def as_in_slicer(_scene: Any, _event: str, node: Any) -> None:
        if node.IsA("vtkMRMLDisplayableNode"):
            for display in [node.GetNthDisplayNode(n) for n in range(node.GetNumberOfDisplayNodes())]:
                scene.RemoveNode(display)

    written = vtk.vtkStringOutputWindow()
    before, nodes = vtk.vtkOutputWindow.GetInstance(), scene.GetNumberOfNodes()
    vtk.vtkOutputWindow.SetInstance(written)
    scene.AddObserver(slicer.vtkMRMLScene.NodeAboutToBeRemovedEvent, as_in_slicer)
    try:
        preview = Preview(scene)
        preview.show(frame, masks)
        preview.remove()
    finally:
        vtk.vtkOutputWindow.SetInstance(before)
    assert written.GetOutput() == "" and scene.GetNumberOfNodes() == nodes


def test_outside_of_slicer_the_hierarchy_is_left_alone(scene: Any, frame: Frame, masks: np.ndarray) -> None:
    items = hierarchy_items(scene)
    Preview(scene).show(frame, masks)
    assert hierarchy_items(scene) == items


@pytest.mark.parametrize("kind", ["mrml", "mrb"])
def test_a_scene_saved_in_the_middle_keeps_nothing(
    scene: Any, frame: Frame, masks: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(slicer, "app", object(), raising=False)
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    hierarchy.CreateFolderItem(hierarchy.GetSceneItemID(), "kept")
    watcher, preview = Watcher(scene), Preview(scene)
    preview.show(frame, masks)
    preview.highlight(1)
    path = str(tmp_path / f"scene.{kind}")
    scene.SetRootDirectory(str(tmp_path))
    assert scene.Commit(path) if kind == "mrml" else scene.WriteToMRB(path)
    if kind == "mrb":
        # Slicer's application unpacks bundles; the wheel cannot.
        with zipfile.ZipFile(path) as bundle:
            bundle.extractall(tmp_path / "bundle")
        (path,) = (str(found) for found in (tmp_path / "bundle").rglob("*.mrml"))
    saved = Path(path).read_text()
    assert 'name="kept"' in saved and "SPA" not in saved and "<Segmentation" not in saved
    assert np.array_equal(frame.segment_mask(preview.node, segment_id(1)), masks[1]) and not watcher.errors


def test_what_an_earlier_version_left_in_a_scene_can_be_dropped(scene: Any) -> None:
    assert remove_ghosts(scene) == 0
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    for name, mark in (("SPA preview", "SPA.Preview"), ("kept", "")):
        item = hierarchy.CreateFolderItem(hierarchy.GetSceneItemID(), name)
        if mark:
            hierarchy.SetItemAttribute(item, mark, "1")
    assert remove_ghosts(scene) == 1
    assert hierarchy.GetItemByName("kept") and not hierarchy.GetItemByName("SPA preview")
