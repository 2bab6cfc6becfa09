"""Segmentation nodes: making one for a volume, and reading a segment as an array."""

from __future__ import annotations

import re
from typing import Any, Iterable, Optional, Tuple

import numpy as np
import slicer
import vtk

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.extents import first_of
from SPASegmentLib.mrml.grid import Grid, image_array, labelmap_image, matrix_from_array, parent_to_world, segment_image
from SPASegmentLib.translation import texts

_ = texts(__name__)


def create_segmentation(volume: Any, name: str = "Segmentation") -> Any:
    """Add an empty segmentation node on the voxels of a volume, under the same transform, to the volume's scene."""
    segmentation = volume.GetScene().AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    segmentation.CreateDefaultDisplayNodes()
    under_transform_of(volume, segmentation)
    # After the transform, since the geometry is expressed in the segmentation's own coordinates.
    segmentation.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    return segmentation


def under_transform_of(volume: Any, node: Optional[Any]) -> None:
    """Put a node, if there is one, under the same transform as a volume."""
    if node is not None:
        transform = volume.GetParentTransformNode()
        node.SetAndObserveTransformNodeID(None if transform is None else transform.GetID())


def add_segment(segmentation: Any, name: str, color: Tuple[float, float, float] = (0.9, 0.6, 0.0)) -> str:
    """Add an empty segment and return its id.

    Raises:
        InputError: Slicer refused it (no Segmentations logic on the scene).
    """
    segment_id = segmentation.GetSegmentation().AddEmptySegment("", name, list(color))
    if not segment_id:
        raise InputError(_("No segment can be added to this scene; open the scene through SPASegmentLib.mrml.scene."))
    return str(segment_id)


def next_name(name: str, taken: Iterable[str]) -> str:
    """The name of the structure after this one: "lesion 7" after "lesion 6", "lesion 2" after "lesion".

    Args:
        name: of the structure before; a number at its end is counted on, with as many digits as it has.
        taken: names that there are.
    """
    taken = set(taken)
    match = re.search(r"([0-9]+)$", name)
    stem, digits = (name[: match.start()], match.group(1)) if match else (name + " ", "1")
    number = int(digits) + 1
    while f"{stem}{number:0{len(digits)}d}" in taken:
        number += 1
    return f"{stem}{number:0{len(digits)}d}"


def segment_array(segmentation: Any, segment_id: str, grid: Grid) -> np.ndarray:
    """(k, j, i) bool voxels of a segment on any grid, by the closest voxel.

    Raises:
        InputError: there is no such segment, or the segmentation is under a non-linear transform.
    """
    shape = grid.shape[::-1]
    image, value = segment_image(segmentation, segment_id)
    if image is None:
        return np.zeros(shape, dtype=bool)
    to_grid = np.linalg.solve(grid.local_to_world, parent_to_world(segmentation))
    transform: Optional[Any] = None
    if not np.allclose(to_grid, np.eye(4), atol=1e-9):
        transform = vtk.vtkTransform()
        transform.SetMatrix(matrix_from_array(to_grid))
    reference = labelmap_image(np.zeros(shape, dtype=bool), first_of(grid.extent), grid.to_local)
    found = slicer.vtkOrientedImageData()
    slicer.vtkOrientedImageDataResample.ResampleOrientedImageToReferenceOrientedImage(
        image, reference, found, False, False, transform
    )
    return np.asarray(image_array(found) == value)
