"""Finding the region of interest around a click: look at several sizes, keep the one the network is surest at."""

from __future__ import annotations

from typing import Optional

import numpy as np
import torch

from SPASegmentLib.interaction.candidates import THRESHOLD
from SPASegmentLib.interaction.network_predictor import NetworkPredictor
from SPASegmentLib.interaction.preference import pairwise_dice
from SPASegmentLib.interaction.region import Region
from SPASegmentLib.interaction.types import Box, Click, FrameImage, Prompts
from SPASegmentLib.model.network import SPANetwork

#: Smallest region, in pixels of the frame's finer spacing: about one map pixel per image pixel.
SMALLEST_SIDE = 60
#: Each look is at a region this much larger than the one before.
STEP = 1.5
#: The largest region, in longer sides of the frame.
LARGEST_SIDE = 1.6
#: Predictions that a look draws.
LOOK_PREDICTIONS = 16
#: Around a mask that is known: so many extents of it, and so many pixels more, without which the smallest objects
#: would lose their surroundings and gain no detail.
SIDE_PER_EXTENT, MARGIN = 3.0, 45


def find_region(
    network: SPANetwork, frame: FrameImage, click: Click, side_mm: Optional[float], chunk: int
) -> tuple[Region, NetworkPredictor]:
    """The region around a click in which the network's predictions agree most (highest expected Dice).

    Seen too close, an object has no outline and the predictions are guesses; seen from too far, it has too few
    pixels. Of the rules tried on training patients this one came closest to the best of all sizes.
    SAM's ViT sees the whole frame, as it was trained to.

    Args:
        network: in evaluation mode.
        frame: the whole image.
        click: on the object.
        side_mm: the region's side if it is known; None to find it.
        chunk: predictions decoded at once.

    Returns:
        The region and its predictor, the image already encoded.
    """
    pixel = min(frame.spacing)
    longer = max(frame.shape[1] * frame.spacing[0], frame.shape[0] * frame.spacing[1])
    if side_mm is None and network.config.encoder == "vit_b":
        height, width = frame.shape
        region = Region.around(frame, ((width - 1) / 2, (height - 1) / 2), longer, network.config.image_size)
        return region, NetworkPredictor(network, region)
    sides = [side_mm] if side_mm is not None else [SMALLEST_SIDE * pixel]
    while side_mm is None and sides[-1] * STEP <= LARGEST_SIDE * longer:
        sides.append(sides[-1] * STEP)
    best: Optional[tuple[float, Region, NetworkPredictor]] = None
    for side in sides:
        region = Region.around(frame, (click.x, click.y), side, network.config.image_size)
        predictor = NetworkPredictor(network, region)
        agreement = _agreement(predictor, region, click, chunk) if len(sides) > 1 else 0.0
        if best is None or agreement > best[0]:
            best = (agreement, region, predictor)
    assert best is not None
    return best[1], best[2]


def _agreement(predictor: NetworkPredictor, region: Region, click: Click, chunk: int) -> float:
    """Expected Dice of a look's recommended prediction; 0 if it is empty."""
    mixture = predictor.preference(Prompts((Click(*region.to_region(click.x, click.y)),)))
    latents = mixture.sample(LOOK_PREDICTIONS, torch.Generator().manual_seed(0))
    maps = predictor.predict(latents, chunk).numpy()
    recommended = maps.mean(axis=0) > THRESHOLD
    return float(pairwise_dice(recommended[None], maps > THRESHOLD).mean()) if recommended.any() else 0.0


def _side(extent: float, pixel: float) -> float:
    """Side in mm of the region for an object of this extent in mm."""
    return SIDE_PER_EXTENT * extent + MARGIN * pixel


def box_region(frame: FrameImage, box: Box, size: int) -> Region:
    """The region around a dragged box: the box fills about half of its width."""
    return Region.around_box(frame, box, size, margin=0.5)


def mask_region(frame: FrameImage, mask: np.ndarray, size: int) -> Region:
    """The region around an existing mask, sized as `find_region` would.

    Args:
        frame: the whole image.
        mask: (height, width) bool, not empty.
        size: network pixels.
    """
    ys, xs = np.nonzero(mask)
    sx, sy = frame.spacing
    extent = max((np.ptp(xs) + 1) * sx, (np.ptp(ys) + 1) * sy)
    centre = (float(xs.min() + xs.max()) / 2, float(ys.min() + ys.max()) / 2)
    return Region.around(frame, centre, _side(extent, min(frame.spacing)), size)


def ellipse_in(box: Box, region: Region, size: tuple[int, int]) -> np.ndarray:
    """(h, w) float32 map of the region with the ellipse that a box encloses: what a box says as a mask prompt."""
    x0, y0 = region.to_region(box.x0, box.y0)
    x1, y1 = region.to_region(box.x1, box.y1)
    rows, columns = np.mgrid[: size[0], : size[1]]
    xs, ys = region.from_map(columns, rows, size)
    inside = ((xs - (x0 + x1) / 2) / ((x1 - x0) / 2)) ** 2 + ((ys - (y0 + y1) / 2) / ((y1 - y0) / 2)) ** 2 <= 1
    return np.asarray(inside, dtype=np.float32)
