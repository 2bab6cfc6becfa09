"""Image encoders behind one interface, and their register: the compact one, and SAM's ViT-B.

A new encoder is a class here and an entry of `ENCODERS`; nothing else asks which one it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Callable, Dict, Optional, Sequence, Tuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from SPASegmentLib.errors import WeightsError
from SPASegmentLib.model import vit
from SPASegmentLib.model.sam import ImageEncoderViT, LayerNorm2d

#: Sizes that SAM's ViT-B is offered at; multiples of its patch of 16 pixels.
VIT_SIZES = (256, 512, 1024)
#: Channels of its embedding.
VIT_CHANNELS = 256


class Encoder(nn.Module):
    """(B, 1, S, S) normalised images to `ImageFeatures`."""

    def as_published(self, image: Tensor) -> ImageFeatures:
        """The same from the code that the weights were published with: what benchmarks compare with."""
        features: ImageFeatures = self(image)
        return features


@dataclass(frozen=True)
class ImageFeatures:
    """What the decoder sees of an image; computed once per frame.

    Attributes:
        embedding: (B, C, S / stride, S / stride).
        details: finer feature maps for the mask decoder's two upscaling steps, coarse first:
            (B, C / 4, 2 S / stride, ...) and (B, C / 8, 4 S / stride, ...); empty for encoders that have none.
    """

    embedding: Tensor
    details: Tuple[Tensor, ...] = ()

    def to(self, dtype: torch.dtype) -> ImageFeatures:
        """The same in another precision."""
        return ImageFeatures(self.embedding.to(dtype), tuple(d.to(dtype) for d in self.details))

    def expand(self, index: Tensor) -> ImageFeatures:
        """Rows of the batch picked (and repeated) by index."""
        return ImageFeatures(self.embedding[index], tuple(d[index] for d in self.details))


class _Block(nn.Module):
    """Residual pair of 3x3 convolutions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.body(x))


class CompactEncoder(Encoder):
    """A small residual pyramid: embedding at stride 8, details at strides 4 and 2.

    About 1 GFLOP at 128 x 128, so that a new frame costs a fraction of a second on two processor cores.

    Args:
        channels: C, of the embedding.
        widths: channels at strides 2, 4, 8 and 16.
    """

    def __init__(self, channels: int = 128, widths: Sequence[int] = (32, 64, 96, 128)) -> None:
        super().__init__()
        w2, w4, w8, w16 = widths
        self.stem = nn.Sequential(
            nn.Conv2d(1, w2, 5, stride=2, padding=2, bias=False), nn.BatchNorm2d(w2), nn.ReLU(inplace=True), _Block(w2)
        )
        self.down4 = self._down(w2, w4)
        self.down8 = self._down(w4, w8)
        self.down16 = self._down(w8, w16)
        self.lateral8 = nn.Conv2d(w8, channels, 1)
        self.lateral16 = nn.Conv2d(w16, channels, 1)
        self.neck = nn.Sequential(
            LayerNorm2d(channels), nn.Conv2d(channels, channels, 3, padding=1, bias=False), LayerNorm2d(channels)
        )
        self.detail4 = nn.Conv2d(w4, channels // 4, 1)
        self.detail2 = nn.Conv2d(w2, channels // 8, 1)

    @staticmethod
    def _down(inputs: int, outputs: int) -> nn.Sequential:
        return nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            _Block(outputs),
            _Block(outputs),
        )

    def forward(self, image: Tensor) -> ImageFeatures:
        """(B, 1, S, S) normalised images, S a multiple of 16."""
        x2 = self.stem(image)
        x4 = self.down4(x2)
        x8 = self.down8(x4)
        x16 = self.down16(x8)
        top = F.interpolate(self.lateral16(x16), scale_factor=2.0, mode="bilinear", align_corners=False)
        return ImageFeatures(self.neck(self.lateral8(x8) + top), (self.detail4(x4), self.detail2(x2)))


class ViTEncoder(Encoder):
    """SAM's ViT-B image encoder at 256, 512 or 1024 pixels: embedding of 256 channels at stride 16.

    Args:
        size: S, the side of the input image.
    """

    def __init__(self, size: int = 1024) -> None:
        super().__init__()
        self.vit = ImageEncoderViT(
            depth=12,
            embed_dim=768,
            img_size=size,
            mlp_ratio=4,
            norm_layer=partial(nn.LayerNorm, eps=1e-6),
            num_heads=12,
            patch_size=16,
            qkv_bias=True,
            use_rel_pos=True,
            global_attn_indexes=(2, 5, 8, 11),
            window_size=14,
            out_chans=VIT_CHANNELS,
        )

    def forward(self, image: Tensor) -> ImageFeatures:
        """(B, 1, S, S) images; the grey value serves all three colour channels."""
        return ImageFeatures(vit.encode(self.vit, image))

    def as_published(self, image: Tensor) -> ImageFeatures:
        """See `Encoder`: segment-anything's own forward."""
        return ImageFeatures(self.vit(image.expand(-1, 3, -1, -1)))


@dataclass(frozen=True)
class EncoderKind:
    """What the rest of the program knows of an encoder.

    Attributes:
        build: from the number of channels C of the embedding and the image's side S in pixels.
        stride: S divided by the embedding's side.
        details: whether it gives finer feature maps, see `ImageFeatures`.
        whole_frame: whether it sees the whole frame, as it was trained to, or a region around what was clicked on.
        half: whether it multiplies enough to gain from half precision.
        sam: whether its weights start from SAM's checkpoint.
        sizes: S that it is measured at.
        only_sizes: whether it runs at no other.
        channels: the only C that it has; None for any.
        defaults: of `network.NetworkConfig`, where they are not those of the compact encoder.
    """

    build: Callable[[int, int], Encoder]
    stride: int
    details: bool
    whole_frame: bool
    half: bool
    sam: bool
    sizes: Tuple[int, ...]
    only_sizes: bool = False
    channels: Optional[int] = None
    defaults: Dict[str, Any] = field(default_factory=dict)

    def check(self, name: str, channels: int, size: int) -> None:
        """Refuse what the encoder cannot be.

        Raises:
            WeightsError: it has other channels, or does not run at this size.
        """
        if self.channels is not None and channels != self.channels:
            raise WeightsError(f"The encoder {name} has {self.channels} embedding channels, not {channels}.")
        if self.only_sizes and size not in self.sizes:
            raise WeightsError(f"The encoder {name} runs at {self.sizes} pixels here, not {size}.")


ENCODERS: Dict[str, EncoderKind] = {
    "compact": EncoderKind(
        build=lambda channels, size: CompactEncoder(channels),
        stride=8,
        details=True,
        whole_frame=False,
        half=False,
        sam=False,
        sizes=(128, 256, 512, 1024),
    ),
    "vit_b": EncoderKind(
        build=lambda channels, size: ViTEncoder(size),
        stride=16,
        details=False,
        whole_frame=True,
        half=True,
        sam=True,
        sizes=VIT_SIZES,
        only_sizes=True,
        channels=VIT_CHANNELS,
        defaults={"image_size": 1024, "channels": VIT_CHANNELS, "mlp_dim": 2048, "mask_tokens": 4},
    ),
}


def resize_vit_positions(state: Dict[str, Tensor], size: int) -> Dict[str, Tensor]:
    """Fit a ViT-B state dict made for one image size to another, on purpose and completely.

    Absolute positions (1, h, w, c) are resized bicubically; relative positions (2 h - 1, c) of the global
    attention blocks linearly; those of windowed blocks do not depend on the image size and stay.

    Args:
        state: ``ImageEncoderViT`` state dict, keys as in the official checkpoint without ``image_encoder.``.
        size: wanted image side in pixels.
    """
    side = size // 16
    fitted = dict(state)
    positions = state["pos_embed"]
    if positions.shape[1] != side:
        resized = F.interpolate(
            positions.permute(0, 3, 1, 2).float(),
            size=(side, side),
            mode="bicubic",
            align_corners=False,
            antialias=True,
        )
        fitted["pos_embed"] = resized.permute(0, 2, 3, 1).to(positions.dtype)
    for block in (2, 5, 8, 11):
        for axis in ("rel_pos_h", "rel_pos_w"):
            key = f"blocks.{block}.attn.{axis}"
            relative = state[key]
            if relative.shape[0] != 2 * side - 1:
                line = relative.float().T.unsqueeze(0)
                resized = F.interpolate(line, size=2 * side - 1, mode="linear", align_corners=False)
                fitted[key] = resized[0].T.contiguous().to(relative.dtype)
    return fitted
