"""The pictures of the masks on screen, as a page shows them."""

from __future__ import annotations

import base64
import io
from typing import Optional, Tuple

import numpy as np
from PIL import Image

from SPASegmentLib.interaction.pictures import render_all, window_of
from SPASegmentLib.interaction.types import FrameImage


def draw_masks(
    frame: FrameImage,
    masks: np.ndarray,
    grey: Tuple[float, float],
    size: int = 168,
    seen: Optional[np.ndarray] = None,
) -> Tuple[str, ...]:
    """One square picture for each mask, all of the same part of the frame; see `interaction.pictures`.

    Args:
        frame: the slice.
        masks: (n, height, width) bool, row 0 the recommended one.
        grey: values shown black and white.
        size: width and height in pixels.
        seen: what is drawn of the slice, see `mrml.colours.seen`; None for its pixels.

    Returns:
        PNG images as data URLs.
    """
    window = window_of(masks, frame.spacing)
    pixels = frame.pixels if seen is None else seen
    return tuple(map(_data_url, render_all(pixels, frame.spacing, list(masks), window, grey, size)))


def _data_url(picture: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
