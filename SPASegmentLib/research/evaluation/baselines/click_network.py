"""Networks in the manner of SAM: encoder, prompt encoder and mask decoder, nothing to choose.

One knows clicks and is trained from random weights. Two begin with SPA's bundled weights, as MedSAM and MSA begin with
SAM's: what was learned on photographs there, was learned on medical images here.
"""

from __future__ import annotations

from typing import Optional

from torch import Tensor, nn
from torch.nn import functional as F

from SPASegmentLib.model.encoders import CompactEncoder, ImageFeatures
from SPASegmentLib.model.network import NetworkConfig, SPANetwork
from SPASegmentLib.model.weights import load_default
from SPASegmentLib.research.evaluation.baselines.crops import CROP

CHANNELS = 128
#: The crop is enlarged so many times, so that the maps have its own resolution (the decoder ends at half size).
SCALE = 2
#: MSA: an adapter is so many times narrower than the features that it adapts.
NARROWER = 4


def random_network(channels: int = CHANNELS) -> SPANetwork:
    """SPA's network without a latent to speak of, from random weights."""
    return SPANetwork(
        NetworkConfig(image_size=CROP * SCALE, channels=channels, latent_dim=1, components=1, mlp_dim=2 * channels)
    )


def bundled_network() -> SPANetwork:
    """SPA's network with its bundled weights, all of them free to be trained.

    Raises:
        WeightsError: they are damaged.
    """
    return load_default().network.requires_grad_(True)


class ClickNetwork(nn.Module):
    """SPA's network without a preference: the latent is always zero, so there is one mask for a set of prompts.

    Args:
        network: whose encoder, prompt encoder and decoder are used.
    """

    def __init__(self, network: SPANetwork) -> None:
        super().__init__()
        self.network = network
        self.network.generator = nn.Identity()  # type: ignore[assignment]

    def encode(self, image: Tensor) -> ImageFeatures:
        """(B, 1, CROP, CROP) crops to features."""
        enlarged = F.interpolate(image, scale_factor=float(SCALE), mode="bilinear", align_corners=False)
        return self.network.encode(enlarged)

    def forward(
        self,
        features: ImageFeatures,
        points: Tensor,
        labels: Tensor,
        previous: Optional[Tensor] = None,
        boxes: Optional[Tensor] = None,
    ) -> Tensor:
        """Clicks, or a box and clicks, to logits.

        Args:
            features: of B crops.
            points: (B, P, 2) as (x, y) in pixels of the crop; P may be 0 where there are boxes.
            labels: (B, P): 1 object, 0 background, -1 padding.
            previous: (B, CROP, CROP) logits of the mask before the last click; None for the first.
            boxes: (B, 4) as (x0, y0, x1, y1) in pixels of the crop, or None.

        Returns:
            (B, CROP, CROP).
        """
        masks = None if previous is None else previous.unsqueeze(1)
        corners = None if boxes is None else _enlarged(boxes)
        context = self.network.context(features, _enlarged(points), labels, corners, masks)
        return self.network.decode(context, points.new_zeros(len(points), 1, self.network.config.latent_dim))[:, 0]


class AdaptedNetwork(ClickNetwork):
    """MSA (Wu et al. 2023): the encoder is frozen, and what is trained are adapters in it, prompt encoder and decoder.

    An adapter follows every residual block of SPA's bundled encoder and changes nothing before it is trained.
    """

    def __init__(self) -> None:
        super().__init__(bundled_network())
        encoder = self.network.encoder.requires_grad_(False)
        assert isinstance(encoder, CompactEncoder)
        for stage in (encoder.stem, encoder.down4, encoder.down8, encoder.down16):
            first = stage[0]
            assert isinstance(first, nn.Conv2d)
            for place in range(len(stage), 3, -1):  # after convolution, norm and ReLU there are only residual blocks
                stage.insert(place, Adapter(first.out_channels))

    def train(self, mode: bool = True) -> AdaptedNetwork:
        """As usual, but the frozen encoder keeps the statistics of its norms."""
        super().train(mode)
        self.network.encoder.eval()
        return self


class Adapter(nn.Module):
    """A narrow pair of layers beside what is frozen; adds nothing at first.

    Args:
        width: channels.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.down, self.up = nn.Conv2d(width, width // NARROWER, 1), nn.Conv2d(width // NARROWER, width, 1)
        nn.init.zeros_(self.up.weight)
        assert self.up.bias is not None
        nn.init.zeros_(self.up.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(B, width, h, w) to the same."""
        return x + self.up(F.gelu(self.down(x)))


def _enlarged(places: Tensor) -> Tensor:
    """Pixels of the crop to pixels of the enlarged one; corner by corner for boxes."""
    return (places + 0.5) * SCALE - 0.5
