"""The pictures of the masks on screen: the anatomy, the outline, and what a mask adds to and takes from the first."""

from __future__ import annotations

import base64
import io
from typing import Tuple

import numpy as np
from PIL import Image
from scipy import ndimage

from SPASegmentLib.interaction.types import FrameImage
from SPASegmentLib.mrml.preview import color

#: Free space around all masks, as a share of their size, and the smallest side of a picture in mm.
_MARGIN, _SMALLEST_MM = 0.35, 15.0


def draw_masks(frame: FrameImage, masks: np.ndarray, grey: Tuple[float, float], size: int = 168) -> Tuple[str, ...]:
    """One square picture for each mask, all of the same part of the frame.

    The mask is outlined in its colour; what it adds to the recommended mask is filled with that colour, what it
    takes away is hatched in white. So colour is never the only difference.

    Args:
        frame: the slice.
        masks: (n, height, width) bool, row 0 the recommended one.
        grey: values shown black and white.
        size: width and height in pixels.

    Returns:
        PNG images as data URLs.
    """
    ys, xs = _sampling(masks, frame.spacing, size)
    grid = np.meshgrid(ys, xs, indexing="ij")
    low, high = grey
    values = ndimage.map_coordinates(frame.pixels, grid, order=1, mode="constant", cval=low)
    base = np.clip((values - low) / max(high - low, 1e-12), 0.0, 1.0)[..., None].repeat(3, axis=2)
    smooth = [ndimage.map_coordinates(mask.astype(np.float32), grid, order=1) > 0.5 for mask in masks]
    return tuple(_data_url(_drawn(base, mask, smooth[0], color(n))) for n, mask in enumerate(smooth))


def _sampling(masks: np.ndarray, spacing: Tuple[float, float], size: int) -> Tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the frame (not whole numbers) that the picture's pixels show."""
    shown = masks.any(axis=0)
    rows, columns = np.nonzero(shown) if shown.any() else np.nonzero(np.ones_like(shown))
    extent = max(float(np.ptp(rows) + 1) * spacing[1], float(np.ptp(columns) + 1) * spacing[0])
    side = max(extent * (1 + 2 * _MARGIN), _SMALLEST_MM)
    steps = ((np.arange(size) + 0.5) / size - 0.5) * side
    centre_row, centre_column = (rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2
    return centre_row + steps / spacing[1], centre_column + steps / spacing[0]


def _drawn(base: np.ndarray, mask: np.ndarray, recommended: np.ndarray, tint: Tuple[float, float, float]) -> np.ndarray:
    picture = base.copy()
    added, removed = mask & ~recommended, recommended & ~mask
    picture[added] = 0.45 * picture[added] + 0.55 * np.array(tint)
    y, x = np.indices(mask.shape)
    picture[removed & ((x + y) % 8 < 2)] = 1.0
    outline = ndimage.binary_dilation(mask, iterations=2) & ~mask
    halo = ndimage.binary_dilation(mask, iterations=3) & ~mask & ~outline
    picture[halo] *= 0.25
    picture[outline] = tint
    return picture


def _data_url(picture: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(np.rint(255 * picture).astype(np.uint8)).save(buffer, format="PNG", compress_level=3)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
