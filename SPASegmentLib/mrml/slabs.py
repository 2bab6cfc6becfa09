"""Masks on several parallel slices as voxels of a lattice of its own: each slice is as thick as its step."""

from __future__ import annotations

import itertools
import math
from typing import Mapping, Optional, Tuple

import numpy as np
from scipy import ndimage

from SPASegmentLib.interaction.rectangle import rectangle_of
from SPASegmentLib.mrml.grid import Extent
from SPASegmentLib.mrml.sampling import offsets

#: Layers of voxels looked up at once, which bounds the memory.
_LAYERS = 16


def fill(
    masks: Mapping[int, np.ndarray], to_index: np.ndarray, extent: Extent
) -> Optional[Tuple[np.ndarray, Tuple[int, int, int]]]:
    """Voxels that lie, for more than half of them, in slabs around the slices' masks.

    Voxels are looked up in the masks and not the other way round: one mask after the other would leave gaps between
    slices on a finer lattice, and count voxels that several slices share for each of them on a coarser one.

    Args:
        masks: (height, width) bool each, by the number of slices along the normal.
        to_index: (4, 4) from pixel (x, y, slice) to continuous index (i, j, k) of the lattice.
        extent: voxels of the lattice; the rest is dropped.

    Returns:
        (k, j, i) bool array and the index of its first voxel, or None where no voxel is on.
    """
    block, (left, top, step) = _block(masks)
    if not block.size:
        return None
    # From an index (i, j, k) to a place in the block, whose first voxel of each axis is empty.
    to_block = np.linalg.inv(to_index)
    to_block[:3, 3] -= (left - 1, top - 1, step - 1)
    corners = [*itertools.product(*((0.5, size - 1.5) for size in block.shape[::-1]))]
    places = np.linalg.solve(to_block, np.array([[*corner, 1.0] for corner in corners]).T)[:3]
    first = np.maximum(np.floor(places.min(axis=1)).astype(int), extent[::2])
    size = np.minimum(np.ceil(places.max(axis=1)).astype(int), extent[1::2]) - first + 1
    if (size <= 0).any():
        return None
    found = np.concatenate(
        [
            _layers(block, to_block, (*first[:2], first[2] + k), (*size[:2], min(_LAYERS, size[2] - k)))
            for k in range(0, size[2], _LAYERS)
        ]
    )
    return (found, (int(first[0]), int(first[1]), int(first[2]))) if found.any() else None


def _block(masks: Mapping[int, np.ndarray]) -> Tuple[np.ndarray, Tuple[int, int, int]]:
    """(slices, rows, columns) uint8 of what the masks hold, and one empty voxel around; x, y and slice of the first."""
    on = {step: mask for step, mask in masks.items() if mask.any()}
    if not on:
        return np.zeros((0, 0, 0), dtype=np.uint8), (0, 0, 0)
    together = np.logical_or.reduce([*on.values()])
    part = rows, columns = rectangle_of(together)
    block = np.zeros((max(on) - min(on) + 3, *(length + 2 for length in together[part].shape)), dtype=np.uint8)
    for step, mask in on.items():
        block[step - min(on) + 1, 1:-1, 1:-1] = mask[part]
    return block, (columns.start, rows.start, min(on))


def _layers(
    block: np.ndarray, to_block: np.ndarray, first: Tuple[int, ...], size: Tuple[int, ...]
) -> np.ndarray:
    """(k, j, i) bool of some voxels, by the majority of points spread evenly over each."""
    # An odd number along each axis, so that the middle is among them and there is no draw.
    counts = [1 + 2 * max(math.ceil((reach - 1.0) / 2 - 1e-3), 0) for reach in np.abs(to_block[:3, :3]).max(axis=0)]
    hits = np.zeros(size[::-1], dtype=np.uint32)
    for point in itertools.product(*(offsets(count) for count in counts)):
        start = (to_block @ [*(np.array(first) + point), 1.0])[:3]
        hits += ndimage.affine_transform(block, to_block[2::-1, 2::-1], start[::-1], hits.shape, order=0)
    return np.asarray(2 * hits > np.prod(counts))
