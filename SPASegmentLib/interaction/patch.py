"""A part of a slice: what is known of a structure there, without an array of the whole slice.

A lesion of a large volume covers little of each slice; masks, distances and probabilities are kept and computed there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple

import numpy as np

from SPASegmentLib.interaction.rectangle import rectangle_of

#: Around masks, so many of their extents and pixels are looked at beside them.
MARGIN_EXTENTS, MARGIN_PIXELS = 0.5, 10


@dataclass(frozen=True)
class Window:
    """A rectangle of whole frame pixels: rows ``top`` to ``bottom``, columns ``left`` to ``right``, ends excluded."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def shape(self) -> Tuple[int, int]:
        """(height, width) in pixels."""
        return (self.bottom - self.top, self.right - self.left)

    @classmethod
    def around(cls, shape: Tuple[int, int], *patches: Patch) -> Window:
        """Around what several patches hold, with a margin, cut to a frame of (height, width) `shape`.

        At least one of the patches must hold something.
        """
        boxes = np.array([patch.extent for patch in patches if patch.values.any()])
        (top, left), (bottom, right) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        longest = int((boxes[:, 2:] - boxes[:, :2]).max())
        margin = int(MARGIN_EXTENTS * longest) + MARGIN_PIXELS
        return cls(
            max(int(top) - margin, 0),
            max(int(left) - margin, 0),
            min(int(bottom) + margin, shape[0]),
            min(int(right) + margin, shape[1]),
        )


@dataclass(frozen=True)
class Patch:
    """Values on a window of a frame; beyond it there is nothing.

    Attributes:
        values: (h, w) bool mask or float values.
        top, left: frame pixel of the upper left one.
    """

    values: np.ndarray
    top: int = 0
    left: int = 0

    @classmethod
    def of(cls, mask: np.ndarray) -> Patch:
        """The smallest patch of a (height, width) bool mask; without pixels where it is empty."""
        rows, columns = rectangle_of(mask)
        return cls(mask[rows, columns].copy(), rows.start, columns.start)

    @property
    def extent(self) -> Tuple[int, int, int, int]:
        """First row and column, and those after the last, that hold something; of a patch that holds something."""
        rows, columns = rectangle_of(self.values)
        top, left = self.top, self.left
        return (rows.start + top, columns.start + left, rows.stop + top, columns.stop + left)

    def on(self, window: Window) -> np.ndarray:
        """The values on another window of the frame, 0 where this patch has none."""
        found = np.zeros(window.shape, dtype=self.values.dtype)
        height, width = self.values.shape
        y0, y1 = max(self.top, window.top), min(self.top + height, window.bottom)
        x0, x1 = max(self.left, window.left), min(self.left + width, window.right)
        if y0 < y1 and x0 < x1:
            part = self.values[y0 - self.top : y1 - self.top, x0 - self.left : x1 - self.left]
            found[y0 - window.top : y1 - window.top, x0 - window.left : x1 - window.left] = part
        return found

    def whole(self, shape: Tuple[int, int]) -> np.ndarray:
        """The values on the whole frame of (height, width) `shape`."""
        return self.on(Window(0, 0, *shape))


def distance_on(window: Window, mask: Patch, spacing: Tuple[float, float]) -> Optional[np.ndarray]:
    """(h, w) float32 signed distance in mm on a window, positive inside; None where the mask is empty.

    Args:
        window: where it is wanted.
        mask: bool.
        spacing: (x, y) pixel size in mm.
    """
    # Not before: SciPy may come with the first click in 3D Slicer, and words about volumes do not need it.
    from SPASegmentLib.interaction.shape_family import signed_distance

    on = mask.on(window)
    if not on.any():
        return None
    if on.all():
        # No outline is in sight; it lies beyond the window's edge.
        return np.full(on.shape, max(on.shape) * max(spacing), dtype=np.float32)
    return signed_distance(on, spacing).astype(np.float32)
