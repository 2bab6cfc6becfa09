"""A mask of the whole volume that a simulated reader has in mind."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.simulated_user import dice
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.grid import Grid, volume_grid
from SPASegmentLib.mrml.segmentation import segment_array
from SPASegmentLib.mrml.volumes import load_mask


class ReferenceMask:
    """Voxels on a lattice of their own.

    Args:
        mask: (k, j, i) bool.
        grid: where they lie.
    """

    def __init__(self, mask: np.ndarray, grid: Grid) -> None:
        self._mask, self._grid = mask, grid

    @classmethod
    def load(cls, scene: Any, path: str) -> ReferenceMask:
        """Read a mask: everything that is not 0 in a label map, or lies in any segment of a segmentation.

        Raises:
            InputError: the file cannot be read, or is empty.
        """
        mask, grid = load_mask(scene, path)
        if not mask.any():
            raise InputError(f"The reference '{path}' is empty; give a mask with something in it.")
        return cls(mask, grid)

    def on_frame(self, frame: Frame) -> np.ndarray:
        """(height, width) bool: the mask on one slice."""
        return frame.labels(self._mask, self._grid)

    def dice(self, segmentation: Any, segment_id: str, volume: Any) -> float:
        """Dice of a segment with the mask, over all voxels of the volume."""
        grid = volume_grid(volume)
        found = segment_array(segmentation, segment_id, grid)
        # Index (k, j, i) of the reference for an index of the volume: the same turn, with the axes reversed.
        matrix = np.linalg.solve(self._grid.to_world, grid.to_world)
        wanted = ndimage.affine_transform(
            self._mask.astype(np.uint8), matrix[2::-1, 2::-1], matrix[2::-1, 3], output_shape=found.shape, order=0
        )
        return dice(found, wanted > 0)
