"""What training rewards: a good recommended prediction, and a useful *set* of predictions.

The released code trains only the mean of the predictions, so nothing makes them differ. Here the set is
trained too: at least one prediction near every mask that a user may want (best of N, as in Tyche), and
predictions distributed as those masks are (energy distance, whose optimum is the true distribution).
All maps are probabilities (B, ..., h, w); every loss is a mean over the batch.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Dict

import torch
from torch import Tensor
from torch.nn import functional as F

from SPASegmentLib.errors import InputError
from SPASegmentLib.model.mixture import GaussianMixture


@dataclass(frozen=True)
class LossWeights:
    """Weight of each term in a round's loss."""

    recommended: float = 1.0
    best_of_n: float = 0.5
    energy: float = 1.0
    components: float = 0.05

    def __post_init__(self) -> None:
        for each in fields(self):
            if getattr(self, each.name) < 0:
                raise InputError(
                    f"train: unroll: weights: {each.name} must not be negative, as {getattr(self, each.name)} is."
                )


def soft_dice(a: Tensor, b: Tensor, smooth: float = 1.0) -> Tensor:
    """Dice over the last two axes of broadcastable maps in 0..1."""
    overlap = (a * b).sum((-2, -1))
    return (2 * overlap + smooth) / (a.square().sum((-2, -1)) + b.square().sum((-2, -1)) + smooth)


def pairwise_dice(a: Tensor, b: Tensor, smooth: float = 1.0) -> Tensor:
    """(B, n, h, w) and (B, m, h, w) maps in 0..1 to (B, n, m) Dice, as one matrix product."""
    a, b = a.flatten(2), b.flatten(2)
    size = a.square().sum(-1).unsqueeze(2) + b.square().sum(-1).unsqueeze(1)
    return (2 * a @ b.transpose(1, 2) + smooth) / (size + smooth)


def jaccard_distances(a: Tensor, b: Tensor, smooth: float = 1.0) -> Tensor:
    """(B, n, p) and (B, m, p) flat maps to (B, n, m) distances 1 - sum(min) / sum(max).

    On binary maps this is 1 - IoU, a metric of negative type, which makes the energy distance proper.
    """
    difference = torch.cdist(a, b, p=1)
    total = a.sum(-1).unsqueeze(2) + b.sum(-1).unsqueeze(1)
    return 1.0 - (total - difference + smooth) / (total + difference + smooth)


def energy_distance(predictions: Tensor, targets: Tensor) -> Tensor:
    """E d(s, y) - E d(s, s') / 2 between (B, N, h, w) predictions and (B, T, h, w) targets.

    The term among the targets is constant and left out. Maps are pooled to at most 32 x 32 first.
    """
    factor = max(1, predictions.shape[-1] // 32)
    s = F.avg_pool2d(predictions, factor).flatten(2)
    y = F.avg_pool2d(targets, factor).flatten(2)
    n = s.shape[1]
    between = jaccard_distances(s, y).mean((1, 2))
    within = jaccard_distances(s, s).sum((1, 2)) / (n * (n - 1))
    return (between - 0.5 * within).mean()


def recommended_loss(recommended: Tensor, targets: Tensor) -> Tensor:
    """Dice and cross-entropy of the (B, h, w) recommended prediction, a mean over all (B, T, h, w) targets.

    The first recommendation has to serve whoever comes; judged by one drawn user, its gradient is mostly noise.
    """
    shown = recommended.unsqueeze(1).expand_as(targets)
    # In float32: the mean of N probabilities can round to exactly 0 or 1.
    cross_entropy = F.binary_cross_entropy(shown.clamp(1e-5, 1 - 1e-5), targets, reduction="none")
    # A small object fills few pixels of the region; weigh its pixels by the region it occupies.
    area = targets.sum((-2, -1)).clamp_min(8.0)
    return ((cross_entropy.sum((-2, -1)) / (4.0 * area)).clamp_max(5.0) + 1 - soft_dice(shown, targets)).mean()


def best_of_n(predictions: Tensor, targets: Tensor) -> Tensor:
    """For each target the distance of its nearest prediction."""
    return (1 - pairwise_dice(predictions, targets).amax(1)).mean()


def component_targets(mixture: GaussianMixture, latents: Tensor, dice: Tensor, sharpness: float = 30.0) -> Tensor:
    """E-step on latents: how much each component is responsible for the latents whose masks fit the user.

    Args:
        mixture: batch of B mixtures.
        latents: (B, N, d).
        dice: (B, N) of their masks with the user's mask.
        sharpness: how much more a better fit counts.

    Returns:
        (B, M), without gradient (paper 3.4: the weights' analytical target; on latents, not on pixel values).
    """
    with torch.no_grad():
        fit = torch.softmax(sharpness * dice, dim=1)
        return (fit.unsqueeze(-1) * mixture.responsibilities(latents)).sum(1)


def round_loss(
    predictions: Tensor, latents: Tensor, mixture: GaussianMixture, user: Tensor, targets: Tensor, weights: LossWeights
) -> tuple[Tensor, Dict[str, Tensor]]:
    """Loss of one round, and its terms without gradient.

    Args:
        predictions: (B, N, h, w) probabilities, float32.
        latents: (B, N, d) they were decoded from.
        mixture: they were drawn from.
        user: (B, h, w) the user's mask.
        targets: (B, T, h, w) masks that users of this image may want, given what was said so far.
        weights: of the terms.
    """
    recommended = predictions.mean(1)
    dice = pairwise_dice(predictions.detach(), user.unsqueeze(1))[..., 0]
    wanted = component_targets(mixture, latents, dice)
    terms = {
        "recommended": recommended_loss(recommended, targets),
        "best_of_n": best_of_n(predictions, targets),
        "energy": energy_distance(predictions, targets),
        "components": -(wanted * mixture.weights.clamp_min(1e-6).log()).sum(-1).mean(),
    }
    loss = sum((getattr(weights, name) * value for name, value in terms.items()), torch.zeros(()))
    return loss, {name: value.detach() for name, value in terms.items()}
