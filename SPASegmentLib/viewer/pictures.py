"""The pictures of the masks on screen, as a page shows them."""

from __future__ import annotations

import base64
import io
from typing import Tuple

import numpy as np
from PIL import Image

from SPASegmentLib.interaction.pictures import color, render, window_of
from SPASegmentLib.interaction.types import FrameImage


def draw_masks(frame: FrameImage, masks: np.ndarray, grey: Tuple[float, float], size: int = 168) -> Tuple[str, ...]:
    """One square picture for each mask, all of the same part of the frame; see `interaction.pictures`.

    Args:
        frame: the slice.
        masks: (n, height, width) bool, row 0 the recommended one.
        grey: values shown black and white.
        size: width and height in pixels.

    Returns:
        PNG images as data URLs.
    """
    window = window_of(masks, frame.spacing)
    return tuple(
        _data_url(render(frame.pixels, frame.spacing, mask, masks[0] if n else None, window, grey, color(n), size))
        for n, mask in enumerate(masks)
    )


def _data_url(picture: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="PNG", compress_level=3)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
