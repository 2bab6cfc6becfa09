"""A training process that is killed goes on as if nothing had happened, bit by bit."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, List

import pytest
import torch

from SPASegmentLib.research.training.log import TrainingLog

ROOT = Path(__file__).resolve().parents[3]
CONFIG = """
network: {channels: 16, image_size: 64, latent_dim: 3, components: 4, mlp_dim: 16}
batch: 2
train: {steps: 16, warmup: 3, checkpoint_every: 3, log_every: 1, unroll: {rounds: 2, predictions: 4}}
sources: [{kind: synthetic, share: 1.0, count: 6}]
"""
COMMAND = "from SPASegmentLib.cli import main; main()"


def start(config: Path, output: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", COMMAND, "train", str(config), "--data", ".", "--output", str(output)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, cwd=config.parent, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def finish(config: Path, output: Path) -> None:
    process = start(config, output)
    printed, _ = process.communicate()
    assert process.returncode == 0, printed


def log(output: Path) -> List[Dict[str, str]]:
    with (output / "log.csv").open(newline="") as file:
        return [{k: v for k, v in row.items() if k != "steps_per_second"} for row in csv.DictReader(file)]


@pytest.mark.slow
def test_a_killed_process_resumes_bit_by_bit(tmp_path: Path) -> None:
    config = tmp_path / "tiny.yaml"
    config.write_text(CONFIG)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    finish(config, whole)

    victim = start(config, cut)
    while victim.poll() is None and not ((cut / "log.csv").exists() and len(log(cut)) >= 7):
        time.sleep(0.02)
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    assert victim.returncode == -signal.SIGKILL, "it ended before it could be killed"
    reached = torch.load(cut / "checkpoint.pt", weights_only=True)["step"]
    assert 6 <= reached < 16
    assert not (cut / "tiny.safetensors").exists()

    finish(config, cut)
    assert (cut / "tiny.safetensors").read_bytes() == (whole / "tiny.safetensors").read_bytes()
    assert log(cut) == log(whole)
    a, b = (torch.load(folder / "checkpoint.pt", weights_only=True) for folder in (cut, whole))
    for name, value in a["network"].items():
        assert torch.equal(value, b["network"][name]), name
    assert a["processes"][0]["batches"] == b["processes"][0]["batches"]


def test_the_log_drops_what_the_checkpoint_does_not_know(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    first = TrainingLog(path, 0)
    for step in (1, 2, 3):
        first.append({"step": step, "loss": 0.5})
    with path.open("a") as file:
        file.write("4")  # killed while writing
    second = TrainingLog(path, 2)
    second.append({"step": 3, "loss": 0.25, "dice": 0.75})
    second.append({"step": 4, "loss": 0.125})
    with path.open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["step", "loss", "dice"], ["1", "0.5", ""], ["2", "0.5", ""], ["3", "0.25", "0.75"], ["4", "0.125", ""],
        ]  # fmt: skip
