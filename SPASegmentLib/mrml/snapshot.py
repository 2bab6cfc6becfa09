"""The voxels of a segmentation around a slice before a write: to compare with, and to go back to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Collection, Dict, Iterable, Iterator, List, Optional, Sequence, Set, Tuple

import numpy as np
import slicer

from SPASegmentLib.mrml.extents import (
    by_image,
    first_of,
    image_offset,
    is_any,
    region_on,
    segment_region,
    shape_of,
    shared,
    shifted,
    union,
    values_in,
    within,
)
from SPASegmentLib.mrml.grid import BINARY_LABELMAP, Extent, Grid, image_array, is_empty, labelmap_image, segment_image

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

    def __init__(self, segmentation: Any, grid: Grid, extent: Extent) -> None:
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
        if is_empty(image):
            return _Layer(image, np.zeros(shape_of(self._extent), dtype=np.uint8))
        shift = image_offset(image, self._grid)
        if shift is not None:
            return _Layer(image, values_in(image, shifted(self._extent, shift)))
        whole = slicer.vtkOrientedImageData()
        whole.DeepCopy(image)
        return _Layer(image, whole=whole)

    def region(self, segment_id: str, extent: Extent) -> np.ndarray:
        """(k, j, i) bool: what a segment held within `extent`, which lies in what was given and its margin."""
        return self.held_by([segment_id], extent)

    def held_by(self, segment_ids: Iterable[str], extent: Extent) -> np.ndarray:
        """(k, j, i) bool: what any of several segments held within `extent`, see `region`."""
        found = np.zeros(shape_of(extent), dtype=bool)
        for layer, values in by_image(self._segments[segment_id] for segment_id in segment_ids):
            if layer.values is None:
                found |= region_on(layer.whole, values, self._grid, extent)
            else:
                found |= is_any(layer.values[within(extent, self._extent)], values)
        return found

    def changed_beside(self, extent: Extent) -> bool:
        """Whether any segment holds other voxels in the margin around `extent` now."""
        for before, now, values in self._compared():
            differ = before != now
            differ[within(extent, self._extent)] = False
            if _labels(before[differ], now[differ]).intersection(values.values()):
                return True
        return False

    def gained(self, segment_ids: Collection[str], extent: Extent) -> bool:
        """Whether any of several segments holds voxels within `extent` now that it did not hold before."""
        inside = within(extent, self._extent)
        for before, now, values in self._compared():
            wanted = [value for segment_id, value in values.items() if segment_id in segment_ids]
            if wanted and (is_any(now[inside], wanted) & (before[inside] != now[inside])).any():
                return True
        return False

    def lost(self, segment_ids: Collection[str], extent: Extent) -> Tuple[np.ndarray, Tuple[str, ...]]:
        """(k, j, i) bool: what several segments hold no more within `extent`; and those that have lost something."""
        inside, found, losers = within(extent, self._extent), np.zeros(shape_of(extent), dtype=bool), set()
        for before, now, values in self._compared():
            wanted = {segment_id: value for segment_id, value in values.items() if segment_id in segment_ids}
            if wanted:
                gone = is_any(before[inside], [*wanted.values()]) & (before[inside] != now[inside])
                labels = _labels(before[inside][gone])
                losers |= {segment_id for segment_id, value in wanted.items() if value in labels}
                found |= gone
        return found, tuple(segment_id for segment_id in self.segment_ids if segment_id in losers)

    def _compared(self) -> Iterator[Tuple[np.ndarray, np.ndarray, Dict[str, int]]]:
        """Labels before and now, (k, j, i) here and in the margin, with those of the segments that they are about.

        A labelmap is compared as it is, whatever number of segments it holds; segment by segment only where it is on
        another lattice, or the segment has another label now.
        """
        together: Dict[Tuple[int, int], Tuple[_Layer, Any, Dict[str, int]]] = {}
        alone: List[str] = []
        for segment_id, (layer, value) in self._segments.items():
            image, value_now = segment_image(self._segmentation, segment_id)
            if layer is not None and layer.values is not None and value == value_now:
                together.setdefault((id(layer), id(image)), (layer, image, {}))[2][segment_id] = value
            elif layer is not None or image is not None:
                alone.append(segment_id)
        for layer, image, values in together.values():
            shift = np.zeros(3, dtype=np.int64) if image is None else image_offset(image, self._grid)
            if layer.values is None or shift is None:
                alone += values
                continue
            now = np.zeros_like(layer.values) if image is None else values_in(image, shifted(self._extent, shift))
            yield layer.values, now, values
        for segment_id in alone:
            now = segment_region(self._segmentation, segment_id, self._grid, self._extent)
            yield self.region(segment_id, self._extent), now, {segment_id: 1}

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
        if is_empty(image):
            if values.any():
                image.DeepCopy(labelmap_image(values, first_of(self._extent), self._grid.to_local))
            return
        shift = image_offset(image, self._grid)
        assert shift is not None, "what was on the lattice stays on it"
        extent = shifted(self._extent, shift)
        own = image.GetExtent()
        if values.any() and not all(own[n] <= extent[n] and extent[n + 1] <= own[n + 1] for n in (0, 2, 4)):
            _pad(image, union([own, extent]))
            own = image.GetExtent()
        common = shared(own, extent)
        if common is not None:
            image_array(image)[within(common, own)] = values[within(common, extent)]
            image.GetPointData().GetScalars().Modified()
            image.Modified()


def _labels(*arrays: np.ndarray) -> Set[int]:
    """The labels in some arrays."""
    return {int(label) for array in arrays for label in np.unique(array)}


def _pad(image: Any, extent: Extent) -> None:
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
    array[within(image.GetExtent(), extent)] = image_array(image)
    image.DeepCopy(larger)
