"""`spa average`: the mean of two sets of weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from SPASegmentLib.cli import app
from SPASegmentLib.errors import InputError
from SPASegmentLib.model.card import ModelCard, bundled
from SPASegmentLib.model.network import NetworkConfig, SPANetwork
from SPASegmentLib.model.use import load as load_for_use
from SPASegmentLib.model.weights import load, save
from SPASegmentLib.research.training.average import average


def _card(network: SPANetwork) -> ModelCard:
    return ModelCard("other", network.config.as_dict(), "", {}, {"measured": 1}, "", "", calibration={"n_cases": 1})


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
    assert load_for_use(output, runtime="onnx").network.latent_space == found.card.sha256[:16]


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
