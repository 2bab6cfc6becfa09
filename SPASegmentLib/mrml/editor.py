"""What writes into a segment under Slicer's rules: the effect on the desktop, a logic everywhere else."""

from __future__ import annotations

from typing import Any, Protocol

import slicer

from SPASegmentLib.errors import StateError
from SPASegmentLib.translation import texts

_ = texts(__name__)


class SegmentEditor(Protocol):
    """Writes labelmaps into segments under the user's masking, intensity range and overwrite settings."""

    @property
    def masked(self) -> bool:
        """Whether masking or an intensity range may keep voxels from being written."""

    def save_state(self) -> None:
        """Save one undo state of the segmentation."""

    def add(self, segment_id: str, labelmap: Any) -> None:
        """Add the voxels of a vtkOrientedImageData (0 and 1) to a segment."""

    def remove(self, segment_id: str, labelmap: Any) -> None:
        """Take the voxels of a vtkOrientedImageData (0 and 1) out of a segment."""


def is_masked(node: Any) -> bool:
    """Whether the masking settings of a vtkMRMLSegmentEditorNode restrict what can be edited."""
    everywhere = slicer.vtkMRMLSegmentationNode.EditAllowedEverywhere
    return bool(node.GetMaskMode() != everywhere or node.GetSourceVolumeIntensityMask())


class LogicEditor:
    """A `SegmentEditor` without Slicer's desktop, with undo and redo.

    Attributes:
        node: the vtkMRMLSegmentEditorNode; masking, intensity range and overwrite mode are set on it.
        logic: the vtkSlicerSegmentEditorLogic.
    """

    def __init__(self, segmentation: Any, volume: Any, undo_states: int = 10) -> None:
        """Edit `segmentation` on `volume`, both in the same scene; `close` when done."""
        scene = segmentation.GetScene()
        self.node = slicer.vtkMRMLSegmentEditorNode()
        self.node.SetSaveWithScene(False)
        self.node.SetHideFromEditors(True)
        # Otherwise two editors of one scene would share their settings.
        self.node.SetSingletonOff()
        scene.AddNode(self.node)
        self.logic = slicer.vtkSlicerSegmentEditorLogic()
        self.logic.SetMRMLScene(scene)
        self.logic.SetSegmentEditorNode(self.node)
        self.logic.SetSegmentationNode(segmentation)
        self.logic.SetSourceVolumeNode(volume)
        self.logic.SetMaximumNumberOfUndoStates(undo_states)
        self._segmentation = segmentation

    @property
    def masked(self) -> bool:
        """Whether masking or an intensity range may keep voxels from being written."""
        return is_masked(self.node)

    def save_state(self) -> None:
        """Save one undo state.

        Raises:
            StateError: the segmentation keeps no history.
        """
        if not self.logic.SaveStateForUndo():
            raise StateError(_("The segmentation has no undo history; open it in the editor again."))

    def add(self, segment_id: str, labelmap: Any) -> None:
        """Add voxels to a segment."""
        self._modify(segment_id, labelmap, self.logic.ModificationModeAdd)

    def remove(self, segment_id: str, labelmap: Any) -> None:
        """Take voxels out of a segment."""
        self._modify(segment_id, labelmap, self.logic.ModificationModeRemove)

    def _modify(self, segment_id: str, labelmap: Any, mode: Any) -> None:
        # The masking rules look at the selected segment.
        self.node.SetSelectedSegmentID(segment_id)
        self.logic.UpdateReferenceGeometryImage()
        self.logic.ModifySegmentByLabelmap(self._segmentation, segment_id, labelmap, mode, False, False)

    def undo(self) -> None:
        """Take back the last write.

        Raises:
            StateError: there is none.
        """
        if not self.logic.CanUndo():
            raise StateError(_("There is nothing to undo."))
        self.logic.Undo()

    def redo(self) -> None:
        """Do again what `undo` took back.

        Raises:
            StateError: there is nothing.
        """
        if not self.logic.CanRedo():
            raise StateError(_("There is nothing to redo."))
        self.logic.Redo()

    def close(self) -> None:
        """Take the editor's node out of the scene; may be called twice."""
        self.logic.SetSegmentEditorNode(None)
        if self.node.GetScene() is not None:
            self.node.GetScene().RemoveNode(self.node)
