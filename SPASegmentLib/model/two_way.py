"""SAM's mask decoder, computed the short way: the same numbers from less arithmetic and fewer passes over memory.

The modules and their weights are `segment-anything`'s; only the order of the products differs. Image tokens (a few
hundred to thousands) meet few prompt tokens (4 to 16), so that a projection is applied to the prompt tokens wherever
a product of three matrices allows it: ``q (W k) = (W' q) k``. Everything is kept as rows of channels, which makes
the two transposed convolutions (2 x 2, stride 2) plain matrix products. What a softmax does not see is left out.
"""

from __future__ import annotations

import math
from typing import Any, Optional, Tuple

import torch
from torch import Tensor
from torch.nn import functional as F


def transform(
    transformer: Any, image: Tensor, position: Tensor, tokens: Tensor, answer: slice = slice(None)
) -> Tuple[Tensor, Tensor]:
    """What ``TwoWayTransformer.forward`` returns.

    Args:
        transformer: segment-anything's.
        image: (n, P, C) image tokens; without gradients they are overwritten.
        position: (1, P, C) their positional encoding.
        tokens: (n, T, C) prompt tokens, or (1, T, C) where they are the same for all.
        answer: which of the prompt tokens are asked for; the others' last look at the image is left out.

    Returns:
        (n, T, C) prompt tokens, of the wanted ones, and (n, P, C) image tokens.
    """
    queries = tokens
    # The prompt tokens know nothing of the image until they have looked at it: until then one row stands for all.
    for layer in transformer.layers:
        if layer.skip_first_layer_pe:
            queries = layer.self_attn(queries, queries, queries)
        else:
            asking = queries + tokens
            queries = queries + layer.self_attn(asking, asking, queries)
        queries = layer.norm1(queries)
        placed = image + position
        queries = queries + _tokens_to_image(layer.cross_attn_token_to_image, queries + tokens, placed, image)
        queries = layer.norm2(queries)
        queries = layer.norm3(queries + layer.mlp(queries))
        image = _add_image_to_tokens(layer.cross_attn_image_to_token, image, placed, queries + tokens, queries)
        image = layer.norm4(image)
    final = transformer.final_attn_token_to_image
    queries, tokens = queries[:, answer], tokens[:, answer]
    queries = queries + _tokens_to_image(final, queries + tokens, image + position, image)
    return transformer.norm_final_attn(queries), image


def _heads(attention: Any, projected: Tensor) -> Tensor:
    """(n, T, heads x c) to (heads, n x T, c)."""
    return projected.reshape(-1, attention.num_heads, projected.shape[-1] // attention.num_heads).transpose(0, 1)


def _per_head(weight: Tensor, heads: int) -> Tensor:
    """(heads x c, C) weights of a projection to (heads, c, C)."""
    return weight.view(heads, -1, weight.shape[-1])


def _by_image(rows: Tensor, n: int) -> Tensor:
    """(heads, n x T, C) to (n, heads x T, C)."""
    heads, _, channels = rows.shape
    return rows.view(heads, n, -1, channels).transpose(0, 1).reshape(n, -1, channels)


def _tokens_to_image(attention: Any, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """``attention(queries, keys, values)`` for (n or 1, T, C) queries and (n, P, C) keys and values."""
    n, heads = len(keys), attention.num_heads
    asked = _heads(attention, attention.q_proj(queries))
    # The keys' bias adds the same to every key, which a softmax does not see.
    asked = torch.bmm(asked, _per_head(attention.k_proj.weight, heads)) / math.sqrt(asked.shape[-1])
    asked = _by_image(asked, len(queries)).expand(n, -1, -1)
    share = torch.softmax(torch.bmm(asked, keys.transpose(1, 2)), dim=-1)
    seen = torch.bmm(share, values)
    seen = seen.view(n, heads, -1, seen.shape[-1]).transpose(0, 1).reshape(heads, -1, seen.shape[-1])
    out = torch.bmm(seen, _per_head(attention.v_proj.weight, heads).transpose(1, 2))
    # The shares sum to one, so that the values' bias comes through whole.
    out = out.view(heads, n, -1, out.shape[-1]).permute(1, 2, 0, 3).reshape(n, -1, attention.internal_dim)
    answered: Tensor = attention.out_proj(out + attention.v_proj.bias)
    return answered


def _add_image_to_tokens(attention: Any, image: Tensor, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """``image + attention(queries, keys, values)`` for (n, P, C) image and queries, (n, T, C) keys and values.

    Without gradients the sum takes the place of the image.
    """
    n, heads = len(keys), attention.num_heads
    told = _heads(attention, attention.k_proj(keys))
    scale = 1.0 / math.sqrt(told.shape[-1])
    bias = torch.bmm(told, attention.q_proj.bias.view(heads, -1, 1)) * scale
    told = torch.bmm(told, _per_head(attention.q_proj.weight, heads)) * scale
    score = torch.baddbmm(_by_image(bias, n), _by_image(told, n), queries.transpose(1, 2))
    share = torch.softmax(score.view(n, heads, -1, score.shape[-1]), dim=2).view(score.shape)
    saying = _heads(attention, attention.v_proj(values))
    # (C, heads x c) to (heads, c, C).
    out = attention.out_proj.weight.t().reshape(heads, -1, image.shape[-1])
    # The shares of each head sum to one: an equal part of the bias with every head makes it whole.
    said = _by_image(torch.bmm(saying, out) + attention.out_proj.bias / heads, n)
    if torch.is_grad_enabled():
        return torch.baddbmm(image, share.transpose(1, 2), said)
    return image.baddbmm_(share.transpose(1, 2), said)


def double(rows: Tensor, convolution: Any, added: Optional[Tensor] = None) -> Tensor:
    """``ConvTranspose2d(.., 2, stride=2)`` of rows: (..., C) to (..., 2, 2, D), the new axes row and column.

    Args:
        rows: (..., C).
        convolution: the module.
        added: (1 or more, ..., 2, 2, D) to add to the result in the place of the convolution's bias.
    """
    weight = convolution.weight
    matrix = weight.permute(2, 3, 1, 0).reshape(-1, weight.shape[0])
    if added is None:
        return F.linear(rows, matrix, convolution.bias.repeat(4)).view(*rows.shape[:-1], 2, 2, weight.shape[1])
    doubled = F.linear(rows, matrix).view(*rows.shape[:-1], 2, 2, weight.shape[1])
    return doubled + added if torch.is_grad_enabled() else doubled.add_(added)


def upscale(layers: Any, image: Tensor, details: Tuple[Tensor, ...]) -> Tensor:
    """SAM's two upscaling steps, with finer features of the image added before each activation.

    Args:
        layers: ``MaskDecoder.output_upscaling``.
        image: (n, P, C).
        details: see `details_by_token`; may be empty.

    Returns:
        (n, P, 2, 2, 2, 2, C / 8): each token's 4 x 4 pixels as (row, column) of the first, then of the second step.
    """
    first, norm, act1, second, act2 = layers
    coarse = double(image, first, details[0] if details else None)
    coarse = act1(F.layer_norm(coarse, (int(coarse.shape[-1]),), norm.weight, norm.bias, norm.eps))
    upscaled: Tensor = act2(double(coarse, second, details[1] if details else None))
    return upscaled


def details_by_token(layers: Any, details: Tuple[Tensor, ...]) -> Tuple[Tensor, ...]:
    """Finer feature maps (B, C / 4, 2 h, 2 w) and (B, C / 8, 4 h, 4 w) in the order of `upscale`.

    They serve many predictions: the biases of the convolutions, which are added with them, join them here.
    """
    if not details:
        return ()
    coarse, fine = details
    b, c, h, w = coarse.shape
    coarse = coarse.view(b, c, h // 2, 2, w // 2, 2).permute(0, 2, 4, 3, 5, 1)
    fine = fine.view(b, -1, h // 2, 2, 2, w // 2, 2, 2).permute(0, 2, 5, 3, 6, 4, 7, 1)
    return (
        coarse.reshape(b, -1, 2, 2, c) + layers[0].bias,
        fine.reshape(b, -1, 2, 2, 2, 2, fine.shape[-1]) + layers[3].bias,
    )


def pixels(rows: Tensor, side: Tuple[int, int]) -> Tensor:
    """(n, P, 2, 2, 2, 2, D) of `upscale` to (n, 4 h, 4 w, D) for (h, w) tokens."""
    h, w = side
    n, d = len(rows), rows.shape[-1]
    return rows.view(n, h, w, 2, 2, 2, 2, d).permute(0, 1, 3, 5, 2, 4, 6, 7).reshape(n, 4 * h, 4 * w, d)
