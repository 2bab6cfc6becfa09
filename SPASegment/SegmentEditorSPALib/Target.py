"""What is segmented: the volume, the segmentation and the segment that are selected in Segment Editor."""

from __future__ import annotations

from typing import Any, Tuple

import slicer

from .DesktopEditor import DesktopEditor
from .Translate import tr as _


class Target:
    """Keeps the controller of what is selected, until something else is.

    Attributes:
        controller: the `SPASegmentLib.mrml.controller.Controller`, None before the first session.
    """

    def __init__(self, scripted_effect: Any) -> None:
        self._effect = scripted_effect
        self._selected: Tuple[Any, ...] = ()
        self.controller: Any = None

    @property
    def changed(self) -> bool:
        """Whether something else has been selected since `select`."""
        return bool(self._selected) and self._selected != self._selection()

    def select(self) -> None:
        """Work on what is selected now."""
        if self.changed:
            self.close()
        self._selected = self._selection()

    def problem(self) -> str:
        """Why no session can begin, in words; empty if it can. Slicer may ask about a hidden segment."""
        node = self._effect.parameterSetNode()
        if node.GetSourceVolumeNode() is None:
            return _("Select a source volume at the top of Segment Editor first.")
        if not node.GetSelectedSegmentID():
            return _("Add a segment with the button Add first.")
        confirmed = slicer.qSlicerSegmentEditorAbstractEffect.ConfirmedWithoutDialog
        if self._effect.confirmCurrentSegmentVisible() != confirmed:
            return _("The segment was hidden; click again once it is shown.")
        return ""

    def prepare(self, network: Any) -> Any:
        """The controller of what has been selected.

        Args:
            network: an SPANetwork, or None to vary what the segment holds.
        """
        from SPASegmentLib.mrml.controller import Controller

        if self.controller is None:
            node = self._effect.parameterSetNode()
            self.controller = Controller(
                node.GetSourceVolumeNode(), node.GetSegmentationNode(), node.GetSelectedSegmentID(),
                DesktopEditor(self._effect),
            )
            # Better outlines are drawn on top.
            self.controller.preview.outlined = False
        self.controller.network = network
        return self.controller

    def close(self) -> None:
        """Drop the controller and whatever it shows; may be called twice, also after the scene was closed."""
        if self.controller is not None:
            self.controller.close()
        self.controller, self._selected = None, ()

    def _selection(self) -> Tuple[Any, ...]:
        node = self._effect.parameterSetNode()
        if node is None:
            return ()
        nodes = (node.GetSourceVolumeNode(), node.GetSegmentationNode())
        return (*(n.GetID() if n is not None else None for n in nodes), node.GetSelectedSegmentID())
