"""Stray islands: small pieces beside a structure that a box encloses, which nobody has pointed at."""

from __future__ import annotations

from typing import Sequence, Tuple

import numpy as np
from scipy import ndimage

#: Pieces smaller than this share of the largest one are islands.
SHARE = 0.05
_LEVEL, _BELOW = 0.5, 0.49


def without_islands(maps: np.ndarray, kept: Sequence[Tuple[int, int]] = ()) -> np.ndarray:
    """Maps in which islands are no part of the mask any more.

    Args:
        maps: (n, h, w) float32 probabilities; the mask is where they exceed 0.5.
        kept: (x, y) pixels that the user has pointed at; the pieces that hold them stay.

    Returns:
        (n, h, w) float32, the same array where there are no islands.
    """
    cleaned = maps
    for index, map_ in enumerate(maps):
        islands = _islands(map_ > _LEVEL, kept)
        if islands.any():
            cleaned = maps.copy() if cleaned is maps else cleaned
            cleaned[index][islands] = _BELOW
    return cleaned


def _islands(mask: np.ndarray, kept: Sequence[Tuple[int, int]]) -> np.ndarray:
    pieces, count = ndimage.label(mask)
    if count < 2:
        return np.zeros_like(mask)
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    small = sizes < SHARE * sizes.max()
    small[0] = False
    for x, y in kept:
        if 0 <= y < mask.shape[0] and 0 <= x < mask.shape[1]:
            small[pieces[y, x]] = False
    return np.asarray(small[pieces])
