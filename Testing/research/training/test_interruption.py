"""A training process that is killed goes on as if nothing had happened, bit by bit."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, List

import pytest
import torch

from SPASegmentLib.errors import InputError
from SPASegmentLib.research.training.log import TrainingLog
from SPASegmentLib.research.training.recipe import read_checkpoint, write_checkpoint

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


def test_the_log_outlives_its_file(tmp_path: Path) -> None:
    """Somebody removes it, or its folder, while a training runs."""
    path = tmp_path / "run" / "log.csv"
    path.parent.mkdir()
    log = TrainingLog(path, 0)
    log.append({"step": 1, "loss": 0.5})
    path.unlink()
    log.append({"step": 2, "loss": 0.25})
    assert path.read_text().split() == ["step,loss", "2,0.25"]
    shutil.rmtree(path.parent)
    log.append({"step": 3, "loss": 0.125})
    assert path.read_text().split() == ["step,loss", "3,0.125"]


@pytest.mark.parametrize(
    ("content", "words"), [(b"a,b\n1,2\n", "no log of a training"), (b"\xff\xfe\n", "cannot be read")]
)
def test_another_file_in_place_of_the_log_stays(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "log.csv").write_bytes(content)
    with pytest.raises(InputError, match=words):
        TrainingLog(tmp_path / "log.csv", 0)
    assert (tmp_path / "log.csv").read_bytes() == content


def test_a_log_cut_off_within_a_number_goes_on(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("step,loss\n1,0.5\n-,0.25\n")
    TrainingLog(tmp_path / "log.csv", 2)
    assert (tmp_path / "log.csv").read_text().split() == ["step,loss", "1,0.5"]


@pytest.mark.parametrize(
    "size", [pytest.param(300, marks=pytest.mark.slow), 20_000, pytest.param(2_000_000, marks=pytest.mark.slow)]
)
def test_a_checkpoint_on_a_full_disk_is_said_and_the_one_before_stays(tmp_path: Path, size: int) -> None:
    code = (
        "import resource, sys, torch; from pathlib import Path; from SPASegmentLib.commands.plain import plain_errors\n"
        "from SPASegmentLib.research.training.recipe import write_checkpoint\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
        "with plain_errors():\n"
        "    write_checkpoint({'network': torch.ones(1_000_000)}, Path(sys.argv[1]))\n"
    )
    path = tmp_path / "checkpoint.pt"
    path.write_text("the one before")
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, cwd=ROOT)
    assert done.stderr.splitlines()[0] == (
        f"Error: {path} cannot be written (file too large); choose another place or make room there."
    )
    assert path.read_text() == "the one before" and os.listdir(tmp_path) == ["checkpoint.pt"]


def test_a_checkpoint_that_cannot_be_read_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is told to remove it would do so."""
    path = tmp_path / "checkpoint.pt"
    write_checkpoint({"step": 3}, path)
    assert read_checkpoint(path) == {"step": 3}
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match="is damaged"):
        read_checkpoint(path)
    monkeypatch.setattr(torch, "load", lambda *_, **__: (tmp_path / "gone").open())
    with pytest.raises(InputError, match="checkpoint.pt cannot be read"):
        read_checkpoint(path)
