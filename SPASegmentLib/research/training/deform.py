"""Images and masks bent together, so that few outlines become many: shapes that nobody drew are learned, too."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Optional

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from SPASegmentLib.errors import InputError

#: Points each way whose displacements are drawn; smooth between them.
POINTS = 5
#: The share of images that are bent.
OFTEN = 0.6


@dataclass(frozen=True)
class DeformSettings:
    """How far regions are deformed; not at all by default.

    Attributes:
        stretch: a region is longer in one direction and shorter across it, by at most this (a natural logarithm).
        bend: displacements drawn over the region, as a standard deviation in half sides of it, at most.
    """

    stretch: float = 0.0
    bend: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            if not 0 <= getattr(self, field.name) <= 0.5:
                raise InputError(f"deform: {field.name} is from 0 to 0.5, not {getattr(self, field.name)}.")


def stretches(amount: float, count: int, rng: np.random.Generator) -> Optional[np.ndarray]:
    """(count, 2, 2) symmetric matrices of determinant 1, each along a direction of its own; None where there are none.

    Args:
        amount: the largest natural logarithm of a stretch.
        count: of matrices.
        rng: draws them.
    """
    if not amount:
        return None
    angle, by = rng.uniform(0.0, np.pi, count), np.exp(rng.uniform(-amount, amount, count))
    cos, sin = np.cos(angle), np.sin(angle)
    axes = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], -2)
    return np.asarray(np.einsum("bij,bj,bkj->bik", axes, np.stack([by, 1 / by], -1), axes))


def bends(amount: float, count: int, rng: np.random.Generator) -> Optional[Tensor]:
    """(count, 2, POINTS, POINTS) float32 displacements x, y in half sides of a region; None where there are none.

    Args:
        amount: the largest standard deviation; how far an image is bent is drawn up to it, and some are not at all.
        count: of images.
        rng: draws them.
    """
    if not amount:
        return None
    far = rng.uniform(0.0, amount, count) * (rng.random(count) < OFTEN)
    drawn = far[:, None, None, None] * rng.standard_normal((count, 2, POINTS, POINTS))
    return torch.from_numpy(drawn.astype(np.float32))


def bent_grid(theta: Tensor, bend: Optional[Tensor], fixed: Tensor, size: int) -> Tensor:
    """Where each pixel of a region is sampled, for `torch.nn.functional.grid_sample` (align_corners=False).

    Args:
        theta: (B, 2, 3) float32, from the region's coordinates in -1..1 to those of the source.
        bend: as `bends` gives them, or None.
        fixed: (B, 2) float32 x, y in the region's coordinates: a point that stays where it is.
        size: pixels along the region's side.

    Returns:
        (B, size, size, 2) float32.
    """
    if bend is None:
        return F.affine_grid(theta, [len(theta), 1, size, size], align_corners=False)
    plain = torch.eye(2, 3).expand(len(theta), 2, 3)
    places = F.affine_grid(plain, [len(theta), 1, size, size], align_corners=False)
    field = F.interpolate(bend, size=(size, size), mode="bicubic", align_corners=False)
    at = F.grid_sample(field, fixed[:, None, None, :], mode="bilinear", padding_mode="border", align_corners=False)
    places = places + (field - at).permute(0, 2, 3, 1)
    return torch.einsum("bij,bhwj->bhwi", theta[..., :2], places) + theta[:, None, None, :, 2]
