"""How a latent reaches the mask: two fusions behind one interface (paper 3.3).

Both run SAM's mask decoder. `EmbeddingFusion` is the paper's: the latent is concatenated to the image
embedding, and every prediction runs the decoder. `TokenFusion` lets the latent modulate the decoder's mask
token: one decoder pass serves all predictions, each of which is one row of a matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, Optional, Union

import torch
from torch import Tensor, nn
from torch.nn import functional as F

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
        self.refine: Optional[nn.Module] = None
        if details:
            self.refine = nn.Sequential(
                nn.Conv2d(fine, 2 * fine, 3, padding=1),
                nn.ReLU(),
                nn.Conv2d(2 * fine, fine, 3, padding=1),
            )

    def transform(self, context: Context, source: Tensor) -> tuple[Tensor, Tensor]:
        """Two-way transformer: mask token (B, C) and image tokens (B, C, h, w)."""
        b, c, h, w = source.shape
        own = torch.cat([self.decoder.iou_token.weight, self.decoder.mask_tokens.weight])
        tokens = torch.cat([own.unsqueeze(0).expand(b, -1, -1), context.sparse.expand(b, -1, -1)], dim=1)
        answered, image = self.decoder.transformer(
            source + context.dense, context.position.expand(b, -1, -1, -1), tokens
        )
        return answered[:, 1], image.transpose(1, 2).reshape(b, c, h, w)

    def upscale(self, image: Tensor, features: ImageFeatures) -> Tensor:
        """(B, C, h, w) to (B, C / 8, 4 h, 4 w)."""
        up1, norm, act1, up2, act2 = self.decoder.output_upscaling
        if self.refine is None:
            return act2(up2(act1(norm(up1(image)))))
        x = act1(norm(up1(image) + features.details[0]))
        x = act2(up2(x) + features.details[1])
        return x + self.refine(x)

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
        """(B, n, d) latents to (B, n, H, W) logits, `chunk` decoder passes at a time."""
        b, n, _ = latents.shape
        image_part = self.image_part(context.features.embedding)
        flat = latents.reshape(b * n, -1)
        owner = torch.arange(b, device=latents.device).repeat_interleave(n)
        logits = []
        for z, row in zip(flat.split(chunk), owner.split(chunk)):
            features = context.features.expand(row)
            hidden = F.relu(image_part[row] + self.latent_part(z)[:, :, None, None])
            source = features.embedding + F.relu(self.third(F.relu(self.second(hidden))))
            part = Context(features, context.position, context.sparse[row], context.dense[row])
            token, image = head.transform(part, source)
            fine = head.upscale(image, features)
            logits.append(torch.einsum("nc,nchw->nhw", head.weights_of(token), fine))
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

    def decode(self, head: MaskHead, context: Context, latents: Tensor, chunk: int) -> Tensor:
        """(B, n, d) latents to (B, n, H, W) logits; `chunk` is not needed, all masks are one product."""
        token, image = head.transform(context, context.features.embedding)
        fine = head.upscale(image, context.features)
        token = token.unsqueeze(1)
        scale, shift = self.scale_shift(self.latent_part(latents) + self.token_part(token)).chunk(2, dim=-1)
        weights = head.weights_of(token * (1.0 + scale) + shift)
        return torch.einsum("bnc,bchw->bnhw", weights, fine)


Fusion = Union[EmbeddingFusion, TokenFusion]
FUSIONS: Dict[str, Callable[[int, int], Fusion]] = {"embedding": EmbeddingFusion, "token": TokenFusion}
