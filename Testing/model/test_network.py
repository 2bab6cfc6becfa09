"""Encoders, fusions, the preference generator and the network as a whole."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from SPASegmentLib.errors import WeightsError
from SPASegmentLib.model.generator import VARIANCE_FLOOR, PreferenceDistributionGenerator
from SPASegmentLib.model.mixture import GaussianMixture
from SPASegmentLib.model.network import NetworkConfig, SPANetwork

SMALL = NetworkConfig(channels=32, image_size=64, latent_dim=4, components=5, mlp_dim=32)


def network(config: NetworkConfig = SMALL, seed: int = 0) -> SPANetwork:
    torch.manual_seed(seed)
    return SPANetwork(config).eval()


def prompts(net: SPANetwork, batch: int = 1, seed: int = 0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    g = torch.Generator().manual_seed(seed)
    size = net.config.image_size
    image = torch.randn(batch, 1, size, size, generator=g)
    points = torch.rand(batch, 3, 2, generator=g) * size
    labels = torch.tensor([[1.0, 0.0, 1.0]]).expand(batch, -1)
    mask = torch.randn(batch, 1, net.map_size, net.map_size, generator=g)
    return image, points, labels, mask


@pytest.mark.parametrize("fusion", ["token", "embedding"])
@torch.no_grad()
def test_shapes(fusion: str) -> None:
    net = network(NetworkConfig(channels=32, image_size=64, latent_dim=4, components=5, mlp_dim=32, fusion=fusion))
    image, points, labels, mask = prompts(net, 2)
    context = net.context(net.encode(image), points, labels, None, mask)
    mixture = net.preference(context)
    assert mixture.means.shape == (2, 5, 4)
    logits = net.decode(context, mixture.sample(7), chunk=3)
    assert logits.shape == (2, 7, net.map_size, net.map_size)
    assert torch.isfinite(logits).all()


@pytest.mark.parametrize("fusion", ["token", "embedding"])
@torch.no_grad()
def test_predictions_do_not_depend_on_chunk_or_batch(fusion: str) -> None:
    net = network(NetworkConfig(channels=32, image_size=64, latent_dim=4, components=5, mlp_dim=32, fusion=fusion))
    image, points, labels, mask = prompts(net, 2)
    z = torch.randn(2, 6, 4, generator=torch.Generator().manual_seed(1))
    together = net.decode(net.context(net.encode(image), points, labels, None, mask), z, chunk=12)
    small = net.decode(net.context(net.encode(image), points, labels, None, mask), z, chunk=5)
    torch.testing.assert_close(together, small, atol=1e-4, rtol=1e-4)
    for i in range(2):
        alone = net.decode(
            net.context(net.encode(image[i : i + 1]), points[i : i + 1], labels[:1], None, mask[i : i + 1]),
            z[i : i + 1],
        )
        torch.testing.assert_close(alone[0], together[i], atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_embedding_fusion_is_the_papers_concatenation() -> None:
    """The factored first convolution equals one 1x1 convolution over [embedding, latent] channels."""
    net = network(NetworkConfig(channels=32, image_size=64, latent_dim=4, components=5, mlp_dim=32, fusion="embedding"))
    fusion = net.fusion
    embedding = torch.randn(1, 32, 8, 8)
    z = torch.randn(4)
    kernel = torch.cat([fusion.image_part.weight, fusion.latent_part.weight[:, :, None, None]], dim=1)
    stacked = torch.cat([embedding, z.view(1, 4, 1, 1).expand(-1, -1, 8, 8)], dim=1)
    whole = F.conv2d(stacked, kernel, fusion.image_part.bias)
    factored = fusion.image_part(embedding) + fusion.latent_part(z[None])[:, :, None, None]
    torch.testing.assert_close(factored, whole, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("fusion", ["token", "embedding"])
def test_latents_move_the_mask_and_gradients_reach_everything(fusion: str) -> None:
    net = network(
        NetworkConfig(channels=32, image_size=64, latent_dim=4, components=5, mlp_dim=32, fusion=fusion)
    ).train()
    image, points, labels, mask = prompts(net, 2)
    context = net.context(net.encode(image), points, labels, None, mask)
    mixture = net.preference(context)
    z = mixture.sample(4, torch.Generator().manual_seed(0))
    logits = net.decode(context, z)
    assert float((logits[:, 0] - logits[:, 1]).detach().abs().max()) > 1e-5
    logits.square().mean().backward()
    silent = {n for n, p in net.named_parameters() if p.grad is None or not bool(p.grad.abs().max() > 0)}
    # A bias of attention keys cancels in the softmax; three embeddings stand for prompts that this call lacks.
    assert {n for n in silent if not n.endswith("k_proj.bias")} == {
        "prompt_encoder.point_embeddings.2.weight",
        "prompt_encoder.point_embeddings.3.weight",
        "prompt_encoder.no_mask_embed.weight",
    }


@torch.no_grad()
def test_x_is_the_column() -> None:
    """The released code hands (row, column) to a prompt encoder that takes (x, y)."""
    net = network()
    image, _, _, _ = prompts(net)
    features = net.encode(image)
    at = net.context(features, torch.tensor([[[10.0, 40.0]]]), torch.ones(1, 1)).sparse[0, 0]
    grid = net.prompt_encoder.pe_layer.forward_with_coords(torch.tensor([[[10.5, 40.5]]]), (64, 64))[0, 0]
    torch.testing.assert_close(at, grid + net.prompt_encoder.point_embeddings[1].weight[0])
    dense = net.prompt_encoder.get_dense_pe()[0]  # (C, rows, columns) at stride 8
    similarity = F.cosine_similarity(dense.flatten(1), grid[:, None], dim=0).view(8, 8)
    row, column = divmod(int(similarity.argmax()), 8)
    assert (row, column) == (5, 1)


def test_generator_ignores_the_order_of_points() -> None:
    torch.manual_seed(0)
    generator = PreferenceDistributionGenerator(16, 4, 5, width=32).double()
    for layers in (generator.gaussians, generator.weights):
        torch.nn.init.normal_(layers[-1].weight)
    embedding, dense = torch.randn(2, 16, 8, 8).double(), torch.randn(2, 16, 8, 8).double()
    sparse = torch.randn(2, 6, 16).double()
    previous = generator.prior(2)
    a = generator(embedding, sparse, dense, previous)
    b = generator(embedding, sparse[:, torch.tensor([3, 1, 5, 0, 2, 4])], dense, previous)
    torch.testing.assert_close(a.means, b.means)
    torch.testing.assert_close(a.weights, b.weights)


def test_generator_depends_on_previous_parameters_and_on_each_image_alone() -> None:
    torch.manual_seed(0)
    generator = PreferenceDistributionGenerator(16, 4, 5, width=32).double()
    for layers in (generator.gaussians, generator.weights):
        torch.nn.init.normal_(layers[-1].weight)
    embedding, dense, sparse = (torch.randn(*s).double() for s in ((2, 16, 8, 8), (2, 16, 8, 8), (2, 6, 16)))
    prior = generator.prior(2)
    first = generator(embedding, sparse, dense, prior)
    moved = GaussianMixture(prior.weights, prior.means + 1.0, prior.variances)
    assert not torch.allclose(generator(embedding, sparse, dense, moved).means, first.means)
    # The released code averages over the batch; here a neighbour in the batch changes nothing.
    other = embedding.clone()
    other[1] += 3.0
    torch.testing.assert_close(generator(other, sparse, dense, prior).means[0], first.means[0])


def test_the_prior_has_the_weights_that_were_learned() -> None:
    generator = PreferenceDistributionGenerator(8, 2, 3)
    shares = torch.tensor([0.5, 0.3, 0.2])
    with torch.no_grad():
        generator.prior_logits.copy_(shares.log())
        generator.weights[-1].weight.zero_()
    prior = generator.prior(2)
    torch.testing.assert_close(prior.weights, shares.expand(2, -1))
    embedding, sparse, dense = torch.randn(2, 8, 4, 4), torch.randn(2, 2, 8), torch.randn(2, 8, 4, 4)
    torch.testing.assert_close(generator(embedding, sparse, dense, prior).weights, shares.expand(2, -1))


def test_variances_stay_off_zero_with_a_live_gradient() -> None:
    torch.manual_seed(0)
    generator = PreferenceDistributionGenerator(8, 2, 3, width=16)
    with torch.no_grad():
        generator.gaussians[-1].bias.fill_(-12.0)  # far into the range where a ReLU is dead
    out = generator(torch.randn(1, 8, 4, 4), torch.randn(1, 2, 8), torch.randn(1, 8, 4, 4), generator.prior(1))
    assert float(out.variances.detach().min()) >= VARIANCE_FLOOR
    out.variances.sum().backward()
    assert float(generator.gaussians[-1].bias.grad[-6:].abs().min()) > 0


def test_wrong_configurations_are_refused() -> None:
    for wrong in (
        {"encoder": "resnet"},
        {"fusion": "late"},
        {"encoder": "vit_b", "channels": 128},
        {"image_size": 100},
    ):
        with pytest.raises(WeightsError):
            NetworkConfig(**wrong)
    with pytest.raises(WeightsError, match="256, 512, 1024"):
        SPANetwork(NetworkConfig.vit_b(384))


def test_compact_network_is_small() -> None:
    parameters = sum(p.numel() for p in SPANetwork(NetworkConfig()).parameters())
    assert parameters * 2 < 15e6, "two fusions in half precision have to fit into 30 MB"
    assert np.isfinite(parameters)
