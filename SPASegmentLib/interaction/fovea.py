"""A grid of a frame that is fine around a point and gets coarser with the distance from it.

Looks at a structure differ tenfold in size. On this grid their masks can be compared with each other at a few thousand
cells, none of them coarser than a tenth of its distance from the click.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

import numpy as np

from SPASegmentLib.interaction.region import Region
from SPASegmentLib.interaction.types import FrameImage

#: A cell is so many times as wide as it is far from the point; and never narrower than a pixel.
GROWTH = 0.1


@dataclass(frozen=True, eq=False)
class Fovea:
    """The grid around one point of a frame.

    Attributes:
        rows, columns: (m + 1,) edges of the cells in frame pixels.
        areas: (m_rows, m_columns) float64 of the cells in mm2.
    """

    rows: np.ndarray
    columns: np.ndarray
    areas: np.ndarray

    @classmethod
    def around(cls, frame: FrameImage, x: float, y: float) -> Fovea:
        """The grid around a point in frame pixels."""
        rows, columns = _edges(y, frame.shape[0]), _edges(x, frame.shape[1])
        return cls(rows, columns, np.outer(np.diff(rows), np.diff(columns)) * frame.pixel_area)

    @classmethod
    def of_map(cls, region: Region, size: Tuple[int, int]) -> Fovea:
        """Cells that are the pixels of an (h, w) map of a region, for bringing maps of other regions to it."""
        rows = region.top - 0.5 + np.arange(size[0] + 1) * (region.height / size[0])
        columns = region.left - 0.5 + np.arange(size[1] + 1) * (region.width / size[1])
        return cls(rows, columns, np.outer(np.diff(rows), np.diff(columns)) * region.frame.pixel_area)

    def sample(self, region: Region, maps: np.ndarray) -> np.ndarray:
        """Maps of a region on the grid.

        Args:
            region: lies on the grid's frame.
            maps: (n, h, w) float, covering the whole region.

        Returns:
            (n, m_rows, m_columns) float32; 0 outside the region.
        """
        down = _triangles(self.rows, region.top, region.height, maps.shape[1])
        across = _triangles(self.columns, region.left, region.width, maps.shape[2])
        return np.asarray(down @ (maps @ across.T))

    def cell(self, x: float, y: float) -> Tuple[int, int]:
        """(column, row) of the cell that holds a point in frame pixels."""
        found = (np.searchsorted(edges, at, side="right") - 1 for edges, at in ((self.columns, x), (self.rows, y)))
        column, row = found
        return (
            int(np.clip(column, 0, len(self.columns) - 2)),
            int(np.clip(row, 0, len(self.rows) - 2)),
        )


def _edges(at: float, count: int) -> np.ndarray:
    """Edges of cells along one axis of `count` pixels, around a point on it."""
    pixel = float(np.clip(np.floor(at + 0.5), 0, count - 1))
    sides = []
    for length in (pixel, count - 1 - pixel):
        steps = [0.5]
        while steps[-1] < length + 0.5:
            steps.append(min(steps[-1] + max(1.0, np.floor(GROWTH * steps[-1])), length + 0.5))
        sides.append(np.array(steps))
    return np.concatenate([pixel - sides[0][::-1], pixel + sides[1]])


def _triangles(edges: np.ndarray, start: int, extent: int, count: int) -> np.ndarray:
    """(m, count) float32: the weights of a map's pixels in each cell, bilinear, averaging where cells are wider."""
    step = count / extent
    centre = ((edges[:-1] + edges[1:]) / 2 - start + 0.5) * step - 0.5
    reach = np.maximum(np.diff(edges) * step, 1.0)
    weights = np.clip(1.0 - np.abs(np.arange(count) - centre[:, None]) / reach[:, None], 0.0, None)
    inside = (centre > -0.5) & (centre < count - 0.5)
    return np.asarray(weights * (inside / np.maximum(weights.sum(axis=1), 1e-12))[:, None], dtype=np.float32)
