"""The small U-Net that all trained baselines share."""

from __future__ import annotations

from typing import List, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

#: Channels from full to eighth resolution: with about a million parameters about the size of SPA's compact encoder.
WIDTHS = (24, 48, 96, 192)


def _pair(inputs: int, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for i in range(2):
        layers += [
            nn.Conv2d(inputs if i == 0 else outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """Ronneberger et al. 2015, with batch normalisation and bilinear upscaling.

    Args:
        inputs: channels of the image.
        outputs: maps it predicts, as logits.
        widths: channels at strides 1, 2, 4, ...
    """

    def __init__(self, inputs: int = 1, outputs: int = 1, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        self.down = nn.ModuleList([_pair(a, b) for a, b in zip((inputs, *widths), widths)])
        self.up = nn.ModuleList([_pair(deep + high, high) for deep, high in zip(widths[:0:-1], widths[-2::-1])])
        self.head = nn.Conv2d(widths[0], outputs, 1)

    def features(self, image: Tensor) -> Tensor:
        """(B, inputs, S, S) to (B, widths[0], S, S), S a multiple of 8."""
        levels = self.descend(image)
        return self.ascend(levels[-1], levels)

    def descend(self, image: Tensor) -> List[Tensor]:
        """The way down: maps at strides 1, 2, 4, ..."""
        levels: List[Tensor] = []
        x = image
        for i, block in enumerate(self.down):
            x = block(x if i == 0 else F.max_pool2d(x, 2))
            levels.append(x)
        return levels

    def ascend(self, deepest: Tensor, levels: Sequence[Tensor]) -> Tensor:
        """The way up: from what the deepest maps have become, past the others of `descend`."""
        x = deepest
        for block, skip in zip(self.up, reversed(levels[:-1])):
            x = block(torch.cat([F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False), skip], 1))
        return x

    def forward(self, image: Tensor) -> Tensor:
        """(B, inputs, S, S) to (B, outputs, S, S) logits."""
        logits: Tensor = self.head(self.features(image))
        return logits
