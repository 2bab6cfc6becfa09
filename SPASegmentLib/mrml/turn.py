"""Slices of one direction that were seen turned or mirrored: the same slices, with their pixels in another order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple

import numpy as np

#: Two places on the lattice of slices this close (in pixels and slices) are one.
_SAME = 1e-3


@dataclass(frozen=True)
class Turn:
    """From the pixels of one frame to those of another one of the same direction.

    Attributes:
        matrix: (4, 4) int64 from pixel (x, y) and slice step of the frame to those of the other.
        shape: (height, width) of the other.
    """

    matrix: np.ndarray
    shape: Tuple[int, int]

    @classmethod
    def between(
        cls, to_index: np.ndarray, shape: Tuple[int, int], from_index: np.ndarray, from_shape: Tuple[int, int]
    ) -> Optional[Turn]:
        """From a frame to another one; None where its pixels are none of those of a slice parallel to the other.

        Args:
            to_index: (4, 4) from pixel and slice step to voxel index, of the other.
            shape: (height, width) of the other.
            from_index: (4, 4) of the frame.
            from_shape: of the frame.
        """
        between = np.linalg.solve(to_index, from_index)
        whole = np.rint(between)
        if np.abs(between - whole).max() > _SAME:
            return None
        matrix = whole.astype(np.int64)
        turn = np.abs(matrix[:3, :3])
        if turn[2, 2] != 1 or (turn.sum(axis=0) != 1).any() or (turn.sum(axis=1) != 1).any():
            return None
        (height, width), last = from_shape, (shape[1] - 1, shape[0] - 1)
        corners = (matrix @ [[0, width - 1], [0, height - 1], [0, 0], [1, 1]])[:2]
        if (corners.min(axis=1) != 0).any() or (corners.max(axis=1) != last).any():
            return None
        return cls(matrix, shape)

    @property
    def step(self) -> int:
        """So many slices beyond the other frame, along its normal, lies the frame."""
        return int(self.matrix[2, 3])

    @property
    def direction(self) -> int:
        """1 where both normals point the same way, else -1."""
        return int(self.matrix[2, 2])

    def mask(self, mask: np.ndarray) -> np.ndarray:
        """(height, width) bool of the frame, in the pixels of the other."""
        rows, columns = np.nonzero(mask)
        (x_of_x, x_of_y, _xs, x_start), (y_of_x, y_of_y, _ys, y_start) = self.matrix[:2].tolist()
        found = np.zeros(self.shape, dtype=bool)
        found[y_of_x * columns + y_of_y * rows + y_start, x_of_x * columns + x_of_y * rows + x_start] = True
        return found
