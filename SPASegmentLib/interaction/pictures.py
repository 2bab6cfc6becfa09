"""How masks are drawn on pictures, on the desktop, in the browser and in figures alike.

A mask is outlined in its colour; what it adds to the recommended mask has blue stripes, what it removes orange dots, so
that neither is told by colour alone.
"""

from __future__ import annotations

from typing import Optional, Tuple

import numpy as np
from scipy import ndimage

#: Red, green, blue in 0..1 of the recommended mask and candidates 1, 2, ...: told apart with any of the common
#: colour deficiencies, on grey images, from what is added and removed, and from Slicer's first segment. Numbers must
#: stand beside the colours.
COLORS: Tuple[Tuple[float, float, float], ...] = (
    (1.0, 0.93, 0.15),
    (0.65, 0.2, 1.0),
    (0.35, 1.0, 0.8),
    (1.0, 0.25, 0.6),
    (0.62, 0.4, 0.15),
    (1.0, 1.0, 1.0),
    (0.0, 0.4, 0.85),
)
#: Okabe and Ito's sky blue and orange.
ADDED, REMOVED = (86, 180, 233), (230, 159, 0)
#: The brightest grey of the anatomy, so that white lines are seen on it.
_BRIGHTEST = 235.0


def color(index: int) -> Tuple[float, float, float]:
    """Colour of the recommended mask (0) or a candidate (1, 2, ...)."""
    return COLORS[0] if index == 0 else COLORS[1 + (index - 1) % (len(COLORS) - 1)]


def window_of(masks: np.ndarray, spacing: Tuple[float, float], margin: float = 1.2) -> Tuple[float, float, float]:
    """Centre (x, y) in pixels and side in mm of the square that shows all masks (n, height, width)."""
    rows, columns = np.nonzero(masks.any(axis=0))
    if not rows.size:
        height, width = masks.shape[1:]
        return ((width - 1) / 2, (height - 1) / 2, max(width * spacing[0], height * spacing[1]))
    x0, x1, y0, y1 = columns.min(), columns.max() + 1, rows.min(), rows.max() + 1
    side = max((x1 - x0) * spacing[0], (y1 - y0) * spacing[1], 8 * max(spacing))
    return ((x0 + x1 - 1) / 2, (y0 + y1 - 1) / 2, margin * float(side))


def render(
    pixels: np.ndarray,
    spacing: Tuple[float, float],
    shape: np.ndarray,
    reference: Optional[np.ndarray],
    window: Tuple[float, float, float],
    grey: Tuple[float, float],
    color: Tuple[float, float, float],
    size: int,
) -> np.ndarray:
    """One picture, smooth whatever the size of the voxels.

    Args:
        pixels: (height, width) of the frame.
        spacing: (x, y) in mm.
        shape: (height, width) float32 probabilities; the mask is where they exceed 0.5.
        reference: the same of the recommended mask to compare with, or None for the recommended mask itself.
        window: see `window_of`.
        grey: the intensities that become black and white.
        color: red, green, blue in 0..1 of the outline.
        size: of the picture, in pixels.

    Returns:
        (size, size, 3) uint8.
    """
    at = _places(window, spacing, size)
    image = ndimage.map_coordinates(pixels, at, order=1, mode="nearest")
    low, high = grey
    image = np.clip((image - low) / max(high - low, 1e-6), 0.0, 1.0)
    rgb = np.repeat(_BRIGHTEST * image[..., None], 3, axis=2)
    on = _sample(shape, at)
    # Differences come between the outline and its halo, which would hide narrow ones.
    near = _distance(on)
    _line(rgb, near, size / 75, (0.0, 0.0, 0.0), 0.65)
    if reference is not None:
        base = _sample(reference, at)
        _tint(rgb, on & ~base, ADDED, np.where(_stripes(size), 0.85, 0.42))
        _tint(rgb, base & ~on, REMOVED, np.where(_dots(size), 0.9, 0.42))
    _line(rgb, near, size / 150, tuple(255 * c for c in color), 1.0)
    return np.clip(rgb, 0, 255).astype(np.uint8)


def sampled(
    mask: np.ndarray, spacing: Tuple[float, float], window: Tuple[float, float, float], size: int
) -> np.ndarray:
    """(size, size) bool: a mask (height, width), bool or probabilities, as it lies on a picture of this window."""
    return _sample(mask, _places(window, spacing, size))


def _places(window: Tuple[float, float, float], spacing: Tuple[float, float], size: int) -> np.ndarray:
    """(2, size, size) rows and columns of the frame that the pixels of a picture show."""
    x, y, side = window
    along = ((np.arange(size) + 0.5) / size - 0.5) * side
    return np.stack(np.meshgrid(y + along / spacing[1], x + along / spacing[0], indexing="ij"))


def _stripes(size: int) -> np.ndarray:
    return np.asarray((np.add.outer(np.arange(size), np.arange(size)) // 4) % 2 == 0)


def _dots(size: int) -> np.ndarray:
    inside = np.arange(size) % 6 < 3
    return inside[:, None] & inside[None]


def _sample(shape: np.ndarray, at: np.ndarray) -> np.ndarray:
    return np.asarray(ndimage.map_coordinates(shape.astype(np.float32), at, order=1) > 0.5)


def _tint(rgb: np.ndarray, where: np.ndarray, color: Tuple[int, ...], strength: np.ndarray) -> None:
    share = strength[where][:, None]
    rgb[where] = (1 - share) * rgb[where] + share * np.array(color)


def _distance(mask: np.ndarray) -> np.ndarray:
    """Pixels to the outline of a mask; infinite where it has none."""
    if not mask.any() or mask.all():
        return np.full(mask.shape, np.inf)
    distance = ndimage.distance_transform_edt(mask) - ndimage.distance_transform_edt(~mask)
    return np.abs(np.where(distance > 0, distance - 0.5, distance + 0.5))


def _line(rgb: np.ndarray, near: np.ndarray, half: float, color: Tuple[float, ...], opacity: float) -> None:
    """Draw where the outline is at most `half` a line's width away."""
    cover = opacity * np.clip(half + 0.5 - near, 0.0, 1.0)
    rgb += cover[..., None] * (np.array(color) - rgb)
