"""Preference Distribution Generator: the preference distribution from the feedback (paper 3.4)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from SPASegmentLib.model.mixture import GaussianMixture, standard_mixture

#: Smallest variance a component can have; the paper's ReLU lets gradients die there, softplus does not.
VARIANCE_FLOOR = 0.01


def six_layers(inputs: int, width: int, outputs: int) -> nn.Sequential:
    """Six linear layers with ReLU between them, as in the paper; the last starts near zero."""
    layers: list[nn.Module] = []
    for i in range(5):
        layers += [nn.Linear(inputs if i == 0 else width, width), nn.ReLU(inplace=True)]
    last = nn.Linear(width, outputs)
    nn.init.normal_(last.weight, std=1e-2)
    nn.init.zeros_(last.bias)
    return nn.Sequential(*layers, last)


class PreferenceDistributionGenerator(nn.Module):
    """Amortised inference of the mixture's parameters.

    Six layers give means and variances, six others the weights. Both see the feedback embedding (points and
    mask through SAM's prompt encoder), a summary of the image, and the previous parameters. The points are
    pooled, so their order does not matter; nothing is averaged over the images of a batch.

    Args:
        channels: C of the embeddings.
        latent_dim: d.
        components: M.
        width: of the hidden layers.
    """

    def __init__(self, channels: int, latent_dim: int, components: int, width: int = 128) -> None:
        super().__init__()
        self.latent_dim, self.components = latent_dim, components
        prior = standard_mixture(components, latent_dim)
        self.prior_means = nn.Parameter(prior.means)
        self.prior_spread = nn.Parameter(torch.log(torch.expm1(prior.variances - VARIANCE_FLOOR)))
        self.prior_logits = nn.Parameter(torch.zeros(components))
        inputs = 5 * channels + components * (2 * latent_dim + 1)
        self.gaussians = six_layers(inputs, width, 2 * components * latent_dim)
        self.weights = six_layers(inputs, width, components)

    def prior(self, batch: int) -> GaussianMixture:
        """The preference distribution before anything was said, for a batch of images."""
        return GaussianMixture(
            torch.softmax(self.prior_logits, 0).expand(batch, -1),
            self.prior_means.expand(batch, -1, -1),
            (F.softplus(self.prior_spread) + VARIANCE_FLOOR).expand(batch, -1, -1),
        )

    def forward(self, embedding: Tensor, sparse: Tensor, dense: Tensor, previous: GaussianMixture) -> GaussianMixture:
        """The next preference distribution.

        Args:
            embedding: (B, C, h, w) of the image.
            sparse: (B, P, C) embedded points.
            dense: (B, C, h, w) embedded mask.
            previous: a batch of B mixtures; no gradient flows into it.
        """
        previous = previous.detach()
        summary = torch.cat(
            [
                sparse.mean(1),
                dense.mean((2, 3)),
                dense.amax((2, 3)),
                embedding.mean((2, 3)),
                # What the image shows where the mask prompt is strongest: a soft attention of the mask on the image.
                (embedding * torch.softmax(dense.mean(1).flatten(1), -1).view(len(dense), 1, *dense.shape[2:])).sum(
                    (2, 3)
                ),
                previous.means.flatten(1),
                previous.variances.log().flatten(1),
                previous.weights.clamp_min(1e-6).log(),
            ],
            dim=1,
        )
        shift, spread = self.gaussians(summary).view(-1, 2, self.components, self.latent_dim).unbind(1)
        return GaussianMixture(
            torch.softmax(self.prior_logits + self.weights(summary), -1),
            self.prior_means + shift,
            F.softplus(self.prior_spread + spread) + VARIANCE_FLOOR,
        )
