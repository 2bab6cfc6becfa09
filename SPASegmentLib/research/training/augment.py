"""Optional changes of intensity by MONAI's transforms, beside the gamma, inversion and noise that every batch has.

Position, rotation and zoom are not here: they move clicks and masks too (`batches`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Optional

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from SPASegmentLib.errors import InputError
from SPASegmentLib.research.data.images import needed

#: Pixels around an image that the transforms see beyond it.
MARGIN = 6


@dataclass(frozen=True)
class AugmentSettings:
    """The chance, from 0 to 1, that an image is changed in each of these ways.

    Changing every image of a batch of 32 (128 x 128 pixels) in one of these ways takes 18 to 34 ms of one processor
    core; the step itself takes about 1 s (compact network).

    Attributes:
        bias_field: brightness drifts over the image, as in MR near a coil.
        smooth: blurred by up to 1.5 pixels, as by a soft kernel or a thick slice.
        histogram: grey values are mapped by a random rising curve.
        gibbs: ringing at edges, as in MR.
        invert: dark becomes bright, beside the 15 % of every batch.
        window: a part of the grey values is spread over the whole range, as by a narrow window in CT.
        speckle: brightness is multiplied by a fine random field, as in ultrasound.
    """

    bias_field: float = 0.0
    smooth: float = 0.0
    histogram: float = 0.0
    gibbs: float = 0.0
    invert: float = 0.0
    window: float = 0.0
    speckle: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            if not 0 <= getattr(self, field.name) <= 1:
                raise InputError(f"augment: {field.name} is a chance from 0 to 1, not {getattr(self, field.name)}.")


class Augmentation:
    """Applies the transforms of `AugmentSettings` image by image."""

    def __init__(self, settings: AugmentSettings) -> None:
        self.settings = settings
        monai = needed("monai.transforms")
        sigma = (0.25, 1.5)
        self._transform = monai.Compose(
            [
                monai.RandHistogramShift(prob=settings.histogram, num_control_points=(4, 8)),
                monai.RandBiasField(prob=settings.bias_field, degree=3, coeff_range=(0.0, 0.3)),
                monai.RandGaussianSmooth(prob=settings.smooth, sigma_x=sigma, sigma_y=sigma),
                monai.RandGibbsNoise(prob=settings.gibbs, alpha=(0.2, 0.7)),
            ]
        )

    @classmethod
    def of(cls, settings: AugmentSettings) -> Optional[Augmentation]:
        """None where nothing is to be changed; MONAI is then not needed."""
        return cls(settings) if any(getattr(settings, field.name) for field in fields(settings)) else None

    def __call__(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        """(B, 1, S, S) float32 images of about 0..1, changed; `rng` decides everything."""
        if self.settings.invert or self.settings.window or self.settings.speckle:
            images = self._by_hand(images, rng)
        self._transform.set_random_state(seed=int(rng.integers(2**32)))
        # MONAI's blur takes what lies outside of an image as black.
        padded = F.pad(images, 4 * (MARGIN,), mode="replicate")
        changed = torch.stack([self._transform(image) for image in padded]).as_subclass(Tensor)
        return changed[..., MARGIN:-MARGIN, MARGIN:-MARGIN].contiguous()

    def _by_hand(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        """What MONAI has no transform for, or one that looks at each image alone."""
        s, b = self.settings, len(images)

        def some(chance: float) -> Tensor:
            return torch.from_numpy(rng.random(b) < chance).view(-1, 1, 1, 1)

        def drawn(low: float, high: float) -> Tensor:
            return torch.from_numpy(rng.uniform(low, high, b)).float().view(-1, 1, 1, 1)

        width = drawn(0.4, 1.0)
        low = drawn(0.0, 1.0) * (1 - width)
        images = torch.where(some(s.window), ((images - low) / width).clamp(0, 1), images)
        if s.speckle:
            grain = torch.from_numpy(rng.standard_normal(images.shape).astype(np.float32))
            grain = F.avg_pool2d(grain, 3, stride=1, padding=1) * 3  # back to unit spread
            images = torch.where(some(s.speckle), images * (1 + drawn(0.05, 0.25) * grain), images)
        return torch.where(some(s.invert), 1.0 - images, images)
