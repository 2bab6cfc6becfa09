"""Looks: predictions from regions of growing size around a click; the region of the surest one is worked in."""

from __future__ import annotations

from typing import Optional

from SPASegmentLib.interaction.candidates import THRESHOLD
from SPASegmentLib.interaction.network_predictor import NetworkPredictor
from SPASegmentLib.interaction.preference import pairwise_dice
from SPASegmentLib.interaction.region import Region
from SPASegmentLib.interaction.types import Click, FrameImage, Prompts
from SPASegmentLib.model.runtime import Network

#: Smallest region, in pixels of the frame's finer spacing: about one map pixel per image pixel.
SMALLEST_SIDE = 60
#: Each look is at a region this much larger than the one before.
STEP = 1.5
#: The largest region, in longer sides of the frame.
LARGEST_SIDE = 1.6
#: Predictions that a look draws.
LOOK_PREDICTIONS = 16


def find_region(
    network: Network, frame: FrameImage, click: Click, side_mm: Optional[float], chunk: int
) -> tuple[Region, NetworkPredictor]:
    """The region around a click in which the network's predictions agree most (highest expected Dice).

    Seen too close, an object has no outline and the predictions are guesses; seen from too far, it has too few
    pixels. Of the rules tried on training patients this one came closest to the best of all sizes.
    Some encoders see the whole frame, as they were trained to.

    Args:
        network: whatever runs it.
        frame: the whole image.
        click: on the object.
        side_mm: the region's side if it is known; None to find it.
        chunk: predictions decoded at once.

    Returns:
        The region and its predictor, the image already encoded.
    """
    pixel = min(frame.spacing)
    longer = max(frame.shape[1] * frame.spacing[0], frame.shape[0] * frame.spacing[1])
    if side_mm is None and network.whole_frame:
        height, width = frame.shape
        region = Region.around(frame, ((width - 1) / 2, (height - 1) / 2), longer, network.image_size)
        return region, NetworkPredictor(network, region)
    sides = [side_mm] if side_mm is not None else [SMALLEST_SIDE * pixel]
    while side_mm is None and sides[-1] * STEP <= LARGEST_SIDE * longer:
        sides.append(sides[-1] * STEP)
    best: Optional[tuple[float, Region, NetworkPredictor]] = None
    for side in sides:
        region = Region.around(frame, (click.x, click.y), side, network.image_size)
        predictor = NetworkPredictor(network, region)
        agreement = _agreement(predictor, region, click, chunk) if len(sides) > 1 else 0.0
        if best is None or agreement > best[0]:
            best = (agreement, region, predictor)
    assert best is not None
    return best[1], best[2]


def _agreement(predictor: NetworkPredictor, region: Region, click: Click, chunk: int) -> float:
    """Expected Dice of a look's recommended prediction; 0 if it misses the click and so shows something else."""
    x, y = region.to_region(click.x, click.y)
    mixture = predictor.preference(Prompts((Click(x, y),)))
    maps = predictor.predict(mixture.draw(LOOK_PREDICTIONS, seed=0), chunk)
    recommended = maps.mean(axis=0) > THRESHOLD
    height, width = recommended.shape
    if not recommended[int((y + 0.5) * height / region.size), int((x + 0.5) * width / region.size)]:
        return 0.0
    return float(pairwise_dice(recommended[None], maps > THRESHOLD).mean())
