"""The preference distribution in training: a mixture of Gaussians over the latent (paper 3.1, eq. 1).

It is a real mixture: a component is drawn, then a Gaussian of that component. (The released code adds the
components up with their weights, which is one Gaussian whatever the number of components.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Optional

import torch
from torch import Tensor

from SPASegmentLib.errors import InputError

_LOG_2PI = math.log(2.0 * math.pi)


@dataclass(frozen=True)
class GaussianMixture:
    """A mixture of M Gaussians with diagonal covariance in d dimensions, or a batch of such mixtures.

    Attributes:
        weights: (..., M) non-negative, summing to 1 over the last axis.
        means: (..., M, d).
        variances: (..., M, d), positive.
    """

    weights: Tensor
    means: Tensor
    variances: Tensor

    def __post_init__(self) -> None:
        if self.means.shape != self.variances.shape or self.weights.shape != self.means.shape[:-1]:
            raise InputError(
                f"A mixture needs weights (..., M) and means and variances (..., M, d), not "
                f"{tuple(self.weights.shape)}, {tuple(self.means.shape)}, {tuple(self.variances.shape)}."
            )

    @property
    def components(self) -> int:
        """M."""
        return int(self.means.shape[-2])

    @property
    def dim(self) -> int:
        """d."""
        return int(self.means.shape[-1])

    def detach(self) -> GaussianMixture:
        """The same mixture without gradients."""
        return GaussianMixture(self.weights.detach(), self.means.detach(), self.variances.detach())

    def component_log_prob(self, z: Tensor) -> Tensor:
        """log(w_k N(z; mu_k, var_k)) for (..., n, d) latents: (..., n, M)."""
        delta = z.unsqueeze(-2) - self.means.unsqueeze(-3)
        variances = self.variances.unsqueeze(-3)
        gaussian = -0.5 * ((delta.square() / variances) + variances.log() + _LOG_2PI).sum(-1)
        # A weight of exactly zero is allowed; its logarithm must not poison the gradient of the others.
        return gaussian + self.weights.clamp_min(1e-30).log().unsqueeze(-2)

    def responsibilities(self, z: Tensor) -> Tensor:
        """E-step: P(component k | z), (..., n, M), for (..., n, d) latents (paper 3.4)."""
        return torch.softmax(self.component_log_prob(z), dim=-1)

    def sample(self, n: int, generator: Optional[torch.Generator] = None) -> Tensor:
        """Draw (..., n, d) latents, differentiable in weights, means and variances.

        The components are stratified: each gets its share of the n samples to within one. Gradients are
        exact pathwise ones by implicit reparameterisation (Figurnov et al. 2018): a sample moves so that its
        Rosenblatt transform stays what it was, which is what makes the weights differentiable.
        """
        with torch.no_grad():
            z = self._draw(n, generator)
        if torch.is_grad_enabled() and any(t.requires_grad for t in (self.weights, self.means, self.variances)):
            return self._reparameterise(z)
        return z

    def _draw(self, n: int, generator: Optional[torch.Generator]) -> Tensor:
        batch, device = self.weights.shape[:-1], self.weights.device
        offset = torch.rand(*batch, 1, generator=generator, device=device)
        steps = (torch.arange(n, device=device) + offset) / n
        edges = self.weights.cumsum(-1)
        edges = edges / edges[..., -1:]
        component = torch.searchsorted(edges.contiguous(), steps.contiguous(), right=True)
        index = component.clamp_max(self.components - 1).unsqueeze(-1).expand(*batch, n, self.dim)
        noise = torch.randn(*batch, n, self.dim, generator=generator, device=device)
        mean = self.means.gather(-2, index)
        return mean + self.variances.gather(-2, index).sqrt() * noise

    def _reparameterise(self, z: Tensor) -> Tensor:
        """Attach to fixed samples z the gradient that they have as functions of the parameters.

        Dimension by dimension: F_j is the distribution function of z_j given z_1..z_(j-1); keeping F_j
        constant gives dz_j = -dF_j / p_j.
        """
        log_weight = self.weights.clamp_min(1e-30).log().unsqueeze(-2).expand(*z.shape[:-1], self.components)
        moved = []
        for j in range(self.dim):
            mean, std = self.means[..., j].unsqueeze(-2), self.variances[..., j].sqrt().unsqueeze(-2)
            conditional = torch.softmax(log_weight, dim=-1)
            score = (z[..., j].unsqueeze(-1) - mean) / std
            cdf = (conditional * 0.5 * torch.erfc(-score / math.sqrt(2.0))).sum(-1)
            density = (conditional * torch.exp(-0.5 * score.square()) / (std * math.sqrt(2.0 * math.pi))).sum(-1)
            zj = z[..., j] - (cdf - cdf.detach()) / density.detach().clamp_min(1e-6)
            moved.append(zj)
            score = (zj.unsqueeze(-1) - mean) / std
            log_weight = log_weight - 0.5 * score.square() - std.log()
        return torch.stack(moved, dim=-1)

    def fit(
        self,
        z: Tensor,
        observation_weights: Optional[Tensor] = None,
        iterations: int = 20,
        variance_floor: float = 1e-3,
    ) -> GaussianMixture:
        """Maximum-likelihood update by EM, started at this mixture (paper 3.1).

        Args:
            z: (n, d) observed latents.
            observation_weights: (n,) non-negative weights; all equal if None.
            iterations: EM steps.
            variance_floor: added to every variance, as scikit-learn's ``reg_covar``.

        Returns:
            The updated mixture. A component that no observation belongs to keeps its place with weight 0.

        Raises:
            InputError: the weights are negative or all zero.
        """
        if observation_weights is None:
            observation_weights = torch.ones(z.shape[0], dtype=z.dtype, device=z.device)
        if not bool((observation_weights >= 0).all()) or not float(observation_weights.sum()) > 0:
            raise InputError("Observation weights must be non-negative and not all zero.")
        share = observation_weights / observation_weights.sum()
        mixture = self
        for _ in range(iterations):
            mass = mixture.responsibilities(z) * share.unsqueeze(-1)
            weights = mass.sum(0)
            means = mass.T @ z / weights.clamp_min(1e-12).unsqueeze(-1)
            spread = (mass.T @ z.square()) / weights.clamp_min(1e-12).unsqueeze(-1) - means.square()
            empty = (weights < 1e-12).unsqueeze(-1)
            mixture = GaussianMixture(
                weights / weights.sum(),
                torch.where(empty, mixture.means, means),
                torch.where(empty, mixture.variances, spread.clamp_min(0.0) + variance_floor),
            )
        return mixture


def standard_mixture(components: int, dim: int, seed: int = 0) -> GaussianMixture:
    """Equal components scattered so that the whole mixture has about zero mean and unit variance."""
    generator = torch.Generator().manual_seed(seed)
    means = 0.8 * torch.randn(components, dim, generator=generator)
    return GaussianMixture(
        torch.full((components,), 1.0 / components), means - means.mean(0), torch.full((components, dim), 0.36)
    )
