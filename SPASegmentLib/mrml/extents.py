"""Extents, VTK's word for boxes of voxels by their first and last indices, and what images hold within them."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple, TypeVar

import numpy as np
import slicer

from SPASegmentLib.mrml.grid import Extent, Grid, image_array, image_grid, is_empty, labelmap_image, segment_image

#: What segments share: a vtkOrientedImageData, or a copy of it.
_Image = TypeVar("_Image")


def shape_of(extent: Extent) -> Tuple[int, int, int]:
    """Number of voxels along k, j, i."""
    return (extent[5] - extent[4] + 1, extent[3] - extent[2] + 1, extent[1] - extent[0] + 1)


def first_of(extent: Extent) -> Tuple[int, int, int]:
    """Index (i, j, k) of the first voxel."""
    return (extent[0], extent[2], extent[4])


def union(extents: Sequence[Extent]) -> Extent:
    """The smallest extent that covers all."""
    low, high = np.min(extents, axis=0), np.max(extents, axis=0)
    return tuple(int(high[n] if n % 2 else low[n]) for n in range(6))


def shared(one: Extent, other: Extent) -> Optional[Extent]:
    """What two extents have in common; None for nothing."""
    found = tuple((max, min)[n % 2](one[n], other[n]) for n in range(6))
    return found if all(found[n] <= found[n + 1] for n in (0, 2, 4)) else None


def within(extent: Extent, outer: Extent) -> Tuple[slice, slice, slice]:
    """Where an extent lies in the (k, j, i) array of an outer one."""
    k, j, i = (slice(extent[n] - outer[n], extent[n + 1] - outer[n] + 1) for n in (4, 2, 0))
    return k, j, i


def place(values: np.ndarray, extent: Extent, outer: Extent) -> np.ndarray:
    """(k, j, i) values of an extent as they lie in another one; 0 where it has none."""
    result = np.zeros(shape_of(outer), dtype=values.dtype)
    common = shared(extent, outer)
    if common is not None:
        result[within(common, outer)] = values[within(common, extent)]
    return result


def on_grid(values: np.ndarray, own: Tuple[Grid, Extent], other: Tuple[Grid, Extent]) -> Optional[np.ndarray]:
    """(k, j, i) values of an extent of a grid as they lie in one of another grid; None where the lattices differ."""
    shift = offset_between(own[0], other[0])
    if shift is None:
        return None
    return place(values, [int(v + shift[n // 2]) for n, v in enumerate(own[1])], other[1])


def shifted(extent: Extent, shift: np.ndarray) -> Extent:
    """An extent of a grid in the indices of an image that lies `shift` voxels beside it, see `image_offset`."""
    return [int(v - shift[n // 2]) for n, v in enumerate(extent)]


def offset_between(one: Grid, other: Grid) -> Optional[np.ndarray]:
    """(3,) whole number of voxels from the indices of a grid to another's, or None where the lattices differ."""
    between = np.linalg.solve(other.to_local, one.to_local)
    shift = np.rint(between[:3, 3])
    if np.abs(between[:3, :3] - np.eye(3)).max() > 1e-4 or np.abs(between[:3, 3] - shift).max() > 1e-2:
        return None
    return shift.astype(np.int64)


def image_offset(image: Any, grid: Grid) -> Optional[np.ndarray]:
    """(3,) whole number of voxels from an image's indices to a grid's, or None on another lattice."""
    return offset_between(image_grid(image, grid.local_to_world), grid)


def values_in(image: Any, extent: Extent) -> np.ndarray:
    """(k, j, i) copy of the voxels of `extent`, in the image's own indices; 0 where there are none."""
    return place(image_array(image), image.GetExtent(), extent)


def region_of(image: Any, value: int, extent: Extent) -> np.ndarray:
    """(k, j, i) bool: voxels of `extent`, in the image's own indices, that have the value."""
    found = np.zeros(shape_of(extent), dtype=bool)
    common = shared(image.GetExtent(), extent)
    if common is not None:
        found[within(common, extent)] = image_array(image)[within(common, image.GetExtent())] == value
    return found


def segment_region(segmentation: Any, segment_id: str, grid: Grid, extent: Extent) -> np.ndarray:
    """(k, j, i) bool: what a segment holds within `extent` of a grid."""
    return segments_region(segmentation, [segment_id], grid, extent)


def segments_region(segmentation: Any, segment_ids: Iterable[str], grid: Grid, extent: Extent) -> np.ndarray:
    """(k, j, i) bool: what any of several segments holds within `extent` of a grid."""
    found = np.zeros(shape_of(extent), dtype=bool)
    for image, values in by_image(segment_image(segmentation, segment_id) for segment_id in segment_ids):
        found |= region_on(image, values, grid, extent)
    return found


def by_image(held: Iterable[Tuple[Optional[_Image], int]]) -> List[Tuple[_Image, List[int]]]:
    """Labelmaps, each once, with the values of all segments in it: dozens may share one."""
    found: Dict[int, Tuple[_Image, List[int]]] = {}
    for image, value in held:
        if image is not None:
            found.setdefault(id(image), (image, []))[1].append(value)
    return list(found.values())


def is_any(array: np.ndarray, values: Sequence[int]) -> np.ndarray:
    """Where a (k, j, i) array has one of these values, bool."""
    if len(values) == 1:
        return np.asarray(array == values[0])
    found = np.empty(array.shape, dtype=bool)
    for layer, there in zip(array, found):
        # One after the other: NumPy makes eight bytes of each voxel to look its label up.
        there[:] = np.isin(layer, values)
    return found


def region_on(image: Optional[Any], values: Sequence[int], grid: Grid, extent: Extent) -> np.ndarray:
    """(k, j, i) bool: voxels of `extent` of a grid that have one of the values in an image, on whatever lattice.

    None of the values is 0.
    """
    if is_empty(image):
        return np.zeros(shape_of(extent), dtype=bool)
    shift = image_offset(image, grid)
    if shift is None:
        reference = labelmap_image(np.zeros(shape_of(extent), dtype=bool), first_of(extent), grid.to_local)
        found = slicer.vtkOrientedImageData()
        slicer.vtkOrientedImageDataResample.ResampleOrientedImageToReferenceOrientedImage(image, reference, found)
        return is_any(image_array(found), values)
    return is_any(values_in(image, shifted(extent, shift)), values)


def merged(images: Sequence[Any], to_local: np.ndarray) -> Optional[Any]:
    """vtkOrientedImageData of the voxels that any of several images (0 and 1, on one lattice) holds; None for none."""
    if len(images) < 2:
        return images[0] if images else None
    extent = union([image.GetExtent() for image in images])
    voxels = np.zeros(shape_of(extent), dtype=bool)
    for image in images:
        voxels[within(image.GetExtent(), extent)] |= image_array(image) == 1
    return labelmap_image(voxels, first_of(extent), to_local)
