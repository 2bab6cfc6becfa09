"""The pictures of the masks on screen, as a page shows them."""

from __future__ import annotations

import base64
import io
from typing import Tuple

import numpy as np
from PIL import Image

from SPASegmentLib.interaction.pictures import render_all, window_of


def draw_masks(
    pixels: np.ndarray, spacing: Tuple[float, float], masks: np.ndarray, grey: Tuple[float, float], size: int = 168
) -> Tuple[str, ...]:
    """One square picture for each mask, all of the same part of the slice; see `interaction.pictures`.

    Args:
        pixels: what is seen of the slice, see `mrml.colours.seen`.
        spacing: (x, y) in mm.
        masks: (n, height, width) bool, row 0 the recommended one.
        grey: values shown black and white.
        size: width and height in pixels.

    Returns:
        PNG images as data URLs.
    """
    window = window_of(masks, spacing)
    return tuple(map(_data_url, render_all(pixels, spacing, list(masks), window, grey, size)))


def _data_url(picture: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
