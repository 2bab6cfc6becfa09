"""What a row of a training batch is drawn from, and the masks of raters who agree."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import List, Sequence, Tuple

import numpy as np

from SPASegmentLib.research.data.shards import RaterSlices


@dataclass(frozen=True, eq=False)
class Drawn:
    """A row of a batch before it is cut out.

    Attributes:
        image: (h, w) uint8.
        wanted: (T, h, w) bool, masks that users may want; the first one is this user's.
        click: (x, y) in pixels of the image.
        extent: of the object in pixels.
        scale: pixels that count as one, for the least size and the margins of regions.
        largest: side of the largest region in pixels.
        anything: how often the region has any size, and not one that fits the object.
        closest: of any size, the smallest: a share of `extent`.
    """

    image: np.ndarray
    wanted: np.ndarray
    click: np.ndarray
    extent: float
    scale: float
    largest: float
    anything: float
    closest: float


def combine(masks: np.ndarray, subset: Sequence[int]) -> np.ndarray:
    """Majority of a rater combination, at least half of it (paper, training details); (h, w) bool."""
    return masks[list(subset)].mean(0) >= 0.5


def combinations(raters: int) -> List[Tuple[int, ...]]:
    """All non-empty combinations of raters; 15 for four."""
    return [c for n in range(1, raters + 1) for c in itertools.combinations(range(raters), n)]


def combination(raters: int, rng: np.random.Generator) -> Tuple[int, ...]:
    """One of them."""
    subsets = combinations(raters)
    return subsets[rng.integers(len(subsets))]


def draw_slice(slices: RaterSlices, weight: np.ndarray, rng: np.random.Generator, targets: int) -> Drawn:
    """A slice, a click where all of its raters agree, and combinations of them.

    Args:
        slices: to draw from.
        weight: (n,) of the slices, of sum 1.
        rng: decides everything.
        targets: T.
    """
    row = int(rng.choice(len(slices), p=weight))
    raters = slices.raters(row)
    wanted = np.stack([combine(raters, combination(len(raters), rng)) for _ in range(targets)])
    # Pairs combine to their union, so a target is never empty; the first click lies where all agree.
    agreed = raters.all(0)
    ys, xs = np.nonzero(agreed if agreed.any() else wanted[0])
    pick = rng.integers(len(ys))
    uy, ux = np.nonzero(raters.any(0))
    extent = float(max(np.ptp(uy), np.ptp(ux)) + 1)
    scale = slices.images.shape[-1] / 128
    click = np.array([xs[pick], ys[pick]], float)
    return Drawn(slices.images[row], wanted, click, extent, scale, 200.0 * scale, anything=0.25, closest=0.6)
