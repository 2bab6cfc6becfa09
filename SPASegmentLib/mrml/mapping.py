"""Where the pixels of a slice lie in its volume: matrices from pixel (x, y) and slice to voxel index (i, j, k)."""

from __future__ import annotations

from typing import Optional, Tuple

import numpy as np

from SPASegmentLib.mrml.grid import Grid
from SPASegmentLib.mrml.plane import Plane, Point

#: A plane this close (radian) to the volume's axes uses its voxels, as in Slicer's warning of rotated views.
ALIGNMENT_TOLERANCE = 1e-3

#: Borders of a volume are whole numbers of pixels as far as this.
_ROUNDING = 1e-6


def aligned_axis(grid: Grid, plane: Plane) -> Optional[int]:
    """The voxel axis that the plane lies across, or None."""
    axes = grid.to_world[:3, :3] / np.linalg.norm(grid.to_world[:3, :3], axis=0)
    for axis in range(3):
        first, second = (axes[:, n] for n in range(3) if n != axis)
        normal = np.cross(first, second)
        # Sines of small angles: the tilt of the plane, and how far from square the pixels would be.
        tilt = np.linalg.norm(np.cross(normal / np.linalg.norm(normal), plane.normal))
        if tilt <= ALIGNMENT_TOLERANCE and abs(first @ second) <= ALIGNMENT_TOLERANCE:
            return axis
    return None


def aligned_mapping(grid: Grid, plane: Plane, axis: int, position: int) -> Tuple[np.ndarray, Tuple[int, int]]:
    """Pixel to index matrix (whole numbers) of an own slice of the volume, and its shape."""
    axes = grid.to_world[:3, :3]
    first, second = (n for n in range(3) if n != axis)
    unit = axes / np.linalg.norm(axes, axis=0)
    if abs(unit[:, first] @ plane.right) < abs(unit[:, second] @ plane.right):
        first, second = second, first
    to_index = np.zeros((4, 4))
    to_index[3, 3] = 1
    for column, (source, direction) in enumerate([(first, plane.right), (second, plane.down), (axis, plane.normal)]):
        sign = 1 if axes[:, source] @ direction > 0 else -1
        to_index[source, column] = sign
        to_index[source, 3] = 0 if sign > 0 else grid.shape[source] - 1
    to_index[axis, 3] = position
    return to_index, (grid.shape[second], grid.shape[first])


def oblique_mapping(grid: Grid, plane: Plane, ras: Point) -> Tuple[np.ndarray, Tuple[int, int]]:
    """Pixel to index matrix of the plane closest to a point, and the shape that covers the volume on every slice.

    Pixels and slices are counted from the volume's middle, whatever the point, so that a mask carries over from one
    slice to another, and those of one plane are known to be of one.
    """
    size = float(np.linalg.norm(grid.to_world[:3, :3], axis=0).min())
    per_mm = np.linalg.solve(grid.to_world[:3, :3], plane.normal)
    # One step crosses one voxel in the direction that the normal runs through fastest.
    step = 1.0 / np.abs(per_mm).max()
    to_world = np.eye(4)
    to_world[:3, :3] = np.stack([plane.right * size, plane.down * size, plane.normal * step], axis=1)
    to_world[:3, 3] = (grid.to_world @ grid.corners().mean(axis=1))[:3]
    corners = np.linalg.solve(to_world, grid.to_world @ grid.corners(0.5))
    low, high = corners.min(axis=1) - _ROUNDING, corners.max(axis=1) + _ROUNDING
    depth = float(np.linalg.solve(to_world, [*ras, 1.0])[2])
    closest = float(np.floor(depth + 0.5))
    if not low[2] < closest < high[2]:
        closest = depth  # the volume ends in a corner before it
    to_world[:3, 3] = (to_world @ [np.ceil(low[0]), np.ceil(low[1]), closest, 1.0])[:3]
    shape = tuple(int(np.floor(high[n]) - np.ceil(low[n])) + 1 for n in (1, 0))
    return np.linalg.solve(grid.to_world, to_world), (shape[0], shape[1])


def moved(to_index: np.ndarray, step: int) -> np.ndarray:
    """(4, 4) pixel to index matrix of the slice so many steps further along the normal."""
    result = np.array(to_index, dtype=np.float64)
    result[:3, 3] += step * result[:3, 2]
    return result
