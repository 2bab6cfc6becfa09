"""What the slices between two accepted masks, and beyond the last one, look like as far as these masks alone say.

Between two masks their signed distances are interpolated, as "Fill between slices" does, after both were moved to the
place between their centres. Towards a slice on which the structure has ended the mask becomes smaller as an ellipsoid
does. Beyond the last mask it is carried on.
"""

from __future__ import annotations

from typing import Tuple

import numpy as np
from scipy import ndimage

from SPASegmentLib.interaction.patch import Patch, Window, distance_on

#: Share of the way to the common centre that masks are moved before they are interpolated.
ALIGNMENT = 1.0
#: Masks whose centres lie closer than so many pixels are not moved.
SMALLEST_MOVE = 0.5


def between(
    window: Window,
    before: Patch,
    after: Patch,
    share: float,
    spacing: Tuple[float, float],
    alignment: float = ALIGNMENT,
) -> np.ndarray:
    """(h, w) float32 signed distance in mm, positive inside, on a slice between two masks.

    Args:
        window: where it is wanted; it holds both masks.
        before: bool mask of one slice; where it is empty, the structure has ended there.
        after: of the other, likewise; not both are empty.
        share: 0..1, how far the slice lies from `before` towards `after`.
        spacing: (x, y) pixel size in mm.
        alignment: 0..1, how far the masks are moved towards each other.
    """
    first, second = distance_on(window, before, spacing), distance_on(window, after, spacing)
    if first is None or second is None:
        known = first if second is None else second
        assert known is not None  # the window holds a mask
        return tapered(known, share if second is None else 1.0 - share)
    move = alignment * (_centre(after) - _centre(before))
    if np.abs(move).max() >= SMALLEST_MOVE:
        first = _moved(first, share * move)
        second = _moved(second, (share - 1.0) * move)
    return np.asarray((1.0 - share) * first + share * second, dtype=np.float32)


def tapered(distance: np.ndarray, share: float) -> np.ndarray:
    """Signed distances `share` of the way to the slice where the structure has ended, as an ellipsoid narrows.

    The mask is left empty from there on.
    """
    share = min(max(share, 0.0), 1.0)
    depth = max(float(distance.max()), 0.0)
    return np.asarray(distance - depth * (1.0 - np.sqrt(1.0 - share**2)), dtype=np.float32)


def _centre(mask: Patch) -> np.ndarray:
    """(row, column) of a mask's centre of gravity in frame pixels."""
    return np.array(ndimage.center_of_mass(mask.values)) + (mask.top, mask.left)


def _moved(distance: np.ndarray, move: np.ndarray) -> np.ndarray:
    """A map moved by (rows, columns), its edge continued outwards."""
    return np.asarray(ndimage.shift(distance, move, order=1, mode="nearest"))
