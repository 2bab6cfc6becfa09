"""How masks are drawn on pictures, on the desktop, in the browser and in figures alike.

A mask is outlined in its colour; what it adds to the recommended mask has blue stripes, what it removes orange dots, so
that neither is told by colour alone.
"""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple

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
#: The brightest value of the anatomy, so that white lines are seen on it.
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
        pixels: (height, width) of the frame, or (height, width, 3) red, green, blue.
        spacing: (x, y) in mm.
        shape: (height, width) float32 probabilities; the mask is where they exceed 0.5.
        reference: the same of the recommended mask to compare with, or None for the recommended mask itself.
        window: see `window_of`.
        grey: the intensities that become black and white, of each colour alike.
        color: red, green, blue in 0..1 of the outline.
        size: of the picture, in pixels.

    Returns:
        (size, size, 3) uint8.
    """
    part = _Part(window, spacing, size)
    base = None if reference is None else part.mask(reference)
    return _drawn(part.anatomy(pixels, grey), part.mask(shape), base, color)


def render_all(
    pixels: np.ndarray,
    spacing: Tuple[float, float],
    shapes: Sequence[np.ndarray],
    window: Tuple[float, float, float],
    grey: Tuple[float, float],
    size: int,
) -> List[np.ndarray]:
    """The pictures of all masks of a proposal, as `render` has each; what they have in common is sampled once.

    Args:
        pixels: see `render`, as are the others.
        spacing: (x, y) in mm.
        shapes: (height, width) each, the recommended mask first.
        window: see `window_of`.
        grey: the intensities that become black and white.
        size: of each picture, in pixels.
    """
    part = _Part(window, spacing, size)
    anatomy, masks = part.anatomy(pixels, grey), [part.mask(shape) for shape in shapes]
    return [_drawn(anatomy, mask, masks[0] if k else None, color(k)) for k, mask in enumerate(masks)]


def sampled(
    mask: np.ndarray, spacing: Tuple[float, float], window: Tuple[float, float, float], size: int
) -> np.ndarray:
    """(size, size) bool: a mask (height, width), bool or probabilities, as it lies on a picture of this window."""
    return _Part(window, spacing, size).mask(mask)


class _Part:
    """The part of a frame that a picture shows: where its pixels lie, as SciPy's transforms along the axes take it."""

    def __init__(self, window: Tuple[float, float, float], spacing: Tuple[float, float], size: int) -> None:
        x, y, side = window
        first = (0.5 / size - 0.5) * side
        self._step = np.array([side / size / spacing[1], side / size / spacing[0]])
        self._first = np.array([y + first / spacing[1], x + first / spacing[0]])
        self._shape = (size, size)

    def anatomy(self, pixels: np.ndarray, grey: Tuple[float, float]) -> np.ndarray:
        """(size, size, 1 or 3) float32 from 0 to 1; beyond the frame's edge its last pixels go on."""
        low, high = grey
        parts = [pixels] if pixels.ndim == 2 else [pixels[..., n] for n in range(3)]
        shown = np.stack([self._interpolated(part, "nearest") for part in parts], axis=-1)
        return np.asarray(np.clip((shown - low) / (high - low if high > low else 1.0), 0.0, 1.0))

    def mask(self, shape: np.ndarray) -> np.ndarray:
        """(size, size) bool: where a shape (height, width) exceeds 0.5; nowhere beyond the frame's edge."""
        return np.asarray(self._interpolated(shape, "constant") > 0.5)

    def _interpolated(self, image: np.ndarray, beyond: str) -> np.ndarray:
        """(size, size) float32, linear; with a scale for each axis in place of a matrix it is quick."""
        values = image.astype(np.float32, copy=False)
        return np.asarray(ndimage.affine_transform(values, self._step, self._first, self._shape, order=1, mode=beyond))


def _drawn(
    anatomy: np.ndarray, on: np.ndarray, base: Optional[np.ndarray], color: Tuple[float, float, float]
) -> np.ndarray:
    """(size, size, 3) uint8: a mask on the anatomy, what it adds to a base, and what it removes."""
    size = len(on)
    rgb = _BRIGHTEST * np.repeat(anatomy, 3 // anatomy.shape[2], axis=2)
    # Differences come between the outline and its halo, which would hide narrow ones.
    near = _distance(on, size / 75 + 0.5)
    _line(rgb, near, size / 75, (0.0, 0.0, 0.0), 0.65)
    if base is not None:
        _tint(rgb, on & ~base, ADDED, np.where(_stripes(size), 0.85, 0.42))
        _tint(rgb, base & ~on, REMOVED, np.where(_dots(size), 0.9, 0.42))
    _line(rgb, near, size / 150, tuple(255 * c for c in color), 1.0)
    return np.clip(rgb, 0, 255).astype(np.uint8)


def _stripes(size: int) -> np.ndarray:
    return np.asarray((np.add.outer(np.arange(size), np.arange(size)) // 4) % 2 == 0)


def _dots(size: int) -> np.ndarray:
    inside = np.arange(size) % 6 < 3
    return inside[:, None] & inside[None]


def _tint(rgb: np.ndarray, where: np.ndarray, color: Tuple[int, ...], strength: np.ndarray) -> None:
    share = strength[where][:, None]
    rgb[where] = (1 - share) * rgb[where] + share * np.array(color)


def _distance(mask: np.ndarray, farthest: float) -> np.ndarray:
    """Pixels to the outline of a mask, infinite beyond the farthest of interest and where there is no outline."""
    near = np.full(mask.shape, np.inf, np.float32)
    if not mask.any() or mask.all():
        return near
    margin = int(np.ceil(farthest)) + 1
    around = ndimage.find_objects(mask.astype(np.uint8))[0]
    box = tuple(slice(max(along.start - margin, 0), along.stop + margin) for along in around)
    piece = mask[box]
    distance = ndimage.distance_transform_edt(piece) - ndimage.distance_transform_edt(~piece)
    near[box] = np.abs(np.where(distance > 0, distance - 0.5, distance + 0.5))
    return near


def _line(rgb: np.ndarray, near: np.ndarray, half: float, color: Tuple[float, ...], opacity: float) -> None:
    """Draw where the outline is at most `half` a line's width away."""
    where = near < half + 0.5
    cover = opacity * np.clip(half + 0.5 - near[where], 0.0, 1.0)
    rgb[where] += cover[:, None] * (np.array(color, np.float32) - rgb[where])
