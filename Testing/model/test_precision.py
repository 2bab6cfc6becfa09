"""Which weights run with fewer bits, on which machines, and how close the masks stay to those of single precision."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from SPASegmentLib.interaction.candidates import THRESHOLD
from SPASegmentLib.interaction.network_predictor import NetworkPredictor
from SPASegmentLib.interaction.preference import pairwise_dice
from SPASegmentLib.interaction.region import Region
from SPASegmentLib.interaction.types import Click, Prompts
from SPASegmentLib.model import weights
from SPASegmentLib.model.network import NetworkConfig, SPANetwork
from SPASegmentLib.model.precision import multiplies_half_faster, training_precision, use_half
from SPASegmentLib.research.benchmark.subject import make_frame, make_network

CPU = torch.device("cpu")
ASK = (
    "import torch; from SPASegmentLib.model.precision import multiplies_half_faster; "
    "print(multiplies_half_faster(torch.device('cpu')))"
)


def store(folder: Path, fusion: str) -> Path:
    torch.manual_seed(0)
    config = NetworkConfig(channels=32, image_size=64, latent_dim=4, components=5, mlp_dim=32, fusion=fusion)
    path = folder / f"{fusion}.safetensors"
    weights.save(SPANetwork(config).eval(), weights.ModelCard("small", {}, "", {}, {}, "", ""), path)
    return path


@pytest.mark.parametrize("fusion", ["token", "embedding"])
def test_weights_for_use_take_the_precision_that_is_faster_here(tmp_path: Path, fusion: str) -> None:
    path = store(tmp_path, fusion)
    network = weights.load_for_use(path).network
    half = fusion == "embedding" and multiplies_half_faster(CPU)
    assert network.decoder_dtype == (torch.bfloat16 if half else torch.float32)
    assert {p.dtype for p in network.encoder.parameters()} == {torch.float32}
    # Training goes on from a file in single precision.
    assert {p.dtype for p in weights.load(path).network.parameters()} == {torch.float32}


def test_bundled_weights_are_used_as_they_are() -> None:
    assert {p.dtype for p in weights.load_for_use().network.parameters()} == {torch.float32}


def test_a_processor_without_bfloat16_instructions_keeps_single_precision(tmp_path: Path) -> None:
    environment = {**os.environ, "ATEN_CPU_CAPABILITY": "avx2", "PYTHONPATH": os.pathsep.join(sys.path)}
    found = subprocess.run([sys.executable, "-c", ASK], env=environment, text=True, capture_output=True, check=True)
    assert found.stdout.strip() == "False"


@pytest.mark.parametrize("wanted", [True, False])
def test_training_takes_half_where_it_is_wanted_and_faster(wanted: bool) -> None:
    ones = torch.ones(2, 2)
    with training_precision(CPU, wanted):
        product = ones @ ones
    assert product.dtype == (torch.bfloat16 if wanted and multiplies_half_faster(CPU) else torch.float32)


@pytest.mark.parametrize("capability", [(7, 5), (8, 0)])
def test_graphics_cards_with_the_instructions_take_half(
    capability: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert multiplies_half_faster(torch.device("cuda")) == (capability >= (8, 0))


@pytest.mark.parametrize(("backbone", "fusion", "size"), [
    ("vit_b", "token", 256), ("vit_b", "embedding", 256), ("compact", "embedding", 128),
])  # fmt: skip
def test_masks_in_half_precision_are_those_of_single_precision(backbone: str, fusion: str, size: int) -> None:
    """Over two rounds, with random weights."""
    network, _ = make_network(backbone, fusion, size)
    frame, click = make_frame(size)
    region = Region.around(frame, (click.x, click.y), float(size), size)
    prompts = Prompts((Click(*region.to_region(click.x, click.y)),))
    latents = np.random.default_rng(0).standard_normal((24, network.config.latent_dim))
    found = []
    for shorter in (False, True):
        if shorter:
            use_half(network)
        predictor = NetworkPredictor(network, region)
        masks = []
        for told in (prompts, None):
            # The second round gets the mask of single precision in both, so that the same question is compared.
            told = told or Prompts(prompts.clicks, found[0][0].mean(0) if found else masks[0].mean(0))
            predictor.preference(told)
            masks.append(predictor.predict(latents, 8))
        found.append(masks)
    for single, halved in zip(*found):
        dice = [float(pairwise_dice(a[None] > THRESHOLD, b[None] > THRESHOLD)[0, 0]) for a, b in zip(single, halved)]
        assert sum(dice) / len(dice) > 0.985
        assert min(dice) > 0.95
        together = pairwise_dice(single.mean(0)[None] > THRESHOLD, halved.mean(0)[None] > THRESHOLD)
        assert float(together[0, 0]) > 0.985
        assert abs(single - halved).mean() < 0.01
    assert network.decoder_dtype == (torch.bfloat16 if fusion == "embedding" else torch.float32)
