"""`spa average`: the mean of two sets of weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from SPASegmentLib.cli import app
from SPASegmentLib.errors import InputError
from SPASegmentLib.model.card import ModelCard, bundled
from SPASegmentLib.model.network import NetworkConfig, SPANetwork
from SPASegmentLib.model.use import load as load_for_use
from SPASegmentLib.model.weights import load, save
from SPASegmentLib.research.evaluation.named.seen import seen_in_training
from SPASegmentLib.research.training.average import average


def _card(network: SPANetwork, **training: Any) -> ModelCard:
    metrics, calibration = {"measured": 1}, {"n_cases": 1}
    return ModelCard("other", network.config.as_dict(), "", training, metrics, "", "", calibration=calibration)


@pytest.mark.slow
def test_every_weight_is_the_mean_and_both_runtimes_read_it(tmp_path: Path) -> None:
    torch.manual_seed(0)
    known = load(bundled()).network
    fresh = SPANetwork(known.config)
    save(fresh, _card(fresh), tmp_path / "other.safetensors")
    output = tmp_path / "new" / "mean.safetensors"
    done = CliRunner().invoke(
        app, ["average", str(tmp_path / "other.safetensors"), str(bundled()), "--share", "0.25", "-o", str(output)]
    )
    assert done.exit_code == 0, done.output
    found, first, second = load(output), load(tmp_path / "other.safetensors").network.state_dict(), known.state_dict()
    for name, value in found.network.state_dict().items():
        if value.is_floating_point():
            wanted = 0.25 * first[name].double() + 0.75 * second[name].double()
            assert torch.allclose(value.double(), wanted, atol=1e-3, rtol=1e-3), name
    assert found.card.extra["average"]["share"] == 0.25 and not found.card.metrics and not found.card.calibration
    assert found.card.extra["average"]["and"] == load(bundled()).card.sha256
    assert load_for_use(output, runtime="onnx").card.sha256 == found.card.sha256


def test_what_has_no_mean_is_refused(tmp_path: Path) -> None:
    small = SPANetwork(NetworkConfig(encoder="compact", image_size=64, channels=32, components=4, fusion="token"))
    path = tmp_path / "small.safetensors"
    save(small, _card(small), path)
    with pytest.raises(InputError, match="different architectures"):
        average(path, bundled(), 0.5, tmp_path / "mean.safetensors")
    with pytest.raises(InputError, match="between 0 and 1"):
        average(bundled(), bundled(), 1.0, tmp_path / "mean.safetensors")
    assert not (tmp_path / "mean.safetensors").exists()


@pytest.mark.parametrize("name", ["first.mean", "first.json", "mean"])
def test_the_card_of_what_is_averaged_is_not_written_over(tmp_path: Path, name: str) -> None:
    small = SPANetwork(NetworkConfig(encoder="compact", image_size=64, channels=32, components=4, fusion="embedding"))
    first, second = tmp_path / "first.safetensors", tmp_path / "second.safetensors"
    for path in (first, second):
        save(small, _card(small), path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    done = CliRunner().invoke(app, ["average", str(first), str(second), "-o", str(tmp_path / name)])
    assert done.exit_code == 2 and "must end in .safetensors" in " ".join(done.output.split())
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    mean = tmp_path / "new" / "mean.safetensors"
    made = CliRunner().invoke(app, ["average", str(first), str(second), "-o", str(mean)])
    assert made.exit_code == 0 and load(mean).card.extra["average"]["share"] == 0.5
    assert load(mean).card.name == "mean"
    made = CliRunner().invoke(app, ["average", str(first), str(second), "-o", str(mean), "--name", "best"])
    assert made.exit_code == 0 and load(mean).card.name == "best"


def test_the_card_names_what_either_has_learned_from(tmp_path: Path) -> None:
    """Licences ask for it, and whoever measures has to know what was seen."""
    small = SPANetwork(NetworkConfig(encoder="compact", image_size=64, channels=32, components=4, fusion="embedding"))
    first, second, third = (tmp_path / f"{name}.safetensors" for name in ("first", "second", "third"))
    left_out = {"neurons": {"fold": 0, "of": 5, "people": []}}
    save(small, _card(small, data=["lungs: A et al.", "cells: B et al."], left_out=left_out, steps=7), first)
    torch.manual_seed(1)
    other = SPANetwork(small.config)
    known = {"data": ["lungs: A et al.", "neurons: C et al."], "mixture": {"x/neurons": 1.0}}
    theirs = save(other, _card(other, **known), second)
    card = average(first, second, 0.5, tmp_path / "mean.safetensors")
    assert card.training["data"] == ["lungs: A et al.", "cells: B et al.", "neurons: C et al."]
    assert card.training["averaged_with"]["sha256"] == theirs.sha256 and card.training["steps"] == 7
    assert "left_out" not in card.training, "the other weights have seen it"
    np.savez(
        tmp_path / "neurons.npz", images=np.zeros((1, 8, 8), np.uint8), labels=np.zeros((1, 8, 8), np.uint8),
        classes=np.array(["cell"]),
    )  # fmt: skip
    assert seen_in_training([tmp_path / "neurons.npz"], card) == {"neurons.npz": "yes"}
    assert seen_in_training([tmp_path / "neurons.npz"], load(first).card) == {"neurons.npz": "no"}
    # What it began with stands there already.
    start = {"name": "second", "sha256": theirs.sha256, "data": theirs.training["data"]}
    save(small, _card(small, data=["lungs: A et al."], initial=start, left_out=left_out), third)
    before = load(third).card.training
    assert average(third, second, 0.5, tmp_path / "mean.safetensors").training == before
