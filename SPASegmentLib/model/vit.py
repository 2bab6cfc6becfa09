"""SAM's ViT image encoder, for weights of any precision: segment-anything's modules, of which the attention runs here.

What is different from segment-anything's own forward: the padding of windows goes through no linear layer, the relative
positions are added by the product of queries and keys itself, and attention maps are made a part at a time, so that
they stay small. Matrices may be in half precision; sums and norms are in single. PyTorch's
``scaled_dot_product_attention`` takes 10 % longer for the whole encoder at 512 pixels on a processor, and
segment-anything's own forward under autocast 25 %.
"""

from __future__ import annotations

import importlib
from typing import Any

import torch
from torch import Tensor

from SPASegmentLib.model import sam

_image_encoder: Any = importlib.import_module(sam.ImageEncoderViT.__module__)

#: Attention weights held at a time.
_PAIRS = 1 << 22


def encode(vit: Any, image: Tensor) -> Tensor:
    """What ``ImageEncoderViT.forward`` returns for an image that is the same in all three colours.

    Args:
        vit: segment-anything's encoder.
        image: (B, 1, S, S) float32.

    Returns:
        (B, 256, S / 16, S / 16) float32.
    """
    patches = vit.patch_embed(image.expand(-1, 3, -1, -1).to(vit.patch_embed.proj.weight.dtype))
    x = patches + vit.pos_embed
    for block in vit.blocks:
        x = x + _attention(block.attn, block.norm1(x), block.window_size)
        x = x + block.mlp(block.norm2(x).to(block.mlp.lin1.weight.dtype))
    x = x.permute(0, 3, 1, 2)
    for layer in vit.neck:
        x = layer(x.to(layer.weight.dtype))
    return x


def _attention(layer: Any, x: Tensor, window: int) -> Tensor:
    """One attention layer: (B, H, W, C) float32 to the same shape; `window` 0 attends to everything."""
    height, width = x.shape[1:3]
    qkv = layer.qkv(x.to(layer.qkv.weight.dtype))
    if not window:
        return torch.as_tensor(layer.proj(_look(layer, qkv)))
    # Beyond the image there are the projections of zero.
    beyond = layer.qkv.bias.to(qkv.dtype).expand(len(x), height + -height % window, width + -width % window, -1)
    whole = beyond.clone()
    whole[:, :height, :width] = qkv
    windows, size = _image_encoder.window_partition(whole, window)
    seen = _image_encoder.window_unpartition(_look(layer, windows), window, size, (height, width))
    return torch.as_tensor(layer.proj(seen))


def _look(layer: Any, qkv: Tensor) -> Tensor:
    """(n, h, w, 3 C) queries, keys and values to (n, h, w, C): every token looks at all of its window."""
    n, h, w, _ = qkv.shape
    split = qkv.view(n, h * w, 3, layer.num_heads, -1).permute(2, 0, 3, 1, 4).flatten(1, 2)
    rows = _image_encoder.get_rel_pos(h, h, layer.rel_pos_h).to(qkv.dtype)
    columns = _image_encoder.get_rel_pos(w, w, layer.rel_pos_w).to(qkv.dtype)
    seen = []
    for q, k, v in zip(*(part.split(max(1, _PAIRS // (h * w) ** 2)) for part in split)):
        asked = q.unflatten(1, (h, w))
        by_row = torch.einsum("nhwc,hyc->nhwy", asked, rows).contiguous()
        by_column = torch.einsum("nhwc,wxc->nhwx", asked, columns).contiguous()
        score = (by_row.unsqueeze(-1) + by_column.unsqueeze(-2)).view(len(q), h * w, h * w)
        seen.append(torch.softmax(torch.baddbmm(score, q, k.transpose(1, 2), alpha=layer.scale), dim=-1) @ v)
    return torch.cat(seen).view(n, layer.num_heads, h, w, -1).permute(0, 2, 3, 1, 4).flatten(3)
