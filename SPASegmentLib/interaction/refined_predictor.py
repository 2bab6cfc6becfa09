"""A network's predictions, each varied in shape as the seed-mask family varies a mask.

What a small network has learned of how raters differ is never everything. So a latent is a pair: the network's
own, and one of shape (tighter or wider, smoother, tilted, following the image). Both have their place in the
preference distribution, and a choice says something about either.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Optional, Tuple

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.array_mixture import ArrayMixture
from SPASegmentLib.interaction.logits import to_logits, to_probabilities
from SPASegmentLib.interaction.network_predictor import NetworkPredictor
from SPASegmentLib.interaction.region import Region, resample
from SPASegmentLib.interaction.shape_family import SHAPE_LATENTS, ShapeFamily
from SPASegmentLib.interaction.types import Prompts
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: Standard deviation of the shape latents before the first answer, and after it, relative to the seed-mask family.
FIRST_SPREAD, LATER_SPREAD = 0.3, 0.8
#: Predictions are trusted as distances up to this many map pixels from the outline.
REACH = 4.0
#: No prediction is surer than this, in logits: a probability of 1e-6 or 1 - 1e-6.
_LARGEST_LOGIT = 13.8
#: Probabilities are kept this far from 0 and 1 before their logits' slope is taken.
_SLOPE_EDGE = 1e-3


class RefinedPredictor:
    """Implements `predictor.Predictor` for a network on a region.

    Args:
        network: predictions of the network on the region.
        region: for its pixels and their size.
        offset_mm: mean and standard deviation of the outline offset that a profile expects of this user. The first
            predictions are drawn there, for a profile can only choose among what is drawn.
        answered: whether the user has answered masks of another region before, so that the first predictions here are
            as varied as later ones.
    """

    def __init__(
        self,
        network: NetworkPredictor,
        region: Region,
        offset_mm: Optional[Tuple[float, float]] = None,
        answered: bool = False,
    ) -> None:
        self._network, self._offset_mm, self._answered = network, offset_mm, answered
        self._spacing = region.map_spacing(network.map_size)
        self._image = resample(region.pixels()[None], network.map_size)[0].astype(np.float64)
        self._family: Optional[ShapeFamily] = None
        self._neutral: Optional[np.ndarray] = None
        self._slope = 1.0

    @property
    def one_pass(self) -> bool:
        """See `Predictor`."""
        return self._network.one_pass

    @property
    def map_size(self) -> Tuple[int, int]:
        """See `Predictor`."""
        return self._network.map_size

    def preference(self, prompts: Prompts, previous: Optional[ArrayMixture] = None) -> ArrayMixture:
        """The network's preference distribution, joined by an independent one of shape."""
        own = None if previous is None else _first(previous, previous.dim - SHAPE_LATENTS)
        mixture = self._network.preference(prompts, own)
        if self._neutral is None or prompts.mask is None:
            # Later rounds bring a mask of their own, and how steeply the network draws outlines is known by then.
            self._neutral = self._network.neutral()
            self._slope = _slope(self._neutral, self._spacing)
        mask = self._neutral > 0.5 if prompts.mask is None else prompts.mask > 0.5
        usable = bool(mask.any()) and not bool(mask.all())
        self._family = ShapeFamily.around(mask, self._spacing, self._image) if usable else None
        means = np.zeros(SHAPE_LATENTS, np.float32)
        first = previous is None and not self._answered
        spread = np.full(SHAPE_LATENTS, FIRST_SPREAD if first else LATER_SPREAD, np.float32)
        if previous is None and self._offset_mm is not None and self._family is not None:
            means[0] = self._offset_mm[0] / self._family.offset_scale
            spread[0] = min(max(self._offset_mm[1] / self._family.offset_scale, FIRST_SPREAD), LATER_SPREAD)
        return replace(
            mixture,
            means=np.concatenate([mixture.means, np.tile(means, (mixture.components, 1))], axis=1),
            variances=np.concatenate([mixture.variances, np.tile(spread**2, (mixture.components, 1))], axis=1),
        )

    def neutral(self) -> np.ndarray:
        """See `Predictor`: what the network draws, without shape; made once, and again for prompts without a mask."""
        if self._neutral is None:
            raise InputError(_("Prompts come before predictions."))
        return self._neutral

    def predict(self, latents: np.ndarray, chunk: int) -> np.ndarray:
        """See `Predictor`."""
        own, shape = latents[:, :-SHAPE_LATENTS], latents[:, -SHAPE_LATENTS:]
        maps = self._network.logits(own, chunk)
        if self._family is None:
            return to_probabilities(maps)
        n, h, w = maps.shape
        logits = maps.reshape(n, -1)
        outside = logits < 0
        limit = np.float32(min(REACH * max(self._spacing) * self._slope, _LARGEST_LOGIT))
        np.clip(logits, -limit, limit, out=logits)
        family, slope = self._family.maps, np.float32(self._slope)
        logits += (slope * self._family.coefficients(shape)) @ family[1:]
        # Far outside, a shift of the outline may not add what the network does not see there itself.
        far = 2.0 * slope * np.minimum(family[0] + np.float32(REACH * max(self._spacing)), 0.0)
        logits += far * outside
        return to_probabilities(logits.reshape(n, h, w))


def _first(mixture: ArrayMixture, dim: int) -> ArrayMixture:
    return replace(mixture, means=mixture.means[:, :dim], variances=mixture.variances[:, :dim])


def _slope(probability: np.ndarray, spacing: Tuple[float, float]) -> float:
    """How fast the logit falls across the outline, per mm."""
    dy, dx = np.gradient(to_logits(probability, _SLOPE_EDGE), spacing[1], spacing[0])
    near = (probability > 0.2) & (probability < 0.8)
    steep = np.hypot(dy, dx)[near]
    return (
        float(np.clip(np.median(steep), 0.5 / max(spacing), 6.0 / max(spacing))) if steep.size else 1.0 / max(spacing)
    )
