"""SAM's ViT-B image encoder, computed the short way: the same numbers with less work.

The module and its weights are `segment-anything`'s. What is different: the padding of windows goes through no linear
layer and asks for nothing, the relative positions are part of the product of queries and keys instead of two sums
over every pair of tokens, the attention maps are made a few heads at a time so that they stay in the cache, and a
grey image is not multiplied by the same weights three times. Matrices may be in half precision; sums and norms are not.
"""

from __future__ import annotations

from typing import Any, Tuple

import numpy as np
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
    side = (window, window) if window else (height, width)
    down, across = -(-height // side[0]), -(-width // side[1])
    qkv = attention.qkv(x.to(attention.qkv.weight.dtype))
    qkv, bias = (t.unflatten(-1, (3, attention.num_heads, -1)) for t in (qkv, attention.qkv.bias))
    # Keys beyond the image are the projections of zero; queries there are none.
    padded = bias[1:].expand(b, down * side[0], across * side[1], -1, -1, -1).contiguous()
    padded[:, :height, :width] = qkv[..., 1:, :, :]
    asked = _asked(attention, qkv[..., 0, :, :], side)
    offered = _offered(padded[..., 0, :, :], side, asked.shape[-1])
    value = padded[..., 1, :, :]
    seen = torch.empty_like(qkv[..., 0, :, :], memory_format=torch.contiguous_format)
    for top in range(0, height, side[0]):
        for left in range(0, width, side[1]):
            part = np.s_[:, top : top + side[0], left : left + side[1]]
            seen[part] = _look(asked[part], offered[part], value[part])
    answered: Tensor = attention.proj(seen.flatten(3))
    return answered


def _look(asked: Tensor, offered: Tensor, value: Tensor) -> Tensor:
    """Attention in a window: (B, h, w, heads, c) queries, and (B, H, W, heads, c) keys and values that they meet."""
    b, h, w, heads, _ = asked.shape
    # (B x heads, tokens, c)
    asked, offered, value = (t.flatten(1, 2).transpose(1, 2).flatten(0, 1) for t in (asked, offered, value))
    step = max(1, _PAIRS // (asked.shape[1] * offered.shape[1]))
    seen = [
        torch.bmm(torch.softmax(torch.bmm(q, k.transpose(1, 2)), dim=-1), v)
        for q, k, v in zip(asked.split(step), offered.split(step), value.split(step))
    ]
    return torch.cat(seen).view(b, heads, h, w, -1).permute(0, 2, 3, 1, 4)


def _asked(attention: Any, q: Tensor, side: Tuple[int, int]) -> Tensor:
    """(B, H, W, heads, c) queries, each joined by what it gives to every row and column of keys in its window."""
    height, width = q.shape[1:3]
    to_rows = _relative(attention.rel_pos_h, height, side[0])
    to_columns = _relative(attention.rel_pos_w, width, side[1])
    rows = torch.einsum("byxhc,ykc->byxhk", q, to_rows)
    columns = torch.einsum("byxhc,xkc->byxhk", q, to_columns)
    spare = q.new_zeros(*q.shape[:-1], -(q.shape[-1] + sum(side)) % 16)
    return torch.cat([q * attention.scale, rows, columns, spare], dim=-1)


def _offered(k: Tensor, side: Tuple[int, int], length: int) -> Tensor:
    """(B, H, W, heads, c) keys, each joined by ones at its row and column in its window, and zeros up to a length.

    Their product with the queries of `_asked` is the scaled one plus the decomposed relative positions.
    """
    b, height, width, heads, c = k.shape
    offered = k.new_zeros(b, height, width, heads, length)
    offered[..., :c] = k
    row = torch.arange(height, device=k.device)
    column = torch.arange(width, device=k.device)
    offered[:, row, :, :, c + row % side[0]] = 1.0
    offered[:, :, column, :, c + side[0] + column % side[1]] = 1.0
    return offered


def _relative(table: Tensor, length: int, window: int) -> Tensor:
    """(2 window - 1, c) by difference of position to (length, window, c) by query and key in the query's window."""
    query = torch.arange(length, device=table.device) % window
    key = torch.arange(window, device=table.device)
    return table[query[:, None] - key[None, :] + window - 1]
