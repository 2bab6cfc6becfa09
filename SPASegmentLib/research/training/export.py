"""A network's graphs for ONNX Runtime, and their place on its card (see `model.onnx_network`)."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

import torch
from torch import Tensor, nn

from SPASegmentLib.errors import InputError
from SPASegmentLib.model.card import ModelCard, read_card, write_card
from SPASegmentLib.model.encoders import ImageFeatures
from SPASegmentLib.model.fusion import Context, TokenFusion
from SPASegmentLib.model.mixture import GaussianMixture
from SPASegmentLib.model.network import MASK_LOGIT, SPANetwork
from SPASegmentLib.model.onnx_graphs import graph_file
from SPASegmentLib.model.weights import load
from SPASegmentLib.output import reporting_write_errors, whole_file
from SPASegmentLib.packages import install_extra
from SPASegmentLib.paths import card_beside

#: Version of ONNX's operators that the graphs use; ONNX Runtime reads it from 1.14 (2023) on.
OPSET = 17


class _Encoder(nn.Module):
    """(1, 1, S, S) images to the embedding and the details."""

    def __init__(self, network: SPANetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tuple[Tensor, ...]:
        features = self.network.encode(image)
        return (features.embedding, *features.details)


class _Prompts(nn.Module):
    """Features, prompts and the distribution before to the next one, and to what the decoder pass gives."""

    def __init__(self, network: SPANetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, *values: Tensor) -> Tuple[Tensor, ...]:
        *features, points, labels, mask, has_mask, weights, means, variances, has_previous = values
        network, encoder = self.network, self.network.prompt_encoder
        told = encoder.mask_downscaling(mask.clamp(-MASK_LOGIT, MASK_LOGIT))
        nothing = encoder.no_mask_embed.weight.reshape(1, -1, 1, 1).expand_as(told)
        dense = torch.where(has_mask > 0.5, told, nothing)
        image = ImageFeatures(features[0], tuple(features[1:]))
        context = Context(image, encoder.get_dense_pe(), _embedded(encoder, points, labels), dense)
        prior, known = network.generator.prior(1), has_previous > 0.5
        previous = GaussianMixture(
            torch.where(known, weights, prior.weights),
            torch.where(known, means, prior.means),
            torch.where(known, variances, prior.variances),
        )
        mixture = network.preference(context, previous)
        assert isinstance(network.fusion, TokenFusion)
        return (mixture.weights, mixture.means, mixture.variances, *network.fusion.run(network.head, context))


def _embedded(encoder: Any, points: Tensor, labels: Tensor) -> Tensor:
    """What SAM's prompt encoder makes of points: it writes to places found by their labels, which ONNX cannot."""
    points = torch.cat([points + 0.5, torch.zeros_like(points[:, :1])], dim=1)
    kind = torch.cat([labels, torch.full_like(labels[:, :1], -1.0)], dim=1).unsqueeze(-1)
    places = encoder.pe_layer.forward_with_coords(points, encoder.input_image_size)
    padding, background, inside = ((kind == value).to(places.dtype) for value in (-1.0, 0.0, 1.0))
    embedded: Tensor = (
        places * (1.0 - padding)
        + padding * encoder.not_a_point_embed.weight
        + background * encoder.point_embeddings[0].weight
        + inside * encoder.point_embeddings[1].weight
    )
    return embedded


class _Masks(nn.Module):
    """What the pass gave, and (n, d) latents, to (n, H, W) logits."""

    def __init__(self, network: SPANetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, token: Tensor, fine: Tensor, latents: Tensor) -> Tensor:
        assert isinstance(self.network.fusion, TokenFusion)
        return self.network.fusion.combine(self.network.head, token, fine, latents.unsqueeze(0))[0]


def export(weights: Path) -> ModelCard:
    """Write the graphs of a weights file beside it, and their checksums on its card; each file whole or not at all.

    Args:
        weights: the .safetensors file, with its card.

    Returns:
        The new card.

    Raises:
        WeightsError: the weights cannot be read.
        InputError: they have no ONNX form (only token fusion has one), or a package that writes it is missing.
        OutputError: a file cannot be written.
    """
    network = load(weights).network
    card = with_graphs(network, read_card(card_beside(weights)), weights)
    write_card(card, card_beside(weights))
    return card


def has_graphs(network: SPANetwork) -> bool:
    """Whether a network has an ONNX form."""
    return isinstance(network.fusion, TokenFusion)


def with_graphs(network: SPANetwork, card: ModelCard, weights: Path) -> ModelCard:
    """Write the graphs of a network (in evaluation mode, on the processor) and return its card with them."""
    if not has_graphs(network):
        raise InputError("Only networks with token fusion have an ONNX form; these weights run with PyTorch.")
    checksums: Dict[str, str] = {}
    for name, data in _graphs(network).items():
        checksums[name] = hashlib.sha256(data).hexdigest()
        path = graph_file(weights, name)
        with reporting_write_errors(path), whole_file(path) as partial:
            partial.write_bytes(data)
    facts = {
        "image_size": network.image_size,
        "map_size": network.map_size,
        "whole_frame": network.whole_frame,
        "components": network.config.components,
        "latent_dim": network.config.latent_dim,
    }
    return replace(card, onnx={"opset": OPSET, **facts, "graphs": checksums})


def _graphs(network: SPANetwork) -> Dict[str, bytes]:
    size, side, config = network.image_size, network.map_size, network.config
    m, d = config.components, config.latent_dim
    with torch.no_grad():
        features = _Encoder(network)(torch.zeros(1, 1, size, size))
        told = (
            torch.full((1, 2, 2), size / 2), torch.ones(1, 2), torch.zeros(1, 1, side, side), torch.ones(1),
            torch.full((1, m), 1 / m), torch.zeros(1, m, d), torch.ones(1, m, d), torch.ones(1),
        )  # fmt: skip
        token, fine = _Prompts(network)(*features, *told)[3:]
    feature_names = [f"features_{n}" for n in range(len(features))]
    prompts = ["points", "labels", "mask", "has_mask", "weights", "means", "variances", "has_previous"]
    return {
        "encoder": _written(_Encoder(network), (torch.zeros(1, 1, size, size),), ["image"], feature_names, {}),
        "prompts": _written(
            _Prompts(network), (*features, *told), [*feature_names, *prompts],
            ["next_weights", "next_means", "next_variances", "token", "fine"],
            {"points": {1: "points"}, "labels": {1: "points"}},
        ),
        "masks": _written(
            _Masks(network), (token, fine, torch.zeros(3, d)), ["token", "fine", "latents"], ["logits"],
            {"latents": {0: "n"}, "logits": {0: "n"}},
        ),
    }  # fmt: skip


def _written(
    module: nn.Module, given: Sequence[Tensor], inputs: List[str], outputs: List[str], axes: Dict[str, Dict[int, str]]
) -> bytes:
    """A graph in ONNX, as its file holds it; the same weights give the same bytes."""
    target: Any = io.BytesIO()
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # about the exporter's age, and about shapes that are what they are
            torch.onnx.export(
                module.eval(), tuple(given), target, input_names=inputs, output_names=outputs, dynamic_axes=axes,
                opset_version=OPSET, dynamo=False,
            )  # fmt: skip
    except ModuleNotFoundError as error:
        raise InputError(
            f"Writing ONNX needs the package {error.name}; install it: {install_extra('train')}"
        ) from error
    data: bytes = target.getvalue()
    return data
