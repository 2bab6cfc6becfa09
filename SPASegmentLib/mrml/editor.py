"""What writes into a segment under Slicer's rules: the effect on the desktop, a logic everywhere else."""

from __future__ import annotations

from typing import Any, Optional, Protocol

import numpy as np
import slicer
import vtk

from SPASegmentLib.errors import StateError
from SPASegmentLib.mrml.extents import region_of, shared
from SPASegmentLib.translation import texts

_ = texts(__name__)


class SegmentEditor(Protocol):
    """Writes labelmaps into segments under the user's masking, intensity range and overwrite settings."""

    @property
    def masked(self) -> bool:
        """Whether masking or an intensity range may keep voxels from being written."""

    def editable(self, segment_id: str, labelmap: Any, removing: bool = False) -> np.ndarray:
        """(k, j, i) bool: where in the extent of a vtkOrientedImageData `add` (or `remove`) may change a segment."""

    def overwrites(self, segment_id: str) -> bool:
        """Whether what is added to another segment is taken out of this one."""

    def save_state(self) -> None:
        """Save one undo state of the segmentation; it cannot be taken back."""

    def add(self, segment_id: str, labelmap: Any) -> None:
        """Add the voxels of a vtkOrientedImageData (0 and 1) to a segment."""

    def remove(self, segment_id: str, labelmap: Any) -> None:
        """Take the voxels of a vtkOrientedImageData (0 and 1) out of a segment."""


def is_masked(node: Any) -> bool:
    """Whether the masking settings of a vtkMRMLSegmentEditorNode restrict what can be edited."""
    everywhere = slicer.vtkMRMLSegmentationNode.EditAllowedEverywhere
    return bool(node.GetMaskMode() != everywhere or node.GetSourceVolumeIntensityMask())


def is_overwritten(node: Any, segment_id: str) -> bool:
    """Whether the settings of a vtkMRMLSegmentEditorNode let a segment lose what is added to another one."""
    mode = node.GetOverwriteMode()
    if mode == node.OverwriteVisibleSegments:
        display = node.GetSegmentationNode().GetDisplayNode()
        return display is None or bool(display.GetSegmentVisibility(segment_id))
    return bool(mode != node.OverwriteNone)


def editable_voxels(
    node: Any, segment_id: str, labelmap: Any, source: Optional[Any], removing: bool = False
) -> np.ndarray:
    """What masking lets through, by the same steps as Slicer's own write, which tells nobody.

    Args:
        node: vtkMRMLSegmentEditorNode with the settings.
        segment_id: the segment that is written into.
        labelmap: vtkOrientedImageData on the segmentation's lattice; its extent is looked at.
        source: vtkOrientedImageData of the source volume on the same lattice; looked at only where an intensity range
            is set.
        removing: the voxels are to be taken out of the segment.

    Returns:
        (k, j, i) bool.
    """
    extent = labelmap.GetExtent()
    allowed = np.ones(labelmap.GetDimensions()[::-1], dtype=bool)
    mode = node.GetMaskMode()
    if removing and mode == slicer.vtkMRMLSegmentationNode.EditAllowedInsideSingleSegment:
        # There Slicer lets all of the segment go.
        return allowed
    if mode != slicer.vtkMRMLSegmentationNode.EditAllowedEverywhere:
        kept = slicer.vtkOrientedImageData()
        if not node.GetSegmentationNode().GenerateEditMask(
            kept, mode, labelmap, segment_id, node.GetMaskSegmentID() or ""
        ):
            return np.zeros_like(allowed)
        allowed &= region_of(kept, 0, extent)
    if node.GetSourceVolumeIntensityMask():
        if source is None or not slicer.vtkOrientedImageDataResample.DoGeometriesMatch(labelmap, source):
            return np.zeros_like(allowed)
        common = shared(source.GetExtent(), extent)
        if common is not None:
            # VTK's own filter, since it rounds the limits to the type of the voxels.
            threshold = vtk.vtkImageThreshold()
            threshold.SetInputData(source)
            threshold.ThresholdBetween(*node.GetSourceVolumeIntensityMaskRange())
            threshold.SetInValue(0)
            threshold.SetOutValue(1)
            threshold.SetOutputScalarTypeToUnsignedChar()
            threshold.UpdateExtent(common)
            allowed &= ~region_of(threshold.GetOutput(), 1, extent)
    return allowed


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

    def editable(self, segment_id: str, labelmap: Any, removing: bool = False) -> np.ndarray:
        """(k, j, i) bool: where in the extent of a vtkOrientedImageData `add` (or `remove`) may change a segment."""
        source = None
        if self.node.GetSourceVolumeIntensityMask():
            self.logic.UpdateReferenceGeometryImage()
            if self.logic.UpdateAlignedSourceVolume():
                source = self.logic.GetAlignedSourceVolume()
        return editable_voxels(self.node, segment_id, labelmap, source, removing)

    def overwrites(self, segment_id: str) -> bool:
        """Whether what is added to another segment is taken out of this one."""
        return is_overwritten(self.node, segment_id)

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
