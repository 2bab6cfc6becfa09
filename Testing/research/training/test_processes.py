"""Two processes on the processor (gloo): averaged gradients, one set of weights, own batches, exact resuming."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Dict, List

import numpy as np
import pytest
import torch
import torch.fx.experimental._config

from SPASegmentLib.errors import InputError
from SPASegmentLib.model.network import NetworkConfig, SPANetwork
from SPASegmentLib.research.training.batches import BatchSource
from SPASegmentLib.research.training.processes import Processes, processes
from SPASegmentLib.research.training.trainer import Trainer, TrainSettings
from SPASegmentLib.research.training.unroll import UnrollSettings, unroll
from SPASegmentLib.research.training.widen import synthetic_slices

ROOT = Path(__file__).resolve().parents[3]
SMALL = NetworkConfig(channels=16, image_size=64, latent_dim=3, components=4, mlp_dim=16)
SETTINGS = TrainSettings(
    steps=4, warmup=1, bfloat16=False, checkpoint_every=2, log_every=1, unroll=UnrollSettings(rounds=2, predictions=4)
)


def trainer(folder: Path, group: Processes) -> Trainer:
    slices = synthetic_slices(8, seed=0)
    source = BatchSource([(slices, np.ones(8), 1.0)], batch=2, size=64, map_size=32, targets=3, seed=0)
    return Trainer(SMALL, SETTINGS, source, folder, processes=group)


def gradients(one: Trainer) -> Dict[str, Any]:
    """Gradients of a first step that is not taken, and the batch that they are of."""
    batch = one.source.draw()
    loss, _ = one.rounds(batch, False, False, 2)
    loss.backward()
    return {
        "images": batch.images,
        "gradients": {n: p.grad.clone() for n, p in one.network.named_parameters() if p.grad is not None},
    }


def work(folder: Path) -> None:
    """What each of the two processes does; the results go into files."""
    with processes("cpu") as group:
        first = gradients(trainer(folder / "first", group))
        whole = trainer(folder / "whole", group)
        whole.run()
        trainer(folder / "cut", group).run(until=2)
        cut = trainer(folder / "cut", group)
        begun = cut.step
        cut.run()
        result = {
            **first,
            "size": group.size,
            "begun": begun,
            "whole": dict(whole.network.named_parameters()),
            "cut": dict(cut.network.named_parameters()),
            "averaged": {"whole": whole.averaged.state_dict(), "cut": cut.averaged.state_dict()},
        }
        torch.save(result, folder / f"rank-{group.rank}.pt")


def run_two(arguments: List[str], folder: Path) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", *arguments]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def ranks(tmp_path_factory: pytest.TempPathFactory) -> List[Dict[str, Any]]:
    folder = tmp_path_factory.mktemp("two")
    run_two([__file__, str(folder)], folder)
    return [torch.load(folder / f"rank-{rank}.pt") for rank in (0, 1)]


@pytest.mark.slow
def test_each_process_draws_its_own_batches(ranks: List[Dict[str, Any]]) -> None:
    assert ranks[0]["size"] == ranks[1]["size"] == 2
    assert not torch.equal(ranks[0]["images"], ranks[1]["images"])


@pytest.mark.slow
def test_gradients_are_the_mean_of_what_each_process_would_have_alone(
    ranks: List[Dict[str, Any]], tmp_path: Path
) -> None:
    alone = [gradients(trainer(tmp_path / str(rank), Processes(rank=rank))) for rank in (0, 1)]
    assert torch.equal(alone[0]["images"], ranks[0]["images"])
    assert torch.equal(alone[1]["images"], ranks[1]["images"])
    assert set(ranks[0]["gradients"]) == set(alone[0]["gradients"])
    for name, found in ranks[0]["gradients"].items():
        mean = (alone[0]["gradients"][name] + alone[1]["gradients"][name]) / 2
        torch.testing.assert_close(found, mean, atol=1e-6, rtol=1e-4, msg=name)
        assert torch.equal(found, ranks[1]["gradients"][name])


@pytest.mark.slow
def test_all_processes_have_the_same_weights(ranks: List[Dict[str, Any]]) -> None:
    for name, value in ranks[0]["whole"].items():
        assert torch.equal(value, ranks[1]["whole"][name]), name


@pytest.mark.slow
def test_several_processes_resume_exactly(ranks: List[Dict[str, Any]]) -> None:
    assert ranks[0]["begun"] == ranks[1]["begun"] == 2
    for rank in ranks:
        for name, value in rank["whole"].items():
            assert torch.equal(value, rank["cut"][name]), name
    for name, value in ranks[0]["averaged"]["whole"].items():
        assert torch.equal(value, ranks[0]["averaged"]["cut"][name]), name


def test_a_checkpoint_of_two_processes_is_not_for_one(tmp_path: Path) -> None:
    one = trainer(tmp_path, Processes())
    one.save()
    state = torch.load(one.checkpoint, weights_only=True)
    torch.save({**state, "processes": 2 * state["processes"]}, one.checkpoint)
    with pytest.raises(InputError, match="written by 2 process"):
        trainer(tmp_path, Processes())


@pytest.mark.parametrize("device", ["tpu", "cuda"])
def test_a_device_that_is_not_there_is_named(device: str) -> None:
    if device == "cuda" and torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(InputError, match="Unknown device|0 CUDA devices"), processes(device):
        pass


def test_every_tensor_of_a_step_is_on_the_networks_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a device without numbers, which refuses tensors of the processor as a GPU does."""
    slices = synthetic_slices(4, seed=0)
    batch = BatchSource([(slices, np.ones(4), 1.0)], batch=2, size=64, map_size=32, targets=3, seed=0).draw()
    monkeypatch.setattr(torch.fx.experimental._config, "meta_nonzero_assume_all_nonzero", True)
    autocast: List[str] = []
    monkeypatch.setattr(torch, "autocast", lambda device, **_: autocast.append(device) or nullcontext())
    loss, log = unroll(SPANetwork(SMALL).to("meta"), batch.to(torch.device("meta")), SETTINGS.unroll, True)
    loss.backward()
    assert loss.device.type == "meta"
    assert {value.device.type for terms in log for value in terms.values()} == {"meta"}
    assert set(autocast) == {"meta"}


@pytest.mark.slow
def test_the_command_runs_in_two_processes(tmp_path: Path) -> None:
    config = tmp_path / "tiny.yaml"
    config.write_text(
        "network: {channels: 16, image_size: 64, latent_dim: 3, components: 4, mlp_dim: 16}\nbatch: 2\n"
        "train: {steps: 2, warmup: 1, unroll: {rounds: 1, predictions: 4}}\n"
        "sources: [{kind: synthetic, share: 1.0, count: 4}]\n"
    )
    code = "from SPASegmentLib.cli import main; main()"
    spa = ["--no-python", sys.executable, "-c", code, "train", str(config), "--data", ".", "--output", "out"]
    run_two(spa, tmp_path)
    assert '"processes": 2' in (tmp_path / "out" / "tiny.json").read_text()


if __name__ == "__main__":
    work(Path(sys.argv[1]))
