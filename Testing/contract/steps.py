"""Steps of a way through the volume, in every front end."""

from __future__ import annotations

from typing import Any, List

import numpy as np


def go(hands: Any) -> None:
    hands.act(hands.conversation.volume.go)
    hands.settle()


def begun(hands: Any) -> np.ndarray:
    """Accept on the lesion's slice and go through the volume; (k, j, i) voxels of the accepted mask."""
    hands.masks()
    hands.accept(0)
    accepted = hands.voxels()
    go(hands)
    assert hands.conversation.volume.ready, hands.said
    return accepted


def previews(hands: Any) -> List[Any]:
    scene = hands.controller.segmentation.GetScene()
    nodes = (scene.GetNthNodeByClass(n, "vtkMRMLSegmentationNode") for n in range(10))
    return [node for node in nodes if node is not None and node.GetName() == "SPA volume preview"]


def shown(hands: Any) -> np.ndarray:
    """(k, j, i) voxels of the temporary segment."""
    from SPASegmentLib.mrml.grid import volume_grid
    from SPASegmentLib.mrml.segmentation import segment_array

    (node,) = previews(hands)
    return segment_array(node, "SPA_volume", volume_grid(hands.controller.volume))


def there(voxels: np.ndarray) -> List[int]:
    """Slices with voxels."""
    return np.flatnonzero(voxels.any(axis=(1, 2))).tolist()


def to_slice(hands: Any, k: int) -> None:
    """Scroll the axial view to a slice of the volume."""
    from SPASegmentLib.mrml.grid import volume_grid

    wanted = (volume_grid(hands.controller.volume).to_world @ [0, 0, k, 1.0])[2]
    hands.scroll(wanted - hands.slice_shown())
