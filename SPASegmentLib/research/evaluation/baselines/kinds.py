"""The trained baselines: which network, which target, which loss, and which mask it recommends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, Optional, Tuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from SPASegmentLib.research.evaluation.baselines.click_network import (
    AdaptedNetwork,
    ClickNetwork,
    bundled_network,
    random_network,
)
from SPASegmentLib.research.evaluation.baselines.crops import SLOTS, Crops
from SPASegmentLib.research.evaluation.baselines.mrnet import MRNet, drawn_expertise, fused
from SPASegmentLib.research.evaluation.baselines.probabilistic import ProbabilisticUNet
from SPASegmentLib.research.evaluation.baselines.transformers import SwinUNet, TransUNet
from SPASegmentLib.research.evaluation.baselines.unet import UNet
from SPASegmentLib.research.training.boxes import SLOPPY, sloppy_box
from SPASegmentLib.research.training.clicks import corrective_clicks

#: Rounds of clicks that the click network is trained on.
CLICK_ROUNDS = 3


def mean_map(network: nn.Module, crops: Crops) -> Tensor:
    """The mean of all maps that a network has for an image."""
    return torch.sigmoid(network(crops.images).float()).mean(1)


@dataclass(frozen=True)
class Kind:
    """One baseline.

    Attributes:
        make: the untrained network.
        loss: of a batch.
        description: for the card and the report.
        recommended: (B, CROP, CROP) probabilities for a batch, after the first prompt.
        pace: factor on the learning rate: transformers, and what begins with trained weights, want smaller steps.
        bundled: whether it begins with SPA's bundled weights.
    """

    make: Callable[[], nn.Module]
    loss: Callable[[nn.Module, Crops], Tensor]
    description: str
    recommended: Callable[[nn.Module, Crops], Tensor] = mean_map
    pace: float = 1.0
    bundled: bool = False


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


def _grades(network: nn.Module, crops: Crops) -> Tensor:
    """MRNet: both masks against what the raters say together, and every rater's mask against the rater's."""
    assert isinstance(network, MRNet)
    expertise = drawn_expertise(len(crops.images))
    wanted = fused(crops.raters, expertise)
    first, raters, second = network.graded(network.descend(crops.images), expertise)
    # Shares of raters, as in `_single`, for which a Dice term does not do.
    agreed = sum(F.binary_cross_entropy_with_logits(logits.float(), wanted) for logits in (first, second))
    return agreed + mask_loss(raters, crops.raters)


def _clicks(network: nn.Module, crops: Crops) -> Tensor:
    return _answered(network, crops, boxes=None)


def _boxes(network: nn.Module, crops: Crops) -> Tensor:
    return _answered(network, crops, boxes_around(crops))


def _answered(network: nn.Module, crops: Crops, boxes: Optional[Tensor]) -> Tensor:
    """Some rounds of clicks on the largest error, each with the mask before it as a prompt (as SAM is trained)."""
    assert isinstance(network, ClickNetwork)
    features = network.encode(crops.images)
    points, labels = first_clicks(crops, boxes)
    total, previous = torch.zeros(()), None
    for j in range(CLICK_ROUNDS):
        logits = network(features, points, labels, previous, boxes)
        total = total + mask_loss(logits, crops.combination) / CLICK_ROUNDS
        if j + 1 < CLICK_ROUNDS:
            previous = logits.detach().float()
            where, what = corrective_clicks(previous > 0, crops.combination > 0.5)
            points, labels = torch.cat([points, where.unsqueeze(1)], 1), torch.cat([labels, what.unsqueeze(1)], 1)
    return total


def first_clicks(crops: Crops, boxes: Optional[Tensor]) -> Tuple[Tensor, Tensor]:
    """(B, P, 2) points and (B, P) labels of the first prompt: the click, or none beside a box."""
    points = crops.clicks.unsqueeze(1)[:, : 1 if boxes is None else 0]
    return points, torch.ones(points.shape[:2])


def boxes_around(crops: Crops) -> Tensor:
    """(B, 4) boxes in crop pixels around what is wanted, their edges moved by PyTorch's generator.

    Where the majority of a combination is empty, around what any rater drew.
    """
    off = SLOPPY * torch.randn(len(crops.images), 4)
    boxes = [
        sloppy_box(wanted, o) or sloppy_box(drawn, o)
        for wanted, drawn, o in zip(crops.combination.numpy(), crops.raters.amax(1).numpy(), off.numpy())
    ]
    return torch.tensor(boxes, dtype=torch.float32)


def _sampled(network: nn.Module, crops: Crops) -> Tensor:
    assert isinstance(network, ProbabilisticUNet)
    return torch.sigmoid(network.sample(crops.images, 8, torch.Generator().manual_seed(0)).float()).mean(1)


def _alike(network: nn.Module, crops: Crops) -> Tensor:
    return torch.sigmoid(network(crops.images)[:, 0].float())


def _clicked(network: nn.Module, crops: Crops) -> Tensor:
    return _prompted(network, crops, boxes=None)


def _boxed(network: nn.Module, crops: Crops) -> Tensor:
    return _prompted(network, crops, boxes_around(crops))


def _prompted(network: nn.Module, crops: Crops, boxes: Optional[Tensor]) -> Tensor:
    assert isinstance(network, ClickNetwork)
    return torch.sigmoid(network(network.encode(crops.images), *first_clicks(crops, boxes), None, boxes).float())


KINDS: Dict[str, Kind] = {
    "unet": Kind(UNet, _majority, "U-Net, majority vote"),
    "transunet": Kind(TransUNet, _majority, "TransUNet: the U-Net with a transformer at its deepest level", pace=0.25),
    "swinunet": Kind(SwinUNet, _majority, "SwinUNet: windowed attention (MONAI's) alone", pace=0.25),
    "label-sampling": Kind(UNet, _single, "U-Net, a random rater's label at every step"),
    "multi-head": Kind(
        lambda: UNet(outputs=SLOTS), _heads, "U-Net with a head per rater (raters ordered by area, since LIDC's are "
        "anonymous)"
    ),
    "probabilistic": Kind(ProbabilisticUNet, _elbo, "Probabilistic U-Net", _sampled),
    "mrnet": Kind(MRNet, _grades, "MRNet on the U-Net (raters ordered by area, as above)", _alike),
    "clicks": Kind(
        lambda: ClickNetwork(random_network()), _clicks, "click-only network with SPA's compact encoder, in the manner "
        "of SAM", _clicked
    ),
    "medsam": Kind(
        lambda: ClickNetwork(bundled_network()), _boxes, "in the manner of MedSAM: a box first, then clicks; all of "
        "SPA's bundled weights but the preference, trained on", _boxed, pace=0.25, bundled=True
    ),
    "msa": Kind(
        AdaptedNetwork, _clicks, "in the manner of MSA: adapters in SPA's bundled encoder, which is frozen; prompt "
        "encoder and decoder trained on", _clicked, pace=0.25, bundled=True
    ),
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
    "transunet": ("transunet", 0),
    "swinunet": ("swinunet", 0),
    "mrnet": ("mrnet", 0),
    "medsam": ("medsam", 0),
    "msa": ("msa", 0),
}
