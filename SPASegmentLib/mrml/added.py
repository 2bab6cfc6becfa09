"""The voxels that SPA itself has put into a segment: it takes out no others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Sequence

import numpy as np

from SPASegmentLib.mrml.extents import first_of, on_grid, region_of, shape_of
from SPASegmentLib.mrml.grid import Extent, Grid, labelmap_image


@dataclass(frozen=True)
class Added:
    """What one write has added, eight voxels a byte: it is kept for as long as the segment is worked on.

    Attributes:
        grid: lattice that was written into.
        extent: what was looked at, in its indices.
        bits: of the (k, j, i) voxels, packed.
    """

    grid: Grid
    extent: Extent
    bits: np.ndarray

    @classmethod
    def of(cls, grid: Grid, extent: Extent, before: np.ndarray, after: np.ndarray) -> Added:
        """From what a segment held before a write and after it, (k, j, i) bool each."""
        return cls(grid, extent, np.packbits(after & ~before))

    def on(self, grid: Grid, extent: Extent) -> np.ndarray:
        """(k, j, i) bool: these voxels within an extent of a grid; all of it on another lattice, where nobody knows."""
        shape = shape_of(self.extent)
        own = np.unpackbits(self.bits, count=int(np.prod(shape))).reshape(shape).astype(bool)
        found = on_grid(own, (self.grid, self.extent), (grid, extent))
        return np.ones(shape_of(extent), dtype=bool) if found is None else found


def only_added(labelmap: Any, added: Sequence[Added], grid: Grid) -> Any:
    """A vtkOrientedImageData (0 and 1) on the grid, without the voxels that none of these writes has added."""
    extent = labelmap.GetExtent()
    known = np.zeros(shape_of(extent), dtype=bool)
    for each in added:
        known |= each.on(grid, extent)
    return labelmap_image(region_of(labelmap, 1, extent) & known, first_of(extent), grid.to_local)
