"""Looks: predictions from regions of growing size around a click.

Seen too close, an object has no outline and the predictions are guesses; seen from too far, it has too few pixels, or
the predictions are of something larger. What the user means is not always what the network is surest of; so looks are
hypotheses about the extent, weighed by how sure they are (see `look_rounds`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, List, Optional, Tuple, TypeVar

import numpy as np

from SPASegmentLib.interaction.candidates import THRESHOLD
from SPASegmentLib.interaction.predictor import Predictor
from SPASegmentLib.interaction.preference import pairwise_dice
from SPASegmentLib.interaction.region import Region
from SPASegmentLib.interaction.round import equivalent_radius
from SPASegmentLib.interaction.types import Click, FrameImage, Prompts

_Predictor = TypeVar("_Predictor", bound=Predictor)

#: Smallest region, in pixels of the frame's finer spacing: about one map pixel per image pixel.
SMALLEST_SIDE = 60
#: Each look is at a region this much larger than the one before. Smaller steps (1.25) bring nothing more.
STEP = 1.35
#: The same where only the best region is kept, as in version 0.1.0, whose figures can be measured again that way.
STEP_OF_ONE = 1.5
#: The largest region, in longer sides of the frame.
LARGEST_SIDE = 1.6
#: Predictions by which a look's agreement is judged.
LOOK_PREDICTIONS = 16
#: How much sureness counts for: the logarithm of a look's weight grows by so much with its predictions' agreement (0 to
#: 1), and falls by so much with the share of the region's edge that its mask lies on. Between 6 and 25 for the
#: agreement, the masks of round 2 change by less than 0.01 in Dice.
AGREEMENT, EDGE = 12.0, 2.0


@dataclass(frozen=True, eq=False)
class Look:
    """Predictions from one region around a click.

    Attributes:
        region: what is looked at.
        maps: (n, h, w) float32 predictions, equally likely.
        neutral_radius: in mm, of the mask for a user of whom nothing is known.
        log_weight: how sure the look is, on a scale that all looks share; minus infinity if it misses the click.
    """

    region: Region
    maps: np.ndarray
    neutral_radius: float
    log_weight: float


def sides_mm(frame: FrameImage, step: float = STEP) -> List[float]:
    """Sides of the regions that are looked at, smallest first, each `step` times the one before."""
    pixel = min(frame.spacing)
    longer = max(frame.shape[1] * frame.spacing[0], frame.shape[0] * frame.spacing[1])
    sides = [SMALLEST_SIDE * pixel]
    while sides[-1] * step <= LARGEST_SIDE * longer:
        sides.append(sides[-1] * step)
    return sides


def look(
    region: Region, network: Predictor, refined: Predictor, click: Click, count: int, seed: int, chunk: int
) -> Look:
    """Look at a region.

    Args:
        region: around the click.
        network: on this region, what sureness is judged by.
        refined: on this region, what the predictions come from.
        click: in frame pixels, on the object.
        count: predictions to draw.
        seed: of them.
        chunk: predictions decoded at once.
    """
    x, y = region.to_region(click.x, click.y)
    prompts = Prompts((Click(x, y),))
    agreement = _agreement(network, region, prompts, chunk)
    maps = refined.predict(refined.preference(prompts).draw(count, seed), chunk)
    mask = maps.mean(axis=0) > THRESHOLD
    neutral = equivalent_radius(refined.neutral() > THRESHOLD, region.areas(mask.shape))
    edge = float(np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]).mean())
    return Look(region, maps, neutral, AGREEMENT * agreement - EDGE * edge if agreement > 0 else -np.inf)


def find_region(
    frame: FrameImage, click: Click, size: int, predictor_on: Callable[[Region], _Predictor], chunk: int
) -> Tuple[Region, _Predictor]:
    """The region around a click in which the network's predictions agree most (highest expected Dice).

    Of the rules tried on training patients this one came closest to the best of all sizes.

    Args:
        frame: the whole image.
        click: on the object.
        size: side of the network's image in pixels.
        predictor_on: makes a predictor, the image encoded.
        chunk: predictions decoded at once.

    Returns:
        The region and its predictor.
    """
    best: Optional[Tuple[float, Region, _Predictor]] = None
    for side in sides_mm(frame, STEP_OF_ONE):
        region = Region.around(frame, (click.x, click.y), side, size)
        predictor = predictor_on(region)
        prompts = Prompts((Click(*region.to_region(click.x, click.y)),))
        agreement = _agreement(predictor, region, prompts, chunk)
        if best is None or agreement > best[0]:
            best = (agreement, region, predictor)
    assert best is not None
    return best[1], best[2]


def _agreement(predictor: Predictor, region: Region, prompts: Prompts, chunk: int) -> float:
    """Expected Dice of a look's recommended prediction; 0 if it misses the click and so shows something else."""
    maps = predictor.predict(predictor.preference(prompts).draw(LOOK_PREDICTIONS, seed=0), chunk)
    recommended = maps.mean(axis=0) > THRESHOLD
    height, width = recommended.shape
    (click,) = prompts.clicks
    if not recommended[int((click.y + 0.5) * height / region.size), int((click.x + 0.5) * width / region.size)]:
        return 0.0
    return float(pairwise_dice(recommended[None], maps > THRESHOLD).mean())
