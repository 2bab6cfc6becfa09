"""MRNet (Ji et al. 2021): one network, told how much each rater counts, that also says where raters disagree."""

from __future__ import annotations

from typing import Sequence, Tuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from SPASegmentLib.research.evaluation.baselines.crops import SLOTS
from SPASegmentLib.research.evaluation.baselines.unet import WIDTHS, UNet


def fused(raters: Tensor, expertise: Tensor) -> Tensor:
    """What raters say together: (B, R, S, S) masks and (B, R) shares that sum to 1 to (B, S, S) in 0..1."""
    return (raters * expertise[:, :, None, None]).sum(1)


def drawn_expertise(count: int) -> Tensor:
    """(count, SLOTS) shares as the network is trained with them, drawn by PyTorch's generator.

    One third are a single rater, one third all raters alike, and one third anything.
    """
    single = F.one_hot(torch.randint(SLOTS, (count,)), SLOTS).float()
    alike = torch.full((count, SLOTS), 1.0 / SLOTS)
    anything = torch.rand(count, SLOTS) + 1e-3
    kind = torch.randint(3, (count, 1))
    shares = torch.where(kind == 0, single, torch.where(kind == 1, alike, anything))
    return shares / shares.sum(1, keepdim=True)


class Expertise(nn.Module):
    """Puts the raters' shares into features: one step of a convolutional LSTM whose state is the features.

    Args:
        width: channels of the features.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gates = nn.Conv2d(SLOTS + width, 4 * width, 1)

    def forward(self, features: Tensor, expertise: Tensor) -> Tensor:
        """(B, width, h, w) features and (B, SLOTS) shares to features."""
        told = expertise[:, :, None, None].expand(-1, -1, *features.shape[-2:]).to(features.dtype)
        take, forget, give, new = self.gates(torch.cat([told, features], 1)).chunk(4, dim=1)
        cell = torch.sigmoid(forget) * features + torch.sigmoid(take) * torch.tanh(new)
        return torch.sigmoid(give) * torch.tanh(cell)


class MRNet(UNet):
    """The shared U-Net with expertise-aware inference, reconstruction of every rater, and a second look.

    The first mask and the features give back every rater's mask (`reconstruct`); where these disagree, the features
    are raised, and the second look (`perceive`) sees them again.
    """

    def __init__(self) -> None:
        super().__init__()
        first = WIDTHS[0]
        self.expertise = Expertise(WIDTHS[-1])
        self.reconstruct = nn.Sequential(
            nn.Conv2d(first + 1, first, 3, padding=1), nn.ReLU(), nn.Conv2d(first, SLOTS, 1)
        )
        self.perceive = nn.Sequential(nn.Conv2d(first + 1, first, 3, padding=1), nn.ReLU(), nn.Conv2d(first, 1, 1))

    def graded(self, levels: Sequence[Tensor], expertise: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        """All that is trained on.

        Args:
            levels: of B images, from `descend`.
            expertise: (B, SLOTS), shares that sum to 1.

        Returns:
            Logits: (B, S, S) first mask, (B, SLOTS, S, S) the raters' masks, (B, S, S) second mask.
        """
        features = self.ascend(self.expertise(levels[-1], expertise), levels)
        first = self.head(features)
        raters = self.reconstruct(torch.cat([features, torch.sigmoid(first)], 1))
        disagreement = torch.sigmoid(raters).std(1, keepdim=True)
        second = self.perceive(torch.cat([features * (1 + disagreement), torch.sigmoid(first)], 1))
        return first[:, 0], raters, second[:, 0]

    def forward(self, image: Tensor) -> Tensor:
        """(B, 1, S, S) to (B, 1 + SLOTS, S, S) logits: of all raters alike, and of each alone."""
        levels, shares = self.descend(image), torch.cat([torch.full((1, SLOTS), 1.0 / SLOTS), torch.eye(SLOTS)])
        return torch.stack([self.graded(levels, one.expand(len(image), -1))[2] for one in shares], 1)
