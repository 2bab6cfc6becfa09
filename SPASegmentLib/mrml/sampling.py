"""Between a slice and voxels: cutting pixels out of a volume and putting a mask back."""

from __future__ import annotations

import math
from typing import Iterator, Optional, Tuple

import numpy as np
from scipy import ndimage

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.rectangle import rectangle_of
from SPASegmentLib.mrml.grid import Extent
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: ITU-R BT.601 weights of red, green and blue in luminance.
LUMINANCE = np.array([0.299, 0.587, 0.114])

#: Steps between values of float32 may be this share of the values' range.
_LOST = 1e-3

#: Values beyond stand for none, such as the largest of float32 around what was measured: their squares are no float32.
_NONE = 1e18

#: Rows sampled at once, which bounds the memory for coordinates.
_ROWS = 256


def luminance(pixels: np.ndarray) -> np.ndarray:
    """(..., 3 or 4) red, green, blue (and alpha, ignored) to (...) float64."""
    return np.asarray(pixels[..., :3].astype(np.float64) @ LUMINANCE)


def as_pixels(values: np.ndarray) -> np.ndarray:
    """float32 for a network, from values of any real type.

    NaN and infinite values, and huge ones beside others, become the smallest one that there is: background. Values
    beside which float32 would lose the differences between them are counted from the smallest; only differences matter.
    """
    if values.dtype.kind == "f" and not (np.abs(values) < _NONE).all():
        values = _filled(values)
    if values.dtype.itemsize > 2 and values.dtype != np.float32 and values.size:
        low, high = float(values.min()), float(values.max())
        if float(np.spacing(np.float32(max(abs(low), abs(high))))) > _LOST * (high - low):
            values = values.astype(np.float64) - low
    return values.astype(np.float32, order="C")


def _filled(values: np.ndarray) -> np.ndarray:
    """Floating point values with background in place of those that stand for none."""
    for there in (np.abs(values) < _NONE, np.isfinite(values)):
        known = values[there]
        if known.size and known.min() < known.max():
            return np.where(there, values, known.min())
    return np.where(there, values, known.min() if known.size else 0.0)


def _row_blocks(shape: Tuple[int, int], to_index: np.ndarray) -> Iterator[Tuple[slice, np.ndarray]]:
    """Blocks of rows with the (3, rows, width) indices at which their pixels lie."""
    x = np.arange(shape[1])
    for top in range(0, shape[0], _ROWS):
        y = np.arange(top, min(top + _ROWS, shape[0]))
        index = to_index[:3, 0, None, None] * x + to_index[:3, 1, None, None] * y[:, None] + to_index[:3, 3, None, None]
        yield slice(top, top + len(y)), index


def reslice(array: np.ndarray, shape: Tuple[int, int], to_index: np.ndarray) -> np.ndarray:
    """Cut an oblique slice by linear interpolation.

    Args:
        array: (k, j, i) or (k, j, i, 3 or 4) voxels, any numeric type.
        shape: (height, width) of the slice.
        to_index: (4, 4) from pixel (x, y, 0) to continuous index (i, j, k).

    Returns:
        (height, width) float32; pixels outside the volume take the smallest value inside.

    Raises:
        InputError: the plane does not meet the volume.
    """
    result = np.full(shape, np.nan)
    met = False
    size = np.array(array.shape[2::-1])[:, None, None]
    for rows, index in _row_blocks(shape, to_index):
        inside = ((index >= -0.5) & (index <= size - 0.5)).all(axis=0)
        if not inside.any():
            continue
        at = index[::-1, inside]
        if array.ndim == 4:
            parts = [ndimage.map_coordinates(array[..., c], at, np.float64, order=1, mode="nearest") for c in range(3)]
            values = luminance(np.stack(parts, axis=-1))
        else:
            values = ndimage.map_coordinates(array, at, np.float64, order=1, mode="nearest")
        result[rows][inside] = values
        met = True
    if not met:
        raise InputError(_("The slice plane does not meet the volume; choose a slice that shows the image."))
    return as_pixels(result)


def sample_labels(
    array: np.ndarray, first: Tuple[int, int, int], value: Optional[int], shape: Tuple[int, int], to_index: np.ndarray
) -> np.ndarray:
    """Pixels whose closest voxel is labelled.

    Args:
        array: (k, j, i) labels.
        first: index (i, j, k) of ``array[0, 0, 0]``.
        value: the label; None for any that is not 0.
        shape: (height, width) of the slice.
        to_index: (4, 4) from pixel (x, y, 0) to continuous index.

    Returns:
        (height, width) bool; False outside the array.
    """
    mask = np.zeros(shape, dtype=bool)
    size = np.array(array.shape[::-1])[:, None, None]
    for rows, index in _row_blocks(shape, to_index):
        # floor(x + 0.5), because rint would round every second half voxel the other way.
        voxel = np.floor(index + 0.5).astype(np.int64) - np.array(first)[:, None, None]
        inside = ((voxel >= 0) & (voxel < size)).all(axis=0)
        i, j, k = voxel[:, inside]
        labels = array[k, j, i]
        mask[rows][inside] = labels != 0 if value is None else labels == value
    return mask


def splat(
    mask: np.ndarray, to_index: np.ndarray, extent: Extent, thick: bool, touched: bool = False
) -> Optional[Tuple[np.ndarray, Tuple[int, int, int]]]:
    """Voxels of another lattice that a mask on a slice covers, by majority.

    Every pixel is sampled finely enough that no voxel in the plane is missed (Slicer's own voxel-centre test
    leaves holes on oblique planes), and a voxel is on if more than half of its samples are.

    Args:
        mask: (height, width) bool.
        to_index: (4, 4) from pixel (x, y, depth) to continuous index (i, j, k) of the lattice.
        extent: voxels of the lattice; the rest is dropped.
        thick: sample the slab from depth -0.5 to 0.5 instead of the plane alone.
        touched: take every voxel that any sample of the mask meets, not only by majority.

    Returns:
        (k, j, i) bool array and the index of its first voxel, or None where no voxel is on.
    """
    if not mask.any():
        return None
    rows, columns = rectangle_of(mask)
    # One pixel more on each side, so that voxels at the edge also count the pixels that are off.
    top, bottom = max(rows.start - 1, 0), min(rows.stop, mask.shape[0] - 1)
    left, right = max(columns.start - 1, 0), min(columns.stop, mask.shape[1] - 1)
    # An odd number, so that the centre of every pixel, by which labels are looked up, is among the samples.
    steps = [1 + 2 * math.ceil(np.linalg.norm(to_index[:3, n])) for n in range(3)]
    on = mask[top : bottom + 1, left : right + 1].ravel()
    y, x = (v.ravel() for v in np.mgrid[top : bottom + 1, left : right + 1])
    centres = to_index[:3, 0, None] * x + to_index[:3, 1, None] * y + to_index[:3, 3, None]
    low = np.array(extent[::2])
    high = np.array(extent[1::2])
    reach = np.abs(to_index[:3, :3]).sum(axis=1) / 2
    low = np.maximum(low, np.floor(centres.min(axis=1) - reach).astype(int))
    high = np.minimum(high, np.ceil(centres.max(axis=1) + reach).astype(int))
    size = high - low + 1
    if (size <= 0).any():
        return None
    sheet = _Sheet(to_index, low, size, thick)
    for dx in offsets(steps[0]):
        for dy in offsets(steps[1]):
            for dz in offsets(steps[2]) if thick else (0.0,):
                voxel = np.floor(centres + (to_index[:3, :3] @ [dx, dy, dz])[:, None] + 0.5).astype(np.int64)
                voxel -= low[:, None]
                inside = ((voxel >= 0) & (voxel < size[:, None])).all(axis=0)
                sheet.count(voxel[:, inside], on[inside])
    result = sheet.voxels(touched)
    if not result.any():
        return None
    return result, (int(low[0]), int(low[1]), int(low[2]))


class _Sheet:
    """Counts samples of a slice by voxel.

    Only voxels close to the plane are counted: the box around an oblique slice of a CT has hundreds of times as many,
    which would take gigabytes.

    Args:
        to_index: (4, 4) from pixel (x, y, depth) to continuous index (i, j, k).
        low: (3,) the first voxel of the box.
        size: (3,) number of voxels of the box along i, j, k.
        thick: whether samples lie as far as half a step beside the plane.
    """

    def __init__(self, to_index: np.ndarray, low: np.ndarray, size: np.ndarray, thick: bool) -> None:
        normal = np.cross(to_index[:3, 0], to_index[:3, 1])
        # The axis that the plane crosses fastest: along it lie the fewest voxels of each column.
        self._across = int(np.abs(normal).argmax())
        self._along = [axis for axis in range(3) if axis != self._across]
        self._size = size
        slopes = -normal[self._along] / normal[self._across]
        start = to_index[:3, 3] - low
        u, v = (np.arange(size[axis]) - start[axis] for axis in self._along)
        middle = start[self._across] + slopes[0] * u[:, None] + slopes[1] * v
        beside = abs(to_index[self._across, 2] - slopes @ to_index[self._along, 2]) / 2 if thick else 0.0
        reach = np.abs(slopes).sum() / 2 + beside
        # One voxel more on either side, for rounding.
        self._base = (np.floor(middle - reach + 0.5).astype(np.int64) - 1).ravel()
        self._depth = int(np.ceil(2 * reach)) + 4
        self._hits = np.zeros(self._base.size * self._depth, dtype=np.int64)
        self._total = np.zeros_like(self._hits)

    def count(self, voxel: np.ndarray, on: np.ndarray) -> None:
        """Count samples in (3, n) voxels of the box, of which (n,) bool are on."""
        column = voxel[self._along[0]] * self._size[self._along[1]] + voxel[self._along[1]]
        flat = column * self._depth + voxel[self._across] - self._base[column]
        self._total += np.bincount(flat, minlength=self._total.size)
        self._hits += np.bincount(flat[on], minlength=self._hits.size)

    def voxels(self, touched: bool) -> np.ndarray:
        """(k, j, i) bool of the box: voxels with most of their samples on, or (`touched`) with any."""
        found = self._hits > 0 if touched else 2 * self._hits > self._total
        column, layer = np.divmod(np.flatnonzero(found), self._depth)
        index = [np.zeros(0, dtype=np.int64)] * 3
        index[self._along[0]], index[self._along[1]] = np.divmod(column, self._size[self._along[1]])
        index[self._across] = layer + self._base[column]
        result = np.zeros(self._size[::-1], dtype=bool)
        result[index[2], index[1], index[0]] = True
        return result


def offsets(count: int) -> np.ndarray:
    """`count` points spread evenly over a pixel or voxel, from -0.5 to 0.5 without the ends."""
    return (np.arange(count) + 0.5) / count - 0.5
