"""Training that starts from other weights: same architecture, and the card says which they were."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from SPASegmentLib.errors import InputError, WeightsError
from SPASegmentLib.model.network import NetworkConfig, SPANetwork
from SPASegmentLib.model.weights import ModelCard, load, read_card, save
from SPASegmentLib.research.training.run import train

NETWORK = "network: {channels: 16, image_size: 64, latent_dim: 3, components: 4, mlp_dim: 16}\n"
REST = """
batch: 2
train: {steps: 1, warmup: 0, learning_rate: 1.0e-9, unroll: {rounds: 1, predictions: 4}}
sources: [{kind: synthetic, share: 2.0, count: 4, attribution: "own scenes, free"}]
"""


@pytest.fixture()
def begun(tmp_path: Path) -> Path:
    torch.manual_seed(7)
    network = SPANetwork(NetworkConfig(channels=16, image_size=64, latent_dim=3, components=4, mlp_dim=16))
    path = tmp_path / "begun.safetensors"
    save(network, ModelCard("begun", {}, "", {"data": ["lungs, CC BY"]}, {}, "", ""), path)
    return path


def config(folder: Path, text: str) -> Path:
    path = folder / "run.yaml"
    path.write_text(text)
    return path


def test_training_goes_on_from_the_initial_weights(begun: Path, tmp_path: Path) -> None:
    """One step of next to no length leaves the weights where they began, and the card names the file."""
    file = config(tmp_path, NETWORK + REST + "initial: begun.safetensors\n")
    weights = train(file, tmp_path, tmp_path / "out")
    start, end = load(begun).network.state_dict(), load(weights).network.state_dict()
    for name, value in start.items():
        if not name.endswith(("running_mean", "running_var", "num_batches_tracked")):
            torch.testing.assert_close(end[name], value, atol=1e-6, rtol=1e-3, msg=name)
    card = read_card(weights.with_suffix(".json"))
    begun_card = read_card(begun.with_suffix(".json"))
    assert card.training["initial"] == {"name": "begun", "sha256": begun_card.sha256, "data": ["lungs, CC BY"]}
    assert card.training["data"] == ["lungs, CC BY", "own scenes, free"], "what was learned before is still owed to"
    assert card.training["mixture"] == {"synthetic": 1.0}


def test_bundled_weights_are_called_by_name_and_must_fit(tmp_path: Path) -> None:
    file = config(tmp_path, NETWORK + REST + "initial: compact\n")
    with pytest.raises(InputError, match="another architecture .*channels 128 instead of 16"):
        train(file, tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["gone.safetensors", "nameless"])
def test_missing_initial_weights_are_named(tmp_path: Path, name: str) -> None:
    file = config(tmp_path, NETWORK + REST + f"initial: {name}\n")
    with pytest.raises(WeightsError, match=name.split(".")[0]):
        train(file, tmp_path, tmp_path / "out")


def test_one_fusion_starts_from_the_weights_of_the_other(begun: Path, tmp_path: Path) -> None:
    """Everything but the fusion is what it was; the fusion is fresh."""
    network = NETWORK.replace("}", ", fusion: embedding}")
    weights = train(config(tmp_path, network + REST + "initial: begun.safetensors\n"), tmp_path, tmp_path / "out")
    start, end = load(begun).network.state_dict(), load(weights).network.state_dict()
    assert {key for key in start if not key.startswith("fusion.")} <= set(end)
    assert "fusion.third.weight" in end and "fusion.third.weight" not in start
    for name, value in start.items():
        if not name.startswith("fusion.") and not name.endswith(("running_mean", "running_var", "num_batches_tracked")):
            torch.testing.assert_close(end[name], value, atol=1e-6, rtol=1e-3, msg=name)
