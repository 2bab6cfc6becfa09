"""Slices whose pixels are voxels: a plane of the array, so that nothing is looked up or put in pixel by pixel."""

from __future__ import annotations

from typing import List, Optional, Tuple, Union

import numpy as np

from SPASegmentLib.interaction.patch import Patch
from SPASegmentLib.mrml.grid import Extent, Grid
from SPASegmentLib.mrml.sampling import as_pixels, luminance, reslice


def cut(voxels: np.ndarray, to_index: np.ndarray, shape: Tuple[int, int], aligned: bool) -> np.ndarray:
    """(height, width) float32 pixels of a slice.

    Args:
        voxels: (k, j, i), or (k, j, i, 3 or 4) colours.
        to_index: (4, 4) from pixel (x, y) to voxel index (i, j, k).
        shape: (height, width) of the slice.
        aligned: whether its pixels are voxels.

    Raises:
        InputError: the plane does not meet the volume.
    """
    return _own_voxels(voxels, to_index, shape) if aligned else reslice(voxels, shape, to_index)


def plane_of(voxels: np.ndarray, to_index: np.ndarray, shape: Tuple[int, int]) -> np.ndarray:
    """(height, width) or (height, width, components) view of the voxels (k, j, i) of an aligned frame.

    A frame is a plane of the array, seen in other steps: nothing is looked up pixel by pixel.
    """
    whole = np.rint(to_index).astype(np.int64)
    parts: List[Union[int, slice]] = []
    for axis in (2, 1, 0):
        along_x, along_y, start = (int(whole[axis, column]) for column in (0, 1, 3))
        step, count = along_x or along_y, shape[1] if along_x else shape[0]
        end = start + step * count
        parts.append(slice(start, end if end >= 0 else None, step) if step else start)
    pixels = voxels[tuple(parts)]
    # Rows are left in the order of the voxel axes, from slow to fast.
    if np.flatnonzero(whole[:3, 0])[0] > np.flatnonzero(whole[:3, 1])[0]:
        pixels = pixels.swapaxes(0, 1)
    return pixels


def labels_of(
    array: np.ndarray, extent: Extent, value: Optional[int], shape: Tuple[int, int], to_grid: np.ndarray
) -> np.ndarray:
    """`sample_labels` of a (k, j, i) array with this extent, for a frame whose pixels are voxels."""
    mask = np.zeros(shape, dtype=bool)
    rows, columns = _pixels_in(extent, to_grid, shape)
    if rows.start < rows.stop and columns.start < columns.stop:
        part = to_grid.copy()
        part[:3, 3] += columns.start * part[:3, 0] + rows.start * part[:3, 1] - extent[::2]
        labels = plane_of(array, part, (rows.stop - rows.start, columns.stop - columns.start))
        mask[rows, columns] = labels != 0 if value is None else labels == value
    return mask


def place(mask: np.ndarray, to_grid: np.ndarray, grid: Grid) -> Optional[Tuple[np.ndarray, Tuple[int, int, int]]]:
    """Voxels of a mask whose pixels are voxels of the grid; see `splat` for what is returned."""
    rows, columns = _pixels_in(grid.extent, to_grid, mask.shape)
    patch = Patch.of(mask[rows, columns])
    if not patch.values.size:
        return None
    first, axes, steps = to_grid[:3, 3].tolist(), *_axes(to_grid)
    ends = [columns.start + patch.left, rows.start + patch.top]
    for axis, step, begin, length in zip(axes, steps, ends, patch.values.shape[::-1]):
        first[axis] += step * (begin if step > 0 else begin + length - 1)
    # A frame is a plane of the lattice: nothing is put in pixel by pixel.
    turned = patch.values[:: steps[1], :: steps[0]]
    if axes[0] > axes[1]:
        turned = turned.T
    return np.ascontiguousarray(np.expand_dims(turned, sum(axes) - 1)), (first[0], first[1], first[2])


def _own_voxels(voxels: np.ndarray, to_index: np.ndarray, shape: Tuple[int, int]) -> np.ndarray:
    """(height, width) float32 pixels of an aligned frame.

    See `plane_of`.
    """
    pixels = plane_of(voxels, to_index, shape)
    return as_pixels(luminance(pixels) if pixels.ndim == 3 else pixels)


def _axes(to_grid: np.ndarray) -> Tuple[List[int], List[int]]:
    """Along which axis of the voxels x and y of a frame run whose pixels are voxels, and which way (1 or -1)."""
    axes = [int(np.flatnonzero(to_grid[:3, n])[0]) for n in (0, 1)]
    return axes, [int(to_grid[axis, n]) for n, axis in enumerate(axes)]


def _pixels_in(extent: Extent, to_grid: np.ndarray, shape: Tuple[int, ...]) -> Tuple[slice, slice]:
    """Rows and columns of a frame, whose pixels are voxels, that lie in an extent; empty where none does."""
    start, (axes, steps) = to_grid[:3, 3].tolist(), _axes(to_grid)
    across = 3 - sum(axes)
    if not extent[2 * across] <= start[across] <= extent[2 * across + 1]:
        return slice(0, 0), slice(0, 0)
    columns, rows = (
        slice(max(min(low, high), 0), max(min(max(low, high) + 1, size), 0))
        for low, high, size in (
            ((extent[2 * axis] - start[axis]) * step, (extent[2 * axis + 1] - start[axis]) * step, size)
            for axis, step, size in zip(axes, steps, shape[::-1])
        )
    )
    return rows, columns
