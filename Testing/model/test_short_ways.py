"""Encoder and decoder computed the short way give segment-anything's own numbers; half precision stays close."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from torch import nn

from SPASegmentLib.model import two_way, vit
from SPASegmentLib.model.network import NetworkConfig, SPANetwork
from SPASegmentLib.model.precision import multiplies_half_faster, use_half
from SPASegmentLib.model.sam import ImageEncoderViT, TwoWayTransformer


def small_vit(size: int, window: int) -> Any:
    """Windowed and global blocks, with relative positions that are not zero."""
    torch.manual_seed(0)
    encoder = ImageEncoderViT(
        img_size=size, patch_size=16, embed_dim=48, depth=4, num_heads=3, mlp_ratio=2, out_chans=16, qkv_bias=True,
        norm_layer=partial(nn.LayerNorm, eps=1e-6), use_rel_pos=True, window_size=window, global_attn_indexes=(1, 3),
    ).eval()  # fmt: skip
    for block in encoder.blocks:
        nn.init.normal_(block.attn.rel_pos_h, std=0.5)
        nn.init.normal_(block.attn.rel_pos_w, std=0.5)
    nn.init.normal_(encoder.pos_embed, std=0.5)
    return encoder


@pytest.mark.parametrize(("size", "window"), [(80, 2), (80, 3), (96, 3), (64, 5)])
@torch.no_grad()
def test_encoder_is_segment_anythings(size: int, window: int) -> None:
    encoder, image = small_vit(size, window), torch.randn(2, 1, size, size)
    torch.testing.assert_close(vit.encode(encoder, image), encoder(image.expand(-1, 3, -1, -1)), atol=2e-5, rtol=2e-5)


# 25 tokens a frame and head: all heads, two heads, and one head.
@pytest.mark.parametrize("pairs", [10**6, 1300, 1])
@torch.no_grad()
def test_attention_in_parts_is_attention(pairs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder, image = small_vit(80, 2), torch.randn(2, 1, 80, 80)
    monkeypatch.setattr(vit, "_PAIRS", pairs)
    torch.testing.assert_close(vit.encode(encoder, image), encoder(image.expand(-1, 3, -1, -1)), atol=2e-5, rtol=2e-5)


@pytest.mark.parametrize("batch", [1, 3])
@torch.no_grad()
def test_transformer_is_segment_anythings(batch: int) -> None:
    torch.manual_seed(0)
    transformer = TwoWayTransformer(depth=2, embedding_dim=32, mlp_dim=48, num_heads=4).eval()
    for parameter in transformer.parameters():
        nn.init.normal_(parameter, std=0.3)
    image, tokens = torch.randn(batch, 32, 5, 6), torch.randn(batch, 7, 32)
    position = torch.randn(1, 32, 5, 6)
    wanted = transformer(image, position.expand(batch, -1, -1, -1), tokens)
    rows, places = image.flatten(2).transpose(1, 2), position.flatten(2).transpose(1, 2)
    found = two_way.transform(transformer, rows.clone(), places, tokens)
    for ours, theirs in zip(found, wanted):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)
    shared = two_way.transform(transformer, rows.clone(), places, tokens[:1])
    torch.testing.assert_close(shared[1][0], found[1][0], atol=1e-5, rtol=1e-5)
    one = two_way.transform(transformer, rows.clone(), places, tokens, slice(1, 2))
    torch.testing.assert_close(one[0], found[0][:, 1:2], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(one[1], found[1], atol=1e-5, rtol=1e-5)
    with torch.enable_grad():
        kept = two_way.transform(transformer, rows, places, tokens)
    torch.testing.assert_close(kept[1], found[1], atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_doubling_is_a_transposed_convolution() -> None:
    convolution = nn.ConvTranspose2d(6, 4, 2, stride=2)
    maps = torch.randn(2, 6, 3, 5)
    rows = two_way.double(maps.flatten(2).transpose(1, 2), convolution)
    wanted = convolution(maps).view(2, 4, 3, 2, 5, 2).permute(0, 2, 4, 3, 5, 1).reshape(2, 15, 2, 2, 4)
    torch.testing.assert_close(rows, wanted)


@pytest.mark.parametrize("learning", [True, False])
def test_what_is_added_takes_the_place_of_the_bias(learning: bool) -> None:
    torch.manual_seed(0)
    convolution = torch.nn.ConvTranspose2d(6, 4, 2, stride=2)
    rows, added = torch.randn(2, 12, 6), torch.randn(1, 12, 2, 2, 4)
    with torch.set_grad_enabled(learning):
        found = two_way.double(rows, convolution, added.clone())
        plain = two_way.double(rows, convolution)
    assert torch.allclose(found, plain - convolution.bias + added, atol=1e-6)


@pytest.mark.parametrize("everything", [False, True])
@torch.no_grad()
def test_half_precision_changes_probabilities_by_little(everything: bool) -> None:
    torch.manual_seed(0)
    config = NetworkConfig(channels=32, image_size=64, latent_dim=4, components=5, mlp_dim=32, fusion="embedding")
    if everything:
        config = NetworkConfig(channels=32, image_size=64, latent_dim=4, components=5, mlp_dim=32)
    network = SPANetwork(config).eval()
    features = network.encode(torch.randn(1, 1, 64, 64))
    context = network.context(features, torch.tensor([[[30.0, 20.0]]]), torch.ones(1, 1))
    latents = torch.randn(1, 9, 4)
    single = network.decode(context, latents)
    half = use_half(network, everything).decode(context, latents)
    assert half.dtype == torch.float32
    assert 0.0 < float((half - single).abs().max()) < 0.05 * float(single.std()) + 0.05


def test_token_fusion_and_the_compact_encoder_stay_in_single_precision() -> None:
    network = use_half(SPANetwork(NetworkConfig(channels=32, image_size=64, latent_dim=4, components=5, mlp_dim=32)))
    assert {p.dtype for p in network.parameters()} == {torch.float32}


def test_a_device_without_matrix_instructions_keeps_single_precision() -> None:
    assert not multiplies_half_faster(torch.device("meta"))


def test_kept_positions_follow_the_weights() -> None:
    network = SPANetwork(NetworkConfig(channels=32, image_size=64, latent_dim=4, components=5, mlp_dim=32)).eval()
    point, label = torch.tensor([[[30.0, 20.0]]]), torch.ones(1, 1)
    with torch.inference_mode():
        features = network.encode(torch.randn(1, 1, 64, 64))
        before = network.context(features, point, label).position
        assert network.context(features, point, label).position is before
    state = network.state_dict()
    name = "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"
    network.load_state_dict({**state, name: state[name] + 1.0})
    with torch.inference_mode():
        after = network.context(features, point, label).position
    torch.testing.assert_close(after, network.prompt_encoder.get_dense_pe())
    assert not torch.equal(before, after)
