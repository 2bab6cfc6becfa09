"""What is found on all slices of a volume as one temporary segment, outside of segmentation and scene file."""

from __future__ import annotations

from typing import Any, Dict, Optional

import numpy as np
import slicer

from SPASegmentLib.interaction.pictures import color
from SPASegmentLib.interaction.types import RECOMMENDED
from SPASegmentLib.interaction.volume_result import VolumeResult
from SPASegmentLib.mrml import hierarchy
from SPASegmentLib.mrml.grid import BINARY_LABELMAP, CLOSED_SURFACE, labelmap_image, parent_to_world
from SPASegmentLib.mrml.preview import take_out, temporary_node
from SPASegmentLib.mrml.segmentation import under_transform_of
from SPASegmentLib.mrml.stack import Stack

_NAME, _SEGMENT = "SPA volume preview", "SPA_volume"
_FILL = 0.25
#: Surfaces of more voxels than this are not smoothed, which takes seconds there.
_SMOOTHED = 4_000_000


class VolumePreview:
    """One segment over all slices, in slice views and in 3D.

    Attributes:
        node: the vtkMRMLSegmentationNode, None while nothing is shown.
    """

    def __init__(self, scene: Any) -> None:
        """Nothing is added to the scene before `show`."""
        self._scene = scene
        self.node: Optional[Any] = None

    def show(self, stack: Stack, result: VolumeResult) -> None:
        """Show all masks in place of those before."""
        image = _image(stack, result)
        if image is None:
            self.remove()
            return
        if self.node is not None and not self._scene.IsNodePresent(self.node):
            # The scene was closed in the meantime.
            self.node = None
        if self.node is None:
            self.node = self._create()
        core = self.node.GetSegmentation()
        segment = core.GetSegment(_SEGMENT)
        with hierarchy.item(self._scene, self.node):
            segment.RemoveRepresentation(CLOSED_SURFACE)
            segment.GetRepresentation(BINARY_LABELMAP).DeepCopy(image)
            smoothing = slicer.vtkBinaryLabelmapToClosedSurfaceConversionRule.GetSmoothingFactorParameterName()
            core.SetConversionParameter(smoothing, "0.5" if image.GetNumberOfPoints() <= _SMOOTHED else "0")
            self.node.CreateClosedSurfaceRepresentation()
            # Nothing notices the voxels by itself.
            self.node.GetDisplayNode().Modified()
        self.follow(stack.origin.volume)

    def follow(self, volume: Any) -> None:
        """Lie under the same transform as the volume that the masks belong to."""
        under_transform_of(volume, self.node)

    def remove(self) -> None:
        """Take everything out of the scene; may be called twice, also after the scene was closed."""
        node, self.node = self.node, None
        take_out(self._scene, node)

    def _create(self) -> Any:
        node = temporary_node(_NAME)
        segment = slicer.vtkSegment()
        segment.SetName(_NAME)
        segment.SetColor(*color(RECOMMENDED))
        segment.AddRepresentation(BINARY_LABELMAP, slicer.vtkOrientedImageData())
        node.GetSegmentation().AddSegment(segment, _SEGMENT)
        self._scene.AddNode(node)
        with hierarchy.item(self._scene, node):
            node.CreateDefaultDisplayNodes()
            display = node.GetDisplayNode()
            display.SetSaveWithScene(False)
            display.SetSegmentOpacity2DFill(_SEGMENT, _FILL)
            display.SetSliceIntersectionThickness(2)
            display.SetVisibility3D(True)
        return node


def _image(stack: Stack, result: VolumeResult) -> Optional[Any]:
    """All masks in the slices' own pixels, no larger than they need; None where there are none."""
    parts: Dict[int, Any] = {}
    for index, one in result.slices.items():
        on = one.patch.values > 0.5
        if on.any():
            parts[stack.step(index)] = (on, one.patch.top, one.patch.left)
    if not parts:
        return None
    first = min(parts)
    top, left = (min(part[n] for part in parts.values()) for n in (1, 2))
    bottom, right = (max(part[n] + part[0].shape[n - 1] for part in parts.values()) for n in (1, 2))
    voxels = np.zeros((max(parts) - first + 1, bottom - top, right - left), dtype=bool)
    for step, (on, y, x) in parts.items():
        voxels[step - first, y - top : y - top + on.shape[0], x - left : x - left + on.shape[1]] = on
    to_local = np.linalg.solve(parent_to_world(stack.origin.volume), stack.origin.to_world)
    return labelmap_image(voxels, (left, top, first), to_local)
