"""The part of a frame that the network looks at, and the way back.

A region is a rectangle of whole frame pixels that is square in millimetres (to within one pixel), so that what
is resampled is always the rectangle itself: network pixels, maps and frame pixels share their edges, and a
map returned at the region's own resolution comes back voxel for voxel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Tuple

import numpy as np
from scipy import sparse

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.rectangle import rectangle_of
from SPASegmentLib.interaction.types import Box, FrameImage
from SPASegmentLib.model.normalisation import normalise
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: Around a mask that is known: so many extents of it, and so many pixels more, without which the smallest objects
#: would lose their surroundings and gain no detail.
SIDE_PER_EXTENT, MARGIN = 3.0, 45
#: A region never gets larger than this many times the frame's longer side: from there on it shows only padding.
MAX_FRAME_SIDES = 2.0


def resample(maps: np.ndarray, size: Tuple[int, int]) -> np.ndarray:
    """Resample (n, h, w) maps to (n, *size) float32, bilinear, averaging where the grid gets coarser.

    Input and output cover the same rectangle edge to edge; at equal size the maps come back as they are. To within
    rounding it is PyTorch's ``interpolate(mode="bilinear", antialias=True)``, and needs no PyTorch.
    """
    maps = np.ascontiguousarray(maps, dtype=np.float32)
    if maps.shape[1:] == tuple(size):
        return maps.copy()
    rows, columns = (_triangles(n, m) for n, m in zip(maps.shape[1:], size))
    resampled = np.empty((len(maps), *size), dtype=np.float32)
    for before, after in zip(maps, resampled):
        # The axis first that keeps small what has to be turned round.
        after[:] = rows @ (columns @ before.T).T if size[0] > before.shape[0] else (columns @ (rows @ before).T).T
    return resampled


@lru_cache(maxsize=32)
def _triangles(n: int, m: int) -> sparse.csr_matrix:
    """(m, n) float32: the weights of n pixels in each of m pixels along the same line; most are zero."""
    one = np.float32(1.0)
    step = np.float32(n) / np.float32(m)
    centre = step * (np.arange(m, dtype=np.float32) + one / 2)
    away = (np.arange(n, dtype=np.float32) - centre[:, None] + one / 2) * (one / max(step, one))
    weights = np.clip(one - np.abs(away), 0, None)
    return sparse.csr_matrix(weights / weights.sum(axis=1, keepdims=True))


@dataclass(frozen=True, eq=False)
class Region:
    """A rectangle of a frame, seen as ``size`` x ``size`` network pixels.

    Region coordinates are network pixels ``(x, y)`` with pixel centres on integers, as everywhere.

    Attributes:
        frame: the frame that the region lies on; the region may reach beyond its edges.
        left, top: frame pixel of the region's upper left corner; may be negative.
        width, height: of the region in frame pixels.
        size: side of the network's image in network pixels.
    """

    frame: FrameImage
    left: int
    top: int
    width: int
    height: int
    size: int

    @classmethod
    def around(cls, frame: FrameImage, centre_xy: Tuple[float, float], side_mm: float, size: int) -> Region:
        """The region of ``side_mm`` x ``side_mm`` around a point, snapped to whole frame pixels.

        Args:
            frame: the frame.
            centre_xy: centre in frame pixels (x, y).
            side_mm: side in mm; limited to twice the frame's longer side.
            size: side of the network's image in pixels.

        Raises:
            InputError: the centre lies outside the image, or the side or size is not positive.
        """
        height, width = frame.shape
        x, y = float(centre_xy[0]), float(centre_xy[1])
        if not (-0.5 <= x <= width - 0.5 and -0.5 <= y <= height - 0.5):
            raise InputError(
                _("The point ({x:.1f}, {y:.1f}) lies outside the {width} x {height} image; click on the image.").format(
                    x=x, y=y, width=width, height=height
                )
            )
        if not (math.isfinite(side_mm) and side_mm > 0 and size > 0):
            raise InputError(
                _("The region of interest needs a positive size, not {side_mm} mm and {size} pixels.").format(
                    side_mm=side_mm, size=size
                )
            )
        side_mm = min(side_mm, MAX_FRAME_SIDES * max(width * frame.spacing[0], height * frame.spacing[1]))
        columns = max(1, math.floor(side_mm / frame.spacing[0] + 0.5))
        rows = max(1, math.floor(side_mm / frame.spacing[1] + 0.5))
        left = math.floor(x - (columns - 1) / 2 + 0.5)
        top = math.floor(y - (rows - 1) / 2 + 0.5)
        return cls(frame, left, top, columns, rows, int(size))

    @classmethod
    def whole(cls, frame: FrameImage, size: int) -> Region:
        """The region that shows the whole frame, for encoders that were trained so."""
        (height, width), (sx, sy) = frame.shape, frame.spacing
        return cls.around(frame, ((width - 1) / 2, (height - 1) / 2), max(width * sx, height * sy), size)

    @classmethod
    def around_box(cls, frame: FrameImage, box: Box, size: int, margin: float = 0.5) -> Region:
        """The region around a box with ``margin`` times its longer side added on each side.

        Raises:
            InputError: the box does not touch the image.
        """
        height, width = frame.shape
        x0, x1 = max(box.x0, -0.5), min(box.x1, width - 0.5)
        y0, y1 = max(box.y0, -0.5), min(box.y1, height - 0.5)
        if not (x0 < x1 and y0 < y1):
            raise InputError(_("The box lies outside the image; drag it over the image."))
        longer = max((x1 - x0) * frame.spacing[0], (y1 - y0) * frame.spacing[1])
        return cls.around(frame, ((x0 + x1) / 2, (y0 + y1) / 2), longer * (1 + 2 * margin), size)

    @classmethod
    def around_mask(cls, frame: FrameImage, mask: np.ndarray, size: int) -> Region:
        """The region around an existing mask.

        Args:
            frame: the whole image.
            mask: (height, width) bool, not empty.
            size: side of the network's image in pixels.
        """
        rows, columns = rectangle_of(mask)
        return cls.around_extent(frame, (rows.start, columns.start, rows.stop, columns.stop), size)

    @classmethod
    def around_extent(cls, frame: FrameImage, extent: Tuple[int, int, int, int], size: int) -> Region:
        """The region around a mask of which only the extent is known.

        Args:
            frame: the whole image.
            extent: first row and column of the mask, and those after its last.
            size: side of the network's image in pixels.
        """
        (top, left, bottom, right), (sx, sy) = extent, frame.spacing
        longer = max((right - left) * sx, (bottom - top) * sy)
        centre = ((left + right - 1) / 2, (top + bottom - 1) / 2)
        return cls.around(frame, centre, SIDE_PER_EXTENT * longer + MARGIN * min(frame.spacing), size)

    @property
    def native_size(self) -> Tuple[int, int]:
        """(height, width) in frame pixels: at this map size nothing is resampled."""
        return (self.height, self.width)

    def map_spacing(self, map_size: Tuple[int, int]) -> Tuple[float, float]:
        """(x, y) size in mm of a pixel of an (h, w) map that covers the region."""
        return (
            self.width * self.frame.spacing[0] / map_size[1],
            self.height * self.frame.spacing[1] / map_size[0],
        )

    def areas(self, map_size: Tuple[int, int]) -> np.ndarray:
        """(h, w) float32: how many mm2 of each pixel of a map lie in the frame.

        Beyond it image and masks continue, and what lies there is part of no structure.
        """
        height, width = self.frame.shape
        rows, columns = np.arange(self.top, self.top + self.height), np.arange(self.left, self.left + self.width)
        # A rectangle in a rectangle: along each axis by itself.
        down = _triangles(self.height, map_size[0]) @ ((rows >= 0) & (rows < height)).astype(np.float32)
        along = _triangles(self.width, map_size[1]) @ ((columns >= 0) & (columns < width)).astype(np.float32)
        sx, sy = self.map_spacing(map_size)
        return np.asarray(np.outer(down, along) * np.float32(sx * sy))

    def covers(self, x: float, y: float) -> bool:
        """Whether a point in region coordinates lies in the region."""
        return -0.5 <= x < self.size - 0.5 and -0.5 <= y < self.size - 0.5

    def pixels(self) -> np.ndarray:
        """The network's image: (size, size) float32, resampled, then normalised (see `model.normalisation`).

        Where the region leaves the frame, the frame's edge pixels continue.
        """
        return normalise(resample(self._crop(self.frame.pixels)[None], (self.size, self.size))[0])

    def to_region(self, x: float, y: float) -> Tuple[float, float]:
        """Frame coordinates to region coordinates (network pixels)."""
        return (
            (x - self.left + 0.5) * self.size / self.width - 0.5,
            (y - self.top + 0.5) * self.size / self.height - 0.5,
        )

    def to_frame(self, x: float, y: float) -> Tuple[float, float]:
        """Region coordinates (network pixels) to frame coordinates."""
        return (
            (x + 0.5) * self.width / self.size - 0.5 + self.left,
            (y + 0.5) * self.height / self.size - 0.5 + self.top,
        )

    def from_map(self, x: float, y: float, map_size: Tuple[int, int]) -> Tuple[float, float]:
        """Pixel coordinates of an (h, w) map that covers the region to region coordinates."""
        return ((x + 0.5) * self.size / map_size[1] - 0.5, (y + 0.5) * self.size / map_size[0] - 0.5)

    def maps_to_frame(self, maps: np.ndarray) -> np.ndarray:
        """Bring maps back to the frame.

        Args:
            maps: (n, h, w) float or bool at any size, covering the whole region.

        Returns:
            (n, height, width) float32 at frame size, bilinear inside the region, 0 outside.
        """
        maps = np.asarray(maps)
        height, width = self.frame.shape
        full = np.zeros((maps.shape[0], height, width), dtype=np.float32)
        inside = resample(maps, self.native_size)
        y0, y1 = max(self.top, 0), min(self.top + self.height, height)
        x0, x1 = max(self.left, 0), min(self.left + self.width, width)
        full[:, y0:y1, x0:x1] = inside[:, y0 - self.top : y1 - self.top, x0 - self.left : x1 - self.left]
        return full

    def mask_to_region(self, mask: np.ndarray, map_size: Tuple[int, int]) -> np.ndarray:
        """Bring a mask of the frame to a map of the region.

        Args:
            mask: (height, width) bool or 0..1 at frame size.
            map_size: (h, w) of the result.

        Returns:
            (h, w) float32 in 0..1. Beyond the frame's edge the mask continues, as the image does.

        Raises:
            InputError: the mask does not have the frame's size.
        """
        mask = np.asarray(mask)
        self.frame.check_size(mask)
        return resample(self._crop(mask)[None], map_size)[0]

    def _crop(self, array: np.ndarray) -> np.ndarray:
        """(height, width) of the region from an array at frame size, edge pixels continued."""
        rows = np.clip(np.arange(self.top, self.top + self.height), 0, self.frame.shape[0] - 1)
        columns = np.clip(np.arange(self.left, self.left + self.width), 0, self.frame.shape[1] - 1)
        # A slice first, then one axis after the other: picking pixels takes long where the frame is large.
        inside = array[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        if inside.shape == (self.height, self.width):
            return inside
        return inside.take(columns - columns[0], axis=1).take(rows - rows[0], axis=0)


def ellipse_in(box: Box, region: Region, size: Tuple[int, int]) -> np.ndarray:
    """(h, w) float32 map of the region with the ellipse that a box encloses: what a box says as a mask prompt."""
    x0, y0 = region.to_region(box.x0, box.y0)
    x1, y1 = region.to_region(box.x1, box.y1)
    rows, columns = np.mgrid[: size[0], : size[1]]
    xs, ys = region.from_map(columns, rows, size)
    inside = ((xs - (x0 + x1) / 2) / ((x1 - x0) / 2)) ** 2 + ((ys - (y0 + y1) / 2) / ((y1 - y0) / 2)) ** 2 <= 1
    return np.asarray(inside, dtype=np.float32)
