"""Finding the region of interest around a click: look, measure what was found, look again at the right size."""

from __future__ import annotations

from typing import Optional

import numpy as np
import torch

from SPASegmentLib.interaction.network_predictor import NetworkPredictor
from SPASegmentLib.interaction.region import Region
from SPASegmentLib.interaction.types import Box, Click, FrameImage, Prompts
from SPASegmentLib.model.mixture import GaussianMixture
from SPASegmentLib.model.network import SPANetwork

#: First look: this many pixels of the frame's finer spacing.
FIRST_SIDE = 72
#: The region's side: so many extents of the object, and so many pixels more, without which the smallest objects
#: would lose their surroundings and gain no detail.
SIDE_PER_EXTENT, MARGIN = 3.0, 30
#: A look is good enough if the region is right to within this factor.
TOLERANCE = 1.3
#: Looks at most; each encodes the region once.
LOOKS = 4
#: Predictions that a look draws.
LOOK_PREDICTIONS = 16


def find_region(
    network: SPANetwork, frame: FrameImage, click: Click, side_mm: Optional[float], chunk: int
) -> tuple[Region, NetworkPredictor]:
    """The region around a click in which the object fills about a third of the width.

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
    side = FIRST_SIDE * pixel if side_mm is None else side_mm
    largest = 1.5 * max(frame.shape[1] * frame.spacing[0], frame.shape[0] * frame.spacing[1])
    for look in range(LOOKS):
        region = Region.around(frame, (click.x, click.y), side, network.config.image_size)
        predictor = NetworkPredictor(network, region)
        if side_mm is not None or look == LOOKS - 1:
            break
        wanted = min(_side(_extent(predictor, region, click, chunk), pixel), largest)
        if max(wanted / side, side / wanted) <= TOLERANCE:
            break
        side = wanted
    return region, predictor


def _extent(predictor: NetworkPredictor, region: Region, click: Click, chunk: int) -> float:
    """Longer side in mm of what a first look finds; the region's side if it finds nothing or leaves the region."""
    x, y = region.to_region(click.x, click.y)
    mixture: GaussianMixture = predictor.preference(Prompts((Click(x, y),)))
    latents = mixture.sample(LOOK_PREDICTIONS, torch.Generator().manual_seed(0))
    found = predictor.predict(latents, chunk).mean(0).numpy() > 0.5
    sx, sy = region.map_spacing(found.shape)
    if not found.any():
        return 0.0
    ys, xs = np.nonzero(found)
    return float(max((np.ptp(xs) + 1) * sx, (np.ptp(ys) + 1) * sy))


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
