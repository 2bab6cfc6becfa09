"""Writes masks through Segment Editor, under its masking rules and into its undo history."""

from __future__ import annotations

from typing import Any

import slicer

from SPASegmentLib.errors import StateError
from SPASegmentLib.mrml.editor import is_masked

from .Translate import tr as _


class DesktopEditor:
    """A `SPASegmentLib.mrml.editor.SegmentEditor` over Slicer's side of the effect."""

    def __init__(self, scripted_effect: Any) -> None:
        self._effect = scripted_effect

    @property
    def masked(self) -> bool:
        """Whether masking or an intensity range may keep voxels from being written."""
        return is_masked(self._effect.parameterSetNode())

    def save_state(self) -> None:
        """Save one undo state."""
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
