"""Weights files: what is written comes back, and everything damaged is refused with its reason."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Callable, Dict

import pytest
import torch
from safetensors.torch import load_file, save_file

from SPASegmentLib.errors import OutputError, WeightsError
from SPASegmentLib.model import weights
from SPASegmentLib.model.encoders import ViTEncoder, resize_vit_positions
from SPASegmentLib.model.network import NetworkConfig, SPANetwork
from SPASegmentLib.model.sam import MaskDecoder, TwoWayTransformer

Checkpoint = Callable[[int], Dict[str, torch.Tensor]]
SMALL = NetworkConfig(channels=32, image_size=64, latent_dim=4, components=5, mlp_dim=32)


def card() -> weights.ModelCard:
    return weights.ModelCard("small", {}, "z-score", {"data": "none"}, {}, "tests", "everything")


@pytest.fixture
def stored(tmp_path: Path) -> tuple[SPANetwork, Path]:
    torch.manual_seed(0)
    network = SPANetwork(SMALL).eval()
    path = tmp_path / "small.safetensors"
    weights.save(network, card(), path)
    return network, path


def restamp(path: Path, **changes: object) -> None:
    """Make the card fit a file that was changed on purpose, so that the next check is the one that speaks."""
    fields = json.loads(path.with_suffix(".json").read_text())
    fields["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_suffix(".json").write_text(json.dumps({**fields, **changes}))


@torch.no_grad()
def test_round_trip(stored: tuple[SPANetwork, Path]) -> None:
    network, path = stored
    loaded = weights.load(path)
    assert loaded.network.config == SMALL
    assert loaded.card.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    image = torch.randn(1, 1, 64, 64)
    before, after = network.encode(image).embedding, loaded.network.encode(image).embedding
    torch.testing.assert_close(after, before, atol=0.02, rtol=0.02)  # half precision
    assert not any(p.requires_grad for p in loaded.network.parameters())


def test_single_flipped_bit_is_found(stored: tuple[SPANetwork, Path]) -> None:
    _, path = stored
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(WeightsError, match=r"small.safetensors does not have the checksum"):
        weights.load(path)


def test_truncated_file(stored: tuple[SPANetwork, Path]) -> None:
    _, path = stored
    path.write_bytes(path.read_bytes()[:-100])
    restamp(path)
    with pytest.raises(WeightsError, match="small.safetensors is not a valid safetensors file"):
        weights.load(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("generator.prior_means"), "missing generator.prior_means"),
        (lambda s: s.update(stray=torch.zeros(1)), "unknown stray"),
        (lambda s: s.update({"generator.prior_means": torch.zeros(2, 2)}), r"generator.prior_means \(2, 2\)"),
        (lambda s: s["generator.prior_means"].fill_(float("nan")), "not finite.*generator.prior_means"),
    ],
)
def test_contents_must_fit_exactly(stored: tuple[SPANetwork, Path], change: object, message: str) -> None:
    _, path = stored
    state = load_file(path)
    change(state)  # type: ignore[operator]
    save_file(state, path)
    restamp(path)
    with pytest.raises(WeightsError, match=message):
        weights.load(path)


def test_wrong_architecture(stored: tuple[SPANetwork, Path]) -> None:
    _, path = stored
    fields = json.loads(path.with_suffix(".json").read_text())
    restamp(path, network={**fields["network"], "channels": 64})
    with pytest.raises(WeightsError, match="small.safetensors does not fit the network"):
        weights.load(path)
    restamp(path, network={**fields["network"], "colour": "red"})
    with pytest.raises(WeightsError, match="small.json describes an unknown architecture"):
        weights.load(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not a model card"),
        ("[]", "not a model card of SPA"),
        ('{"format": "spa-model-card", "version": 9}', "version 9"),
        ('{"format": "spa-model-card", "version": 1}', "not a complete model card"),
    ],
)
def test_bad_cards(stored: tuple[SPANetwork, Path], text: str, message: str) -> None:
    _, path = stored
    path.with_suffix(".json").write_text(text)
    with pytest.raises(WeightsError, match=message):
        weights.load(path)


def test_missing_files(tmp_path: Path, stored: tuple[SPANetwork, Path]) -> None:
    with pytest.raises(WeightsError, match="nothing.safetensors cannot be read"):
        weights.load(tmp_path / "nothing.safetensors")
    stored[1].unlink()
    with pytest.raises(WeightsError, match="small.safetensors cannot be read"):
        weights.load(stored[1])


def test_failed_write_leaves_nothing(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written"):
        weights.save(SPANetwork(SMALL), card(), blocked / "small.safetensors")
    assert list(tmp_path.iterdir()) == [blocked]


@pytest.fixture(scope="module")
def sam_file(tmp_path_factory: pytest.TempPathFactory, official_checkpoint: Checkpoint) -> Path:
    path = tmp_path_factory.mktemp("sam") / "sam_vit_b.pth"
    torch.save(official_checkpoint(256), path)
    return path


def test_sam_checkpoint_loads_completely(sam_file: Path) -> None:
    network = weights.load_sam_checkpoint(sam_file, NetworkConfig.vit_b(256), expected_sha256=None)
    state = torch.load(sam_file, weights_only=True)
    own = network.state_dict()
    for key, value in state.items():
        if key.startswith("image_encoder."):
            assert torch.equal(own[f"encoder.vit.{key[14:]}"], value), key
        elif key.startswith("prompt_encoder."):
            assert torch.equal(own[key], value), key
        elif "iou_prediction_head" not in key and not any(f"mlps.{i}." in key for i in (1, 2, 3)):
            assert torch.equal(own[key.replace("mask_decoder.", "head.decoder.")], value), key
    # 24 relative positions and 8 decoder tensors are what the released code drops without a word.
    assert sum("rel_pos" in key for key in own) == 24


@torch.no_grad()
def test_sam_head_computes_sams_first_mask(sam_file: Path) -> None:
    """With the latent switched off, the network is SAM."""
    network = weights.load_sam_checkpoint(sam_file, NetworkConfig.vit_b(256), expected_sha256=None).eval()
    for module in (network.fusion.scale_shift[-1],):
        module.weight.zero_()
        module.bias.zero_()
    state = torch.load(sam_file, weights_only=True)
    decoder = MaskDecoder(
        num_multimask_outputs=3,
        transformer_dim=256,
        transformer=TwoWayTransformer(depth=2, embedding_dim=256, mlp_dim=2048, num_heads=8),
    )
    decoder.load_state_dict({k[13:]: v for k, v in state.items() if k.startswith("mask_decoder.")})
    features = network.encode(torch.randn(1, 1, 256, 256))
    context = network.context(features, torch.tensor([[[100.0, 60.0]]]), torch.ones(1, 1))
    reference, _ = decoder(
        image_embeddings=features.embedding,
        image_pe=context.position,
        sparse_prompt_embeddings=context.sparse,
        dense_prompt_embeddings=context.dense,
        multimask_output=False,
    )
    torch.testing.assert_close(
        network.decode(context, torch.randn(1, 3, 8))[0, 2], reference[0, 0], atol=1e-4, rtol=1e-3
    )


def test_sam_checkpoint_with_a_lost_key_is_refused(tmp_path: Path, official_checkpoint: Checkpoint) -> None:
    state = official_checkpoint(256)
    del state["image_encoder.blocks.0.attn.rel_pos_h"]
    torch.save(state, tmp_path / "lost.pth")
    with pytest.raises(WeightsError, match="lost.pth does not fit.*blocks.0.attn.rel_pos_h"):
        weights.load_sam_checkpoint(tmp_path / "lost.pth", NetworkConfig.vit_b(256), expected_sha256=None)


def test_sam_checkpoint_checksum_and_damage(sam_file: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="not the expected checkpoint"):
        weights.load_sam_checkpoint(sam_file, NetworkConfig.vit_b(256))
    broken = tmp_path / "broken.pth"
    broken.write_bytes(sam_file.read_bytes()[:5000])
    with pytest.raises(WeightsError, match="broken.pth is not a PyTorch checkpoint"):
        weights.load_sam_checkpoint(broken, NetworkConfig.vit_b(256), expected_sha256=None)
    with pytest.raises(WeightsError, match=r"missing.pth cannot be read"):
        weights.load_sam_checkpoint(tmp_path / "missing.pth", NetworkConfig.vit_b(256), expected_sha256=None)


def test_sam_checkpoint_cannot_run_code(tmp_path: Path) -> None:
    class Payload:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path(tmp_path / "ran").touch, ())

    torch.save({"image_encoder.pos_embed": Payload()}, tmp_path / "evil.pth")
    with pytest.raises(WeightsError):
        weights.load_sam_checkpoint(tmp_path / "evil.pth", NetworkConfig.vit_b(256), expected_sha256=None)
    assert not (tmp_path / "ran").exists()


def test_positions_are_resized_on_purpose() -> None:
    vit = ViTEncoder(256).vit.state_dict()
    ramp = torch.linspace(0, 1, 16).view(1, 16, 1, 1).expand(1, 16, 16, 768)
    vit["pos_embed"] = ramp.clone()
    vit["blocks.2.attn.rel_pos_h"] = torch.arange(31.0)[:, None].expand(31, 64).clone()
    fitted = resize_vit_positions(vit, 512)
    assert fitted["pos_embed"].shape == (1, 32, 32, 768)
    # A ramp stays a ramp (its ends aside), at half the slope per position.
    steps = fitted["pos_embed"][0, 4:-4, 0, 0].diff()
    torch.testing.assert_close(steps, torch.full_like(steps, 1 / 30), atol=2e-3, rtol=0)
    relative = fitted["blocks.2.attn.rel_pos_h"][:, 0]
    assert relative.shape == (63,)
    assert float(relative[31]) == pytest.approx(15.0, abs=0.01), "offset zero stays in the middle"
    window = "blocks.0.attn.rel_pos_h"
    assert torch.equal(fitted[window], vit[window])
    SPANetwork(NetworkConfig.vit_b(512)).encoder.vit.load_state_dict(fitted)
