"""The parts that a mask consists of."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from SPASegmentLib.interaction.patch import Patch

#: A part smaller than this share of the largest one is a speck.
SPECK = 0.1

_TOUCHING = np.ones((3, 3), dtype=bool)


def count_parts(mask: np.ndarray) -> int:
    """Number of parts of a (height, width) bool mask that do not touch each other; specks do not count."""
    labels, _count = ndimage.label(mask, _TOUCHING)
    sizes = np.bincount(labels.ravel())[1:]
    return int((sizes >= SPECK * sizes.max()).sum()) if len(sizes) else 0


def part_at(mask: np.ndarray, x: float, y: float) -> np.ndarray:
    """(height, width) bool: the part of a mask that holds the pixel (x, y); empty where the mask does not hold it."""
    labels, _count = ndimage.label(mask, _TOUCHING)
    label = labels[int(np.floor(y + 0.5)), int(np.floor(x + 0.5))]
    return np.asarray((labels == label) & (label > 0))


class Parts:
    """The parts of what is held on a slice, to be asked about many masks.

    Args:
        held: (height, width) bool.
    """

    def __init__(self, held: np.ndarray) -> None:
        self._shape, self._patch = held.shape, Patch.of(held)
        # Only where something is held: of a radiograph that is little.
        self._labels, self._count = ndimage.label(self._patch.values, _TOUCHING)

    def touching(self, mask: np.ndarray) -> np.ndarray:
        """(height, width) bool: the parts that touch a mask."""
        patch = self._patch
        height, width = patch.values.shape
        there = np.s_[patch.top : patch.top + height, patch.left : patch.left + width]
        touched = np.zeros(self._count + 1, dtype=bool)
        touched[self._labels[mask[there]]] = True
        touched[0] = False
        found = np.zeros(self._shape, dtype=bool)
        found[there] = touched[self._labels]
        return found


def left_of(mask: np.ndarray, held: np.ndarray) -> np.ndarray:
    """(height, width) bool: the parts of what is held now that touch a mask which was there before."""
    return Parts(held).touching(mask)
