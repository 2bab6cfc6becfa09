"""The box that a user draws around a structure: the tight one, with edges that are off a little."""

from __future__ import annotations

from typing import Optional, Tuple

import numpy as np

#: How far an edge is off, as a standard deviation in widths (or heights) of the box.
SLOPPY = 0.04


def sloppy_box(mask: np.ndarray, off: np.ndarray) -> Optional[Tuple[float, float, float, float]]:
    """(x0, y0, x1, y1) in pixels, whose centres lie on integers; None around an empty mask.

    Args:
        mask: (h, w), what is not zero counts.
        off: (4,) how far the edges x0, x1, y0, y1 are off, in widths and heights of the tight box.
    """
    ys, xs = np.nonzero(mask)
    if not len(ys):
        return None
    width, height = np.ptp(xs) + 1.0, np.ptp(ys) + 1.0
    return (
        xs.min() - 0.5 + off[0] * width, ys.min() - 0.5 + off[2] * height,
        xs.max() + 0.5 + off[1] * width, ys.max() + 0.5 + off[3] * height,
    )  # fmt: skip
