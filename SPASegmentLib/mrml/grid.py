"""Voxel grids: index to world (RAS) matrices of volumes and segmentations, and arrays in VTK images."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Optional, Sequence, Tuple

import numpy as np
import slicer
import vtk
from vtk.util import numpy_support

from SPASegmentLib.errors import InputError
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: (first i, last i, first j, last j, first k, last k); the first index of a segmentation need not be 0.
Extent = Sequence[int]

#: Slicer's names of what a segment may be held as.
BINARY_LABELMAP, CLOSED_SURFACE = "Binary labelmap", "Closed surface"

#: Two lattices whose voxel centres are closer than this (in voxels) are the same.
SAME = 1e-2


@dataclass(frozen=True)
class Grid:
    """A lattice of voxels in the world.

    Attributes:
        to_local: (4, 4) float64, index (i, j, k) to mm in the node's own coordinates.
        local_to_world: (4, 4) float64, the node's (linear) parent transform.
        extent: the voxels that exist.
    """

    to_local: np.ndarray
    local_to_world: np.ndarray
    extent: Extent

    @property
    def to_world(self) -> np.ndarray:
        """(4, 4) float64, index (i, j, k) to RAS in mm."""
        return np.asarray(self.local_to_world @ self.to_local)

    @property
    def shape(self) -> Tuple[int, int, int]:
        """Number of voxels along i, j, k."""
        e = self.extent
        return (e[1] - e[0] + 1, e[3] - e[2] + 1, e[5] - e[4] + 1)

    def corners(self, margin: float = 0.0) -> np.ndarray:
        """(4, 8) homogeneous indices of the outer voxel centres, moved outwards by `margin` voxels."""
        bounds = [(self.extent[2 * n] - margin, self.extent[2 * n + 1] + margin) for n in range(3)]
        return np.array([[*corner, 1.0] for corner in itertools.product(*bounds)]).T

    def index_of(self, ras: Tuple[float, float, float]) -> np.ndarray:
        """Continuous (3,) index of a point of the world."""
        return np.asarray(np.linalg.solve(self.to_world, [*ras, 1.0])[:3])

    def contains(self, index: np.ndarray) -> bool:
        """Whether a continuous index lies in a voxel of the grid (half a voxel beyond the outer centres)."""
        low, high = np.array(self.extent[::2]), np.array(self.extent[1::2])
        return bool(np.all(index >= low - 0.5) and np.all(index <= high + 0.5))


def array_from_matrix(matrix: Any) -> np.ndarray:
    """(4, 4) float64 copy of a vtkMatrix4x4."""
    return np.array([[matrix.GetElement(r, c) for c in range(4)] for r in range(4)])


def matrix_from_array(array: np.ndarray) -> Any:
    """Copy a (4, 4) array into a vtkMatrix4x4."""
    matrix = vtk.vtkMatrix4x4()
    matrix.DeepCopy([float(v) for v in np.asarray(array).ravel()])
    return matrix


def parent_to_world(node: Any) -> np.ndarray:
    """(4, 4) float64 matrix from a transformable node's own coordinates to the world.

    Raises:
        InputError: the node is under a non-linear transform.
    """
    transform = node.GetParentTransformNode()
    if transform is None:
        return np.eye(4)
    if not transform.IsTransformToWorldLinear():
        raise InputError(
            _(
                "The volume or segmentation is under a non-linear transform; harden the transform on it first "
                "(right-click it in the Data module)."
            )
        )
    matrix = vtk.vtkMatrix4x4()
    transform.GetMatrixTransformToWorld(matrix)
    return array_from_matrix(matrix)


def volume_grid(volume: Any) -> Grid:
    """Grid of a volume node.

    Raises:
        InputError: the volume has no voxels or a non-linear transform.
    """
    image = volume.GetImageData()
    if is_empty(image):
        raise InputError(_("The volume holds no image; load or select another one."))
    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    return Grid(array_from_matrix(matrix), parent_to_world(volume), image.GetExtent())


def image_grid(image: Any, local_to_world: np.ndarray) -> Grid:
    """Grid of a vtkOrientedImageData in a node with the given parent transform."""
    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    return Grid(array_from_matrix(matrix), local_to_world, image.GetExtent())


def same_lattice(one: Grid, other: Grid) -> bool:
    """Whether the voxels of a grid are those of another one's lattice, in whatever order and direction of the axes."""
    between = np.linalg.solve(other.to_world, one.to_world)
    whole = np.rint(between)
    axes = np.abs(whole[:3, :3])
    in_order = bool((axes.sum(axis=0) == 1).all() and (axes.sum(axis=1) == 1).all())
    return in_order and bool(np.abs((whole - between) @ one.corners()).max() <= SAME)


def segmentation_grid(segmentation: Any, volume: Any, needed: Optional[np.ndarray] = None) -> Grid:
    """Grid that Slicer writes into: the segmentation's reference geometry, grown to cover what is needed.

    A segmentation without reference geometry takes that of the volume, as in the Segment Editor. Segments are always
    covered.

    Args:
        segmentation: vtkMRMLSegmentationNode.
        volume: the volume node.
        needed: (4, n) homogeneous points in RAS (mm) to reach; None for the whole volume. Slicer holds images of the
            geometry's size, and a fine one over a whole CT would not fit into memory.

    Raises:
        InputError: the segmentation is not made of voxels, or is under a non-linear transform.
    """
    core = segmentation.GetSegmentation()
    if core.GetNumberOfSegments() and source_representation(core) != BINARY_LABELMAP:
        raise InputError(
            _(
                "The segmentation is made of surfaces; make binary labelmap its source representation first "
                "(Segmentations module, Representations)."
            )
        )
    reference = slicer.vtkSegmentationConverter.GetReferenceImageGeometryParameterName()
    ids = vtk.vtkStringArray()
    core.GetSegmentIDs(ids)
    geometry = core.GetConversionParameter(reference) or core.DetermineCommonLabelmapGeometry(
        slicer.vtkSegmentation.EXTENT_UNION_OF_SEGMENTS, ids
    )
    if geometry:
        if needed is None:
            whole = volume_grid(volume)
            needed = whole.to_world @ whole.corners()
        # One that was made on a cropped copy would cut masks off.
        grown = _grown_geometry(geometry, segmentation, needed)
        if grown != core.GetConversionParameter(reference):
            core.SetConversionParameter(reference, grown)
    else:
        segmentation.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    image = slicer.vtkOrientedImageData()
    geometry = core.GetConversionParameter(reference)
    slicer.vtkSegmentationConverter.DeserializeImageGeometry(geometry, image, False)
    used = [0, -1, 0, -1, 0, -1]
    core.DetermineCommonLabelmapExtent(used, image, ids)
    if all(low <= high for low, high in zip(used[::2], used[1::2])):
        image.SetExtent([(min, max)[n % 2](v, used[n]) for n, v in enumerate(image.GetExtent())])
    return image_grid(image, parent_to_world(segmentation))


def source_representation(core: Any) -> str:
    """Name of the representation that a vtkSegmentation is edited in; Slicer 5.2 calls it the master's."""
    get = getattr(core, "GetSourceRepresentationName", None) or core.GetMasterRepresentationName
    return str(get())


def _grown_geometry(geometry: str, segmentation: Any, needed: np.ndarray) -> str:
    """Lattice of a segmentation's voxels, grown over (4, n) points in RAS."""
    if not needed.size:
        return geometry
    image = slicer.vtkOrientedImageData()
    slicer.vtkSegmentationConverter.DeserializeImageGeometry(geometry, image, False)
    own = image_grid(image, parent_to_world(segmentation))
    index = np.linalg.solve(own.to_world, needed)[:3]
    low = np.minimum(np.floor(index.min(axis=1) + 1e-3), own.extent[::2])
    high = np.maximum(np.ceil(index.max(axis=1) - 1e-3), own.extent[1::2])
    if np.array_equal(low, own.extent[::2]) and np.array_equal(high, own.extent[1::2]):
        return geometry
    image.SetExtent([int(v) for pair in zip(low, high) for v in pair])
    return str(slicer.vtkSegmentationConverter.SerializeImageGeometry(image))


def is_empty(image: Optional[Any]) -> bool:
    """Whether there is no image, or one without voxels; volumes of tensors have no scalars."""
    return bool(image is None or image.GetNumberOfPoints() == 0 or image.GetPointData().GetScalars() is None)


def image_array(image: Any) -> np.ndarray:
    """(k, j, i) view of an image's voxels; (k, j, i, components) where there are several."""
    scalars = image.GetPointData().GetScalars()
    shape = tuple(reversed(image.GetDimensions()))
    components = scalars.GetNumberOfComponents()
    array = numpy_support.vtk_to_numpy(scalars)
    return np.asarray(array.reshape(shape if components == 1 else (*shape, components)))


def labelmap_image(array: np.ndarray, first: Tuple[int, int, int], to_local: np.ndarray) -> Any:
    """vtkOrientedImageData of unsigned char from a (k, j, i) array.

    Args:
        array: (k, j, i) bool or integer.
        first: index (i, j, k) of ``array[0, 0, 0]``.
        to_local: (4, 4) index to mm in the segmentation's own coordinates.
    """
    image = slicer.vtkOrientedImageData()
    extent = []
    for low, size in zip(first, array.shape[::-1]):
        extent += [int(low), int(low) + size - 1]
    image.SetExtent(extent)
    image.SetGeometryFromImageToWorldMatrix(matrix_from_array(to_local))
    values = np.ascontiguousarray(array, dtype=np.uint8).ravel()
    scalars = numpy_support.numpy_to_vtk(values, deep=True, array_type=vtk.VTK_UNSIGNED_CHAR)
    image.GetPointData().SetScalars(scalars)
    return image


def segment_image(segmentation: Any, segment_id: str) -> Tuple[Optional[Any], int]:
    """Labelmap that holds a segment (shared with other segments) and the segment's value in it.

    The labelmap is None where the segment has no voxels.

    Raises:
        InputError: there is no such segment.
    """
    segment = segmentation.GetSegmentation().GetSegment(segment_id)
    if segment is None:
        raise InputError(_("The segment to write into does not exist any more; select a segment."))
    image = segment.GetRepresentation(BINARY_LABELMAP)
    return None if is_empty(image) else image, int(segment.GetLabelValue())
