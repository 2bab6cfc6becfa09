"""Previews in Slicer's subject hierarchy: an item of their own, hidden, and removed again."""

from __future__ import annotations

from typing import Any, Optional, Sequence

import slicer
import vtk

#: Marks items of previews, to find what a saved scene keeps of them.
_MARK = "SPA.Preview"


def add_item(scene: Any, node: Any) -> None:
    """Give a preview an item, where Slicer's application keeps a subject hierarchy.

    Without one its plugin for segmentations writes an error on every change of a segment. The item does not show in
    the tree of data, also where a saved scene is opened without SPA.
    """
    hierarchy = _subject_hierarchy(scene)
    if hierarchy is None:
        return
    item = hierarchy.CreateItem(hierarchy.GetSceneItemID(), node)
    hidden = slicer.vtkMRMLSubjectHierarchyConstants.GetSubjectHierarchyExcludeFromTreeAttributeName()
    for name in (_MARK, hidden):
        hierarchy.SetItemAttribute(item, name, "1")


def remove_item(scene: Any, node: Any) -> None:
    """Take the item of a preview away; may be called twice."""
    hierarchy = _subject_hierarchy(scene)
    if hierarchy is None:
        return
    item = hierarchy.GetItemByDataNode(node)
    if item:
        hierarchy.RemoveItem(item, False, True)


def remove_ghosts(scene: Any) -> int:
    """Drop what a scene that was saved in the middle of a session keeps of its preview; returns how many items.

    Slicer does not save the preview, but the subject hierarchy items of it (hidden ones), and tells nobody that it
    is about to. Call it after a scene was loaded.
    """
    hierarchy = scene.GetFirstNodeByClass("vtkMRMLSubjectHierarchyNode")
    if hierarchy is None:
        return 0
    items = _children(hierarchy)
    ghosts = [i for i in items if hierarchy.GetItemAttribute(i, _MARK) and hierarchy.GetItemDataNode(i) is None]
    for item in ghosts:
        hierarchy.RemoveItem(item, False, True)
    return len(ghosts)


def _children(hierarchy: Any) -> Sequence[int]:
    ids = vtk.vtkIdList()
    hierarchy.GetItemChildren(hierarchy.GetSceneItemID(), ids, True)
    return [ids.GetId(n) for n in range(ids.GetNumberOfIds())]


def _subject_hierarchy(scene: Any) -> Optional[Any]:
    """The subject hierarchy where Slicer's application keeps one; elsewhere nothing watches segments with it."""
    if getattr(slicer, "app", None) is None:
        return None
    return scene.GetFirstNodeByClass("vtkMRMLSubjectHierarchyNode")
