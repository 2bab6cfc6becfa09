"""What is segmented: the volume, the segmentation and the segment that are selected in Segment Editor."""

from __future__ import annotations

from typing import Any, Callable, List, Tuple

import slicer

from SPASegmentLib.errors import SPAError

from .DesktopEditor import DesktopEditor
from .Translate import tr as _


class Target:
    """Keeps the controller of what is selected, until something else is.

    Attributes:
        controller: the `SPASegmentLib.mrml.controller.Controller`, None before the first session.
    """

    def __init__(self, scripted_effect: Any, on_change: Callable[[], None]) -> None:
        """Nothing is selected yet.

        Args:
            scripted_effect: Slicer's side of the effect.
            on_change: called when something happens to what was selected: a transform, another image, a segment less.
        """
        self._effect, self._on_change = scripted_effect, on_change
        self._selected: Tuple[Any, ...] = ()
        self._nodes: Tuple[Any, ...] = ()
        self._observed: List[Tuple[Any, int]] = []
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
        if not self._observed:
            self._observe()

    def trouble(self) -> str:
        """Why nothing can be written any more into what was selected, in words; empty if it can."""
        from SPASegmentLib.mrml.grid import parent_to_world, segment_image, volume_grid

        volume, segmentation = self._nodes
        choosing = self.controller is not None and self.controller.session is not None
        try:
            volume_grid(volume)
            parent_to_world(segmentation)
            segment_image(segmentation, self._selected[-1])
            if choosing:
                # The frame knows whether its volume is still the one that it was cut from.
                self.controller.frame.check()
        except SPAError as error:
            return str(error)
        return ""

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
        for thing, tag in self._observed:
            thing.RemoveObserver(tag)
        self.controller, self._selected, self._nodes, self._observed = None, (), (), []

    def _observe(self) -> None:
        node = self._effect.parameterSetNode()
        volume, segmentation = self._nodes = (node.GetSourceVolumeNode(), node.GetSegmentationNode())
        moved = slicer.vtkMRMLTransformableNode.TransformModifiedEvent
        self._observed = [
            (thing, thing.AddObserver(event, lambda *_: self._on_change()))
            for thing, event in (
                (volume, moved),
                (volume, slicer.vtkMRMLVolumeNode.ImageDataModifiedEvent),
                (segmentation, moved),
                (segmentation.GetSegmentation(), slicer.vtkSegmentation.SegmentRemoved),
            )
        ]

    def _selection(self) -> Tuple[Any, ...]:
        node = self._effect.parameterSetNode()
        if node is None:
            return ()
        nodes = (node.GetSourceVolumeNode(), node.GetSegmentationNode())
        return (*(n.GetID() if n is not None else None for n in nodes), node.GetSelectedSegmentID())
