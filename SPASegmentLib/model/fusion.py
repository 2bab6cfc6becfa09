"""How a latent reaches the mask: two fusions behind one interface (paper 3.3).

Both run SAM's mask decoder. `EmbeddingFusion` is the paper's: the latent is concatenated to the image
embedding, and every prediction runs the decoder. `TokenFusion` lets the latent modulate the decoder's mask
token: one decoder pass serves all predictions, each of which is one row of a matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, Optional, Tuple, Union

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from SPASegmentLib.model import two_way
from SPASegmentLib.model.encoders import ImageFeatures
from SPASegmentLib.model.sam import MaskDecoder, TwoWayTransformer


@dataclass(frozen=True)
class Context:
    """What decoding needs in a round, beside the latents.

    Attributes:
        features: of the image, once per frame.
        position: (1, C, h, w) positional encoding of the embedding.
        sparse: (B, P, C) embedded points and box corners.
        dense: (B, C, h, w) embedded mask.
    """

    features: ImageFeatures
    position: Tensor
    sparse: Tensor
    dense: Tensor

    def to(self, dtype: torch.dtype) -> Context:
        """The same in another precision."""
        return Context(self.features.to(dtype), *(t.to(dtype) for t in (self.position, self.sparse, self.dense)))


@dataclass(frozen=True)
class Tokens:
    """A context as the mask decoder reads it, each pixel's channels side by side in memory.

    Attributes:
        size: (h, w) of the embedding.
        embedding: (B, h w, C), of the image.
        dense: (B, h w, C), of the mask prompt.
        position: (1, h w, C).
        sparse: (B, P, C).
        details: finer features of the image, see `two_way.details_by_token`.
    """

    size: Tuple[int, int]
    embedding: Tensor
    dense: Tensor
    position: Tensor
    sparse: Tensor
    details: Tuple[Tensor, ...]

    @classmethod
    def of(cls, context: Context, head: MaskHead) -> Tokens:
        """Rearrange a context for a decoder; once for all predictions."""
        features = context.features
        return cls(
            (int(features.embedding.shape[-2]), int(features.embedding.shape[-1])),
            rows(features.embedding),
            rows(context.dense),
            rows(context.position),
            context.sparse,
            two_way.details_by_token(head.decoder.output_upscaling, features.details),
        )

    def picked(self, some: Union[slice, Tensor]) -> Tokens:
        """Rows of the batch, by a slice, or picked (and repeated) by index; a batch of one serves all as it is."""
        if len(self.embedding) == 1:
            return self
        return Tokens(
            self.size,
            self.embedding[some],
            self.dense[some],
            self.position,
            self.sparse[some],
            tuple(d[some] for d in self.details),
        )


def rows(maps: Tensor) -> Tensor:
    """(B, C, h, w) to (B, h w, C), each pixel's channels side by side in memory."""
    return maps.flatten(2).transpose(1, 2).contiguous()


def _pointwise(tokens: Tensor, convolution: nn.Conv2d) -> Tensor:
    """A 1 x 1 convolution of (..., C) rows."""
    return F.linear(tokens, convolution.weight.flatten(1), convolution.bias)


#: Bytes of a chunk's image tokens, and of one channel of its finest maps, that processors work on at full speed;
#: measured at map sides of 64 to 256 in both precisions.
_TOKEN_BYTES, _MAP_BYTES = 1 << 21, 1 << 16


class MaskHead(nn.Module):
    """SAM's mask decoder with one mask token, and finer image features added while it upscales.

    Without such features (SAM's ViT) it computes what SAM's decoder computes for its first mask.

    Args:
        channels: C.
        mlp_dim: width inside the transformer's blocks.
        details: whether the encoder gives finer feature maps.
        mask_tokens: of the decoder; 4 in SAM's checkpoints, of which the first is used.
    """

    def __init__(self, channels: int, mlp_dim: int, details: bool, mask_tokens: int = 1) -> None:
        super().__init__()
        self.decoder = MaskDecoder(
            transformer_dim=channels,
            num_multimask_outputs=mask_tokens - 1,
            transformer=TwoWayTransformer(depth=2, embedding_dim=channels, mlp_dim=mlp_dim, num_heads=8),
        )
        # SPA has its own estimate of quality (the expected Dice) and uses one hypernetwork.
        del self.decoder.iou_prediction_head
        self.decoder.output_hypernetworks_mlps = self.decoder.output_hypernetworks_mlps[:1]
        fine = channels // 8
        self.refine: Optional[nn.Sequential] = None
        if details:
            self.refine = nn.Sequential(
                nn.Conv2d(fine, 2 * fine, 3, padding=1),
                nn.ReLU(),
                nn.Conv2d(2 * fine, fine, 3, padding=1),
            )

    def transform(self, context: Tokens, source: Tensor) -> Tuple[Tensor, Tensor]:
        """Two-way transformer on (B, h w, C) image and prompted mask: mask token (B, C) and image tokens."""
        own = torch.cat([self.decoder.iou_token.weight, self.decoder.mask_tokens.weight])
        tokens = torch.cat([own.unsqueeze(0).expand(len(context.sparse), -1, -1), context.sparse], dim=1)
        mask_token = slice(1, 2)
        answered, image = two_way.transform(self.decoder.transformer, source, context.position, tokens, mask_token)
        return answered[:, 0], image

    def fine(self, context: Tokens, image: Tensor) -> Tensor:
        """(B, h w, C) image tokens of a decoder pass to (B, H, W, C / 8), of which every mask is a weighted sum."""
        fine = self._fine(context, image)
        if self.refine is not None:
            x = fine.permute(0, 3, 1, 2)
            fine = (x + self.refine(x)).permute(0, 2, 3, 1)
        return fine

    def map_each(self, context: Tokens, image: Tensor, weights: Tensor) -> Tensor:
        """One mask of each decoder pass: (n, h w, C) image tokens and (n, C / 8) weights to (n, H, W) logits."""
        if self.refine is None:
            upscaled = two_way.upscale(self.decoder.output_upscaling, image, ())
            logits = torch.bmm(upscaled.flatten(1, 5), weights.unsqueeze(2)).view(*upscaled.shape[:-1], 1)
            return two_way.pixels(logits, context.size)[..., 0]
        fine = self._fine(context, image)
        first, _, second = self.refine
        assert isinstance(second, nn.Conv2d) and second.bias is not None
        n, height, width, c = fine.shape
        inner = F.relu_(first(fine.permute(0, 3, 1, 2))).permute(0, 2, 3, 1).reshape(n, height * width, -1)
        # The last convolution and the product with the weights are both linear: one kernel for each mask, applied
        # as nine products that are shifted and added.
        kernel = torch.einsum("nc,cdyx->nyxd", weights, second.weight).flatten(1, 2)
        parts = torch.bmm(kernel, inner.transpose(1, 2)).view(n, 3, 3, height, width)
        own = torch.bmm(weights.unsqueeze(1), fine.view(n, -1, c).transpose(1, 2)).view(n, height, width)
        total = F.pad(own.float() + (weights @ second.bias).view(n, 1, 1), (1, 1, 1, 1))
        for y in range(3):
            for x in range(3):
                total[:, 2 - y : 2 - y + height, 2 - x : 2 - x + width] += parts[:, y, x]
        return total[:, 1:-1, 1:-1]

    def upscaled_at_once(self, size: Tuple[int, int], bytes_each: int) -> int:
        """Decoder passes whose finest maps stay in a processor's cache: more at once would take longer.

        Args:
            size: (h, w) of the embedding.
            bytes_each: of a number.
        """
        if self.refine is None:
            return 16
        return max(2, _MAP_BYTES // (16 * size[0] * size[1] * bytes_each))

    def _fine(self, context: Tokens, image: Tensor) -> Tensor:
        """(B, h w, C) image tokens to (B, 4 h, 4 w, C / 8), before refinement."""
        return two_way.pixels(two_way.upscale(self.decoder.output_upscaling, image, context.details), context.size)

    def weights_of(self, token: Tensor) -> Tensor:
        """Hypernetwork: (..., C) mask tokens to (..., C / 8) weights of the upscaled channels."""
        return self.decoder.output_hypernetworks_mlps[0](token)


class EmbeddingFusion(nn.Module):
    """Three convolutions over the image embedding with the latent concatenated to every pixel (paper 3.3).

    The first convolution is linear before its ReLU, so its image part is computed once per frame and the
    latent only adds a vector. The result is added to the embedding: a latent that says nothing leaves SAM as
    it is. (The released code ends in a ReLU, which makes every embedding non-negative.)
    """

    def __init__(self, channels: int, latent_dim: int) -> None:
        super().__init__()
        self.image_part = nn.Conv2d(channels, channels, 1)
        self.latent_part = nn.Linear(latent_dim, channels, bias=False)
        self.second = nn.Conv2d(channels, channels, 1)
        self.third = nn.Conv2d(channels, channels, 1)

    def decode(self, head: MaskHead, context: Context, latents: Tensor, chunk: int) -> Tensor:
        """(B, n, d) latents to (B, n, H, W) logits, at most `chunk` decoder passes at a time."""
        b, n, _ = latents.shape
        tokens = Tokens.of(context, head)
        image_part = _pointwise(tokens.embedding, self.image_part)
        shared = tokens.embedding + tokens.dense
        chunk = max(2, min(chunk, _TOKEN_BYTES // (tokens.embedding[0].nbytes)))
        flat = latents.reshape(b * n, -1)
        owner = torch.arange(b, device=latents.device).repeat_interleave(n)
        logits = []
        for z, row in zip(flat.split(chunk), owner.split(chunk)):
            part = tokens.picked(row)
            hidden = F.relu_((image_part if b == 1 else image_part[row]) + self.latent_part(z)[:, None])
            hidden = F.relu_(_pointwise(F.relu_(_pointwise(hidden, self.second)), self.third))
            token, image = head.transform(part, hidden + (shared if b == 1 else shared[row]))
            weights, few = head.weights_of(token), head.upscaled_at_once(tokens.size, latents.element_size())
            for start in range(0, len(z), few):
                some = slice(start, start + few)
                logits.append(head.map_each(part.picked(some), image[some], weights[some]))
        merged = torch.cat(logits)
        return merged.reshape(b, n, *merged.shape[-2:])


class TokenFusion(nn.Module):
    """The latent modulates the mask token after the transformer; all masks come from one decoder pass."""

    def __init__(self, channels: int, latent_dim: int) -> None:
        super().__init__()
        self.latent_part = nn.Linear(latent_dim, channels)
        self.token_part = nn.Linear(channels, channels)
        self.scale_shift = nn.Sequential(
            nn.ReLU(), nn.Linear(channels, channels), nn.ReLU(), nn.Linear(channels, 2 * channels)
        )

    def run(self, head: MaskHead, context: Context) -> Tuple[Tensor, Tensor]:
        """The one decoder pass: (B, C) mask tokens and (B, H, W, C / 8) maps, for any number of latents."""
        tokens = Tokens.of(context, head)
        token, image = head.transform(tokens, tokens.embedding + tokens.dense)
        return token, head.fine(tokens, image)

    def combine(self, head: MaskHead, token: Tensor, fine: Tensor, latents: Tensor) -> Tensor:
        """What `run` returned and (B, n, d) latents to (B, n, H, W) logits: all masks are one product."""
        token = token.unsqueeze(1)
        scale, shift = self.scale_shift(self.latent_part(latents) + self.token_part(token)).chunk(2, dim=-1)
        weights = head.weights_of(token * (1.0 + scale) + shift)
        logits = torch.bmm(weights, fine.flatten(1, 2).transpose(1, 2))
        return logits.view(*logits.shape[:2], *fine.shape[1:3])

    def decode(self, head: MaskHead, context: Context, latents: Tensor, chunk: int) -> Tensor:
        """(B, n, d) latents to (B, n, H, W) logits; `chunk` is not needed."""
        return self.combine(head, *self.run(head, context), latents)


Fusion = Union[EmbeddingFusion, TokenFusion]
FUSIONS: Dict[str, Callable[[int, int], Fusion]] = {"embedding": EmbeddingFusion, "token": TokenFusion}
