"""The pixel of a mask that stands for it where one point is needed."""

from __future__ import annotations

from typing import Tuple

import numpy as np
from scipy import ndimage


def innermost(mask: np.ndarray) -> Tuple[int, int]:
    """Pixel (x, y) of a (h, w) bool mask, not empty, that is farthest from its outline; the array's edge is one."""
    depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(int(depth.argmax()), mask.shape)
    return int(column), int(row)
