"""The voxels of a segmentation before a write: to compare with, and to go back to."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
import slicer

from SPASegmentLib.mrml.grid import BINARY_LABELMAP, Grid, image_array, image_grid, labelmap_image, segment_image

#: (first i, last i, first j, last j, first k, last k)
Bounds = Sequence[int]


class Snapshot:
    """Copies of the labelmaps of all segments.

    Independent of the undo history, which belongs to the user and is out of reach of an effect.

    Attributes:
        segment_ids: the segments that it knows.
    """

    def __init__(self, segmentation: Any) -> None:
        self._segmentation = segmentation
        self._segments: Dict[str, Tuple[Any, int]] = {}
        self._copies: List[Tuple[Any, Any]] = []
        copies: Dict[int, Any] = {}
        for segment_id in segmentation.GetSegmentation().GetSegmentIDs():
            segment = segmentation.GetSegmentation().GetSegment(segment_id)
            image = segment.GetRepresentation(BINARY_LABELMAP)
            self._segments[segment_id] = (image, segment.GetLabelValue())
            if image is not None and id(image) not in copies:
                copies[id(image)] = slicer.vtkOrientedImageData()
                copies[id(image)].DeepCopy(image)
                self._copies.append((image, copies[id(image)]))

        self.segment_ids: Tuple[str, ...] = tuple(self._segments)

    def region(self, segment_id: str, grid: Grid, extent: Bounds) -> np.ndarray:
        """(k, j, i) bool: what a segment held within `extent` of a grid."""
        image, value = self._copy_of(segment_id)
        return _region_on(image, value, grid, extent)

    def _copy_of(self, segment_id: str) -> Tuple[Optional[Any], int]:
        image, value = self._segments[segment_id]
        return next((copy for original, copy in self._copies if original is image), None), value

    def same_elsewhere(self, segment_id: str, grid: Grid, extent: Bounds) -> bool:
        """Whether a segment is as it was outside of `extent`."""
        old, old_value = self._copy_of(segment_id)
        new, new_value = segment_image(self._segmentation, segment_id)
        extents = [extent]
        for image in (old, new):
            if image is not None and image.GetNumberOfPoints():
                shift = _offset(image, grid)
                if shift is None:
                    # Slicer has brought voxels from another lattice onto this one; nothing to compare with.
                    return True
                extents.append([v + shift[n // 2] for n, v in enumerate(image.GetExtent())])
        everything = union(extents)
        before = _region_on(old, old_value, grid, everything)
        after = _region_on(new, new_value, grid, everything)
        inside = tuple(
            slice(extent[2 * n] - everything[2 * n], extent[2 * n + 1] - everything[2 * n] + 1) for n in (2, 1, 0)
        )
        before[inside] = after[inside] = False
        return np.array_equal(before, after)

    def restore(self) -> None:
        """Put all voxels back."""
        for image, copy in self._copies:
            image.DeepCopy(copy)
        for segment_id, (image, value) in self._segments.items():
            segment = self._segmentation.GetSegmentation().GetSegment(segment_id)
            if segment is not None and image is not None:
                segment.SetLabelValue(value)
                segment.AddRepresentation(BINARY_LABELMAP, image)
        self._segmentation.Modified()


def shape_of(extent: Bounds) -> Tuple[int, int, int]:
    """Number of voxels along k, j, i."""
    return (extent[5] - extent[4] + 1, extent[3] - extent[2] + 1, extent[1] - extent[0] + 1)


def union(extents: Sequence[Bounds]) -> Bounds:
    """The smallest extent that covers all."""
    low, high = np.min(extents, axis=0), np.max(extents, axis=0)
    return tuple(int(high[n] if n % 2 else low[n]) for n in range(6))


def _offset(image: Any, grid: Grid) -> Optional[np.ndarray]:
    """Whole number of voxels from the image's indices to the grid's, or None on another lattice."""
    between = np.linalg.solve(grid.to_local, image_grid(image, grid.local_to_world).to_local)
    shift = np.rint(between[:3, 3])
    if np.abs(between[:3, :3] - np.eye(3)).max() > 1e-4 or np.abs(between[:3, 3] - shift).max() > 1e-2:
        return None
    return shift.astype(np.int64)


def segment_region(segmentation: Any, segment_id: str, grid: Grid, extent: Bounds) -> np.ndarray:
    """(k, j, i) bool: what a segment holds within `extent` of a grid."""
    image, value = segment_image(segmentation, segment_id)
    return _region_on(image, value, grid, extent)


def _region_on(image: Optional[Any], value: int, grid: Grid, extent: Bounds) -> np.ndarray:
    """(k, j, i) bool: voxels of `extent` of the grid that have the value."""
    if image is None or image.GetNumberOfPoints() == 0 or image.GetPointData().GetScalars() is None:
        return np.zeros(shape_of(extent), dtype=bool)
    shift = _offset(image, grid)
    if shift is None:
        first = (extent[0], extent[2], extent[4])
        reference = labelmap_image(np.zeros(shape_of(extent), dtype=bool), first, grid.to_local)
        found = slicer.vtkOrientedImageData()
        slicer.vtkOrientedImageDataResample.ResampleOrientedImageToReferenceOrientedImage(image, reference, found)
        return np.asarray(image_array(found) == value)
    return region_of(image, value, [int(v - shift[n // 2]) for n, v in enumerate(extent)])


def region_of(image: Any, value: int, extent: Bounds) -> np.ndarray:
    """(k, j, i) bool: voxels of `extent`, in the image's own indices, that have the value."""
    result = np.zeros(shape_of(extent), dtype=bool)
    own = image.GetExtent()
    low = [max(own[2 * n], extent[2 * n]) for n in (2, 1, 0)]
    high = [min(own[2 * n + 1], extent[2 * n + 1]) + 1 for n in (2, 1, 0)]
    if all(a < b for a, b in zip(low, high)):
        target = tuple(slice(a - extent[2 * n], b - extent[2 * n]) for a, b, n in zip(low, high, (2, 1, 0)))
        source = tuple(slice(a - own[2 * n], b - own[2 * n]) for a, b, n in zip(low, high, (2, 1, 0)))
        result[target] = image_array(image)[source] == value
    return result
