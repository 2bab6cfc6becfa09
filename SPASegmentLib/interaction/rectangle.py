"""The rectangle that holds a mask."""

from __future__ import annotations

from typing import Tuple

import numpy as np


def rectangle_of(mask: np.ndarray) -> Tuple[slice, slice]:
    """Rows and columns of the smallest rectangle that holds a (height, width) bool mask; empty where that is empty.

    Both slices have a start and a stop, 0 and 0 where they are empty.
    """
    rows, columns = (_between_ends(np.flatnonzero(mask.any(axis=axis))) for axis in (1, 0))
    return rows, columns


def _between_ends(found: np.ndarray) -> slice:
    return slice(int(found[0]), int(found[-1]) + 1) if found.size else slice(0, 0)
