"""The preference distribution as a session uses it (paper 3.1, eq. 1).

It is a real mixture: a component is drawn, then a Gaussian of that component. `model.mixture` has the same with
gradients and batches, for training.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logsumexp

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.draws import Draws, from_numpy
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: Added to every variance of a fit, as scikit-learn's ``reg_covar``.
VARIANCE_FLOOR = 1e-3


@dataclass(frozen=True)
class ArrayMixture:
    """A mixture of M Gaussians with diagonal covariance in d dimensions (an `interaction.predictor` distribution).

    Attributes:
        weights: (M,) float, non-negative, summing to 1.
        means: (M, d) float.
        variances: (M, d) float, positive.
        draws: where its random numbers come from.
    """

    weights: np.ndarray
    means: np.ndarray
    variances: np.ndarray
    draws: Draws = from_numpy

    def __post_init__(self) -> None:
        if self.means.shape != self.variances.shape or self.weights.shape != self.means.shape[:-1]:
            raise InputError(
                _(
                    "A mixture needs weights (M,) and means and variances (M, d), not {weights}, {means}, {variances}."
                ).format(weights=self.weights.shape, means=self.means.shape, variances=self.variances.shape)
            )

    @classmethod
    def standard(cls, components: int, dim: int, seed: int = 0) -> ArrayMixture:
        """Equal components scattered so that the whole mixture has about zero mean and unit variance."""
        means = 0.8 * np.random.default_rng(seed).standard_normal((components, dim))
        weights = np.full(components, 1.0 / components)
        return cls(weights, means - means.mean(axis=0), np.full((components, dim), 0.36))

    @property
    def components(self) -> int:
        """M."""
        return int(self.means.shape[0])

    @property
    def dim(self) -> int:
        """d."""
        return int(self.means.shape[1])

    def draw(self, n: int, seed: int) -> np.ndarray:
        """(n, d) latents; the components are stratified, each gets its share of n to within one."""
        offset, noise = self.draws(n, self.dim, seed)
        edges = np.cumsum(self.weights)
        steps = (np.arange(n, dtype=edges.dtype) + edges.dtype.type(offset)) / edges.dtype.type(n)
        component = np.searchsorted(edges / edges[-1], steps, side="right")
        component = np.minimum(component, self.components - 1)
        return np.asarray(self.means[component] + np.sqrt(self.variances[component]) * noise)

    def updated(self, latents: np.ndarray, weights: np.ndarray, iterations: int = 8) -> ArrayMixture:
        """Maximum-likelihood update by EM, started at this mixture.

        Args:
            latents: (n, d) observed.
            weights: (n,) non-negative, not all zero.
            iterations: EM steps.

        Returns:
            The updated mixture. A component that no observation belongs to keeps its place with weight 0.

        Raises:
            InputError: the weights are negative or all zero.
        """
        if not bool((weights >= 0).all()) or not float(weights.sum()) > 0:
            raise InputError(_("Observation weights must be non-negative and not all zero."))
        share = (weights / weights.sum()).astype(self.weights.dtype)
        mixture = self
        for _step in range(iterations):
            joint = mixture.component_log_prob(latents)
            mass = np.exp(joint - logsumexp(joint, axis=1, keepdims=True)) * share[:, None]
            total = mass.sum(axis=0)
            per = np.maximum(total, 1e-12)[:, None]
            means = mass.T @ latents / per
            spread = mass.T @ np.square(latents) / per - np.square(means)
            empty = (total < 1e-12)[:, None]
            mixture = replace(
                mixture,
                weights=total / total.sum(),
                means=np.where(empty, mixture.means, means),
                variances=np.where(empty, mixture.variances, np.maximum(spread, 0.0) + VARIANCE_FLOOR),
            )
        return mixture

    def component_log_prob(self, z: np.ndarray) -> np.ndarray:
        """log(w_k N(z; mu_k, var_k)) for (n, d) latents: (n, M)."""
        square = (np.square(z[:, None] - self.means) / self.variances + np.log(self.variances)).sum(axis=-1)
        gaussian = -0.5 * (square + self.dim * math.log(2.0 * math.pi))
        return np.asarray(gaussian + np.log(np.maximum(self.weights, 1e-30)))
