"""What a simulated user begins with: the case's click, or a box around what is wanted."""

from __future__ import annotations

from typing import Optional

import numpy as np

from SPASegmentLib.interaction.types import Box
from SPASegmentLib.research.training.boxes import SLOPPY, sloppy_box

#: At the case's click, with the tight box, or with a box as a hand draws it.
STARTS = ("click", "box", "sloppy-box")


def first_box(start: str, mask: np.ndarray, rng: np.random.Generator) -> Optional[Box]:
    """Around a (h, w) bool mask; None for a start with a click."""
    if start == "click":
        return None
    return tight_box(mask) if start == "box" else hand_drawn_box(mask, rng)


def tight_box(mask: np.ndarray) -> Box:
    """Around a (h, w) bool mask, along the outer edges of its pixels."""
    ys, xs = np.nonzero(mask)
    return Box(xs.min() - 0.5, ys.min() - 0.5, xs.max() + 0.5, ys.max() + 0.5)


def hand_drawn_box(mask: np.ndarray, rng: np.random.Generator) -> Box:
    """Around a (h, w) bool mask, within the image; its edges are off as those are that networks are trained with."""
    found = sloppy_box(mask, rng.normal(0, SLOPPY, 4))
    assert found is not None, "a user wants something"
    x0, y0, x1, y1 = found
    height, width = mask.shape
    return Box(max(x0, -0.5), max(y0, -0.5), min(x1, width - 0.5), min(y1, height - 0.5))
