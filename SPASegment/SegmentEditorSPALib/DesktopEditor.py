"""Writes masks through Segment Editor, under its masking rules and into its undo history."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer

from SPASegmentLib.errors import StateError
from SPASegmentLib.mrml.editor import editable_voxels, is_masked, is_overwritten

from .Translate import tr as _


class DesktopEditor:
    """A `SPASegmentLib.mrml.editor.SegmentEditor` over Slicer's side of the effect."""

    def __init__(self, scripted_effect: Any) -> None:
        self._effect = scripted_effect

    @property
    def masked(self) -> bool:
        """Whether masking or an intensity range may keep voxels from being written."""
        return is_masked(self._effect.parameterSetNode())

    def editable(self, segment_id: str, labelmap: Any, removing: bool = False) -> np.ndarray:
        """(k, j, i) bool: where in the extent of a vtkOrientedImageData `add` (or `remove`) may change a segment."""
        node = self._effect.parameterSetNode()
        source = self._effect.sourceVolumeImageData() if node.GetSourceVolumeIntensityMask() else None
        return editable_voxels(node, segment_id, labelmap, source, removing)

    def overwrites(self, segment_id: str) -> bool:
        """Whether what is added to another segment is taken out of this one."""
        return is_overwritten(self._effect.parameterSetNode(), segment_id)

    def save_state(self) -> None:
        """Save one undo state; an effect can neither take it back nor undo."""
        self._effect.saveStateForUndo()

    def add(self, segment_id: str, labelmap: Any) -> None:
        """Add voxels to the selected segment."""
        self._modify(segment_id, labelmap, slicer.qSlicerSegmentEditorAbstractEffect.ModificationModeAdd)

    def remove(self, segment_id: str, labelmap: Any) -> None:
        """Take voxels out of the selected segment."""
        self._modify(segment_id, labelmap, slicer.qSlicerSegmentEditorAbstractEffect.ModificationModeRemove)

    def _modify(self, segment_id: str, labelmap: Any, mode: int) -> None:
        if self._effect.parameterSetNode().GetSelectedSegmentID() != segment_id:
            raise StateError(_("Another segment has been selected; select the segment that the masks belong to."))
        self._effect.modifySelectedSegmentByLabelmap(labelmap, mode)
