"""What the network sees on a slice when it is told where the structure should be.

The slice is encoded once, in a region around that mask; the same encoding serves as long as the region fits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence, Tuple

import numpy as np

from SPASegmentLib.interaction.array_mixture import ArrayMixture
from SPASegmentLib.interaction.belief import LARGEST_LOGIT
from SPASegmentLib.interaction.innermost import innermost
from SPASegmentLib.interaction.logits import to_logits
from SPASegmentLib.interaction.network_predictor import NetworkPredictor
from SPASegmentLib.interaction.patch import Patch, Window
from SPASegmentLib.interaction.preference import normalised, pairwise_dice
from SPASegmentLib.interaction.region import Region, resample
from SPASegmentLib.interaction.types import Click, FrameImage, Prompts
from SPASegmentLib.model.runtime import Network

#: Predictions that a slice's map is the mean of.
PREDICTIONS = 48
#: Predictions that an accepted mask chooses among, and how sharply it does (see `preference`).
TEACHING, SHARPNESS = 256, 60.0
#: An encoding is used again for a mask whose own region would be so many times as large, at least and at most, and
#: whose centre lies within this share of the region's side.
LEAST_FIT, LARGEST_FIT, CENTRED = 0.8, 1.25, 0.1


@dataclass(frozen=True)
class Seen:
    """The network's answer on a slice.

    Attributes:
        region: where.
        maps: (n, h, w) float32 probabilities on it.
    """

    region: Region
    maps: np.ndarray

    def logit(self, window: Window) -> np.ndarray:
        """(h, w) float32 logits of the mean prediction on a window of the frame; beyond the region as at its edge."""
        region, mean = self.region, self.maps.mean(axis=0)
        native = resample(to_logits(mean, 1.0 / (1.0 + np.exp(LARGEST_LOGIT)))[None], region.native_size)[0]
        rows = np.clip(np.arange(window.top, window.bottom) - region.top, 0, region.height - 1)
        columns = np.clip(np.arange(window.left, window.right) - region.left, 0, region.width - 1)
        return np.asarray(native[np.ix_(rows, columns)])

    def dice(self, mask: Patch) -> float:
        """Mean Dice of a mask of the frame with the predictions."""
        on_map = self.region.mask_to_region(mask.whole(self.region.frame.shape), self.maps.shape[1:]) > 0.5
        return float(pairwise_dice(on_map[None], self.maps > 0.5).mean())


class GuidedSlice:
    """A slice, encoded in the region around a mask.

    Args:
        network: whatever runs it.
        frame: the slice.
        mask: bool, not empty: where the structure should be.
    """

    def __init__(self, network: Network, frame: FrameImage, mask: Patch) -> None:
        self._region = region_around(network, frame, mask)
        self._predictor = NetworkPredictor(network, self._region)

    def fits(self, network: Network, mask: Patch) -> bool:
        """Whether the region serves for another mask, too."""
        other, own = region_around(network, self._region.frame, mask), self._region
        ratio = max(other.width, 1) / max(own.width, 1)
        right = other.left + other.width / 2 - own.left - own.width / 2
        down = other.top + other.height / 2 - own.top - own.height / 2
        near = abs(right) <= CENTRED * own.width and abs(down) <= CENTRED * own.height
        return near and LEAST_FIT <= ratio <= LARGEST_FIT

    def see(self, mask: Patch, taught: ArrayMixture) -> Seen:
        """Predictions for a mask as prompt.

        Args:
            mask: bool, not empty.
            taught: distribution of the latents.
        """
        self._told(mask)
        return Seen(self._region, self._predictor.predict(taught.draw(PREDICTIONS, seed=0), PREDICTIONS))

    def teach(self, prompt: Patch, accepted: Patch) -> ArrayMixture:
        """What an accepted mask says of the latents, where the network was told another one (or the same)."""
        mixture = self._told(prompt)
        latents = mixture.draw(TEACHING, seed=1)
        maps = self._predictor.predict(latents, TEACHING)
        wanted = self._on_map(accepted) > 0.5
        weights = normalised(SHARPNESS * pairwise_dice(maps > 0.5, wanted[None])[:, 0].astype(np.float64))
        return mixture.updated(latents, weights)

    def _told(self, mask: Patch) -> ArrayMixture:
        x, y = innermost(mask.values)
        click = Click(*self._region.to_region(x + mask.left, y + mask.top))
        return self._predictor.preference(Prompts((click,), self._on_map(mask)))

    def _on_map(self, mask: Patch) -> np.ndarray:
        return self._region.mask_to_region(mask.whole(self._region.frame.shape), self._predictor.map_size)


def region_around(network: Network, frame: FrameImage, mask: Patch) -> Region:
    """The region around a mask that is not empty."""
    if network.whole_frame:
        return Region.whole(frame, network.image_size)
    return Region.around_extent(frame, mask.extent, network.image_size)


def mean_mixture(parts: Sequence[Tuple[float, ArrayMixture]]) -> ArrayMixture:
    """One mixture of several, each with its share; the shares sum to 1."""
    return ArrayMixture(
        np.concatenate([share * mixture.weights for share, mixture in parts]),
        np.concatenate([mixture.means for _, mixture in parts]),
        np.concatenate([mixture.variances for _, mixture in parts]),
        parts[0][1].draws,
    )
