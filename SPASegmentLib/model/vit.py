"""SAM's ViT-B image encoder, computed the short way: the same numbers with less work.

The module and its weights are `segment-anything`'s. What is different: the padding of windows goes through no linear
layer, the relative positions are part of the product of queries and keys instead of two sums over every pair of
tokens, the attention maps are made a few heads at a time so that they stay in the cache, and a grey image is not
multiplied by the same weights three times. Matrices may be in half precision; sums and norms are not.
"""

from __future__ import annotations

from typing import Any, Tuple

import torch
from torch import Tensor
from torch.nn import functional as F

#: Attention weights held at a time.
_PAIRS = 1 << 21


def encode(vit: Any, image: Tensor) -> Tensor:
    """What ``ImageEncoderViT.forward`` returns for an image that is the same in all three colours.

    Args:
        vit: segment-anything's encoder.
        image: (B, 1, S, S) float32.

    Returns:
        (B, 256, S / 16, S / 16) float32.
    """
    patch = vit.patch_embed.proj
    grey = patch.weight.sum(1, keepdim=True)
    x = F.conv2d(image.to(grey.dtype), grey, patch.bias, patch.stride).permute(0, 2, 3, 1).float() + vit.pos_embed
    for block in vit.blocks:
        x = x + _attention(block.attn, block.norm1(x), block.window_size)
        x = x + block.mlp(block.norm2(x).to(block.mlp.lin1.weight.dtype))
    shrink, norm, mix, last = vit.neck
    x = F.linear(x.to(shrink.weight.dtype), shrink.weight.flatten(1)).float()
    x = F.layer_norm(x, x.shape[-1:], norm.weight, norm.bias, norm.eps).permute(0, 3, 1, 2)
    x = mix(x.to(mix.weight.dtype)).float().permute(0, 2, 3, 1)
    return F.layer_norm(x, x.shape[-1:], last.weight, last.bias, last.eps).permute(0, 3, 1, 2).contiguous()


def _attention(attention: Any, x: Tensor, window: int) -> Tensor:
    """One attention layer: (B, H, W, C) float32 to the same shape; `window` 0 attends to everything."""
    b, height, width, _ = x.shape
    qkv = attention.qkv(x.to(attention.qkv.weight.dtype))
    side = (window, window) if window else (height, width)
    qkv = _windows(qkv, attention.qkv.bias, side)
    count, heads = len(qkv), attention.num_heads
    # (3, windows x heads, tokens, c)
    q, k, v = qkv.view(count, side[0] * side[1], 3, heads, -1).permute(2, 0, 3, 1, 4).flatten(1, 2).unbind(0)
    asked, offered = _with_positions(attention, q, k, side)
    step = max(1, _PAIRS // (asked.shape[1] ** 2))
    seen = [
        torch.bmm(torch.softmax(torch.bmm(ask, offer.transpose(1, 2)), dim=-1), value)
        for ask, offer, value in zip(asked.split(step), offered.split(step), v.split(step))
    ]
    rows = torch.cat(seen).view(count, heads, *side, -1).permute(0, 2, 3, 1, 4).flatten(3)
    answered: Tensor = attention.proj(_unwindowed(rows, b, height, width))
    return answered


def _with_positions(attention: Any, q: Tensor, k: Tensor, side: Tuple[int, int]) -> Tuple[Tensor, Tensor]:
    """Queries and keys whose product is the scaled one plus the decomposed relative positions.

    A query brings what it gives to every row and column of keys, a key says in which row and column it is.
    """
    n, tokens, c = q.shape
    height, width = side
    grid = q.view(n, height, width, c)
    # Entry (i, j): what a query in row i gives to keys in row j.
    to_rows = _toeplitz(attention.rel_pos_h, height)
    to_columns = _toeplitz(attention.rel_pos_w, width)
    rows = torch.matmul(grid, to_rows.transpose(1, 2))
    columns = torch.matmul(grid.transpose(1, 2), to_columns.transpose(1, 2)).transpose(1, 2)
    spare = -(c + height + width) % 16
    asked = torch.cat(
        [q * attention.scale, rows.flatten(1, 2), columns.flatten(1, 2), q.new_zeros(n, tokens, spare)], dim=2
    )
    row = torch.eye(height, dtype=k.dtype, device=k.device).repeat_interleave(width, 0)
    column = torch.eye(width, dtype=k.dtype, device=k.device).repeat(height, 1)
    place = torch.cat([row, column, row.new_zeros(tokens, spare)], dim=1)
    return asked, torch.cat([k, place.expand(n, -1, -1)], dim=2)


def _toeplitz(relative: Tensor, size: int) -> Tensor:
    """(2 size - 1, c) by difference to (size, size, c) by query and key."""
    place = torch.arange(size, device=relative.device)
    return relative[place[:, None] - place[None, :] + size - 1]


def _windows(qkv: Tensor, bias: Tensor, side: Tuple[int, int]) -> Tensor:
    """(B, H, W, 3 C) to (windows, h, w, 3 C); beyond the image are the projections of zero."""
    b, height, width, c = qkv.shape
    h, w = side
    down, across = -(-height // h), -(-width // w)
    if (height, width) != (down * h, across * w):
        padded = bias.expand(b, down * h, across * w, c).contiguous()
        padded[:, :height, :width] = qkv
        qkv = padded
    return qkv.view(b, down, h, across, w, c).transpose(2, 3).reshape(-1, h, w, c)


def _unwindowed(rows: Tensor, b: int, height: int, width: int) -> Tensor:
    """(windows, h, w, C) back to (B, H, W, C)."""
    _, h, w, c = rows.shape
    down, across = -(-height // h), -(-width // w)
    whole = rows.view(b, down, across, h, w, c).transpose(2, 3).reshape(b, down * h, across * w, c)
    return whole[:, :height, :width]
