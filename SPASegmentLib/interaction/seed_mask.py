"""A family of masks around any existing mask, without a network.

The seed can be a threshold, another tool's result or the mask of the neighbouring slice. Its signed distance is
varied by a few interpretable latents; the family goes through the same session, preference and profile as a
network's predictions. It is what remains when no weights fit or PyTorch is missing, and an honest baseline.
"""

from __future__ import annotations

from math import floor
from typing import List, Optional, Tuple

import numpy as np
from scipy.special import expit

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.array_mixture import ArrayMixture
from SPASegmentLib.interaction.region import Region, resample
from SPASegmentLib.interaction.shape_family import SHAPE_LATENTS, ShapeFamily
from SPASegmentLib.interaction.types import Click, Prompts
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: Components of the prior.
COMPONENTS = 16
#: With every click or choice after the start the prior narrows to this share of its standard deviation.
NARROWING = 0.8
#: Maps are not larger than this on the longer side; below it they have the frame's own resolution.
MAX_MAP_SIDE = 128


class SeedMaskPredictor:
    """Draws masks around a seed mask (a `Predictor`).

    Latent 0 gives the seed mask itself. A positive click is inside every mask, a negative one outside. A mask in
    the prompts becomes the new centre of the family. A box is not used: the seed already says where the object is.

    Args:
        mask: (h, w) bool or 0..1 on the region's grid; above 0.5 is the object.
        spacing: (x, y) size of a map pixel in mm.
        image: (h, w) float on the same grid, any unit, for the latent that follows the image; None leaves that
            latent without effect.
        region_size: side of the region in network pixels, the coordinates of clicks in prompts; None if they are
            map pixels.

    Raises:
        InputError: the mask is empty, or covers everything, or the shapes differ.
    """

    def __init__(
        self,
        mask: np.ndarray,
        spacing: Tuple[float, float],
        image: Optional[np.ndarray] = None,
        region_size: Optional[int] = None,
    ) -> None:
        mask = np.asarray(mask) > 0.5
        if image is not None and np.shape(image) != mask.shape:
            raise InputError(
                _("The mask has the size {mask}, the image {image}; they must agree.").format(
                    mask=mask.shape, image=np.shape(image)
                )
            )
        if not mask.any():
            raise InputError(_("The starting mask is empty here; choose a slice on which it shows something."))
        if mask.all():
            raise InputError(_("The starting mask covers the whole region; start from a mask with an outline."))
        self._spacing = (float(spacing[0]), float(spacing[1]))
        self._image = None if image is None else np.asarray(image, dtype=np.float64)
        self._region_size = region_size
        self._seed = self._family = ShapeFamily.around(mask, self._spacing, self._image)
        self._clicks: Tuple[Click, ...] = ()

    @classmethod
    def for_region(cls, region: Region, mask: np.ndarray) -> SeedMaskPredictor:
        """The family around a mask of the frame, seen through a region.

        Args:
            region: the region; the maps have its own resolution up to `MAX_MAP_SIDE` pixels.
            mask: (height, width) bool at frame size.

        Raises:
            InputError: as the constructor, and if the mask does not have the frame's size.
        """
        shrink = min(1.0, MAX_MAP_SIDE / max(region.native_size))
        size = (max(1, round(region.height * shrink)), max(1, round(region.width * shrink)))
        image = resample(region.pixels()[None], size)[0]
        seed = region.mask_to_region(mask, size)
        if 0.0 < seed.max() <= 0.5:
            # Smaller than half a pixel of the maps everywhere, yet not nothing.
            seed = seed / seed.max()
        return cls(seed, region.map_spacing(size), image, region.size)

    @property
    def map_size(self) -> Tuple[int, int]:
        """(h, w) of the maps."""
        return (int(self._seed.mask.shape[0]), int(self._seed.mask.shape[1]))

    @property
    def one_pass(self) -> bool:
        """A batch of masks is one matrix product."""
        return True

    def preference(self, prompts: Prompts, previous: Optional[ArrayMixture] = None) -> ArrayMixture:
        """Take in the prompts; the mixture is about standard normal and narrows with every click but the first.

        `previous` is not needed: the prompts hold everything that was said. A mask in them that is empty or covers
        everything has no outline, and the seed stays the centre.
        """
        family = self._seed
        if prompts.mask is not None:
            mask = np.asarray(prompts.mask) > 0.5
            if mask.shape != self._seed.mask.shape:
                raise InputError(
                    _("The mask has the size {mask}, not that of the maps, {maps}.").format(
                        mask=mask.shape, maps=self.map_size
                    )
                )
            if np.array_equal(mask, self._family.mask):
                family = self._family
            elif mask.any() and not mask.all():
                family = ShapeFamily.around(mask, self._spacing, self._image)
        self._family, self._clicks = family, prompts.clicks
        prior, spread = ArrayMixture.standard(COMPONENTS, SHAPE_LATENTS), NARROWING ** max(0, len(prompts.clicks) - 1)
        return ArrayMixture(prior.weights, prior.means * spread, prior.variances * spread**2)

    def neutral(self) -> np.ndarray:
        """The seed mask."""
        return self._seed.mask.astype(np.float32)

    def predict(self, latents: np.ndarray, chunk: int) -> np.ndarray:
        """Decode (n, d) latents into (n, h, w) float32 probabilities, `chunk` at a time."""
        height, width = self.map_size
        softness = np.float32(0.5 * min(self._spacing))
        bumps = self._bumps()
        result = np.empty((len(latents), height * width), dtype=np.float32)
        for start in range(0, len(latents), chunk):
            out = result[start : start + chunk]
            out[:] = self._family.field(latents[start : start + chunk])
            for index, sign, bump in bumps:
                # One pixel beyond the outline, whatever the latent made of this place.
                lacking = np.maximum(np.float32(min(self._spacing)) - sign * out[:, index], 0.0)
                out += np.outer(sign * lacking, bump)
            expit(out / softness, out=out)
        return result.reshape(-1, height, width)

    def _bumps(self) -> List[Tuple[int, np.float32, np.ndarray]]:
        """Per click: the pixel's index, +1 or -1, and a map that is 1 there and falls to 0 around it."""
        height, width = self.map_size
        points = [self._map_pixel(click) for click in self._clicks]
        rows, columns = np.mgrid[:height, :width]
        bumps = []
        for click, (x, y) in zip(self._clicks, points):
            opposite = [
                np.hypot((x - u) * self._spacing[0], (y - v) * self._spacing[1])
                for other, (u, v) in zip(self._clicks, points)
                if other.positive != click.positive
            ]
            # Never as far as a click of the other kind, so that both are obeyed.
            reach = min([max(0.6 * self._family.radius, 2.5 * max(self._spacing)), *opposite])
            distance = np.hypot((columns - x) * self._spacing[0], (rows - y) * self._spacing[1])
            bump = np.clip(1.0 - (distance / max(reach, 1e-6)) ** 2, 0.0, None) ** 2
            sign = np.float32(1.0 if click.positive else -1.0)
            bumps.append((y * width + x, sign, bump.astype(np.float32).reshape(-1)))
        return bumps

    def _map_pixel(self, click: Click) -> Tuple[int, int]:
        height, width = self.map_size
        x, y = click.x, click.y
        if self._region_size is not None:
            x, y = ((x + 0.5) * width / self._region_size - 0.5, (y + 0.5) * height / self._region_size - 0.5)
        return (min(max(floor(x + 0.5), 0), width - 1), min(max(floor(y + 0.5), 0), height - 1))
