"""SAM's ViT-B as the encoder: where it starts from, how fast its parts learn, and a few steps of it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Callable, Dict, List

import numpy as np
import pytest
import torch
import yaml
from typer.testing import CliRunner

from SPASegmentLib.cli import app
from SPASegmentLib.errors import InputError, WeightsError
from SPASegmentLib.model.network import NetworkConfig
from SPASegmentLib.model.weights import load, read_card
from SPASegmentLib.research.training.batches import BatchSource
from SPASegmentLib.research.training.start import find_start
from SPASegmentLib.research.training.trainer import Trainer, TrainSettings
from SPASegmentLib.research.training.unroll import UnrollSettings
from SPASegmentLib.research.training.widen import synthetic_slices

ROOT = Path(__file__).resolve().parents[3]
SMALL = NetworkConfig(channels=16, image_size=64, latent_dim=3, components=4, mlp_dim=16)


def test_a_vit_b_must_start_from_something(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--sam sam_vit_b_01ec64.pth"):
        find_start(NetworkConfig.vit_b(256), "", tmp_path)
    with pytest.raises(InputError, match="for configurations with the encoder vit_b"):
        find_start(SMALL, "", tmp_path, sam=tmp_path / "sam.pth")
    (tmp_path / "sam.pth").write_bytes(b"another file")
    with pytest.raises(WeightsError, match="sam.pth is not the expected checkpoint"):
        find_start(NetworkConfig.vit_b(256), "", tmp_path, sam=tmp_path / "sam.pth")


@pytest.mark.parametrize("rate", [0.0, 0.1])
def test_the_encoder_can_learn_more_slowly(rate: float, tmp_path: Path) -> None:
    """Adam's first step is as long as the learning rate, whatever the gradient."""
    settings = TrainSettings(
        steps=1, warmup=0, learning_rate=1e-3, encoder_rate=rate, weight_decay=0.0, bfloat16=False,
        unroll=UnrollSettings(rounds=1, predictions=4),
    )  # fmt: skip
    slices = synthetic_slices(4, seed=0)
    trainer = Trainer(SMALL, settings, BatchSource([(slices, np.ones(4), 1.0)], 2, 64, 32, 2, seed=0), tmp_path)
    before = {name: value.clone() for name, value in trainer.network.state_dict().items()}
    trainer.train_step()
    moved: Dict[bool, List[float]] = {True: [], False: []}
    for name, value in trainer.network.state_dict().items():
        if value.is_floating_point() and "running" not in name:
            moved[name.startswith("encoder.")].append(float((value - before[name]).abs().max()))
        elif name.startswith("encoder.") and rate == 0:
            assert torch.equal(value, before[name]), name
    assert max(moved[False]) == pytest.approx(1e-3, rel=0.01)
    assert max(moved[True]) == pytest.approx(1e-3 * rate, rel=0.01)


@pytest.mark.slow
def test_the_bundled_configuration_takes_a_few_steps(
    tmp_path: Path, official_checkpoint: Callable[[int], Dict[str, Any]]
) -> None:
    """From a file in the layout of Meta's, made for 1024 pixels, at the configuration's 256."""
    sam = tmp_path / "sam_vit_b.pth"
    torch.save(official_checkpoint(1024), sam)
    content = yaml.safe_load((ROOT / "Resources" / "Training" / "vit_b.yaml").read_text())
    content["batch"] = 1
    content["train"].update(steps=2, warmup=1, log_every=1, unroll={"rounds": 2, "predictions": 4})
    content["sources"] = [{"kind": "synthetic", "share": 1.0, "count": 4}]
    config = tmp_path / "vit_b.yaml"
    config.write_text(yaml.safe_dump(content))
    out = tmp_path / "out"
    command = ["train", str(config), "--data", str(tmp_path), "--output", str(out), "--sam", str(sam)]

    refused = CliRunner().invoke(app, command)
    assert refused.exit_code == 2 and "is not the expected checkpoint" in refused.stderr
    run = CliRunner().invoke(app, [*command, "--other-sam"])
    assert run.exit_code == 0, run.output

    card = read_card(out / "vit_b.json")
    begun = card.training["initial"]
    assert (begun["name"], begun["sha256"]) == (sam.name, hashlib.sha256(sam.read_bytes()).hexdigest())
    assert "sam_vit_b.pth" in card.training["data"][0]
    network = load(out / "vit_b.safetensors").network
    assert network.config == NetworkConfig.vit_b(256, "embedding")
    # Two small steps from the checkpoint: what was read is still there, to within half precision and the steps.
    found = network.encoder.state_dict()["vit.blocks.3.mlp.lin1.weight"]
    wanted = torch.load(sam, weights_only=True)["image_encoder.blocks.3.mlp.lin1.weight"]
    assert float((found - wanted).abs().max()) < 1e-3
    assert not torch.equal(found, wanted.half().float())
    rows = (out / "log.csv").read_text().splitlines()
    assert len(rows) == 3
