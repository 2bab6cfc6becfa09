"""The trained baselines: which network, which target, which loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, Tuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from SPASegmentLib.interaction.simulated_user import corrective_click
from SPASegmentLib.research.evaluation.baselines.click_network import ClickNetwork
from SPASegmentLib.research.evaluation.baselines.crops import SLOTS, Crops
from SPASegmentLib.research.evaluation.baselines.probabilistic import ProbabilisticUNet
from SPASegmentLib.research.evaluation.baselines.unet import UNet

#: Rounds of clicks that the click network is trained on.
CLICK_ROUNDS = 3


@dataclass(frozen=True)
class Kind:
    """One baseline.

    Attributes:
        make: the untrained network.
        loss: of a batch.
        description: for the card and the report.
    """

    make: Callable[[], nn.Module]
    loss: Callable[[nn.Module, Crops], Tensor]
    description: str


def mask_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy plus 1 - soft Dice, over the last two axes of maps of one shape; a mean over the rest."""
    logits = logits.float()
    p = torch.sigmoid(logits)
    overlap, size = (p * target).sum((-2, -1)), p.sum((-2, -1)) + target.sum((-2, -1))
    return F.binary_cross_entropy_with_logits(logits, target) + (1 - (2 * overlap + 1) / (size + 1)).mean()


def _majority(network: nn.Module, crops: Crops) -> Tensor:
    return mask_loss(network(crops.images)[:, 0], crops.majority)


def _single(network: nn.Module, crops: Crops) -> Tensor:
    # Cross-entropy alone, whose optimum is the share of raters; a Dice term would push it to 0 or 1.
    return F.binary_cross_entropy_with_logits(network(crops.images)[:, 0].float(), crops.single)


def _heads(network: nn.Module, crops: Crops) -> Tensor:
    return mask_loss(network(crops.images), crops.raters)


def _elbo(network: nn.Module, crops: Crops) -> Tensor:
    assert isinstance(network, ProbabilisticUNet)
    entropy, divergence = network.elbo(crops.images, crops.single.unsqueeze(1))
    return (entropy + divergence).mean() / 64.0


def _clicks(network: nn.Module, crops: Crops) -> Tensor:
    """Some rounds of clicks on the largest error, each with the mask before it as a prompt (as SAM is trained)."""
    assert isinstance(network, ClickNetwork)
    features = network.encode(crops.images)
    points, labels = crops.clicks.unsqueeze(1), torch.ones(len(crops.clicks), 1)
    total, previous = torch.zeros(()), None
    for j in range(CLICK_ROUNDS):
        logits = network(features, points, labels, previous)
        total = total + mask_loss(logits, crops.combination) / CLICK_ROUNDS
        if j + 1 < CLICK_ROUNDS:
            previous = logits.detach().float()
            added = [corrective_click(m, t) for m, t in zip((previous > 0).numpy(), (crops.combination > 0.5).numpy())]
            where = [(c.x, c.y) if c else (0.0, 0.0) for c in added]
            what = [float(c.positive) if c else -1.0 for c in added]
            points = torch.cat([points, torch.tensor(where).unsqueeze(1)], 1)
            labels = torch.cat([labels, torch.tensor(what).unsqueeze(1)], 1)
    return total


KINDS: Dict[str, Kind] = {
    "unet": Kind(UNet, _majority, "U-Net, majority vote"),
    "label-sampling": Kind(UNet, _single, "U-Net, a random rater's label at every step"),
    "multi-head": Kind(
        lambda: UNet(outputs=SLOTS), _heads, "U-Net with a head per rater (raters ordered by area, since LIDC's are "
        "anonymous)"
    ),
    "probabilistic": Kind(ProbabilisticUNet, _elbo, "Probabilistic U-Net"),
    "clicks": Kind(ClickNetwork, _clicks, "click-only network with SPA's compact encoder, in the manner of SAM"),
}  # fmt: skip

#: Trained networks by name: kind and seed. The members of the ensemble differ in their seed alone.
NETWORKS: Dict[str, Tuple[str, int]] = {
    "unet-0": ("unet", 0),
    "probabilistic": ("probabilistic", 0),
    "clicks": ("clicks", 0),
    "label-sampling": ("label-sampling", 0),
    "multi-head": ("multi-head", 0),
    "unet-1": ("unet", 1),
    "unet-2": ("unet", 2),
}
