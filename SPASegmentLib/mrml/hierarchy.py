"""Previews in Slicer's subject hierarchy: an item while they change, and none at any other time."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Iterator, Optional, Sequence

import slicer
import vtk

#: Marks items of previews, to find what a scene keeps of them that was saved by an earlier version.
_MARK = "SPA.Preview"


@contextmanager
def item(scene: Any, node: Any) -> Iterator[None]:
    """Give a preview an item while its segments or their display change, where Slicer keeps a subject hierarchy.

    Slicer's plugin for segmentations writes an error on every such change if there is none. An item that stayed would
    be saved with the scene, though the preview is not, and Slicer tells nobody that it is about to save.
    """
    hierarchy = _subject_hierarchy(scene)
    if hierarchy is None or not scene.IsNodePresent(node):
        yield
        return
    _add(hierarchy, node)
    try:
        yield
    finally:
        _remove(hierarchy, node)


def remove_ghosts(scene: Any) -> int:
    """Drop what a scene keeps of a preview that was on screen while an earlier version saved it; returns how many."""
    hierarchy = scene.GetFirstNodeByClass("vtkMRMLSubjectHierarchyNode")
    if hierarchy is None:
        return 0
    items = _children(hierarchy, hierarchy.GetSceneItemID())
    ghosts = [i for i in items if hierarchy.GetItemAttribute(i, _MARK) and hierarchy.GetItemDataNode(i) is None]
    for ghost in ghosts:
        hierarchy.RemoveItem(ghost, False, True)
    return len(ghosts)


def _add(hierarchy: Any, node: Any) -> None:
    added = hierarchy.GetItemByDataNode(node) or hierarchy.CreateItem(hierarchy.GetSceneItemID(), node)
    hidden = slicer.vtkMRMLSubjectHierarchyConstants.GetSubjectHierarchyExcludeFromTreeAttributeName()
    for name in (_MARK, hidden):
        hierarchy.SetItemAttribute(added, name, "1")


def _remove(hierarchy: Any, node: Any) -> None:
    added = hierarchy.GetItemByDataNode(node)
    if not added:
        return
    segment = slicer.vtkMRMLSegmentationNode.GetSegmentIDAttributeName()
    for child in _children(hierarchy, added):
        # Slicer takes the segment away along with an item that names one.
        hierarchy.RemoveItemAttribute(child, segment)
    hierarchy.RemoveItem(added, False, True)


def _children(hierarchy: Any, parent: int) -> Sequence[int]:
    ids = vtk.vtkIdList()
    hierarchy.GetItemChildren(parent, ids, True)
    return [ids.GetId(n) for n in range(ids.GetNumberOfIds())]


def _subject_hierarchy(scene: Any) -> Optional[Any]:
    """The subject hierarchy where Slicer's application keeps one; elsewhere nothing watches segments with it."""
    if getattr(slicer, "app", None) is None:
        return None
    return scene.GetFirstNodeByClass("vtkMRMLSubjectHierarchyNode")
