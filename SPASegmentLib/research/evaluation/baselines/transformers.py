"""The two transformer baselines: TransUNet (Chen et al. 2021) and SwinUNet (Cao et al. 2021), for small crops."""

from __future__ import annotations

from typing import Any, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from SPASegmentLib.research.data.images import needed
from SPASegmentLib.research.evaluation.baselines.crops import CROP
from SPASegmentLib.research.evaluation.baselines.unet import WIDTHS, UNet

#: TransUNet: blocks between the way down and the way up, heads of each, and hidden width in channels.
LAYERS, HEADS, HIDDEN = 3, 6, 2
#: SwinUNet: channels at strides 2, 4 and 8, heads there, blocks a stage, and the side of a window in tokens.
SWIN_WIDTHS, SWIN_HEADS, SWIN_DEPTH, WINDOW = (48, 96, 192), (3, 6, 12), 2, 4
#: SwinUNet: hidden width of a block in channels.
SWIN_HIDDEN = 4
#: SwinUNet: pixels of the crop that one token is made of, along each side.
PATCH = 2


class TransUNet(UNet):
    """The shared U-Net with a vision transformer on its deepest features, every pixel of which is a token."""

    def __init__(self) -> None:
        super().__init__()
        side, width = CROP >> (len(WIDTHS) - 1), WIDTHS[-1]
        self.positions = nn.Parameter(0.02 * torch.randn(1, side * side, width))
        self.blocks = nn.Sequential(
            *(
                nn.TransformerEncoderLayer(
                    width, HEADS, HIDDEN * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
                )
                for _ in range(LAYERS)
            ),
            nn.LayerNorm(width),
        )

    def features(self, image: Tensor) -> Tensor:
        """See `UNet`."""
        levels = self.descend(image)
        tokens = levels[-1].flatten(2).transpose(1, 2) + self.positions
        answered = self.blocks(tokens).transpose(1, 2).reshape(levels[-1].shape)
        return self.ascend(answered, levels)


class SwinStage(nn.Module):
    """Blocks of windowed attention, every second one with shifted windows (MONAI's).

    Args:
        width: channels.
        heads: of the attention.
        side: of the maps in tokens, a multiple of `WINDOW`.
    """

    def __init__(self, width: int, heads: int, side: int) -> None:
        super().__init__()
        swin: Any = needed("monai.networks.nets.swin_unetr")
        windows, shifts = (WINDOW, WINDOW), (WINDOW // 2, WINDOW // 2)
        self.blocks = nn.ModuleList(
            swin.SwinTransformerBlock(width, heads, windows, shifts if k % 2 else (0, 0), SWIN_HIDDEN)
            for k in range(SWIN_DEPTH)
        )
        self.register_buffer("mask", swin.compute_mask((side, side), windows, shifts, "cpu"), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, side, side, width) to the same."""
        for block in self.blocks:
            x = block(x, self.mask)
        return x


class Merge(nn.Module):
    """Four neighbouring tokens become one of twice the width."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.reduce = nn.LayerNorm(4 * width), nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, h, w, width) to (B, h / 2, w / 2, 2 width)."""
        merged = F.pixel_unshuffle(x.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)
        reduced: Tensor = self.reduce(self.norm(merged))
        return reduced


class Expand(nn.Module):
    """One token becomes `factor` x `factor` of another width.

    Args:
        width: channels before.
        after: channels afterwards.
        factor: along each side.
    """

    def __init__(self, width: int, after: int, factor: int = 2) -> None:
        super().__init__()
        self.factor = factor
        self.grow, self.norm = nn.Linear(width, factor * factor * after, bias=False), nn.LayerNorm(after)

    def forward(self, x: Tensor) -> Tensor:
        """(B, h, w, width) to (B, factor h, factor w, after)."""
        grown = F.pixel_shuffle(self.grow(x).permute(0, 3, 1, 2), self.factor).permute(0, 2, 3, 1)
        normed: Tensor = self.norm(grown)
        return normed


class SwinUNet(nn.Module):
    """A U-Net of nothing but windowed attention: patches in, merging on the way down, expanding on the way up.

    Args:
        widths: channels at strides `PATCH`, 2 `PATCH`, ...
        heads: of the attention there.
    """

    def __init__(self, widths: Sequence[int] = SWIN_WIDTHS, heads: Sequence[int] = SWIN_HEADS) -> None:
        super().__init__()
        sides = [CROP // PATCH >> k for k in range(len(widths))]
        above = list(zip(widths, heads, sides))[:-1]
        self.patches = nn.Conv2d(1, widths[0], PATCH, stride=PATCH)
        self.norm = nn.LayerNorm(widths[0])
        self.down = nn.ModuleList(SwinStage(*stage) for stage in zip(widths, heads, sides))
        self.merge = nn.ModuleList(Merge(width) for width in widths[:-1])
        self.expand = nn.ModuleList(Expand(2 * width, width) for width, _, _ in reversed(above))
        self.join = nn.ModuleList(nn.Linear(2 * width, width) for width, _, _ in reversed(above))
        self.up = nn.ModuleList(SwinStage(*stage) for stage in reversed(above))
        self.last = Expand(widths[0], widths[0] // 2, PATCH)
        self.head = nn.Linear(widths[0] // 2, 1)

    def forward(self, image: Tensor) -> Tensor:
        """(B, 1, CROP, CROP) to (B, 1, CROP, CROP) logits."""
        x = self.norm(self.patches(image).permute(0, 2, 3, 1))
        levels: list[Tensor] = []
        for k, stage in enumerate(self.down):
            x = stage(x if k == 0 else self.merge[k - 1](x))
            levels.append(x)
        for expand, join, stage, skip in zip(self.expand, self.join, self.up, reversed(levels[:-1])):
            x = stage(join(torch.cat([expand(x), skip], -1)))
        logits: Tensor = self.head(self.last(x)).permute(0, 3, 1, 2)
        return logits
