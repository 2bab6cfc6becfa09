"""Recognises a click beside the patient, where there is nothing to segment."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

#: Pixels within this share of the intensity range above the darkest one count as dark.
_DARK = 0.02
#: All pixels up to this far from the click must be dark.
_REACH = 2


def is_background(pixels: np.ndarray, x: float, y: float) -> bool:
    """Whether a point lies in air around the patient or in padding.

    Such a region is as dark as the darkest pixel, without structure, and connected to the edge of the image. Air
    inside the body (airways, bowel) is enclosed, hence no background: it can be segmented.

    Args:
        pixels: (height, width) float32.
        x: column of the point, in pixels.
        y: row of the point, in pixels.
    """
    height, width = pixels.shape
    column, row = min(max(round(x), 0), width - 1), min(max(round(y), 0), height - 1)
    low = float(pixels.min())
    dark = pixels <= low + _DARK * (float(np.percentile(pixels, 99.5)) - low)
    around = dark[max(row - _REACH, 0) : row + _REACH + 1, max(column - _REACH, 0) : column + _REACH + 1]
    if not around.all():
        return False
    regions, _ = ndimage.label(dark)
    edge = np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]])
    return bool((edge == regions[row, column]).any())
