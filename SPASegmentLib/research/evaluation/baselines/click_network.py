"""A click-only network in the manner of SAM: compact encoder, prompt encoder and mask decoder, nothing to choose."""

from __future__ import annotations

from typing import Optional

from torch import Tensor, nn
from torch.nn import functional as F

from SPASegmentLib.model.encoders import ImageFeatures
from SPASegmentLib.model.network import NetworkConfig, SPANetwork
from SPASegmentLib.research.evaluation.baselines.crops import CROP

CHANNELS = 128
#: The crop is enlarged so many times, so that the maps have its own resolution (the decoder ends at half size).
SCALE = 2


class ClickNetwork(nn.Module):
    """SPA's network without a preference: the latent is always zero, so there is one mask for a set of clicks."""

    def __init__(self, channels: int = CHANNELS) -> None:
        super().__init__()
        self.network = SPANetwork(
            NetworkConfig(image_size=CROP * SCALE, channels=channels, latent_dim=1, components=1, mlp_dim=2 * channels)
        )
        self.network.generator = nn.Identity()  # type: ignore[assignment]

    def encode(self, image: Tensor) -> ImageFeatures:
        """(B, 1, CROP, CROP) crops to features."""
        enlarged = F.interpolate(image, scale_factor=float(SCALE), mode="bilinear", align_corners=False)
        return self.network.encode(enlarged)

    def forward(
        self, features: ImageFeatures, points: Tensor, labels: Tensor, previous: Optional[Tensor] = None
    ) -> Tensor:
        """Clicks to logits.

        Args:
            features: of B crops.
            points: (B, P, 2) as (x, y) in pixels of the crop.
            labels: (B, P): 1 object, 0 background, -1 padding.
            previous: (B, CROP, CROP) logits of the mask before the last click; None for the first.

        Returns:
            (B, CROP, CROP).
        """
        masks = None if previous is None else previous.unsqueeze(1)
        context = self.network.context(features, (points + 0.5) * SCALE - 0.5, labels, None, masks)
        return self.network.decode(context, features.embedding.new_zeros(len(points), 1, 1))[:, 0]
