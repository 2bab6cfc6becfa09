"""The voxels of a segmentation around a slice before a write: to compare with, and to go back to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
import slicer

from SPASegmentLib.mrml.grid import BINARY_LABELMAP, Grid, image_array, image_grid, labelmap_image, segment_image

#: (first i, last i, first j, last j, first k, last k)
Bounds = Sequence[int]

#: So many voxels around what is written are looked at, too.
MARGIN = 2


@dataclass(frozen=True)
class _Layer:
    """One labelmap, which segments share.

    Attributes:
        image: the labelmap itself.
        values: (k, j, i) copy of it around the write; None where it is on another lattice.
        whole: a copy of all of it, where it is on another lattice: a write brings all of it onto the new one.
    """

    image: Any
    values: Optional[np.ndarray] = None
    whole: Optional[Any] = None


class Snapshot:
    """Copies of all labelmaps, as far as a write can reach.

    Time and memory go with the size of what is written and not with that of the segmentation. Independent of the undo
    history, which belongs to the user and is out of reach of an effect.

    Args:
        segmentation: vtkMRMLSegmentationNode.
        grid: lattice that is written into.
        extent: what is written, in its indices.

    Attributes:
        segment_ids: the segments that it knows.
    """

    def __init__(self, segmentation: Any, grid: Grid, extent: Bounds) -> None:
        self._segmentation, self._grid = segmentation, grid
        self._extent = tuple(v + (MARGIN if n % 2 else -MARGIN) for n, v in enumerate(extent))
        self._segments: Dict[str, Tuple[Optional[_Layer], int]] = {}
        layers: Dict[int, _Layer] = {}
        for segment_id in segmentation.GetSegmentation().GetSegmentIDs():
            segment = segmentation.GetSegmentation().GetSegment(segment_id)
            image = segment.GetRepresentation(BINARY_LABELMAP)
            if image is not None and id(image) not in layers:
                layers[id(image)] = self._copied(image)
            layer = None if image is None else layers[id(image)]
            self._segments[segment_id] = (layer, int(segment.GetLabelValue()))
        self.segment_ids: Tuple[str, ...] = tuple(self._segments)

    def _copied(self, image: Any) -> _Layer:
        if _is_empty(image):
            return _Layer(image, np.zeros(shape_of(self._extent), dtype=np.uint8))
        shift = _offset(image, self._grid)
        if shift is not None:
            return _Layer(image, _values(image, _shifted(self._extent, shift)))
        whole = slicer.vtkOrientedImageData()
        whole.DeepCopy(image)
        return _Layer(image, whole=whole)

    def region(self, segment_id: str, extent: Bounds) -> np.ndarray:
        """(k, j, i) bool: what a segment held within `extent`, which lies in what was given and its margin."""
        layer, value = self._segments[segment_id]
        if layer is None:
            return np.zeros(shape_of(extent), dtype=bool)
        if layer.values is None:
            return _region_on(layer.whole, value, self._grid, extent)
        return np.asarray(layer.values[_within(extent, self._extent)] == value)

    def same_around(self, segment_id: str, extent: Bounds) -> bool:
        """Whether a segment is as it was in the margin around `extent`."""
        before = self.region(segment_id, self._extent)
        after = segment_region(self._segmentation, segment_id, self._grid, self._extent)
        inside = _within(extent, self._extent)
        before[inside] = after[inside] = False
        return np.array_equal(before, after)

    def restore(self) -> None:
        """Put all voxels back."""
        kept: List[str] = []
        for segment_id, (layer, value) in self._segments.items():
            segment = self._segmentation.GetSegmentation().GetSegment(segment_id)
            if segment is None or layer is None:
                continue
            if layer.whole is None:
                kept.append(segment_id)
                continue
            layer.image.DeepCopy(layer.whole)
            segment.SetLabelValue(value)
            segment.AddRepresentation(BINARY_LABELMAP, layer.image)
        self._put_back(kept)
        self._segmentation.Modified()

    def _put_back(self, segment_ids: Sequence[str]) -> None:
        """The voxels around the write, in the labelmaps that hold the segments now: a write may move them."""
        images: Dict[int, Tuple[Any, np.ndarray, List[Any]]] = {}
        for segment_id in segment_ids:
            segment = self._segmentation.GetSegmentation().GetSegment(segment_id)
            layer, _value = self._segments[segment_id]
            image = segment.GetRepresentation(BINARY_LABELMAP) or (layer.image if layer is not None else None)
            empty = np.zeros(shape_of(self._extent), dtype=np.uint8)
            _image, values, segments = images.setdefault(id(image), (image, empty, []))
            values[self.region(segment_id, self._extent)] = segment.GetLabelValue()
            segments.append(segment)
        for image, values, segments in images.values():
            self._fill(image, values)
            for segment in segments:
                segment.AddRepresentation(BINARY_LABELMAP, image)

    def _fill(self, image: Any, values: np.ndarray) -> None:
        """Set voxels of a labelmap, which grows where it has to."""
        if _is_empty(image):
            if values.any():
                first = (self._extent[0], self._extent[2], self._extent[4])
                image.DeepCopy(labelmap_image(values, first, self._grid.to_local))
            return
        shift = _offset(image, self._grid)
        assert shift is not None, "what was on the lattice stays on it"
        extent = _shifted(self._extent, shift)
        own = image.GetExtent()
        if values.any() and not all(own[n] <= extent[n] and extent[n + 1] <= own[n + 1] for n in (0, 2, 4)):
            _pad(image, union([own, extent]))
            own = image.GetExtent()
        shared = tuple((max, min)[n % 2](own[n], extent[n]) for n in range(6))
        if all(shared[n] <= shared[n + 1] for n in (0, 2, 4)):
            image_array(image)[_within(shared, own)] = values[_within(shared, extent)]
            image.GetPointData().GetScalars().Modified()
            image.Modified()


def _is_empty(image: Any) -> bool:
    return bool(image.GetNumberOfPoints() == 0 or image.GetPointData().GetScalars() is None)


def _pad(image: Any, extent: Bounds) -> None:
    """Grow a labelmap; new voxels are 0."""
    larger = slicer.vtkOrientedImageData()
    larger.CopyDirections(image)
    larger.SetOrigin(image.GetOrigin())
    larger.SetSpacing(image.GetSpacing())
    larger.SetExtent([int(v) for v in extent])
    scalars = image.GetPointData().GetScalars()
    larger.AllocateScalars(scalars.GetDataType(), 1)
    array = image_array(larger)
    array[...] = 0
    array[_within(image.GetExtent(), extent)] = image_array(image)
    image.DeepCopy(larger)


def shape_of(extent: Bounds) -> Tuple[int, int, int]:
    """Number of voxels along k, j, i."""
    return (extent[5] - extent[4] + 1, extent[3] - extent[2] + 1, extent[1] - extent[0] + 1)


def union(extents: Sequence[Bounds]) -> Bounds:
    """The smallest extent that covers all."""
    low, high = np.min(extents, axis=0), np.max(extents, axis=0)
    return tuple(int(high[n] if n % 2 else low[n]) for n in range(6))


def merged(images: Sequence[Any], to_local: np.ndarray) -> Optional[Any]:
    """vtkOrientedImageData of the voxels that any of several images (0 and 1, on one lattice) holds; None for none."""
    if len(images) < 2:
        return images[0] if images else None
    extent = union([image.GetExtent() for image in images])
    voxels = np.zeros(shape_of(extent), dtype=bool)
    for image in images:
        voxels[_within(image.GetExtent(), extent)] |= image_array(image) == 1
    return labelmap_image(voxels, (extent[0], extent[2], extent[4]), to_local)


def _within(extent: Bounds, outer: Bounds) -> Tuple[slice, slice, slice]:
    """Where an extent lies in the (k, j, i) array of an outer one."""
    k, j, i = (slice(extent[n] - outer[n], extent[n + 1] - outer[n] + 1) for n in (4, 2, 0))
    return k, j, i


def place(values: np.ndarray, extent: Bounds, outer: Bounds) -> np.ndarray:
    """(k, j, i) values of an extent as they lie in another one; 0 where it has none."""
    result = np.zeros(shape_of(outer), dtype=values.dtype)
    shared = tuple((max, min)[n % 2](extent[n], outer[n]) for n in range(6))
    if all(shared[n] <= shared[n + 1] for n in (0, 2, 4)):
        result[_within(shared, outer)] = values[_within(shared, extent)]
    return result


def on_grid(values: np.ndarray, own: Tuple[Grid, Bounds], other: Tuple[Grid, Bounds]) -> Optional[np.ndarray]:
    """(k, j, i) values of an extent of a grid as they lie in one of another grid; None where the lattices differ."""
    shift = offset_between(own[0], other[0])
    if shift is None:
        return None
    return place(values, [int(v + shift[n // 2]) for n, v in enumerate(own[1])], other[1])


def _shifted(extent: Bounds, shift: np.ndarray) -> Bounds:
    """An extent of the grid in the indices of an image, see `_offset`."""
    return [int(v - shift[n // 2]) for n, v in enumerate(extent)]


def _offset(image: Any, grid: Grid) -> Optional[np.ndarray]:
    """Whole number of voxels from the image's indices to the grid's, or None on another lattice."""
    return offset_between(image_grid(image, grid.local_to_world), grid)


def offset_between(one: Grid, other: Grid) -> Optional[np.ndarray]:
    """(3,) whole number of voxels from the indices of a grid to another's, or None where the lattices differ."""
    between = np.linalg.solve(other.to_local, one.to_local)
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
    if image is None or _is_empty(image):
        return np.zeros(shape_of(extent), dtype=bool)
    shift = _offset(image, grid)
    if shift is None:
        first = (extent[0], extent[2], extent[4])
        reference = labelmap_image(np.zeros(shape_of(extent), dtype=bool), first, grid.to_local)
        found = slicer.vtkOrientedImageData()
        slicer.vtkOrientedImageDataResample.ResampleOrientedImageToReferenceOrientedImage(image, reference, found)
        return np.asarray(image_array(found) == value)
    return region_of(image, value, _shifted(extent, shift))


def region_of(image: Any, value: int, extent: Bounds) -> np.ndarray:
    """(k, j, i) bool: voxels of `extent`, in the image's own indices, that have the value."""
    return np.asarray(_values(image, extent) == value) & _exists(image, extent)


def _exists(image: Any, extent: Bounds) -> np.ndarray:
    """(k, j, i) bool: voxels of `extent` that the image has."""
    found = np.zeros(shape_of(extent), dtype=bool)
    shared = _shared(image, extent)
    if shared is not None:
        found[_within(shared, extent)] = True
    return found


def _values(image: Any, extent: Bounds) -> np.ndarray:
    """(k, j, i) copy of the voxels of `extent`, in the image's own indices; 0 where there are none."""
    return place(image_array(image), image.GetExtent(), extent)


def _shared(image: Any, extent: Bounds) -> Optional[Bounds]:
    own = image.GetExtent()
    shared = tuple((max, min)[n % 2](own[n], extent[n]) for n in range(6))
    return shared if all(shared[n] <= shared[n + 1] for n in (0, 2, 4)) else None
