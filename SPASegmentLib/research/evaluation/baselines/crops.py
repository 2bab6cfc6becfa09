"""What the baselines see: 64 x 64 pixels of the slice at its own resolution, around the click."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence, Union

import numpy as np
import torch
from torch import Tensor

from SPASegmentLib.interaction.region import Region
from SPASegmentLib.interaction.types import Click, FrameImage
from SPASegmentLib.research.data.shards import RaterSlices

#: Side of the crop in pixels of the slice; a nodule of 60 pixels still fits.
CROP = 64
#: Masks per image: slots for the raters, smallest mask first (a LIDC slot is not a person, its rank is a style).
SLOTS = 4
#: Sampling weight of a slice with 0, 1, 2, ... raters: the default of SPA's own training sources.
BY_RATERS = (0.0, 0.15, 0.5, 0.8, 1.0, 1.0, 1.0, 1.0, 1.0)


def crop_around(frame: FrameImage, click: Click) -> Region:
    """The crop that a click asks for; `Region.pixels` is the network's input, `Region.maps_to_frame` the way back."""
    side = CROP * min(frame.spacing)
    return Region.around(frame, (click.x, click.y), side, CROP)


@dataclass(frozen=True)
class Crops:
    """A batch.

    Attributes:
        images: (B, 1, CROP, CROP) float32, normalised.
        raters: (B, SLOTS, CROP, CROP) float32, by area; where fewer raters drew, their masks fill the slots evenly.
        single: (B, CROP, CROP) one rater's mask, drawn uniformly.
        majority: (B, CROP, CROP) at least half of the raters.
        combination: (B, CROP, CROP) the same for a uniformly drawn combination of raters.
        clicks: (B, 2) (x, y) in crop pixels, where all raters agree.
    """

    images: Tensor
    raters: Tensor
    single: Tensor
    majority: Tensor
    combination: Tensor
    clicks: Tensor


class CropSource:
    """Draws batches for ever: a slice, a click in the consensus, the crop, turned and mirrored.

    Args:
        slices: the data.
        batch: B.
        seed: of everything random.
    """

    def __init__(self, slices: RaterSlices, batch: int, seed: int) -> None:
        weights = np.asarray(BY_RATERS)[slices.rater_counts()]
        self.slices, self.batch = slices, batch
        self.weights = weights / weights.sum()
        self.rng = np.random.default_rng(seed)

    def draw(self) -> Crops:
        """One batch."""
        rng = self.rng
        images, raters, single, majority, combination, clicks = [], [], [], [], [], []
        for row in rng.choice(len(self.slices), self.batch, p=self.weights):
            masks = self.slices.raters(int(row))
            agreed = masks.all(0)
            ys, xs = np.nonzero(agreed if agreed.any() else masks[rng.integers(len(masks))])
            pick = rng.integers(len(ys))
            region = crop_around(FrameImage(self.slices.images[row]), Click(float(xs[pick]), float(ys[pick])))
            x, y = region.to_region(float(xs[pick]), float(ys[pick]))
            small = np.stack([region.mask_to_region(mask, (CROP, CROP)) > 0.5 for mask in masks])
            turn, mirror = int(rng.integers(4)), bool(rng.integers(2))
            small = _turned(small, turn, mirror)
            marker = np.zeros((1, CROP, CROP), bool)
            marker[0, int(y), int(x)] = True
            click_y, click_x = np.argwhere(_turned(marker, turn, mirror)[0])[0]
            order = np.argsort(small.sum((1, 2)), kind="stable")
            slots = np.linspace(0, len(small) - 1, SLOTS).round().astype(int)
            subset = rng.random(len(small)) < 0.5
            subset = subset if subset.any() else rng.permutation(len(small)) == 0
            images.append(_turned(region.pixels()[None], turn, mirror))
            raters.append(small[order[slots]])
            single.append(small[rng.integers(len(small))])
            majority.append(2 * small.sum(0) >= len(small))
            combination.append(2 * small[subset].sum(0) >= subset.sum())
            clicks.append((click_x, click_y))
        gain = np.exp(rng.uniform(-0.15, 0.15, (self.batch, 1, 1, 1)))
        shift = rng.uniform(-0.15, 0.15, (self.batch, 1, 1, 1))
        return Crops(
            _float(np.stack(images) * gain + shift),
            _float(raters), _float(single), _float(majority), _float(combination), _float(clicks),
        )  # fmt: skip


def _turned(maps: np.ndarray, turn: int, mirror: bool) -> np.ndarray:
    turned = np.rot90(maps, turn, axes=(1, 2))
    return turned[:, :, ::-1] if mirror else turned


def _float(values: Union[np.ndarray, Sequence[object]]) -> Tensor:
    return torch.from_numpy(np.asarray(values).astype(np.float32))
