"""The masks on screen as temporary segments, outside of the user's segmentation, undo and saved scene."""

from __future__ import annotations

from typing import Any, Optional, Sequence

import numpy as np
import slicer

from SPASegmentLib.interaction.pictures import color
from SPASegmentLib.mrml import hierarchy
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.grid import BINARY_LABELMAP, Grid, parent_to_world
from SPASegmentLib.mrml.segmentation import under_transform_of

_NAME = "SPA preview"
_FILL = 0.3


def segment_id(index: int) -> str:
    """Id of the temporary segment of the recommended mask (0) or a candidate (1, 2, ...)."""
    return f"SPA_{index}"


class Preview:
    """The temporary segments of one session.

    Attributes:
        node: the vtkMRMLSegmentationNode, None while nothing is shown.
        outlined: whether the segments have outlines; False for front ends that draw better ones on top, where the
            recommended mask is hidden too while another one is filled.
    """

    def __init__(self, scene: Any, slots: int = 5) -> None:
        """Nothing is added to the scene before `show`.

        Args:
            scene: vtkMRMLScene.
            slots: number of segments: the recommended mask and the candidates.
        """
        self._scene = scene
        self._slots = slots
        self._shown = 0
        self.node: Optional[Any] = None
        self.outlined = True

    def show(self, frame: Frame, masks: np.ndarray, highlighted: int = 0) -> None:
        """Show the masks of a frame in place of those before.

        Args:
            frame: their slice.
            masks: (n, height, width) bool, n up to the number of slots; row 0 is the recommended mask.
            highlighted: the mask to fill.
        """
        if self.node is not None and not self._scene.IsNodePresent(self.node):
            # The scene was closed in the meantime.
            self.node = None
        images = [_image(frame, masks[n] if n < len(masks) else None) for n in range(self._slots)]
        if self.node is None:
            self.node = self._create(images)
        else:
            core = self.node.GetSegmentation()
            for index, image in enumerate(images):
                core.GetSegment(segment_id(index)).GetRepresentation(BINARY_LABELMAP).DeepCopy(image)
        self.follow(frame.volume)
        self._shown = len(masks)
        self._highlight(highlighted, changed=True)

    def follow(self, volume: Any) -> None:
        """Lie under the same transform as the volume that the masks belong to."""
        under_transform_of(volume, self.node)

    def highlight(self, index: int) -> None:
        """Fill and outline one mask; the recommended one stays outlined, the others are hidden."""
        self._highlight(index, changed=False)

    def _highlight(self, index: int, changed: bool) -> None:
        """The same; `changed` says that segments have other voxels than before, which their display does not notice."""
        display = None if self.node is None else self.node.GetDisplayNode()
        if display is None:
            return
        with hierarchy.item(self._scene, self.node):
            self._fill(display, index)
            if changed:
                display.Modified()

    def _fill(self, display: Any, index: int) -> None:
        was = display.StartModify()
        for n in range(self._slots):
            name = segment_id(n)
            display.SetSegmentVisibility(name, n < self._shown and (n == index or (n == 0 and self.outlined)))
            display.SetSegmentVisibility3D(name, False)
            display.SetSegmentVisibility2DOutline(name, self.outlined)
            display.SetSegmentVisibility2DFill(name, n == index)
            display.SetSegmentOpacity2DFill(name, _FILL)
        display.EndModify(was)

    def remove(self) -> None:
        """Take everything out of the scene; may be called twice, also after the scene was closed."""
        node, self.node = self.node, None
        take_out(self._scene, node)

    def _create(self, images: Sequence[Any]) -> Any:
        node = temporary_node(_NAME)
        for index, image in enumerate(images):
            segment = slicer.vtkSegment()
            segment.SetName(f"SPA {index}")
            segment.SetColor(*color(index))
            segment.AddRepresentation(BINARY_LABELMAP, image)
            node.GetSegmentation().AddSegment(segment, segment_id(index))
        self._scene.AddNode(node)
        with hierarchy.item(self._scene, node):
            node.CreateDefaultDisplayNodes()
            display = node.GetDisplayNode()
            display.SetSaveWithScene(False)
            display.SetVisibility3D(False)
            display.SetSliceIntersectionThickness(2)
        return node


def temporary_node(name: str) -> Any:
    """A vtkMRMLSegmentationNode that is not in a scene yet, and that no scene file and no selector will show."""
    node = slicer.vtkMRMLSegmentationNode()
    node.SetName(name)
    node.SetSaveWithScene(False)
    node.SetHideFromEditors(True)
    return node


def take_out(scene: Any, node: Optional[Any]) -> None:
    """Take a temporary node out of the scene, if it is there."""
    if node is None or not scene.IsNodePresent(node):
        return
    display = node.GetDisplayNode()
    # Slicer takes display nodes away along with their node. Before, it looks for them in its data tree.
    scene.RemoveNode(node)
    if display is not None and scene.IsNodePresent(display):
        scene.RemoveNode(display)


def _image(frame: Frame, mask: Optional[np.ndarray]) -> Any:
    """One slice in the frame's own pixels, no larger than the mask."""
    if mask is None or not mask.any():
        return slicer.vtkOrientedImageData()
    parent = parent_to_world(frame.volume)
    height, width = mask.shape
    pixels = Grid(np.linalg.solve(parent, frame.to_world), parent, (0, width - 1, 0, height - 1, 0, 0))
    return frame.mask_to_labelmap(mask, pixels)
