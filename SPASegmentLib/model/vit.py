"""SAM's ViT-B image encoder, computed the short way: the same numbers with less work.

The module and its weights are `segment-anything`'s. What is different: the padding of windows goes through no linear
layer and asks for nothing, the relative positions are part of the product of queries and keys instead of two sums
over every pair of tokens, windows of one size are seen together, the attention maps are made a part at a time so that
they stay in the cache, and a grey image is not multiplied by the same weights three times. Matrices may be in half
precision, and linear layers in 8 bits (see `eight_bits`); sums and norms are not.
"""

from __future__ import annotations

from typing import Any, List, Tuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from SPASegmentLib.model.eight_bits import EightBitLinear

#: Attention weights held at a time: what stays in a processor's cache, and what keeps a GPU busy.
_PAIRS = {"cpu": 1 << 20}
_PAIRS_ELSEWHERE = 1 << 27


def encode(vit: Any, image: Tensor) -> Tensor:
    """What ``ImageEncoderViT.forward`` returns for an image that is the same in all three colours.

    Args:
        vit: segment-anything's encoder.
        image: (B, 1, S, S) float32.

    Returns:
        (B, 256, S / 16, S / 16) float32.
    """
    x = _patches(vit.patch_embed.proj, image).float() + vit.pos_embed
    for block in vit.blocks:
        x = x + _attention(block.attn, block.norm1(x), block.window_size)
        x = x + _feed_forward(block.mlp, block.norm2(x))
    shrink, norm, mix, last = vit.neck
    x = F.linear(x.to(shrink.weight.dtype), shrink.weight.flatten(1)).float()
    x = F.layer_norm(x, x.shape[-1:], norm.weight, norm.bias, norm.eps).permute(0, 3, 1, 2)
    x = mix(x.to(mix.weight.dtype)).float().permute(0, 2, 3, 1)
    return F.layer_norm(x, x.shape[-1:], last.weight, last.bias, last.eps).permute(0, 3, 1, 2).contiguous()


def _patches(convolution: Any, image: Tensor) -> Tensor:
    """(B, 1, S, S) to (B, h, w, C): patches that do not overlap are rows of a product.

    Every later step reads a token's channels side by side, so that they are made that way.
    """
    grey = convolution.weight.sum(1)
    side = grey.shape[-1]
    b, _, height, width = image.shape
    patches = image.to(grey.dtype).view(b, height // side, side, width // side, side).transpose(2, 3)
    return F.linear(patches.flatten(3), grey.flatten(1), convolution.bias)


def _attention(attention: Any, x: Tensor, window: int) -> Tensor:
    """One attention layer: (B, H, W, C) float32 to the same shape; `window` 0 attends to everything."""
    b, height, width, _ = x.shape
    qkv = _linear(attention.qkv, x, attention.rel_pos_h.dtype).unflatten(-1, (3, attention.num_heads, -1))
    if not window:
        seen = _look(attention, qkv, (1, 1), (height, width))
    else:
        seen = torch.empty_like(qkv[..., 0, :, :], memory_format=torch.contiguous_format)
        for rows, down in _bands(height, window):
            for columns, across in _bands(width, window):
                part = qkv[:, rows, columns]
                seen[:, rows, columns] = _look(attention, part, (down, across), (window, window))
    return _linear(attention.proj, seen.flatten(3))


def _feed_forward(mlp: Any, x: Tensor) -> Tensor:
    """The two linear layers of a block with SAM's GELU between them."""
    if isinstance(mlp.lin1, EightBitLinear):
        return _linear(mlp.lin2, mlp.lin1(x, gelu=True))
    return _linear(mlp.lin2, mlp.act(_linear(mlp.lin1, x)))


def _linear(layer: nn.Module, x: Tensor, wanted: torch.dtype = torch.float32) -> Tensor:
    """A layer on (..., C); one in 8 bits answers in the wanted precision, others in that of their weights."""
    answered: Tensor
    if isinstance(layer, EightBitLinear):
        answered = layer(x, wanted)
    else:
        assert isinstance(layer, nn.Linear)
        answered = layer(x.to(layer.weight.dtype))
    return answered


def _bands(length: int, window: int) -> List[Tuple[slice, int]]:
    """The windows along an axis: those inside the image, and the one that reaches beyond it; each with their number."""
    whole = length // window
    bands = [(slice(0, whole * window), whole), (slice(whole * window, length), 1)]
    return [(part, count) for part, count in bands if part.stop > part.start]


def _look(attention: Any, qkv: Tensor, windows: Tuple[int, int], side: Tuple[int, int]) -> Tensor:
    """Attention in windows of the same size.

    Args:
        attention: the layer.
        qkv: (B, H, W, 3, heads, c) queries, keys and values.
        windows: how many stand below and beside each other in it.
        side: (h, w) of a window; where (H, W) is smaller, keys and values go on beyond the image.

    Returns:
        (B, H, W, heads, c)
    """
    b, (down, across), heads, c = len(qkv), windows, qkv.shape[-2], qkv.shape[-1]
    # (B, down, h, across, w, 3, heads, c)
    tiles = qkv.unflatten(2, (across, -1)).unflatten(1, (down, -1))
    h, w = tiles.shape[2], tiles.shape[4]
    asked = _with_positions(attention, _by_head(tiles[..., 0, :, :]), (h, w), side)
    met = tiles[..., 1:, :, :]
    if (h, w) != side:
        # Beyond the image there are the projections of zero.
        beyond = attention.qkv.bias.to(qkv.dtype).view(3, heads, c)[1:]
        whole = beyond.expand(b, down, side[0], across, side[1], -1, -1, -1).contiguous()
        whole[:, :, :h, :, :w] = met
        met = whole
    offered, value = _with_places(_by_head(met[..., 0, :, :]), side, asked.shape[-1]), _by_head(met[..., 1, :, :])
    seen = _weigh(asked, offered, value).view(b, down, across, heads, h, w, c).permute(0, 1, 4, 2, 5, 3, 6)
    return seen.reshape(b, down * h, across * w, heads, c)


def _weigh(asked: Tensor, offered: Tensor, value: Tensor) -> Tensor:
    """``softmax(asked offered^T) value`` for (n, Q, d), (n, K, d) and (n, K, c): several heads, or part of one."""
    pairs = _PAIRS.get(asked.device.type, _PAIRS_ELSEWHERE)
    rows = max(1, pairs // offered.shape[1])
    heads = max(1, rows // asked.shape[1])
    seen = []
    for q, k, v in zip(asked.split(heads), offered.split(heads), value.split(heads)):
        keys = k.transpose(1, 2)
        parts = [torch.bmm(torch.softmax(torch.bmm(part, keys), dim=-1), v) for part in q.split(rows, dim=1)]
        seen.append(torch.cat(parts, dim=1) if len(parts) > 1 else parts[0])
    return torch.cat(seen)


def _by_head(tiles: Tensor) -> Tensor:
    """(B, down, h, across, w, heads, c) to (B x down x across x heads, h w, c)."""
    return tiles.permute(0, 1, 3, 5, 2, 4, 6).flatten(4, 5).flatten(0, 3)


def _with_positions(attention: Any, q: Tensor, part: Tuple[int, int], side: Tuple[int, int]) -> Tensor:
    """(n, h w, c) queries, each joined by what it gives to every row and column of keys in its window.

    Args:
        attention: the layer, with its tables of relative positions.
        q: the queries.
        part: (h, w), the queries of a window.
        side: of the window.
    """
    n, (h, w), c = len(q), part, q.shape[-1]
    # Products with the whole tables, from the largest difference to the smallest: what a query at (y, x) gives to
    # the rows of keys are then as many numbers in a line, which begin one place earlier with each y.
    tables = torch.cat([attention.rel_pos_h.flip(0), attention.rel_pos_w.flip(0)])
    given = F.linear(q, tables)
    (to_window, length), ahead = given.stride()[:2], 2 * side[0] - 1
    rows = given.as_strided((n, h, w, side[0]), (to_window, w * length - 1, length, 1), side[0] - 1)
    columns = given.as_strided((n, h, w, side[1]), (to_window, w * length, length - 1, 1), ahead + side[1] - 1)
    spare = q.new_zeros(n, h, w, -(c + sum(side)) % 16)
    return torch.cat([(q * attention.scale).view(n, h, w, c), rows, columns, spare], dim=-1).flatten(1, 2)


def _with_places(k: Tensor, side: Tuple[int, int], length: int) -> Tensor:
    """(n, h w, c) keys, each joined by ones at its row and column in the window, and zeros up to a length.

    Their product with the queries of `_with_positions` is the scaled one plus the decomposed relative positions.
    """
    row = torch.eye(side[0], dtype=k.dtype, device=k.device).repeat_interleave(side[1], 0)
    column = torch.eye(side[1], dtype=k.dtype, device=k.device).repeat(side[0], 1)
    places = F.pad(torch.cat([row, column], dim=1), (0, length - k.shape[-1] - sum(side)))
    return torch.cat([k, places.expand(len(k), -1, -1)], dim=-1)
