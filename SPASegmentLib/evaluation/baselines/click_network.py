"""A click-only network in the manner of SAM: compact encoder, prompt encoder and mask decoder, nothing to choose."""

from __future__ import annotations

from typing import Any, Optional

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from SPASegmentLib.evaluation.baselines.crops import CROP
from SPASegmentLib.model.encoders import CompactEncoder, ImageFeatures
from SPASegmentLib.model.fusion import Context, MaskHead, Tokens
from SPASegmentLib.model.network import MASK_LOGIT
from SPASegmentLib.model.sam import PromptEncoder

CHANNELS = 128
#: The crop is enlarged so many times, so that the maps have its own resolution (the decoder ends at half size).
SCALE = 2


class ClickNetwork(nn.Module):
    """SPA's encoder, prompts and decoder without latents: one mask per set of clicks."""

    def __init__(self, channels: int = CHANNELS) -> None:
        super().__init__()
        size = CROP * SCALE
        side = size // CompactEncoder.stride
        self.encoder = CompactEncoder(channels)
        self.prompt_encoder: Any = PromptEncoder(
            embed_dim=channels,
            image_embedding_size=(side, side),
            input_image_size=(size, size),
            mask_in_chans=16,
        )
        self.head = MaskHead(channels, 2 * channels, details=True)

    def encode(self, image: Tensor) -> ImageFeatures:
        """(B, 1, CROP, CROP) crops to features."""
        enlarged = F.interpolate(image, scale_factor=float(SCALE), mode="bilinear", align_corners=False)
        features: ImageFeatures = self.encoder(enlarged)
        return features

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
        masks = None if previous is None else previous.clamp(-MASK_LOGIT, MASK_LOGIT).unsqueeze(1)
        sparse, dense = self.prompt_encoder(((points + 0.5) * SCALE - 0.5, labels), None, masks)
        tokens = Tokens.of(Context(features, self.prompt_encoder.get_dense_pe(), sparse, dense))
        token, image = self.head.transform(tokens, tokens.embedding)
        return torch.einsum("bc,bhwc->bhw", self.head.weights_of(token), self.head.fine(tokens, image))
