"""Probabilistic U-Net (Kohl et al. 2018): a latent drawn from the image varies the U-Net's last features."""

from __future__ import annotations

from typing import Sequence, Tuple

import torch
from torch import Tensor, nn
from torch.distributions import Independent, Normal, kl_divergence
from torch.nn import functional as F

from SPASegmentLib.research.evaluation.baselines.unet import WIDTHS, UNet

#: Dimensions of the latent, as in the original.
LATENT = 6


class GaussianNet(nn.Module):
    """Image (and mask) to a Gaussian with diagonal covariance over the latent: one convolution pair per scale.

    Args:
        inputs: 1 for the prior (image), 2 for the posterior (image and mask).
    """

    def __init__(self, inputs: int, latent: int = LATENT, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        for i, (a, b) in enumerate(zip((inputs, *widths), widths)):
            if i:
                blocks.append(nn.AvgPool2d(2))
            blocks += [nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU(inplace=True)]
        self.body = nn.Sequential(*blocks)
        self.head = nn.Linear(widths[-1], 2 * latent)

    def forward(self, image: Tensor) -> Independent:
        """(B, inputs, S, S) to a batch of Gaussians."""
        mean, log_std = self.head(self.body(image).mean((2, 3))).float().chunk(2, dim=1)
        return Independent(Normal(mean, log_std.clamp(-6, 3).exp()), 1)


class ProbabilisticUNet(nn.Module):
    """The U-Net with prior and posterior; three 1x1 convolutions join latent and features."""

    def __init__(self, latent: int = LATENT, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        self.unet = UNet(widths=widths)
        self.unet.head = nn.Identity()  # type: ignore[assignment]  # what joins the latent is the head
        self.prior = GaussianNet(1, latent, widths)
        self.posterior = GaussianNet(2, latent, widths)
        w = widths[0]
        self.join = nn.Sequential(
            nn.Conv2d(w + latent, w, 1), nn.ReLU(), nn.Conv2d(w, w, 1), nn.ReLU(), nn.Conv2d(w, 1, 1)
        )

    def decode(self, features: Tensor, latents: Tensor) -> Tensor:
        """(B, w, S, S) features and (B, n, latent) latents to (B, n, S, S) logits."""
        b, n, d = latents.shape
        size = features.shape[-2:]
        maps = features.unsqueeze(1).expand(-1, n, -1, -1, -1).reshape(b * n, -1, *size)
        z = latents.reshape(b * n, d, 1, 1).expand(-1, -1, *size).to(maps.dtype)
        return self.join(torch.cat([maps, z], 1)).reshape(b, n, *size)

    def elbo(self, image: Tensor, mask: Tensor) -> Tuple[Tensor, Tensor]:
        """Reconstruction (summed cross-entropy) and divergence per image, for (B, 1, S, S) images and masks."""
        posterior, prior = self.posterior(torch.cat([image, 2 * mask - 1], 1)), self.prior(image)
        logits = self.decode(self.unet.features(image), posterior.rsample().unsqueeze(1)).float()
        entropy = F.binary_cross_entropy_with_logits(logits, mask, reduction="none").sum((1, 2, 3))
        return entropy, kl_divergence(posterior, prior)

    def sample(self, image: Tensor, n: int, generator: torch.Generator) -> Tensor:
        """(B, 1, S, S) images to (B, n, S, S) logits with latents of the prior."""
        prior = self.prior(image).base_dist
        noise = torch.randn(len(image), n, prior.loc.shape[1], generator=generator)
        return self.decode(self.unet.features(image), prior.loc.unsqueeze(1) + prior.scale.unsqueeze(1) * noise)
