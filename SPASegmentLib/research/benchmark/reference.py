"""The procedure as published, written plainly: what SPA is measured against.

Every round encodes the image again, runs fusion and mask decoder once for each latent, brings every prediction to
the image's size and clusters them there with scikit-learn's K-means on the CPU, one start (paper 3.2 and 3.3). The
encoder and the decoder run through segment-anything's own code. What the released program does beyond the paper's
description (hypernetworks and a quality head whose results are dropped, interpolations, the E-step in a Python loop)
is left out, which is to its advantage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple

import numpy as np
import torch
from sklearn.cluster import KMeans
from torch import Tensor, nn
from torch.nn import functional as F

from SPASegmentLib.interaction.array_mixture import ArrayMixture
from SPASegmentLib.interaction.logits import to_logits
from SPASegmentLib.interaction.network_predictor import PROMPT_EDGE
from SPASegmentLib.model.encoders import ImageFeatures
from SPASegmentLib.model.fusion import Context, EmbeddingFusion, TokenFusion
from SPASegmentLib.model.mixture import GaussianMixture
from SPASegmentLib.model.network import SPANetwork

THRESHOLD = 0.5


@dataclass(frozen=True)
class RoundInput:
    """What a round starts from, on either side of the comparison.

    Attributes:
        image: (1, 1, S, S) float32, normalised.
        points: (1, P, 2) (x, y) in network pixels.
        labels: (1, P).
        mask: (1, 1, m, m) logits, or None.
        previous: mixture of the round before (a batch of one), or None.
        latents: (N, d); given, so that both sides decode the same ones.
    """

    image: Tensor
    points: Tensor
    labels: Tensor
    mask: Optional[Tensor]
    previous: Optional[GaussianMixture]
    latents: Tensor


@dataclass(frozen=True)
class RoundOutput:
    """Attributes: (S, S) recommended probabilities, (K, S, S) candidates, (N, m, m) predictions, all on the CPU."""

    recommended: np.ndarray
    candidates: np.ndarray
    predictions: np.ndarray


def reference_round(network: SPANetwork, given: RoundInput, candidates: int = 4) -> RoundOutput:
    """One round of the published procedure.

    Args:
        network: in single precision and evaluation mode.
        given: the image and what was said.
        candidates: K.
    """
    size = int(given.image.shape[-1])
    with torch.inference_mode():
        features = encode(network, given.image)
        context = network.context(features, given.points, given.labels, None, given.mask)
        network.preference(context, given.previous)
        maps, full = [], []
        for z in given.latents:
            logits = decode_one(network, context, z)
            # Nearest, as in the released program, and the cheapest.
            full.append(torch.sigmoid(F.interpolate(logits[None, None], size=(size, size)))[0, 0].cpu())
            maps.append(torch.sigmoid(logits).cpu())
        stacked = torch.stack(full).numpy()
    flat = stacked.reshape(len(stacked), -1)
    labels = KMeans(candidates, n_init=1, random_state=0).fit(flat).labels_
    means = np.stack([stacked[labels == k].mean(axis=0) for k in np.unique(labels)])
    recommended = stacked.mean(axis=0)
    # The most contested pixel for each candidate, where the next point would go.
    for k in range(len(means)):
        others = np.delete(means, k, axis=0)
        np.abs(means[k] - (others.mean(axis=0) if len(others) else recommended)).argmax()
    return RoundOutput(recommended, means, torch.stack(maps).numpy())


def encode(network: SPANetwork, image: Tensor) -> ImageFeatures:
    """Encode with segment-anything's own forward, or the compact encoder."""
    return network.encoder.as_published(image)


def decode_one(network: SPANetwork, context: Context, z: Tensor) -> Tensor:
    """(d,) latent to (m, m) logits: fusion, two-way transformer, upscaling and hypernetwork for one prediction."""
    head, fusion, z = network.head, network.fusion, z.to(context.dense.device)
    embedding = context.features.embedding
    if isinstance(fusion, EmbeddingFusion):
        embedding = embedding + _concatenated(fusion, embedding, z)
    tokens = torch.cat([head.decoder.iou_token.weight, head.decoder.mask_tokens.weight])[None]
    tokens = torch.cat([tokens, context.sparse], dim=1)
    answered, image = head.decoder.transformer(embedding + context.dense, context.position, tokens)
    token = answered[:, 1]
    fine = _upscaled(network, image.transpose(1, 2).reshape(embedding.shape), context.features)
    if isinstance(fusion, TokenFusion):
        scale, shift = fusion.scale_shift(fusion.latent_part(z)[None] + fusion.token_part(token)).chunk(2, dim=-1)
        token = token * (1.0 + scale) + shift
    weights = head.decoder.output_hypernetworks_mlps[0](token)
    return torch.einsum("nc,nchw->nhw", weights, fine)[0]


def _concatenated(fusion: EmbeddingFusion, embedding: Tensor, z: Tensor) -> Tensor:
    """The latent at every pixel of the embedding, through three convolutions."""
    everywhere = z.view(1, -1, 1, 1).expand(-1, -1, *embedding.shape[-2:])
    kernel = torch.cat([fusion.image_part.weight, fusion.latent_part.weight[:, :, None, None]], dim=1)
    hidden = F.relu(F.conv2d(torch.cat([embedding, everywhere], dim=1), kernel, fusion.image_part.bias))
    return F.relu(fusion.third(F.relu(fusion.second(hidden))))


def _upscaled(network: SPANetwork, image: Tensor, features: ImageFeatures) -> Tensor:
    layers: nn.Sequential = network.head.decoder.output_upscaling
    if network.head.refine is None:
        fine: Tensor = layers(image)
        return fine
    first, norm, act1, second, act2 = layers
    x = act1(norm(first(image) + features.details[0]))
    x = act2(second(x) + features.details[1])
    return torch.as_tensor(x + network.head.refine(x))


def input_of(
    image: np.ndarray, points: Tuple[Tuple[float, float, bool], ...], mask: Optional[np.ndarray],
    previous: Optional[ArrayMixture], latents: np.ndarray, device: torch.device,
) -> RoundInput:  # fmt: skip
    """The tensors of a round, made as SPA makes them.

    Args:
        image: (S, S) float32.
        points: (x, y, positive) in network pixels.
        mask: (m, m) probabilities of the chosen candidate, or None.
        previous: mixture before, or None.
        latents: (N, d).
        device: of the network.
    """
    logits = None
    if mask is not None:
        logits = torch.from_numpy(to_logits(mask.astype(np.float32), PROMPT_EDGE)).to(device)[None, None]
    before = None
    if previous is not None:
        parts = (previous.weights, previous.means, previous.variances)
        before = GaussianMixture(*(torch.from_numpy(part.astype(np.float32)).to(device)[None] for part in parts))
    return RoundInput(
        torch.from_numpy(image).to(device)[None, None],
        torch.tensor([[(x, y) for x, y, _ in points]], dtype=torch.float32, device=device),
        torch.tensor([[float(positive) for *_, positive in points]], device=device),
        logits,
        before,
        torch.from_numpy(latents.astype(np.float32)).to(device),
    )
